package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// AdoptMessages looks after what earlier attempts left behind: a call they had claimed may or may not have been made, so
// its messages are in doubt from now on. It says how many these were.
func (db *DB) AdoptMessages(ctx context.Context, m Mailing, attempt string) (int, error) {
	var adopted int
	err := db.tx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id::text FROM mail_calls WHERE purpose = $2 AND subject_id = $1 AND state = 'open' AND attempt <> $3
			ORDER BY id FOR UPDATE`, m.Subject, m.Purpose, attempt)
		if err != nil {
			return err
		}
		calls, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil || len(calls) == 0 {
			return err
		}
		adopted, err = doubtAll(ctx, tx, m, calls)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("adopt messages of %s: %w", m, err)
	}
	return adopted, nil
}

// DoubtOrphans puts in doubt what nobody will ever look after: calls that were claimed by a process that died, of rounds
// that have ended meanwhile, and of test mails; and any that are open for more than a day. It says how many calls.
func (db *DB) DoubtOrphans(ctx context.Context) (int, error) {
	orphans, err := manyRows[struct {
		ID      string `db:"id"`
		Purpose string `db:"purpose"`
		Subject int64  `db:"subject_id"`
		Ended   bool   `db:"ended"`
	}](ctx, db.pool, "orphaned calls", `SELECT id::text, purpose, subject_id, ended FROM (
			SELECT c.id, c.purpose, c.subject_id, c.purpose = 'test' OR coalesce(r.phase IN ('closed', 'skipped', 'cancelled'), false) AS ended,
				coalesce((SELECT max(l.claimed_at) FROM ledger l
					WHERE l.subject_id = c.subject_id AND l.purpose = c.purpose AND l.call_id = c.id AND l.state = 'called'), '-infinity') AS claimed_at
			FROM mail_calls c LEFT JOIN rounds r ON r.id = c.subject_id AND c.purpose NOT IN ('join', 'met', 'step', 'forward')
			WHERE c.state = 'open') o
		WHERE claimed_at < now() - CASE WHEN ended THEN interval '5 minutes' ELSE interval '1 day' END ORDER BY id LIMIT 100`)
	if err != nil {
		return 0, err
	}
	for _, o := range orphans {
		c := Call{ID: o.ID, Mailing: Mailing{Subject: o.Subject, Purpose: o.Purpose}}
		err := db.tx(ctx, func(tx pgx.Tx) error {
			if open, err := holdCall(ctx, tx, c.ID); err != nil || !open {
				return err
			}
			_, err := doubtAll(ctx, tx, c.Mailing, []string{c.ID})
			return err
		})
		if err == nil && o.Ended {
			err = db.EndDoubts(ctx, c.Mailing, time.Now().Add(time.Minute))
		}
		if err != nil {
			return 0, fmt.Errorf("doubt an orphaned call: %w", err)
		}
	}
	return len(orphans), nil
}

// doubtAll puts all messages of held calls in doubt, and says how many these are. It goes through the whole mailing.
func doubtAll(ctx context.Context, tx pgx.Tx, m Mailing, calls []string) (int, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM ledger WHERE purpose = $2 AND subject_id = $1 AND state = 'called' AND call_id = ANY ($3)`,
		m.Subject, m.Purpose, calls)
	if err != nil {
		return 0, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return 0, err
	}
	if err := holdMessages(ctx, tx, ids); err != nil {
		return 0, err
	}
	return len(ids), doubt(ctx, tx, calls, ids)
}

