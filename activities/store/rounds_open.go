package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// clockSkew is how far the database's clock may be behind the one that fired a timer before the difference counts as
// moved dates.
const clockSkew = time.Minute

// notDue says that a moment has not come by the database's clock. A short wait is a fault that is retried when it is
// over; a long one means that the date was moved, so there is nothing to do.
func notDue(at *time.Time, now time.Time) (wait bool, err error) {
	if at == nil {
		return true, nil
	}
	left := at.Sub(now)
	switch {
	case left <= 0:
		return false, nil
	case left < clockSkew:
		f := fault.New(fault.Unavailable, "not_due", "the moment has not come by the database's clock")
		f.RetryAfter = left
		return true, f
	default:
		return true, nil
	}
}

// OpenRound turns a planned round that is due into open, with its audience invited, or into matching where nobody is
// asked. Opened so late that nobody could answer, or without an opt-in date since its program asks, it is skipped. In any
// other phase, or before its time, it does nothing.
func (db *DB) OpenRound(ctx context.Context, id int64) error {
	var invited int
	err := db.tx(ctx, func(tx pgx.Tx) error {
		r, now, err := holdRound(ctx, tx, id)
		if err != nil || r.Phase != "planned" {
			return err
		}
		if wait, err := notDue(&r.OpensAt, now); wait {
			return err
		}
		switch {
		case r.asks() && r.AnswersCloseAt == nil:
			return setPhase(ctx, tx, r, "skipped", `phase_reason = 'opt_in_missing', closed_at = now()`)
		case r.asks() && !now.Before(*r.AnswersCloseAt):
			return setPhase(ctx, tx, r, "skipped", `phase_reason = 'opened_too_late', closed_at = now()`)
		}
		if invited, err = invite(ctx, tx, r); err != nil {
			return err
		}
		if r.asks() {
			return setPhase(ctx, tx, r, "open", `opened_at = now(), looked_at = now(), invites_due = $3`, invited > 0)
		}
		return setPhase(ctx, tx, r, "matching", `opened_at = now()`)
	})
	if err != nil {
		return err
	}
	return db.grown(ctx, invited)
}

// InviteJoiners adds whoever became eligible since the audience of an open round was last looked through.
func (db *DB) InviteJoiners(ctx context.Context, id int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		r, now, err := holdRound(ctx, tx, id)
		if err != nil || !r.answerable(now) {
			return err
		}
		invited, err := invite(ctx, tx, r)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE rounds SET audience_due = false, looked_at = now(), invites_due = invites_due OR $2,
			version = version + 1 WHERE id = $1`, id, invited > 0)
		if err != nil {
			return fmt.Errorf("note that the audience of round %d was looked through: %w", id, err)
		}
		return nil
	})
}

// invite makes everybody eligible a member who is none yet, and says how many that were. Where nobody is asked, members
// count as having said yes.
func invite(ctx context.Context, tx pgx.Tx, r Round) (int, error) {
	if err := forMany(ctx, tx); err != nil {
		return 0, err
	}
	var text string
	if err := tx.QueryRow(ctx, `SELECT audience FROM programs WHERE id = $1`, r.ProgramID).Scan(&text); err != nil {
		return 0, fmt.Errorf("read the audience of program %d: %w", r.ProgramID, err)
	}
	a, err := audienceOf(r.ProgramID, text, 1)
	if err != nil {
		return 0, err
	}
	answer := `NULL::text, NULL::timestamptz, NULL::text`
	if !r.asks() {
		answer = `'yes', now(), 'automatic'`
	}
	args := append([]any{r.ID}, a.args...)
	var d counted
	if r.OpenedAt != nil {
		if d, err = welcomeBack(ctx, tx, r, a, args); err != nil {
			return 0, err
		}
	}
	tag, err := tx.Exec(ctx, `INSERT INTO round_members (round_id, person_id, answer, answered_at, answer_source)
		SELECT $1, p.id, `+answer+` FROM people p WHERE `+a.eligible()+`
			AND NOT EXISTS (SELECT FROM round_members m WHERE m.round_id = $1 AND m.person_id = p.id)`, args...)
	if err != nil {
		return 0, fmt.Errorf("invite the audience of round %d: %w", r.ID, err)
	}
	d.invited = int(tag.RowsAffected())
	if !r.asks() {
		d.optedIn = d.invited
	}
	return d.invited - d.declined, count(ctx, tx, r.ID, d)
}

// welcomeBack makes those members again who were removed and are eligible now; their answers count again.
func welcomeBack(ctx context.Context, tx pgx.Tx, r Round, a audience, args []any) (counted, error) {
	var d counted
	err := tx.QueryRow(ctx, `WITH back AS (
			UPDATE round_members m SET removed_at = NULL FROM people p
			WHERE m.round_id = $1 AND m.removed_at IS NOT NULL AND p.id = m.person_id AND `+a.eligible()+`
			RETURNING m.answer)
		SELECT count(*) FILTER (WHERE answer = 'yes'), -count(*) FILTER (WHERE answer IS DISTINCT FROM 'no') FROM back`, args...).
		Scan(&d.optedIn, &d.declined)
	if err != nil {
		return d, fmt.Errorf("invite who is back to round %d: %w", r.ID, err)
	}
	return d, nil
}
