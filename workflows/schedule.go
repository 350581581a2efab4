package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

// Schedule keeps one round ahead: the next occurrence has its row and its own workflow (never a child, which would hold
// its parent open), and the one after is planned when that one opens. Late, PlanRound catches up: occurrences whose match
// instant has passed are recorded as skipped.
//
// Message: Doorbell (the schedule or its planned round changed).
func Schedule(ctx workflow.Context, in Ref) error {
	bell := workflow.GetSignalChannel(ctx, Doorbell)
	for {
		next, err := PlanRound.do(ctx, in, "plan the next round")
		if err != nil && !permanent(err) {
			return err
		}
		if err == nil && next.Ended {
			workflow.SetCurrentDetails(ctx, fmt.Sprintf("### Schedule %d: ended", in.ID))
			return nil
		}
		workflow.SetCurrentDetails(ctx, scheduleDetails(in, next, err))
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, ScheduleWorkflow, in)
		}
		if err := ring(ctx, bell, next.OpensAt, "the next round opens"); err != nil {
			return err
		}
	}
}

// ring waits for the doorbell or the instant, whichever is first; for the doorbell alone if the instant is zero.
func ring(ctx workflow.Context, bell workflow.ReceiveChannel, at time.Time, what string) error {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	s := workflow.NewSelector(ctx)
	s.AddReceive(bell, func(c workflow.ReceiveChannel, _ bool) {
		for c.ReceiveAsync(nil) {
		}
	})
	if !at.IsZero() {
		timer := workflow.NewTimerWithOptions(timerCtx, at.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: what})
		s.AddFuture(timer, func(workflow.Future) {})
	}
	s.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	s.Select(ctx)
	return ctx.Err()
}

func scheduleDetails(in Ref, next NextRound, err error) string {
	if err != nil {
		return fmt.Sprintf("### Schedule %d\n\n**Stuck**: %s. Change the schedule; it tries again then.", in.ID, reason(err))
	}
	return fmt.Sprintf("### Schedule %d\n\nNext: round %d opens at %s", in.ID, next.Round, next.OpensAt.UTC().Format(time.RFC3339))
}

// Reconcile repeats what a crash may have left between a row and its workflow. A Temporal Schedule runs it every 30 s.
func Reconcile(ctx workflow.Context) (Reconciled, error) {
	return ReconcileRows.do(ctx, struct{}{}, "repeat unheard doorbells")
}

// Probe proves to `rondo migrate` that the namespace accepts the search attributes and that a worker answers.
func Probe(ctx workflow.Context) error {
	return workflow.UpsertTypedSearchAttributes(ctx,
		KindAttribute.ValueSet("probe"), PhaseAttribute.ValueSet("done"), ProgramAttribute.ValueSet("0"))
}
