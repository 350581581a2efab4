package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// ClaimTest writes a test mail to somebody into the ledger, in state sending under the claim. Conflict "person_unreachable"
// if nobody may write to the person.
func (db *DB) ClaimTest(ctx context.Context, person int64, claim string) (Message, error) {
	var m Message
	err := db.tx(ctx, func(tx pgx.Tx) error {
		p, err := oneRow[struct {
			Stop string `db:"stop"`
		}](ctx, tx, "person_not_found", "person", `SELECT `+mustNot+` AS stop FROM people p WHERE p.id = $1`, person)
		if err != nil {
			return err
		}
		if p.Stop != "" {
			return fault.New(fault.Conflict, "person_unreachable", "nobody may write to this person: %s", p.Stop)
		}
		m, err = oneRow[Message](ctx, tx, "message_not_found", "message", `INSERT INTO messages (purpose, subject_id, person_id, state, claim)
			VALUES ('test', nextval(pg_get_serial_sequence('messages', 'id')), $1, 'sending', $2) RETURNING `+messageColumns, person, claim)
		return err
	})
	return m, err
}
