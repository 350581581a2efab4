package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// CloseAnswers turns an open round into matching when its answers are due to close. Who has not answered counts as no.
func (db *DB) CloseAnswers(ctx context.Context, id int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		r, now, err := holdRound(ctx, tx, id)
		if err != nil || r.Phase != "open" {
			return err
		}
		if wait, err := notDue(r.AnswersCloseAt, now); wait {
			return err
		}
		return setPhase(ctx, tx, r, "matching", `audience_due = false, invites_due = false`)
	})
}

// Delivered notes that everybody who was owed a kind of mail when a delivery began has been written to, given up on, or
// is in doubt.
func (db *DB) Delivered(ctx context.Context, id int64, purpose string) error {
	set := map[string]string{
		"opt_in":   `invites_due = false`,
		"reminder": `reminded_at = coalesce(reminded_at, now())`,
		"check_in": `checked_in_at = coalesce(checked_in_at, now())`,
	}[purpose]
	if set == "" {
		return nil
	}
	if _, err := db.pool.Exec(ctx, `UPDATE rounds SET `+set+`, version = version + 1 WHERE id = $1`, id); err != nil {
		return fmt.Errorf("note the delivery of %s for round %d: %w", purpose, id, err)
	}
	return nil
}

// FinishSending turns sending into sent.
func (db *DB) FinishSending(ctx context.Context, id int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		r, _, err := holdRound(ctx, tx, id)
		if err != nil || r.Phase != "sending" {
			return err
		}
		return setPhase(ctx, tx, r, "sent", `sent_at = now()`)
	})
}

// CloseRound turns sent into closed.
func (db *DB) CloseRound(ctx context.Context, id int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		r, _, err := holdRound(ctx, tx, id)
		if err != nil || r.Phase != "sent" {
			return err
		}
		return setPhase(ctx, tx, r, "closed", `closed_at = now()`)
	})
}