// doubt says of messages that nobody knows whether their calls were made. One that was sent again already stays in doubt
// for good: it is not sent a third time.
func doubt(ctx context.Context, tx pgx.Tx, calls []string, ids []int64) error {
	_, err := tx.Exec(ctx, `UPDATE ledger SET state = 'unknown', unknown_at = CASE WHEN resends = 0 AND purpose <> 'test' THEN now() END
		WHERE id = ANY ($2) AND call_id = ANY ($1) AND state = 'called'`, calls, ids)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE mail_calls SET state = 'closed' WHERE id = ANY ($1)`, calls)
	return err
}

// ReclaimMessages is the claim again, before a call is repeated: of its messages it gives those that are still to go out.
// The others are released, because the round or session has moved on or the person answered, or suppressed, because nobody may write
// to them any more. If another attempt has adopted the call, there are none.
func (db *DB) ReclaimMessages(ctx context.Context, c Call, ids []int64) (map[int64]bool, error) {
	o, err := c.who()
	if err != nil {
		return nil, err
	}
	still := make(map[int64]bool, len(ids))
	err = db.mark(ctx, c, ids, func(tx pgx.Tx) error {
		from, where := o.rows()
		rows, err := tx.Query(ctx, `UPDATE ledger g SET claimed_at = now(), reason = o.stop,
				state = CASE o.stop WHEN '' THEN 'called' ELSE 'suppressed' END
			FROM (SELECT p.id, `+o.step()+` AS step, `+mustNot+` AS stop `+from+` JOIN people p ON p.id = m.person_id `+where+`
				AND m.person_id IN (SELECT person_id FROM ledger WHERE id = ANY ($2)) OFFSET 0) o
			WHERE g.person_id = o.id AND g.step = o.step AND g.id = ANY ($2) AND g.call_id = $3 AND g.state = 'called' RETURNING g.id, g.state`,
			fresh, c.Subject, ids, c.ID)
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
			if state == "called" {
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
		return release(ctx, tx, c.ID, left)
	})
	if err != nil {
		return nil, fmt.Errorf("claim messages of %s again: %w", c.Mailing, err)
	}
	return still, nil
}

// ReleaseCall gives up a call that was not made: the people of its messages are owed the mailing as before. The ids are
// those of the messages that are still in it.
func (db *DB) ReleaseCall(ctx context.Context, c Call, ids []int64) error {
	return db.mark(ctx, c, ids, func(tx pgx.Tx) error {
		if err := release(ctx, tx, c.ID, ids); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM mail_calls WHERE id = $1`, c.ID)
		return err
	})
}

// release deletes rows; one that is being sent again is in doubt as before.
func release(ctx context.Context, tx pgx.Tx, call string, ids []int64) error {
	if _, err := tx.Exec(ctx, `UPDATE ledger SET state = 'unknown', resends = resends - 1
		WHERE id = ANY ($1) AND call_id = $2 AND state = 'called' AND resends > 0`, ids, call); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM ledger WHERE id = ANY ($1) AND call_id = $2 AND state = 'called' AND resends = 0`, ids, call)
	return err
}

// holdCall locks a call and says whether nothing is known of it yet. Calls are locked before messages, both in the order
// of their ids, so that attempts and events never wait for each other in a circle.
func holdCall(ctx context.Context, tx pgx.Tx, call string) (open bool, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT state = 'open' FROM mail_calls WHERE id = $1 FOR UPDATE), false)`, call).Scan(&open)
	return open, err
}

// holdMessages locks rows in the order of their ids; see holdCall.
func holdMessages(ctx context.Context, tx pgx.Tx, ids []int64) error {
	_, err := tx.Exec(ctx, `SELECT FROM ledger WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, ids)
	return err
}

// EndDoubts decides the doubts from before the cutoff that are left when a mailing has gone through everybody it is owed to:
// their people are not owed it any more, so no further sending will end them.
func (db *DB) EndDoubts(ctx context.Context, m Mailing, cutoff time.Time) error {
	if _, err := db.pool.Exec(ctx, `UPDATE ledger SET unknown_at = NULL, reason = 'not_owed'
		WHERE purpose = $2 AND subject_id + 0 = $1 AND state = 'unknown' AND unknown_at <= $3`, m.Subject, m.Purpose, cutoff); err != nil {
		return fmt.Errorf("end doubts of %s: %w", m, err)
	}
	return nil
}
