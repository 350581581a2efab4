package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AdoptMessages looks after what earlier attempts left behind: a message they were sending may or may not be out, so it is
// in doubt from now on. It says how many these were.
func (db *DB) AdoptMessages(ctx context.Context, m Mailing, claim string) (int, error) {
	tag, err := db.pool.Exec(ctx, `UPDATE messages SET state = 'unknown', unknown_at = CASE WHEN resends = 0 THEN now() END
		WHERE purpose = $2 AND subject_id = $1 AND state = 'sending' AND claim <> $3`, m.Round, m.Purpose, claim)
	if err != nil {
		return 0, fmt.Errorf("adopt %s messages of round %d: %w", m.Purpose, m.Round, err)
	}
	return int(tag.RowsAffected()), nil
}

// ClaimMessages writes a page of messages into the ledger, in state sending under the attempt's claim, and gives the row of
// each person that the attempt may now write to. It is one statement: two attempts never claim the same person; the same
// attempt may repeat a claim whose answer it did not hear. People who are not owed the mailing any more are left out; those
// who must not be written to get a suppressed row. Doubts from before the cutoff are sent once more; if nobody may write
// to the person now, they stay in doubt for good.
func (db *DB) ClaimMessages(ctx context.Context, m Mailing, claim string, people []int64, cutoff time.Time) (map[int64]int64, error) {
	from, err := m.from()
	if err != nil {
		return nil, err
	}
	// OFFSET 0 keeps the planner from asking twice for each person whether they may be written to.
	rows, err := db.pool.Query(ctx, `INSERT INTO messages AS g (purpose, subject_id, person_id, state, reason, claim)
		SELECT $2, $1, p.id, CASE p.stop WHEN '' THEN 'sending' ELSE 'suppressed' END, p.stop, $3
			FROM (SELECT p.id, `+mustNot+` AS stop `+from+` AND m.person_id = ANY ($4) ORDER BY p.id OFFSET 0) p
		ON CONFLICT (purpose, subject_id, person_id, step) DO UPDATE SET
			state = CASE WHEN excluded.state = 'sending' OR g.state = 'sending' THEN excluded.state ELSE g.state END, reason = excluded.reason, claim = excluded.claim,
			claimed_at = now(), resends = g.resends + (g.state = 'unknown')::int,
			unknown_at = CASE excluded.state WHEN 'sending' THEN g.unknown_at END
			WHERE g.state = 'unknown' AND g.unknown_at <= $5 OR g.state = 'sending' AND g.claim = excluded.claim
		RETURNING id, person_id, state`, fresh, m.Round, m.Purpose, claim, people, cutoff)
	if err != nil {
		return nil, fmt.Errorf("claim %s messages of round %d: %w", m.Purpose, m.Round, err)
	}
	claimed := make(map[int64]int64, len(people))
	var id, person int64
	var state string
	_, err = pgx.ForEachRow(rows, []any{&id, &person, &state}, func() error {
		if state == "sending" {
			claimed[person] = id
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim %s messages of round %d: %w", m.Purpose, m.Round, err)
	}
	return claimed, nil
}

// ReclaimMessages is the claim again, before a call is repeated: of the attempt's messages it gives those that are still to
// go out. The others are released, because the round has moved on or the person answered, or suppressed, because nobody
// may write to them any more.
func (db *DB) ReclaimMessages(ctx context.Context, m Mailing, claim string, ids []int64) (map[int64]bool, error) {
	from, err := m.from()
	if err != nil {
		return nil, err
	}
	still := make(map[int64]bool, len(ids))
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if err := holdMessages(ctx, tx, ids); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `UPDATE messages g SET claimed_at = now(), reason = o.stop,
				state = CASE o.stop WHEN '' THEN 'sending' ELSE 'suppressed' END
			FROM (SELECT p.id, `+mustNot+` AS stop `+from+` AND m.person_id IN (SELECT person_id FROM messages WHERE id = ANY ($2)) OFFSET 0) o
			WHERE g.person_id = o.id AND g.id = ANY ($2) AND g.claim = $3 AND g.state = 'sending' RETURNING g.id, g.state`,
			fresh, m.Round, ids, claim)
		if err != nil {
			return err
		}
		var id int64
		var state string
		gone := make(map[int64]bool, len(ids))
		for _, id := range ids {
			gone[id] = true
		}
		_, err = pgx.ForEachRow(rows, []any{&id, &state}, func() error {
			delete(gone, id)
			if state == "sending" {
				still[id] = true
			}
			return nil
		})
		if err != nil || len(gone) == 0 {
			return err
		}
		left := make([]int64, 0, len(gone))
		for id := range gone {
			left = append(left, id)
		}
		return release(ctx, tx, claim, left)
	})
	if err != nil {
		return nil, fmt.Errorf("claim %s messages of round %d again: %w", m.Purpose, m.Round, err)
	}
	return still, nil
}

// ReleaseMessages gives claims back that no call was made for: the people are owed the mailing as before.
func (db *DB) ReleaseMessages(ctx context.Context, claim string, ids []int64) error {
	err := db.tx(ctx, func(tx pgx.Tx) error {
		if err := holdMessages(ctx, tx, ids); err != nil {
			return err
		}
		return release(ctx, tx, claim, ids)
	})
	if err != nil {
		return fmt.Errorf("release messages: %w", err)
	}
	return nil
}

// release deletes rows; one that is being sent again is in doubt as before.
func release(ctx context.Context, tx pgx.Tx, claim string, ids []int64) error {
	if _, err := tx.Exec(ctx, `UPDATE messages SET state = 'unknown', resends = resends - 1
		WHERE id = ANY ($1) AND claim = $2 AND state = 'sending' AND resends > 0`, ids, claim); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM messages WHERE id = ANY ($1) AND claim = $2 AND state = 'sending' AND resends = 0`, ids, claim)
	return err
}

// holdMessages locks rows in one order, so that attempts and events never wait for each other in a circle.
func holdMessages(ctx context.Context, tx pgx.Tx, ids []int64) error {
	_, err := tx.Exec(ctx, `SELECT FROM messages WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, ids)
	return err
}

// EndDoubts decides the doubts from before the cutoff that are left when a mailing has gone through everybody it is owed to:
// their people are not owed it any more, so no further sending will end them.
func (db *DB) EndDoubts(ctx context.Context, m Mailing, cutoff time.Time) error {
	if _, err := db.pool.Exec(ctx, `UPDATE messages SET unknown_at = NULL, reason = 'not_owed'
		WHERE purpose = $2 AND subject_id = $1 AND state = 'unknown' AND unknown_at <= $3`, m.Round, m.Purpose, cutoff); err != nil {
		return fmt.Errorf("end doubts of %s in round %d: %w", m.Purpose, m.Round, err)
	}
	return nil
}
