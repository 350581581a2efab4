package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// minuteSlack is by how much a slot may come before its delay in minutes has passed, because the mail before it went a
// little later than its own slot.
const minuteSlack = time.Minute

// advance goes on after a step: the next one gets its slot, counted from when this one really went; after the last, the
// contact has the sequence's days to answer.
func (t *turn) advance(ctx context.Context, tx pgx.Tx, went time.Time, set string) error {
	e := &t.e
	if e.Step == len(t.steps) {
		s, err := t.rules(ctx, tx)
		if err != nil {
			return err
		}
		return e.change(ctx, tx, StateStopped, "", `due_at = $4, last_sent_at = $5`+set, went.AddDate(0, 0, s.UnresponsiveDays), went)
	}
	next := t.steps[e.Step]
	due, reason, err := t.next(ctx, tx, next, went)
	if err != nil {
		return err
	}
	return e.change(ctx, tx, StateActive, reason, `step = step + 1, due_at = $4, last_sent_at = $5`+set, due, went)
}

// next is when a step is due after the one before it went. A reserved slot is kept while it is late enough.
func (t *turn) next(ctx context.Context, tx pgx.Tx, s Step, went time.Time) (time.Time, string, error) {
	earliest, err := t.after(ctx, tx, s, went)
	if err != nil || s.Kind == TaskStep {
		return earliest, "", err
	}
	var at time.Time
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT at FROM slots WHERE enrollment_id = $1 AND step = $2 AND sender_id = $3 AND NOT claimed), 'epoch'::timestamptz)`,
		t.e.ID, s.No, t.s.UserID).Scan(&at)
	if err != nil {
		return at, "", fmt.Errorf("read a slot of enrollment %d: %w", t.e.ID, err)
	}
	slack := time.Duration(0)
	if s.DelayMinutes > 0 {
		slack = minuteSlack
	}
	if !at.Before(earliest.Add(-slack)) {
		return at, "", nil
	}
	at, ok, err := t.reserve(ctx, tx, s, earliest)
	if err == nil && !ok {
		return t.now.AddDate(0, 0, 1), "horizon", nil
	}
	return at, "", err
}

// after is the first instant at which a step may go.
func (t *turn) after(ctx context.Context, tx pgx.Tx, s Step, went time.Time) (time.Time, error) {
	box, err := t.mailbox(ctx, tx)
	if err != nil {
		return went, err
	}
	return s.after(box, went), nil
}

// StepSent records that the provider accepted a step's mail, and gives the next step its slot.
func (db *DB) StepSent(ctx context.Context, c StepCall, providerID string) (Enrollment, error) {
	return db.afterCall(ctx, c, func(tx pgx.Tx, t *turn) error {
		var went time.Time
		err := tx.QueryRow(ctx, `WITH call AS (UPDATE mail_calls SET state = 'accepted', accepted_at = coalesce(accepted_at, now()), provider_id = $2 WHERE id = $1),
			doubt AS (UPDATE ledger SET state = 'sent', reason = '', sent_at = least(sent_at, now()) WHERE id = $3 AND state = 'unknown')
			SELECT claimed_at FROM ledger WHERE id = $3`, c.ID, providerID, c.Message).Scan(&went)
		if err != nil {
			return fmt.Errorf("mark step %d of enrollment %d sent: %w", c.Step.No, t.e.ID, err)
		}
		if t.e.State == StatePaused {
			return t.passed(ctx, tx, c.Step.No, went)
		}
		if !t.waitsFor(c) {
			return nil
		}
		return t.advance(ctx, tx, went, "")
	})
}

// waitsFor tells whether a step's mail is what its enrollment still waits for: an attempt that was given up may learn late
// what became of its call, when the contact has gone on without.
func (t *turn) waitsFor(c StepCall) bool {
	state := t.e.State
	if state == StatePaused && t.e.PausedFrom != nil {
		state = *t.e.PausedFrom
	}
	return t.e.EndedAt == nil && t.e.Step == c.Step.No && state != StateStopped
}

// passed notes that a mail went although its enrollment was paused meanwhile. The pause goes on with the next step.
func (t *turn) passed(ctx context.Context, tx pgx.Tx, step int, went time.Time) error {
	if t.e.EndedAt != nil || t.e.Step != step || step == len(t.steps) {
		return nil
	}
	return t.e.change(ctx, tx, StatePaused, t.e.Reason, `step = step + 1, last_sent_at = $4`, went)
}

// StepUnknown records that a call was made and nobody knows what became of it.
func (db *DB) StepUnknown(ctx context.Context, c StepCall, unknownAfter time.Duration) (Enrollment, error) {
	return db.afterCall(ctx, c, func(tx pgx.Tx, t *turn) error {
		if err := doubt(ctx, tx, []string{c.ID}, []int64{c.Message}); err != nil {
			return err
		}
		return t.stay(ctx, tx, c, t.now.Add(unknownAfter), "unknown")
	})
}

// StepLater gives a claim back that the provider did not take: the slot is planned anew, from when it may take mails again.
func (db *DB) StepLater(ctx context.Context, c StepCall, wait time.Duration) (Enrollment, error) {
	return db.afterCall(ctx, c, func(tx pgx.Tx, t *turn) error {
		batch := &pgx.Batch{}
		// Another attempt may have doubted it meanwhile.
		batch.Queue(`DELETE FROM ledger WHERE id = $1 AND call_id = $2 AND state IN ('called', 'unknown')`, c.Message, c.ID)
		batch.Queue(`DELETE FROM mail_calls WHERE id = $1`, c.ID)
		batch.Queue(`DELETE FROM slots WHERE enrollment_id = $1 AND step = $2`, t.e.ID, c.Step.No)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("give back step %d of enrollment %d: %w", c.Step.No, t.e.ID, err)
		}
		if !t.waitsFor(c) || t.e.State == StatePaused {
			return nil
		}
		return t.replan(ctx, tx, t.now.Add(max(wait, time.Minute)), "provider_away")
	})
}

// StepFailed records that a step's mail will never go out, which ends the sequence for the contact.
func (db *DB) StepFailed(ctx context.Context, c StepCall, reason string) (Enrollment, error) {
	return db.afterCall(ctx, c, func(tx pgx.Tx, t *turn) error {
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE ledger SET state = 'failed', reason = $2 WHERE id = $1 AND state IN ('called', 'unknown')`, c.Message, reason)
		batch.Queue(`UPDATE mail_calls SET state = 'closed' WHERE id = $1`, c.ID)
		batch.Queue(`DELETE FROM slots WHERE enrollment_id = $1 AND step = $2`, t.e.ID, c.Step.No)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("mark step %d of enrollment %d failed: %w", c.Step.No, t.e.ID, err)
		}
		if !t.waitsFor(c) {
			return nil
		}
		return t.e.end(ctx, tx, StateError, reason)
	})
}

