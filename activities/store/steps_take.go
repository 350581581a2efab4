package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/quota"
)

// StepCall is a step's mail that has its slot and its row in the ledger: whoever gets it calls the provider, once.
type StepCall struct {
	Call
	Message    int64 // row of the ledger
	Enrollment Enrollment
	Step       Step
	Text       StepText // the contact's own, or the step's
	Sender     Sender
	Person     Person
	Previous   []int  // steps whose mails went before it, the last at the end
	Subject    string // of the mail it answers, where it does
}

// Turn is what an enrollment waits for.
type Turn struct {
	Enrollment
	Mail *StepCall // to be sent now
}

// TakeStep does what an enrollment has due, as far as that is a matter of rows: it turns up a task, plans a mail anew, or
// claims the mail's slot and writes it into the ledger. An attempt of before that died between its claim and the provider's
// answer left a doubt, which is waited out; a mail of a step is never sent twice by Rondo itself.
func (db *DB) TakeStep(ctx context.Context, id int64, attempt string, unknownAfter time.Duration) (out Turn, err error) {
	err = db.onTurn(ctx, id, nil, func(tx pgx.Tx, t *turn) error {
		if err := t.hear(ctx, tx); err != nil {
			return err
		}
		err := t.take(ctx, tx, attempt, unknownAfter)
		out = Turn{Enrollment: t.e, Mail: t.mail}
		return err
	})
	return out, err
}

// turn is an enrollment under lock, with what deciding about it takes.
type turn struct {
	e      Enrollment
	s      Sender
	person Person
	steps  []Step
	now    time.Time
	mail   *StepCall

	// Read when first needed.
	box      *quota.Sender
	sequence *Sequence
	planner  *planner
}

// mostSenders is how many senders an enrollment may get, one after the other, while a turn of it begins.
const mostSenders = 10

// onTurn runs f in a transaction that holds an enrollment with its person and its sender, and other enrollments.
func (db *DB) onTurn(ctx context.Context, id int64, others []int64, f func(tx pgx.Tx, t *turn) error) error {
	for range mostSenders {
		var person, sender int64
		err := db.pool.QueryRow(ctx, `SELECT person_id, sender_id FROM enrollments WHERE id = $1`, id).Scan(&person, &sender)
		if errors.Is(err, pgx.ErrNoRows) {
			return fault.New(fault.NotFound, "enrollment_not_found", "there is no such enrollment")
		}
		if err != nil {
			return fmt.Errorf("read enrollment %d: %w", id, err)
		}
		err = db.tx(ctx, func(tx pgx.Tx) error {
			t, err := takeTurn(ctx, tx, id, person, sender, others)
			if err != nil {
				return err
			}
			return f(tx, t)
		})
		if !errors.Is(err, errReassigned) {
			return err
		}
	}
	return fault.New(fault.Unavailable, "enrollment_busy", "the enrollment gets one sender after the other: try again shortly")
}

// errReassigned is why a turn begins again: its sender is locked before the row that names it.
var errReassigned = errors.New("the enrollment has got another sender")

// takeTurn locks in the order that everybody keeps.
func takeTurn(ctx context.Context, tx pgx.Tx, id, person, sender int64, others []int64) (*turn, error) {
	var t turn
	var err error
	if t.person, err = personByID(ctx, tx, person, "FOR NO KEY UPDATE OF p"); err != nil {
		return nil, err
	}
	if t.s, err = oneSender(ctx, tx, `SELECT `+senderColumns+` FROM senders s WHERE s.user_id = $1 FOR NO KEY UPDATE`, sender); err != nil {
		return nil, err
	}
	if len(others) > 0 {
		_, err := tx.Exec(ctx, `SELECT FROM enrollments WHERE id = $1 OR id = ANY ($2) ORDER BY id FOR UPDATE`, id, others)
		if err != nil {
			return nil, fmt.Errorf("hold enrollments beside %d: %w", id, err)
		}
	}
	if t.e, err = enrollmentByID(ctx, tx, id, "FOR UPDATE"); err != nil {
		return nil, err
	}
	if t.e.SenderID != sender {
		return nil, errReassigned
	}
	if t.steps, err = stepsOf(ctx, tx, t.e.SequenceID, t.e.Edition); err != nil {
		return nil, err
	}
	t.now, err = clock(ctx, tx)
	return &t, err
}

// mailbox is the sender as the planner sees it.
func (t *turn) mailbox(ctx context.Context, tx pgx.Tx) (quota.Sender, error) {
	if t.box == nil {
		box, err := t.s.mailbox(ctx, tx, noLists())
		if err != nil {
			return box, err
		}
		t.box = &box
	}
	return *t.box, nil
}

// rules are what holds for everybody in the sequence.
func (t *turn) rules(ctx context.Context, tx pgx.Tx) (Sequence, error) {
	if t.sequence == nil {
		s, err := sequenceByID(ctx, tx, t.e.SequenceID, "")
		if err != nil {
			return s, err
		}
		t.sequence = &s
	}
	return *t.sequence, nil
}

