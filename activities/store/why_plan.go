package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/quota"
)

// byPlan is about a step that only waits for its instant: it asks the planner what keeps it from going sooner.
func (q question) byPlan(ctx context.Context, tx pgx.Tx) (Why, error) {
	if !q.ahead() {
		return q.overdue(), nil
	}
	b, err := batchByID(ctx, tx, q.e.BatchID, "")
	if err != nil {
		return Why{}, err
	}
	step := q.steps[q.e.Step-1]
	earliest, err := q.earliest(b)
	if err != nil {
		return Why{}, err
	}
	slot := ""
	if step.Kind == MailStep {
		slot = " Its slot is on " + q.words(*q.e.DueAt) + "."
	}
	switch {
	case q.e.Step == 1 && b.Start == "at" && q.now.Before(earliest):
		return q.because(WhyStart, q.e.DueAt, "Its batch starts on %s.%s", q.words(earliest), slot), nil
	case q.e.Step > 1 && q.now.Before(earliest):
		return q.because(WhyDelay, q.e.DueAt, "Step %d comes %s after the step before, not before %s.%s", q.e.Step, delayOf(step), q.words(earliest), slot), nil
	case step.Kind == TaskStep:
		return q.because(WhyDelay, q.e.DueAt, "Step %d, a task, turns up on %s.", q.e.Step, q.words(*q.e.DueAt)), nil
	}
	plan, err := q.planWithout(ctx, tx)
	if err != nil {
		return Why{}, err
	}
	a := q.rules.ask(q.e.SenderID, step, q.person.recipient(), later(earliest, q.now))
	if step.No == 1 {
		if a.Batch, err = paceOf(ctx, tx, q.e.BatchID, q.e.ID, q.now, ""); err != nil {
			return Why{}, err
		}
	}
	return q.pushed(obstacle(plan, a, openIn(q.box, step), *q.e.DueAt)), nil
}

// earliest is the first instant at which the present step may go by its batch's start or its delay.
func (q question) earliest(b Batch) (time.Time, error) {
	switch {
	case q.e.Step == 1 && b.EngagedAt != nil:
		zone, err := calendar.Zone(b.Timezone)
		if err != nil {
			return q.now, fmt.Errorf("batch %d: %w", b.ID, err)
		}
		if b.Start == "next_slot" && !q.box.Open(*b.EngagedAt) {
			return *b.EngagedAt, nil // the hours and holidays of the sender are what it waits for
		}
		return b.begins(q.box, zone, *b.EngagedAt), nil
	case q.e.Step == 1 || q.e.LastSentAt == nil:
		return q.now, nil
	}
	return q.steps[q.e.Step-1].after(q.box, *q.e.LastSentAt), nil
}

func delayOf(s Step) string {
	switch {
	case s.DelayMinutes == 1:
		return "a minute"
	case s.DelayMinutes > 0:
		return fmt.Sprintf("%d minutes", s.DelayMinutes)
	case s.DelayDays == 1:
		return "a working day"
	}
	return fmt.Sprintf("%d working days", s.DelayDays)
}

// planWithout is the sender's plan as if the present step had no slot.
func (q question) planWithout(ctx context.Context, tx pgx.Tx) (*quota.Plan, error) {
	taken, err := takenSlots(ctx, tx, []int64{q.e.SenderID}, q.now)
	if err != nil {
		return nil, err
	}
	var own *time.Time
	err = tx.QueryRow(ctx, `SELECT (SELECT at FROM slots WHERE enrollment_id = $1 AND step = $2 AND sender_id = $3 AND NOT claimed)`,
		q.e.ID, q.e.Step, q.e.SenderID).Scan(&own)
	if err != nil {
		return nil, fmt.Errorf("read the slot of enrollment %d: %w", q.e.ID, err)
	}
	others := taken[q.e.SenderID]
	to := q.person.recipient()
	is := func(t quota.Taken) bool { return own != nil && t.At.Equal(*own) && t.Domain == to.Domain }
	if i := slices.IndexFunc(others, is); i >= 0 {
		others = slices.Delete(others, i, i+1)
	}
	plan := quota.NewPlan(q.now, q.now.AddDate(0, PlanMonths, 0), 0)
	if err := plan.AddSender(q.e.SenderID, q.box, others); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "sender_unusable", "sender %d cannot be planned with", q.e.SenderID)
	}
	return plan, nil
}

