package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Forward is an answer on its way to the sender's own mailbox.
type Forward struct {
	Call      Call   `db:"-"`
	Message   int64  `db:"-"` // row of the ledger
	Reply     int64  `db:"id"`
	Subject   string `db:"subject"`
	Text      string `db:"text"`
	Address   string `db:"address"` // the sender's
	FromEmail string `db:"from_email"`
	FromName  string `db:"from_name"`
}

// ClaimForwards writes the answers of an enrollment that the sender has not got into the ledger, to be posted. A forward
// of unknown fate is claimed again: it goes to one of ours, who would rather read an answer twice than never.
func (db *DB) ClaimForwards(ctx context.Context, enrollment int64, attempt string) (all []Forward, err error) {
	var waiting bool
	err = db.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM replies WHERE enrollment_id = $1 AND forwarded_at IS NULL)`, enrollment).Scan(&waiting)
	if err != nil {
		return nil, fmt.Errorf("look for answers to forward: %w", err)
	}
	if !waiting {
		return nil, nil
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		rows, err := manyRows[struct {
			Forward
			Person int64 `db:"person_id"`
		}](ctx, tx, "answers to forward", `SELECT r.id, r.subject, r.text, s.address, coalesce(p.email, '') AS from_email, p.name AS from_name, p.id AS person_id
			FROM replies r JOIN enrollments e ON e.id = r.enrollment_id JOIN senders s ON s.user_id = e.sender_id JOIN people p ON p.id = e.person_id
			WHERE r.enrollment_id = $1 AND r.forwarded_at IS NULL ORDER BY r.id FOR UPDATE OF r`, enrollment)
		if err != nil {
			return err
		}
		for _, r := range rows {
			f := r.Forward
			f.Call = Call{ID: uuid.NewString(), Attempt: attempt, Mailing: Mailing{Subject: f.Reply, Purpose: "forward"}}
			_, err := tx.Exec(ctx, `INSERT INTO mail_calls (id, attempt, purpose, subject_id) VALUES ($1, $2, 'forward', $3)`, f.Call.ID, attempt, f.Reply)
			if err == nil {
				err = tx.QueryRow(ctx, `INSERT INTO ledger AS l (purpose, subject_id, person_id, state, call_id) VALUES ('forward', $1, $2, 'called', $3)
					ON CONFLICT (subject_id, purpose, person_id, step) DO UPDATE SET state = 'called', call_id = excluded.call_id, resends = l.resends + 1
					RETURNING id`, f.Reply, r.Person, f.Call.ID).Scan(&f.Message)
			}
			if err != nil {
				return fmt.Errorf("claim the forward of answer %d: %w", f.Reply, err)
			}
			all = append(all, f)
		}
		return nil
	})
	return all, err
}

// Forwarded records that a forward was accepted, or that it will never be: then it says why.
func (db *DB) Forwarded(ctx context.Context, f Forward, providerID, failed string) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		if failed == "" {
			batch.Queue(`UPDATE mail_calls SET state = 'accepted', accepted_at = now(), provider_id = $2 WHERE id = $1`, f.Call.ID, providerID)
		} else {
			batch.Queue(`UPDATE ledger SET state = 'failed', reason = $2 WHERE id = $1`, f.Message, failed)
			batch.Queue(`UPDATE mail_calls SET state = 'closed' WHERE id = $1`, f.Call.ID)
		}
		batch.Queue(`UPDATE replies SET forwarded_at = now() WHERE id = $1`, f.Reply)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return fmt.Errorf("mark the forward of answer %d: %w", f.Reply, err)
		}
		return nil
	})
}
