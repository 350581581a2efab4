package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
)

// lateAfter is how late a mail may be and still go at once. What a stop of the system, or of the provider, held up for longer gets
// a slot of its own again, so that nothing bursts.
const lateAfter = 10 * time.Minute

// shortWait is how long a mail whose window is full waits for a place in it rather than for another slot: mails go a moment
// after their slot's instant, so that a mailbox that is full every day would lose a place to every one of them.
const shortWait = 5 * time.Minute

// claim is the licence to send: who may not be written to ends here; a slot that is not good any more is planned anew;
// else the slot is claimed at this instant and the message is in the ledger when this commits.
func (t *turn) claim(ctx context.Context, tx pgx.Tx, attempt string) error {
	p := t.person
	stop, err := stopOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	switch {
	case stop != "":
		return t.e.end(ctx, tx, stop, "")
	case p.SnoozedUntil != nil && t.now.Before(*p.SnoozedUntil):
		return t.replan(ctx, tx, *p.SnoozedUntil, "snoozed")
	case t.s.DeletedAt != nil:
		return t.e.change(ctx, tx, t.e.State, "sender_deleted", `due_at = NULL`)
	case t.s.PausedAt != nil:
		return t.e.change(ctx, tx, t.e.State, "sender_paused", `due_at = NULL`)
	}
	if until, halted := t.s.haltedUntil(); halted && t.e.Step == 1 && t.now.Before(until) {
		return t.replan(ctx, tx, until, "bounces")
	}
	if t.e.Reason == "horizon" { // it waited for a slot to come into reach, and has none
		from := t.now
		if t.e.LastSentAt != nil {
			earliest, err := t.after(ctx, tx, t.steps[t.e.Step-1], *t.e.LastSentAt)
			if err != nil {
				return err
			}
			from = later(earliest, t.now)
		}
		return t.replan(ctx, tx, from, "")
	}
	to := p.recipient()
	if t.now.Sub(*t.e.DueAt) > lateAfter {
		return t.replan(ctx, tx, t.now, "late")
	}
	why, opens, err := t.licensed(ctx, tx, to)
	if err != nil {
		return err
	}
	switch {
	case why == "":
	case opens.Sub(t.now) > 0 && opens.Sub(t.now) < shortWait:
		return t.wait(ctx, tx, opens, why)
	default:
		return t.replan(ctx, tx, t.now, why)
	}
	return t.issue(ctx, tx, p, to, attempt)
}

