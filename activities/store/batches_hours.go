package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/quota"
)

// meeting tells whether the hours of contacts and those of their senders ever meet. It knows what it has found out once.
type meeting struct {
	s       Sequence
	steps   []Step
	known   map[met]bool
	senders map[int64]*quota.Plan // with nothing in them
}

type met struct {
	sender   int64
	zone     string
	from, to int // of the step
}

// ever reports whether a sender with no other mail would have a slot for each mail to a contact, within PlanMonths.
func (m meeting) ever(ctx context.Context, tx pgx.Tx, sender int64, to recipient) (bool, error) {
	if m.s.contactHours(to) == nil {
		return true, nil
	}
	for _, step := range m.steps {
		key := met{sender, to.Timezone, step.FromHour, step.ToHour}
		ok, known := m.known[key]
		if !known && step.Kind == MailStep {
			var err error
			if ok, err = m.finds(ctx, tx, sender, step, to); err != nil {
				return false, err
			}
			m.known[key] = ok
		}
		if !ok && step.Kind == MailStep {
			return false, nil
		}
	}
	return true, nil
}

func (m meeting) finds(ctx context.Context, tx pgx.Tx, sender int64, step Step, to recipient) (bool, error) {
	p := m.senders[sender]
	if p == nil {
		s, err := oneSender(ctx, tx, `SELECT `+senderColumns+` FROM senders s WHERE s.user_id = $1`, sender)
		if err != nil {
			return false, err
		}
		box, err := s.mailbox(ctx, tx, noLists())
		if err != nil {
			return false, err
		}
		now, err := clock(ctx, tx)
		if err != nil {
			return false, err
		}
		p = quota.NewPlan(now, now.AddDate(0, PlanMonths, 0), 0)
		if err := p.AddSender(sender, box, nil); err != nil {
			return false, fault.Wrap(err, fault.Invalid, "sender_unusable", "sender %d cannot be planned with", sender)
		}
		m.senders[sender] = p
	}
	at, ok := p.Reserve(m.s.ask(sender, step, recipient{Timezone: to.Timezone}, time.Time{}))
	if ok {
		p.Free(sender, at)
	}
	return ok, nil
}