// openIn is a mailbox with the hours of a step.
func openIn(box quota.Sender, s Step) quota.Sender {
	box.From, box.To = max(box.From, s.FromHour), min(box.To, s.ToHour)
	return box
}

// whyOf are the planner's reasons.
var whyOf = map[quota.Reason]string{
	quota.ReasonContact: WhyContactHours, quota.ReasonBatch: WhySpread, quota.ReasonHour: WhyQuotaHour, quota.ReasonDomain: WhyCapDomain, quota.ReasonCompany: WhyCapCompany,
	quota.ReasonDay: WhyQuotaDay, quota.ReasonGap: WhyGap, quota.ReasonHorizon: WhyHorizon,
}

// obstacle is what keeps a mail from going at its earliest instant, or, where its sender is closed then, from the next slot.
// If nothing does, the mail just waits for the slot it was given.
func obstacle(plan *quota.Plan, a quota.Ask, hours quota.Sender, due time.Time) string {
	closed := WhySlot
	for first := true; ; first = false {
		reason := plan.Why(a)
		if code, ok := whyOf[reason]; ok {
			return code
		}
		next, ok := hours.NextSlot(a.NotBefore.Add(1))
		if reason == "" || !ok {
			return WhySlot
		}
		if first {
			closed = closedBy(hours, a.NotBefore, next)
		}
		if due.Before(next.Add(time.Hour)) {
			return closed
		}
		a.NotBefore = next
	}
}

// closedBy is why a sender has no slot from an instant until the next one begins.
func closedBy(hours quota.Sender, at, next time.Time) string {
	if hours.Open(at) {
		return WhySlot // nothing is left of the slot
	}
	hours.Holidays = nil
	if usual, ok := hours.NextSlot(at); hours.Open(at) || ok && usual.Before(next) {
		return WhyHoliday
	}
	return WhyHours
}

// pushed says what gave the present step the slot it has.
func (q question) pushed(code string) Why {
	s := q.s
	due := q.words(*q.e.DueAt)
	texts := map[string]string{
		WhySlot:    "It waits for its slot, on " + due + ".",
		WhyHours:   "It is outside the hours in which " + s.Address + " sends this step. Its slot is on " + due + ".",
		WhyHoliday: "The mailbox " + s.Address + " has a holiday. Its slot is on " + due + ".",
		WhyContactHours: fmt.Sprintf("It waits for the contact's own hours, %d:00 to %d:00 in %s. Its slot is on %s.",
			q.rules.ContactFromHour, q.rules.ContactToHour, q.person.Timezone, due),
		WhySpread:     "Its batch begins no more contacts before. Its slot is on " + due + ".",
		WhyQuotaHour:  fmt.Sprintf("The mailbox %s sends %s an hour, and the hour is full. Its slot is on %s.", s.Address, mails(s.PerHour), due),
		WhyQuotaDay:   fmt.Sprintf("The mailbox %s sends %s in 24 hours, which are full. Its slot is on %s.", s.Address, s.dayQuota(), due),
		WhyGap:        fmt.Sprintf("The mailbox %s leaves %d seconds between two mails. Its slot is on %s.", s.Address, s.MinGapS, due),
		WhyCapDomain:  fmt.Sprintf("The mailbox %s sends %s a day to one domain, and that many go to the contact's. Its slot is on %s.", s.Address, mails(s.PerDomain), due),
		WhyCapCompany: fmt.Sprintf("The mailbox %s sends %s a day to one company, and that many go to the contact's. Its slot is on %s.", s.Address, mails(s.PerCompany), due),
		WhyHorizon:    fmt.Sprintf("The mailbox %s has no slot for it within %d months. It is tried again on %s.", s.Address, PlanMonths, due),
	}
	return q.because(code, q.e.DueAt, "%s", texts[code])
}

func (s Sender) dayQuota() string {
	if s.RampSince != nil {
		return "at most " + mails(s.PerDay) + ", fewer while its ramp lasts,"
	}
	return mails(s.PerDay)
}

func mails(n int) string {
	if n == 1 {
		return "1 mail"
	}
	return fmt.Sprintf("%d mails", n)
}