// stay waits with the step that a call was about, if it still is the one.
func (t *turn) stay(ctx context.Context, tx pgx.Tx, c StepCall, until time.Time, reason string) error {
	if !t.waitsFor(c) || t.e.State == StatePaused {
		return nil
	}
	return t.wait(ctx, tx, until, reason)
}

// afterCall writes down what became of a call. The enrollment may have got another sender while it was made. Where another attempt
// has doubted the call meanwhile, the workflow waits for what that one said, and has to be rung.
func (db *DB) afterCall(ctx context.Context, c StepCall, f func(tx pgx.Tx, t *turn) error) (e Enrollment, err error) {
	err = db.onTurn(ctx, c.Enrollment.ID, nil, func(tx pgx.Tx, t *turn) error {
		own, err := holdCall(ctx, tx, c.ID)
		if err != nil {
			return fmt.Errorf("hold a call of enrollment %d: %w", t.e.ID, err)
		}
		if err := f(tx, t); err != nil {
			return err
		}
		if !own {
			if err := t.e.change(ctx, tx, t.e.State, t.e.Reason, `ring_since = coalesce(ring_since, now())`); err != nil {
				return err
			}
		}
		e = t.e
		return nil
	})
	return e, err
}

// unpaused is what is set of an enrollment whose pause ends.
const unpaused = `paused_from = NULL, resume_at = NULL, by_key = NULL, by_way = ''`

// resume takes a pause back: the present step is planned anew, one that is stale by its step's rules as if the step before
// had gone now, so that nothing overdue is blasted out.
func (t *turn) resume(ctx context.Context, tx pgx.Tx, reason string) error {
	back := StateAdded
	if t.e.PausedFrom != nil {
		back = *t.e.PausedFrom
	}
	if back == StateStopped {
		s, err := t.rules(ctx, tx)
		if err != nil {
			return err
		}
		return t.e.change(ctx, tx, back, reason, `due_at = $4, `+unpaused, t.now.AddDate(0, 0, s.UnresponsiveDays))
	}
	m, err := messageOf(ctx, tx, t.e)
	if err != nil {
		return err
	}
	if m != nil { // its mail went, or may have, before the pause: the next turn goes on from there
		return t.e.change(ctx, tx, back, reason, `due_at = $4, `+unpaused, t.now)
	}
	step := t.steps[t.e.Step-1]
	from, why := t.now, reason
	if t.e.DueAt != nil && t.now.Sub(*t.e.DueAt) > time.Duration(step.StaleHours)*time.Hour {
		why = "replanned_stale"
		if from, err = t.after(ctx, tx, step, t.now); err != nil {
			return err
		}
	} else if t.e.DueAt != nil {
		from = later(*t.e.DueAt, t.now)
	}
	if t.e.LastSentAt != nil {
		earliest, err := t.after(ctx, tx, step, *t.e.LastSentAt)
		if err != nil {
			return err
		}
		from = later(from, earliest)
	}
	due := from
	if step.Kind == MailStep {
		at, ok, err := t.reserve(ctx, tx, step, from)
		if err != nil {
			return err
		}
		if due = at; !ok {
			due, why = t.now.AddDate(0, 0, 1), "horizon"
		}
	}
	return t.e.change(ctx, tx, back, why, `due_at = $4, `+unpaused, due)
}
