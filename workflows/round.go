package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

// Round takes one round from its opening to its check-in. Its whole state is the Plan it last read: killed and replayed,
// or continued as new, it goes on from the row.
//
// Messages: Doorbell (the row changed: read it again) and AnswersSignal. Query: PlanQuery.
func Round(ctx workflow.Context, in Ref) error {
	r := round{
		ref:     in,
		bell:    workflow.GetSignalChannel(ctx, Doorbell),
		answers: workflow.GetSignalChannel(ctx, AnswersSignal),
	}
	if err := workflow.SetQueryHandler(ctx, PlanQuery, func() (Plan, error) { return r.plan, nil }); err != nil {
		return fmt.Errorf("set query handler: %w", err)
	}
	return r.run(ctx)
}

type round struct {
	ref           Ref
	plan          Plan
	stale         bool  // the row is to be read before anything else
	phase         Phase // last shown as a search attribute
	bell, answers workflow.ReceiveChannel
}

func (r *round) run(ctx workflow.Context) error {
	r.stale = true
	for !r.plan.Phase.Over() {
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			if err := r.drain(ctx); err != nil {
				return err
			}
			return workflow.NewContinueAsNewError(ctx, RoundWorkflow, r.ref)
		}
		err := r.step(ctx)
		if permanent(err) {
			err = r.stuck(ctx, err)
		}
		if err != nil {
			return err
		}
		if err := r.show(ctx); err != nil {
			return err
		}
	}
	return r.drain(ctx)
}

// step does what the present phase asks for and leaves a newer plan behind.
func (r *round) step(ctx workflow.Context) error {
	if r.stale {
		return r.read(ctx, "read the round")
	}
	switch r.plan.Phase {
	case Planned:
		return r.planned(ctx)
	case Open:
		return r.open(ctx)
	case Matching:
		return r.ask(ctx, MatchRound, "make the groups")
	case Review, Ready:
		return r.review(ctx)
	case Sending:
		return r.sending(ctx)
	case Sent:
		return r.sent(ctx)
	default:
		return fmt.Errorf("round %d: unknown phase %q", r.ref.ID, r.plan.Phase)
	}
}

// planned waits for the opening. Late, OpenRound decides between opening at once and skipping.
func (r *round) planned(ctx workflow.Context) error {
	due, err := r.until(ctx, r.plan.OpensAt, "the round opens")
	if err != nil || !due {
		return err
	}
	return r.ask(ctx, OpenRound, "snapshot the audience")
}

// open keeps opt-in messages and the reminder going out until answers close. A late reminder goes out while there is
// still time to answer, and is dropped when answers close first.
func (r *round) open(ctx workflow.Context) error {
	if r.plan.Invites {
		return r.deliver(ctx, OptInMail)
	}
	next, what := earliest(
		moment{r.plan.AnswersCloseAt, "answers close"},
		moment{r.plan.RemindAt, "reminder"},
		moment{r.plan.JoinersAt, "look for joiners"},
		moment{r.plan.DoubtAt, "messages in doubt are decided"},
	)
	due, err := r.until(ctx, next, what)
	if err != nil || !due {
		return err
	}
	switch {
	case !workflow.Now(ctx).Before(r.plan.AnswersCloseAt):
		return r.ask(ctx, CloseAnswers, "close answers")
	case what == "reminder":
		return r.deliver(ctx, ReminderMail)
	case what == "look for joiners":
		return r.ask(ctx, InviteJoiners, "invite who is new")
	default:
		return r.deliver(ctx, r.plan.Doubtful)
	}
}

// review waits for the match instant, which is the deadline of a review: late, the groups go out at once. A round that
// holds, or has no date yet, waits for a doorbell.
func (r *round) review(ctx workflow.Context) error {
	if r.plan.Repair {
		return r.ask(ctx, RepairRound, "mend groups that lost somebody")
	}
	at := r.plan.MatchAt
	if r.plan.Phase == Review && r.plan.Hold {
		at = time.Time{}
	}
	due, err := r.until(ctx, at, "the groups go out")
	if err != nil || !due {
		return err
	}
	return r.ask(ctx, FreezeRound, "make the groups final")
}

func (r *round) sending(ctx workflow.Context) error {
	if err := r.deliver(ctx, MatchMail); err != nil {
		return err
	}
	if err := r.deliver(ctx, NoMatchMail); err != nil {
		return err
	}
	return r.ask(ctx, FinishSending, "everyone has been told")
}

// sent asks "did you meet?" and closes the round when the answers have had their time and no message is in doubt. A
// late check-in is sent all the same.
func (r *round) sent(ctx workflow.Context) error {
	next, what := earliest(
		moment{r.plan.DoubtAt, "messages in doubt are decided"},
		moment{r.plan.CheckInAt, "check-in"},
		moment{r.plan.ClosesAt, "the round closes"},
	)
	due, err := r.until(ctx, next, what)
	if err != nil || !due {
		return err
	}
	switch what {
	case "check-in":
		return r.deliver(ctx, CheckInMail)
	case "the round closes":
		return r.ask(ctx, CloseRound, "close the round")
	default:
		return r.deliver(ctx, r.plan.Doubtful)
	}
}

// deliver sends one kind of mail and reads the plan that is left.
func (r *round) deliver(ctx workflow.Context, p Purpose) error {
	if _, err := Deliver.do(ctx, DeliverInput{Round: r.ref.ID, Purpose: p}, "send "+string(p)); err != nil {
		return err
	}
	return r.read(ctx, "read the round")
}

// read reads the plan anew. Bells that have rung until now say nothing that it does not see.
func (r *round) read(ctx workflow.Context, summary string) error {
	for r.bell.ReceiveAsync(nil) {
	}
	return r.ask(ctx, LoadRound, summary)
}

// ask runs an activity about the round and keeps the plan it returns.
func (r *round) ask(ctx workflow.Context, a Activity[Ref, Plan], summary string) error {
	plan, err := a.do(ctx, r.ref, summary)
	if err != nil {
		return err
	}
	r.plan, r.stale = plan, false
	return nil
}
