package activities

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/sdk/activity"
	"golang.org/x/sync/errgroup"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/workflows"
)

// lanes is how many calls one delivery makes at a time: while the provider and Postgres work on some, the next is being
// written. A killed worker leaves at most so many pages in doubt.
const lanes = 4

// Deliver sends one kind of mail to everybody in a round or a networking session who is owed it. It keeps nothing but what the ledger says, so
// any attempt takes over from any other: its messages are committed before each call, and what became of the call after it.
//
// Each call is one of: sent; refused for some people, who fail while the others go on; not taken now, and then it waits
// and tries again for as long as it takes; or of unknown fate, and then nobody sends it again until evidence had its time
// (UnknownAfter). An attempt that is told to stop finishes its calls, makes no other, and gives back what it had claimed.
func (a *Activities) Deliver(ctx context.Context, in workflows.DeliverInput) (workflows.Delivery, error) {
	mailing := store.Mailing{Subject: in.Round, Purpose: string(in.Purpose)}
	kinds := mail.Purposes
	if in.Session != 0 {
		mailing.Subject, kinds = in.Session, mail.SessionPurposes
	}
	if !slices.Contains(kinds, in.Purpose) {
		return workflows.Delivery{}, fault.New(fault.Invalid, "purpose_unknown", "there is no mail of the kind %q", in.Purpose)
	}
	d := delivery{Activities: a, mailing: mailing, attempt: uuid.NewString()}
	if activity.HasHeartbeatDetails(ctx) {
		var calls int64
		if activity.GetHeartbeatDetails(ctx, &calls) == nil {
			d.calls.Store(calls)
		}
	}
	ctx, stop := d.alive(ctx)
	defer stop()
	if err := d.prepare(ctx); err != nil {
		return workflows.Delivery{}, err
	}
	if err := d.everybody(ctx); err != nil {
		if errors.Is(context.Cause(ctx), errStopping) {
			return workflows.Delivery{}, errStopping
		}
		return workflows.Delivery{}, err
	}
	return d.done(ctx)
}

var errStopping = fault.New(fault.Unavailable, "worker_stopping", "the worker stops; another one goes on")

type delivery struct {
	*Activities
	mailing  store.Mailing
	attempt  string
	cutoff   time.Time // doubts from before are sent once more
	facts    store.MailFacts
	template *mail.Template
	calls    atomic.Int64 // of all attempts
	gate     gate
}

// alive heartbeats with the number of calls made so far, until stopped. The context it returns ends when the attempt has
// to stop; calls under way then are still waited for.
func (d *delivery) alive(ctx context.Context) (context.Context, func()) {
	working, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for stopping := activity.GetWorkerStopChannel(ctx); ; {
			select {
			case <-tick.C:
				activity.RecordHeartbeat(ctx, d.calls.Load())
			case <-stopping:
				cancel(errStopping)
				stopping = nil
			case <-done:
				return
			}
		}
	}()
	return working, func() { close(done); cancel(nil) }
}

// prepare reads what all messages have in common and compiles the text.
func (d *delivery) prepare(ctx context.Context) error {
	facts, err := d.DB.MailFacts(ctx, d.mailing)
	if err != nil {
		return err
	}
	d.facts = facts
	// Clocks differ a little: a timer that fires on time must not find its doubt a moment too young.
	d.cutoff = facts.Now.Add(min(time.Minute, d.UnknownAfter/10) - d.UnknownAfter)
	d.template, err = d.compile()
	return err
}

// everybody goes through all who are owed the mail, in pages of one call each, again and again until a pass finds nobody.
// Before each pass it takes over what other attempts are sending: one that was given up but lives on can then neither
// call for those people again nor give them back behind the pass. If nobody had a message before the first pass, and none
// turned up meanwhile, there was no other attempt, and the pass has been at everybody.
func (d *delivery) everybody(ctx context.Context) error {
	stretches, err := d.DB.Stretches(ctx, d.mailing, lanes, mail.MaxAddressees)
	for err == nil {
		if _, err = d.DB.AdoptMessages(ctx, d.mailing, d.attempt); err != nil {
			break
		}
		var claimed int64
		if claimed, err = d.pass(ctx, stretches); claimed == 0 || !slices.ContainsFunc(stretches, func(s store.Stretch) bool { return !s.Untouched }) {
			break
		}
		stretches = []store.Stretch{store.Everybody(mail.MaxAddressees)} // whoever was left out is few
	}
	return err
}

// pass goes through stretches side by side.
func (d *delivery) pass(ctx context.Context, stretches []store.Stretch) (int64, error) {
	var claimed atomic.Int64
	g, working := errgroup.WithContext(ctx)
	for i := range stretches {
		g.Go(func() error {
			for working.Err() == nil {
				p, err := d.claim(working, &stretches[i])
				if err != nil || len(p.people) == 0 {
					return err
				}
				claimed.Add(int64(p.claimed()))
				if err := d.deliver(working, p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return claimed.Load(), err
}

// done closes the mailing: whoever was to be told has been, cannot be, or is in doubt.
func (d *delivery) done(ctx context.Context) (workflows.Delivery, error) {
	if err := d.DB.EndDoubts(ctx, d.mailing, d.cutoff); err != nil {
		return workflows.Delivery{}, err
	}
	if err := d.note(ctx); err != nil {
		return workflows.Delivery{}, err
	}
	t, err := d.DB.MailTotals(ctx, d.mailing)
	if err != nil {
		return workflows.Delivery{}, err
	}
	out := workflows.Delivery{Sent: t.Sent, Failed: t.Failed, Suppressed: t.Suppressed, Unknown: t.Unknown, Calls: int(d.calls.Load())}
	if t.DoubtSince != nil {
		out.DoubtAt = t.DoubtSince.Add(d.UnknownAfter).UTC()
	}
	return out, nil
}

// note tells the row that the mailing is closed.
func (d *delivery) note(ctx context.Context) error {
	if d.facts.Session != nil {
		return d.DB.SessionMailed(ctx, d.mailing, *d.facts.Session)
	}
	return d.DB.Delivered(ctx, d.mailing.Subject, d.mailing.Purpose)
}
