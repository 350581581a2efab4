package worker

import (
	"context"

	"rondo/activities"
	"rondo/workflows"
)

// binding is an activity and where it runs.
type binding struct {
	name, queue string
	do          any
}

// bind ties a reference to what implements it; the compiler compares their types.
func bind[In, Out any](ref workflows.Activity[In, Out], do func(context.Context, In) (Out, error)) binding {
	return binding{name: ref.Name, queue: ref.Queue, do: do}
}

// bindings are all activities.
func bindings(a *activities.Activities) []binding {
	return []binding{}
}
