package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

// Contact takes one person through a sequence: it waits until something is due, lets TakeStep decide what that is, and
// waits again. However it woke, from its start delay, a timer or a doorbell, the row decides: killed and replayed, it goes
// on from there. A mail costs one timer and one activity.
//
// Message: Doorbell (the enrollment changed: read it again).
func Contact(ctx workflow.Context, in Enrolled) error {
	c := contact{in: in, bell: workflow.GetSignalChannel(ctx, Doorbell)}
	turn := Turn{DueAt: in.DueAt}
	for {
		if !c.due(ctx, turn.DueAt) {
			if err := ring(ctx, c.bell, turn.DueAt, "step is due"); err != nil {
				return err
			}
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			in.DueAt = workflow.Now(ctx) // what is due is read from the row
			return workflow.NewContinueAsNewError(ctx, ContactWorkflow, in)
		}
		next, err := TakeStep.do(ctx, Ref{ID: in.ID}, "take the step that is due")
		if err != nil && !permanent(err) {
			return err
		}
		if err != nil { // a person or a template that cannot be served: the row says so; somebody may mend it
			next = Turn{DueAt: workflow.Now(ctx).Add(time.Hour), State: "stuck: " + reason(err)}
		}
		turn = next
		workflow.SetCurrentDetails(ctx, c.details(turn))
		if turn.Over {
			return nil
		}
	}
}

type contact struct {
	in   Enrolled
	bell workflow.ReceiveChannel
}

// due reports whether there is nothing to wait for. Bells that have rung until now say nothing that the row does not.
func (c contact) due(ctx workflow.Context, at time.Time) bool {
	rang := false
	for c.bell.ReceiveAsync(nil) {
		rang = true
	}
	return rang || !at.IsZero() && !at.After(workflow.Now(ctx))
}

func (c contact) details(t Turn) string {
	s := fmt.Sprintf("### Enrollment %d: %s, step %d", c.in.ID, t.State, t.Step)
	if !t.DueAt.IsZero() {
		s += "\n\nNext: " + t.DueAt.UTC().Format(time.RFC3339)
	} else if !t.Over {
		s += "\n\nWaits to be rung"
	}
	return s
}

// Engage starts the contacts of a batch, whose enrollments and slots are in Postgres already: interrupted anywhere, it
// goes on with those that have not been started.
//
// Message: Doorbell, which says nothing more.
func Engage(ctx workflow.Context, in Ref) error {
	started, err := StartContacts.do(ctx, in, "start the contacts")
	if err != nil {
		return err
	}
	for bell := workflow.GetSignalChannel(ctx, Doorbell); bell.ReceiveAsync(nil); {
	}
	workflow.SetCurrentDetails(ctx, fmt.Sprintf("### Batch %d: %d contacts started", in.ID, started.Started))
	return nil
}
