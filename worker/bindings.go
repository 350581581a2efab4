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
	return []binding{
		bind(workflows.LoadRound, a.LoadRound),
		bind(workflows.OpenRound, a.OpenRound),
		bind(workflows.InviteJoiners, a.InviteJoiners),
		bind(workflows.StoreAnswers, a.StoreAnswers),
		bind(workflows.CloseAnswers, a.CloseAnswers),
		bind(workflows.MatchRound, a.MatchRound),
		bind(workflows.RepairRound, a.RepairRound),
		bind(workflows.FreezeRound, a.FreezeRound),
		bind(workflows.FinishSending, a.FinishSending),
		bind(workflows.CloseRound, a.CloseRound),
		bind(workflows.Deliver, a.Deliver),
		bind(workflows.TakeStep, a.TakeStep),
		bind(workflows.StartContacts, a.StartContacts),
		bind(workflows.PlanRound, a.PlanRound),
		bind(workflows.AdvanceSession, a.AdvanceSession),
		bind(workflows.RunLobby, a.RunLobby),
		bind(workflows.PlayBot, a.PlayBot),
		bind(workflows.CloseSession, a.CloseSession),
		bind(workflows.StoreTickets, a.StoreTickets),
		bind(workflows.ControlSession, a.ControlSession),
		bind(workflows.ReconcileRows, a.ReconcileRows),
	}
}
