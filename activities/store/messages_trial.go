package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// ClaimTest writes a test mail to somebody into the ledger, as what a call of its own is going to carry, and gives the call
// and the message. Conflict "person_unreachable" if nobody may write to the person.
func (db *DB) ClaimTest(ctx context.Context, person int64) (c Call, message int64, err error) {
	c = Call{ID: uuid.NewString(), Attempt: uuid.NewString(), Mailing: Mailing{Purpose: "test"}}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		p, err := oneRow[struct {
			Stop string `db:"stop"`
		}](ctx, tx, "person_not_found", "person", `SELECT `+mustNot+` AS stop FROM people p WHERE p.id = $1`, person)
		if err != nil {
			return err
		}
		if p.Stop != "" {
			return fault.New(fault.Conflict, "person_unreachable", "nobody may write to this person: %s", p.Stop)
		}
		err = tx.QueryRow(ctx, `WITH call AS (
				INSERT INTO mail_calls (id, attempt, purpose, subject_id)
				VALUES ($2, $3, 'test', nextval(pg_get_serial_sequence('ledger', 'id'))) RETURNING id, subject_id)
			INSERT INTO ledger (purpose, subject_id, person_id, state, call_id) SELECT 'test', subject_id, $1, 'called', id FROM call
			RETURNING id, subject_id`, person, c.ID, c.Attempt).Scan(&message, &c.Subject)
		if err != nil {
			return fmt.Errorf("claim a test mail: %w", err)
		}
		return nil
	})
	return c, message, err
}