// licensed looks at the mails that did go out, which are all that counts: the clock hour, the last 24 hours, the gap, the
// caps. It says what forbids this one, a code, and when that ends by itself, if it is known.
func (t *turn) licensed(ctx context.Context, tx pgx.Tx, to recipient) (why string, opens time.Time, err error) {
	box, err := t.mailbox(ctx, tx)
	if err != nil {
		return "", opens, err
	}
	if !openIn(box, t.steps[t.e.Step-1]).Open(t.now) {
		return "slot", opens, nil
	}
	s, err := t.rules(ctx, tx)
	if err != nil {
		return "", opens, err
	}
	if !s.contactHours(to).Open(t.now) {
		return "contact_hours", opens, nil
	}
	here, day := t.now.In(box.Zone), calendar.WallOf(t.now, box.Zone).Date()
	hour := t.now.Add(-time.Duration(here.Minute())*time.Minute - time.Duration(here.Second())*time.Second - time.Duration(here.Nanosecond()))
	var inHour, inDay, toDomain, toCompany int
	var last, leaves *time.Time
	var reserved bool
	err = tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE at >= $2), count(*) FILTER (WHERE at > $3::timestamptz - interval '24 hours'), max(at),
			min(at) FILTER (WHERE at > $3::timestamptz - interval '24 hours') + interval '24 hours',
			count(*) FILTER (WHERE at >= $4 AND domain = $5), count(*) FILTER (WHERE at >= $4 AND company = $6 AND company <> ''),
			EXISTS (SELECT FROM slots WHERE enrollment_id = $7 AND step = $8)
		FROM slots WHERE sender_id = $1 AND claimed AND at > $3::timestamptz - interval '26 hours'`,
		t.s.UserID, hour, t.now, calendar.WallOf(midnight(day), time.UTC).In(box.Zone), to.Domain, to.company(), t.e.ID, t.e.Step).
		Scan(&inHour, &inDay, &last, &leaves, &toDomain, &toCompany, &reserved)
	if err != nil {
		return "", opens, fmt.Errorf("count what sender %d sent: %w", t.s.UserID, err)
	}
	switch dayQuota := box.DayQuota(day); {
	case !reserved: // it was a task when it was planned
		return "slot", opens, nil
	case inHour >= box.PerHour:
		return "quota_hour", opens, nil
	case inDay >= dayQuota:
		if inDay == dayQuota {
			opens = *leaves
		}
		return "quota_day", opens, nil
	case box.PerDomain > 0 && toDomain >= box.PerDomain:
		return "cap_domain", opens, nil
	case box.PerCompany > 0 && toCompany >= box.PerCompany:
		return "cap_company", opens, nil
	case last != nil && box.MinGap > 0 && t.now.Sub(*last) < box.MinGap:
		return "gap", last.Add(box.MinGap), nil
	}
	return "", opens, nil
}

// issue claims the slot and writes the message.
func (t *turn) issue(ctx context.Context, tx pgx.Tx, p Person, to recipient, attempt string) error {
	step := t.steps[t.e.Step-1]
	c := &StepCall{
		Call: Call{ID: uuid.NewString(), Attempt: attempt, Mailing: stepMailing(t.e.ID)}, Step: step, Sender: t.s, Person: p,
		Subject: SubjectAnswered(t.steps, step.No, t.e.Texts),
	}
	c.Text, _ = step.TextFor(t.e.Texts)
	for _, before := range t.steps[:t.e.Step-1] {
		if before.Kind == MailStep {
			c.Previous = append(c.Previous, before.No)
		}
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO slots (enrollment_id, step, sender_id, at, claimed, domain, company, batch_id) VALUES ($1, $2, $3, $4, true, $5, $6, $7)
		ON CONFLICT (enrollment_id, step) DO UPDATE SET sender_id = excluded.sender_id, at = excluded.at, claimed = true`,
		t.e.ID, step.No, t.s.UserID, t.now, to.Domain, to.company(), pacedBy(t.e.BatchID, step.No))
	batch.Queue(`INSERT INTO mail_calls (id, attempt, purpose, subject_id) VALUES ($1, $2, 'step', $3)`, c.ID, attempt, t.e.ID)
	batch.Queue(`INSERT INTO ledger (purpose, subject_id, person_id, step, state, call_id, claimed_at) VALUES ('step', $1, $2, $3, 'called', $4, $5) RETURNING id`,
		t.e.ID, p.ID, step.No, c.ID, t.now).QueryRow(func(row pgx.Row) error { return row.Scan(&c.Message) })
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("claim step %d of enrollment %d: %w", step.No, t.e.ID, err)
	}
	if t.e.State == StateAdded || t.e.Reason != "" {
		if err := t.e.change(ctx, tx, StateActive, "", ""); err != nil {
			return err
		}
	}
	c.Enrollment = t.e
	t.mail = c
	return nil
}

// replan gives the present step another slot, not before an instant.
func (t *turn) replan(ctx context.Context, tx pgx.Tx, notBefore time.Time, reason string) error {
	at, ok, err := t.reserve(ctx, tx, t.steps[t.e.Step-1], notBefore)
	if err != nil {
		return err
	}
	if !ok {
		return t.wait(ctx, tx, t.now.AddDate(0, 0, 1), "horizon")
	}
	return t.wait(ctx, tx, at, reason)
}

// reserve finds and writes a slot for a step, in place of the one it has.
func (t *turn) reserve(ctx context.Context, tx pgx.Tx, s Step, notBefore time.Time) (time.Time, bool, error) {
	if _, err := tx.Exec(ctx, `DELETE FROM slots WHERE enrollment_id = $1 AND step = $2 AND NOT claimed`, t.e.ID, s.No); err != nil {
		return time.Time{}, false, fmt.Errorf("give back a slot of enrollment %d: %w", t.e.ID, err)
	}
	if s.Kind != MailStep { // it was a mail until its batch went on with another edition
		return later(notBefore, t.now), true, nil
	}
	if err := t.plan(ctx, tx); err != nil {
		return time.Time{}, false, err
	}
	q, err := t.rules(ctx, tx)
	if err != nil {
		return time.Time{}, false, err
	}
	to := t.person.recipient()
	a := q.ask(t.s.UserID, s, to, later(notBefore, t.now))
	if s.No == 1 {
		if a.Batch, err = paceOf(ctx, tx, t.e.BatchID, t.e.ID, t.now, "FOR NO KEY UPDATE"); err != nil {
			return time.Time{}, false, err
		}
	}
	at, ok := t.planner.Reserve(a)
	if !ok {
		return at, false, nil
	}
	_, err = tx.Exec(ctx, `INSERT INTO slots (enrollment_id, step, sender_id, at, domain, company, batch_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.e.ID, s.No, t.s.UserID, at, to.Domain, to.company(), pacedBy(t.e.BatchID, s.No))
	if err != nil {
		return at, false, fmt.Errorf("reserve a slot of enrollment %d: %w", t.e.ID, err)
	}
	return at, true, nil
}

func (t *turn) plan(ctx context.Context, tx pgx.Tx) (err error) {
	if t.planner == nil {
		t.planner, err = newPlanner(ctx, tx, []int64{t.s.UserID}, true, t.now)
	}
	return err
}