// hear clears the ring mark: everything committed before is seen.
func (t *turn) hear(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE enrollments SET ring_since = NULL, started_at = coalesce(started_at, now()), checked_at = now()
		WHERE id = $1 AND (ring_since IS NOT NULL OR started_at IS NULL)`, t.e.ID)
	if err != nil {
		return fmt.Errorf("hear enrollment %d: %w", t.e.ID, err)
	}
	return nil
}

func (t *turn) take(ctx context.Context, tx pgx.Tx, attempt string, unknownAfter time.Duration) error {
	e := &t.e
	switch {
	case e.EndedAt != nil:
		return nil
	case e.State == StatePaused:
		if e.ResumeAt == nil || t.now.Before(*e.ResumeAt) {
			return nil
		}
		return t.resume(ctx, tx, "resumed_by_date")
	case e.DueAt == nil || t.now.Before(*e.DueAt):
		return nil
	case e.State == StateStopped:
		return e.end(ctx, tx, StateUnresponsive, "")
	}
	m, err := messageOf(ctx, tx, *e)
	if err != nil {
		return err
	}
	if m != nil {
		return t.known(ctx, tx, *m, attempt, unknownAfter)
	}
	if t.steps[e.Step-1].Kind == TaskStep {
		return t.task(ctx, tx)
	}
	return t.claim(ctx, tx, attempt)
}

// stepMessage is what the ledger knows of a step's mail.
type stepMessage struct {
	ID        int64      `db:"id"`
	State     string     `db:"state"`
	Reason    string     `db:"reason"`
	ClaimedAt time.Time  `db:"claimed_at"`
	UnknownAt *time.Time `db:"unknown_at"`
}

func messageOf(ctx context.Context, q querier, e Enrollment) (*stepMessage, error) {
	rows, err := manyRows[stepMessage](ctx, q, "messages", `SELECT id, state, reason, claimed_at, unknown_at FROM messages
		WHERE subject_id = $1 AND person_id = $2 AND purpose = 'step' AND step = $3`, e.ID, e.PersonID, e.Step)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}

// known goes on after a mail that was claimed before. In doubt, evidence has its time; without any the contact goes on with
// the next step, and the mail stays unknown: outreach is at most once.
func (t *turn) known(ctx context.Context, tx pgx.Tx, m stepMessage, attempt string, unknownAfter time.Duration) error {
	switch m.State {
	case "sent":
		return t.advance(ctx, tx, m.ClaimedAt, "")
	case "failed":
		return t.e.end(ctx, tx, StateError, m.Reason)
	case "sending":
		if err := t.doubt(ctx, tx, attempt); err != nil {
			return err
		}
		return t.wait(ctx, tx, t.now.Add(unknownAfter), "unknown")
	case "unknown":
		if m.UnknownAt != nil && t.now.Before(m.UnknownAt.Add(unknownAfter)) {
			return t.wait(ctx, tx, m.UnknownAt.Add(unknownAfter), "unknown")
		}
		if _, err := tx.Exec(ctx, `UPDATE ledger SET unknown_at = NULL, reason = 'at_most_once' WHERE id = $1`, m.ID); err != nil {
			return fmt.Errorf("end the doubt of enrollment %d: %w", t.e.ID, err)
		}
		return t.advance(ctx, tx, m.ClaimedAt, "")
	}
	return t.e.end(ctx, tx, StateError, m.Reason)
}

// doubt says of the call of an attempt that is gone that nobody knows whether it was made.
func (t *turn) doubt(ctx context.Context, tx pgx.Tx, attempt string) error {
	rows, err := tx.Query(ctx, `SELECT id::text FROM mail_calls WHERE purpose = 'step' AND subject_id = $1 AND state = 'open' AND attempt <> $2 ORDER BY id FOR UPDATE`, t.e.ID, attempt)
	if err != nil {
		return fmt.Errorf("find calls of enrollment %d: %w", t.e.ID, err)
	}
	calls, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("find calls of enrollment %d: %w", t.e.ID, err)
	}
	_, err = doubtAll(ctx, tx, stepMailing(t.e.ID), calls)
	return err
}

// stepMailing is how the ledger groups the mails of an enrollment.
func stepMailing(enrollment int64) Mailing { return Mailing{Subject: enrollment, Purpose: "step"} }

// wait leaves everything as it is until an instant.
func (t *turn) wait(ctx context.Context, tx pgx.Tx, until time.Time, reason string) error {
	return t.e.change(ctx, tx, t.e.State, reason, `due_at = $4`, until)
}

// task turns up a manual task with the contact's owner, and waits for it.
func (t *turn) task(ctx context.Context, tx pgx.Tx) error {
	if t.e.LastSentAt != nil { // it may have been a mail, with another delay, when this was planned
		earliest, err := t.after(ctx, tx, t.steps[t.e.Step-1], *t.e.LastSentAt)
		if err != nil {
			return err
		}
		if t.now.Before(earliest) {
			return t.wait(ctx, tx, earliest, "")
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO tasks (enrollment_id, step, edition, user_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		t.e.ID, t.e.Step, t.e.Edition, t.e.SenderID)
	if err != nil {
		return fmt.Errorf("turn up a task of enrollment %d: %w", t.e.ID, err)
	}
	return t.e.change(ctx, tx, StateActive, "task", `due_at = NULL`)
}
