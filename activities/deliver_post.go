package activities

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
)

// claimHolds is for how long a claim is good without looking again: an attempt that was held up for longer finds out
// what happened meanwhile before it makes its call.
const claimHolds = 20 * time.Second

// parcel is what one call carries, and when it was claimed.
type parcel struct {
	mail.Post
	call store.Call
	at   time.Time
}

func (p parcel) ids() []int64 {
	ids := make([]int64, len(p.To))
	for i, to := range p.To {
		ids[i] = to.ID
	}
	return ids
}

// with is the same call to others.
func (p parcel) with(to []mail.Addressee) parcel {
	p.To = to
	return p
}

// deliver writes a page and posts it: the messages that share a text in one call, the others in calls of their own.
func (d *delivery) deliver(ctx context.Context, p page) error {
	l, err := d.write(ctx, p)
	if err != nil {
		var all []mail.Addressee
		for _, r := range p.people {
			all = append(all, mail.Addressee{ID: r.Message})
		}
		d.release(ctx, parcel{mail.Post{To: all}, p.call, p.at})
		return err
	}
	from := cmp.Or(d.facts.SenderName, d.facts.ProgramName)
	parcels := []parcel{{mail.Post{FromName: from, Message: d.template.Shared(), To: l.shared}, p.call, p.at}}
	err = insist(ctx, func(ctx context.Context) error { return d.DB.MarkFailed(ctx, p.call, l.failed, "text_not_rendered") })
	for _, apart := range l.apart {
		one := parcel{apart, d.newCall(), p.at}
		one.FromName = from
		if err == nil {
			err = insist(ctx, func(ctx context.Context) error { return d.DB.SplitCall(ctx, p.call, one.call, one.ids()) })
		}
		parcels = append(parcels, one)
	}
	for _, p := range parcels {
		if err == nil {
			err = d.post(ctx, p)
		} else { // not to be sent by this attempt
			d.release(ctx, p)
		}
	}
	return err
}

// post makes one call, and as many more as it takes until the fate of every message in it is known or known to be
// unknown. Its error means that nobody is going to call: the messages are released.
func (d *delivery) post(ctx context.Context, p parcel) error {
	for {
		if err := d.gate.wait(ctx); err != nil {
			d.release(ctx, p)
			return err
		}
		if time.Since(p.at) > claimHolds {
			p.at = time.Now()
			still, err := d.DB.ReclaimMessages(ctx, p.call, p.ids())
			if err != nil {
				d.release(ctx, p)
				return err
			}
			p = p.with(keep(p.To, func(_ int, to mail.Addressee) bool { return still[to.ID] }))
		}
		if len(p.To) == 0 {
			d.release(ctx, p)
			return nil
		}
		d.calls.Add(1)
		r := d.Mail.Send(ctx, p.Post)
		if r.Outcome == mail.Later {
			d.gate.close(r.Wait)
			activity.GetLogger(ctx).Warn("the mail provider takes no mail now", "code", r.Code, "mailing", d.mailing.String())
			continue
		}
		d.gate.open()
		rest, err := d.settle(ctx, p, r)
		if err != nil || len(rest) == 0 {
			return err
		}
		if len(rest) == 2 {
			if err := d.post(ctx, rest[0]); err != nil {
				d.release(ctx, rest[1])
				return err
			}
		}
		p = rest[len(rest)-1]
	}
}

// settle writes down what an answer says, and gives the one or two parcels that are still to be called about: an empty one
// has no more messages to be called about.
func (d *delivery) settle(ctx context.Context, p parcel, r mail.Result) ([]parcel, error) {
	ids := p.ids()
	switch r.Outcome {
	case mail.Accepted:
		return nil, insist(ctx, func(ctx context.Context) error { return d.DB.MarkSent(ctx, p.call, ids, r.ProviderID) })
	case mail.Doubtful:
		activity.GetLogger(ctx).Warn("messages in doubt", "code", r.Code, "mailing", d.mailing.String(), "messages", len(ids))
		return nil, insist(ctx, func(ctx context.Context) error { return d.DB.MarkUnknown(ctx, p.call, ids) })
	case mail.Rejected:
		d.release(ctx, p)
		return nil, fault.Wrap(r.Err, fault.Invalid, "mail_rejected", "the provider does not accept the sender or the text of this mail")
	}
	if len(r.Named) > 0 {
		named := make(map[int]bool, len(r.Named))
		var failed []int64
		for _, i := range r.Named {
			named[i] = true
			failed = append(failed, ids[i])
		}
		err := insist(ctx, func(ctx context.Context) error { return d.DB.MarkFailed(ctx, p.call, failed, "refused") })
		return []parcel{p.with(keep(p.To, func(i int, _ mail.Addressee) bool { return !named[i] }))}, err
	}
	if half := len(p.To) / 2; half > 0 {
		other := p.with(p.To[half:])
		other.call = d.newCall()
		err := insist(ctx, func(ctx context.Context) error { return d.DB.SplitCall(ctx, p.call, other.call, other.ids()) })
		return []parcel{p.with(p.To[:half]), other}, err
	}
	reason := map[mail.Outcome]string{mail.Refused: "refused", mail.TooLarge: "too_large"}[r.Outcome]
	return []parcel{p.with(nil)}, insist(ctx, func(ctx context.Context) error { return d.DB.MarkFailed(ctx, p.call, ids, reason) })
}

func keep(to []mail.Addressee, want func(i int, to mail.Addressee) bool) []mail.Addressee {
	kept := make([]mail.Addressee, 0, len(to))
	for i, t := range to {
		if want(i, t) {
			kept = append(kept, t)
		}
	}
	return kept
}

// release gives a call up that is not made, also when the attempt has been told to stop. What cannot be given back is in
// doubt for the next attempt.
func (d *delivery) release(ctx context.Context, p parcel) {
	err := insist(ctx, func(ctx context.Context) error { return d.DB.ReleaseCall(ctx, p.call, p.ids()) })
	if err != nil {
		activity.GetLogger(ctx).Warn("claims not released", "mailing", d.mailing.String(), "messages", len(p.To))
	}
}

// insistFor is how long what is known of messages waits for a database that is away: what is not written down is a doubt.
const insistFor = 2 * time.Minute

// insist tries until it worked or trying again cannot help. It goes on for a while after the context's end.
func insist(ctx context.Context, f func(context.Context) error) error {
	limit := insistFor
	if ctx.Err() != nil {
		limit = 5 * time.Second
	}
	on, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := f(on)
		if err == nil || fault.From(err).Permanent() {
			return err
		}
		select {
		case <-time.After(pause):
		case <-on.Done():
			return err
		}
	}
}

// gate holds all calls of a delivery back while the provider wants none.
type gate struct {
	mu     sync.Mutex
	until  time.Time
	closed int // times in a row, calls in flight together counted once
}

// close keeps the gate shut for as long as the provider asks; if it does not say, for 1 s, 2 s, 4 s, up to a minute.
func (g *gate) close(wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Now().After(g.until) {
		g.closed++
	}
	if wait == 0 {
		wait = min(time.Second<<min(max(g.closed-1, 0), 6), time.Minute)
	}
	wait += time.Duration(rand.Int64N(int64(wait)/10 + 1)) //nolint:gosec // only so that deliveries do not come back all at once
	if until := time.Now().Add(wait); until.After(g.until) {
		g.until = until
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = 0
}

func (g *gate) wait(ctx context.Context) error {
	g.mu.Lock()
	left := time.Until(g.until)
	g.mu.Unlock()
	if left <= 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(left):
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
