package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// moment is an instant and what happens then.
type moment struct {
	at   time.Time
	what string
}

// earliest picks the first moment that has an instant; of equal ones the first named.
func earliest(moments ...moment) (time.Time, string) {
	var first moment
	for _, m := range moments {
		if !m.at.IsZero() && (first.at.IsZero() || m.at.Before(first.at)) {
			first = m
		}
	}
	return first.at, first.what
}

// until waits for the instant (for ever if it is zero) and reports whether it came. It returns early, with a fresh plan,
// when the doorbell rings; answers that arrive meanwhile are stored and the waiting goes on, in a new run when the history
// has grown long.
func (r *round) until(ctx workflow.Context, at time.Time, what string) (bool, error) {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	var due, rang bool
	var batch *Answers
	s := workflow.NewSelector(ctx)
	s.AddReceive(r.bell, func(c workflow.ReceiveChannel, _ bool) {
		for c.ReceiveAsync(nil) {
		}
		rang = true
	})
	s.AddReceive(r.answers, func(c workflow.ReceiveChannel, _ bool) {
		batch = new(Answers)
		c.Receive(ctx, batch)
	})
	if !at.IsZero() {
		timer := workflow.NewTimerWithOptions(timerCtx, at.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: what})
		s.AddFuture(timer, func(f workflow.Future) { due = f.Get(ctx, nil) == nil })
	}
	s.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) {})
	for !due && !rang {
		s.Select(ctx)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if batch != nil {
			if err := r.store(ctx, *batch); err != nil {
				return false, err
			}
			batch = nil
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return false, nil // many answers have come: the next run waits on
		}
	}
	if rang {
		return false, r.read(ctx, "the row changed")
	}
	return true, nil
}

// store hands a batch of answers on. A batch that cannot be stored is refused as a whole and the round goes on: it is
// the integration's mistake, and its own list of answers in the API shows what is missing.
func (r *round) store(ctx workflow.Context, batch Answers) error {
	_, err := StoreAnswers.do(ctx, StoreAnswersInput{Round: r.ref.ID, Answers: batch.Answers},
		fmt.Sprintf("store %d answers", len(batch.Answers)))
	if err == nil || permanent(err) {
		return nil
	}
	return err
}

// drain stores the answers that are still queued, so that none is lost when the run ends.
func (r *round) drain(ctx workflow.Context) error {
	for {
		var batch Answers
		if !r.answers.ReceiveAsync(&batch) {
			return nil
		}
		if err := r.store(ctx, batch); err != nil {
			return err
		}
	}
}

// stuck is what happens when an activity says that trying again cannot help, for instance because the rules contradict
// each other: the round says so and waits for somebody to change its row, while answers go on being stored. It never fails
// by itself.
func (r *round) stuck(ctx workflow.Context, err error) error {
	workflow.SetCurrentDetails(ctx, r.details()+"\n\n**Stuck**: "+reason(err)+". Change the round or its program; it tries again then, and every hour.")
	r.stale = true
	_, err = r.until(ctx, workflow.Now(ctx).Add(time.Hour), "stuck: try again")
	if permanent(err) {
		return nil // the row could not be read: it is still stale
	}
	return err
}

func permanent(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

func reason(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return app.Type()
	}
	return "unknown"
}

// show tells the Temporal UI where the round is: phase as a search attribute, the rest in Markdown.
func (r *round) show(ctx workflow.Context) error {
	if r.stale {
		return nil // there is nothing new to show
	}
	workflow.SetCurrentDetails(ctx, r.details())
	if r.phase == r.plan.Phase {
		return nil
	}
	r.phase = r.plan.Phase
	if err := workflow.UpsertTypedSearchAttributes(ctx, PhaseAttribute.ValueSet(string(r.phase))); err != nil {
		return fmt.Errorf("upsert search attributes: %w", err)
	}
	return nil
}

// details is the Markdown that ops see; it holds counts and instants only.
func (r *round) details() string {
	p := r.plan
	next, what := earliest(
		moment{p.OpensAt, "opens"}, moment{p.RemindAt, "reminder"}, moment{p.AnswersCloseAt, "answers close"},
		moment{p.MatchAt, "match"}, moment{p.CheckInAt, "check-in"}, moment{p.ClosesAt, "closes"},
	)
	s := fmt.Sprintf("### Round %d: %s\n\n| invited | opted in | declined | groups | unmatched |\n|---|---|---|---|---|\n| %d | %d | %d | %d | %d |",
		r.ref.ID, p.Phase, p.Counts.Invited, p.Counts.OptedIn, p.Counts.Declined, p.Counts.Groups, p.Counts.Unmatched)
	if !next.IsZero() && !p.Phase.Over() {
		s += fmt.Sprintf("\n\nNext: %s at %s", what, next.UTC().Format(time.RFC3339))
	}
	return s
}
