package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// MarkSent records that the provider accepted a call with these messages. It does so whoever looks after them by now: an
// attempt that was given up may still learn that its call went through.
func (db *DB) MarkSent(ctx context.Context, c Call, ids []int64, providerID string) error {
	err := db.tx(ctx, func(tx pgx.Tx) error {
		var was string
		err := tx.QueryRow(ctx, `WITH old AS (SELECT id, state FROM mail_calls WHERE id = $1 FOR UPDATE)
			UPDATE mail_calls c SET state = 'accepted', accepted_at = coalesce(c.accepted_at, now()), provider_id = $2
			FROM old WHERE c.id = old.id RETURNING old.state`, c.ID, providerID).Scan(&was)
		if err != nil || was == "accepted" {
			return err
		}
		newly := 0
		if c.Purpose == "opt_in" {
			if newly, err = countCalled(ctx, tx, c.ID, ids); err != nil {
				return err
			}
		}
		if was == "closed" { // somebody doubted it
			doubted, err := endDoubts(ctx, tx, ids)
			if err != nil {
				return err
			}
			newly += doubted
		}
		if c.Purpose != "opt_in" || newly == 0 {
			return nil
		}
		return countMail(ctx, tx, mailCounts{c.Subject: {sent: newly}})
	})
	if err != nil {
		return fmt.Errorf("mark %d messages sent: %w", len(ids), err)
	}
	return nil
}

// countCalled counts the messages that a call decides: the provider's events were quicker with the others.
func countCalled(ctx context.Context, tx pgx.Tx, call string, ids []int64) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT count(*) FROM ledger WHERE id = ANY ($1) AND call_id = $2 AND state = 'called'`, ids, call).Scan(&n)
	return n, err
}

// endDoubts says of messages whose call was doubted that they were sent, also of those that are about to be sent once more.
func endDoubts(ctx context.Context, tx pgx.Tx, ids []int64) (int, error) {
	if err := holdMessages(ctx, tx, ids); err != nil {
		return 0, err
	}
	tag, err := tx.Exec(ctx, `UPDATE ledger g SET state = 'sent', reason = '', sent_at = least(g.sent_at, now())
		WHERE g.id = ANY ($1) AND (g.state = 'unknown' OR g.state = 'called' AND EXISTS (SELECT FROM mail_calls c WHERE c.id = g.call_id AND c.state <> 'accepted'))`, ids)
	return int(tag.RowsAffected()), err
}

// MarkUnknown records that an attempt made a call and does not know what became of it.
func (db *DB) MarkUnknown(ctx context.Context, c Call, ids []int64) error {
	return db.mark(ctx, c, ids, func(tx pgx.Tx) error { return doubt(ctx, tx, []string{c.ID}, ids) })
}

// MarkFailed records that messages of a call will never go out, and why.
func (db *DB) MarkFailed(ctx context.Context, c Call, ids []int64, reason string) error {
	if len(ids) == 0 {
		return nil
	}
	return db.mark(ctx, c, ids, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE ledger SET state = 'failed', reason = $3 WHERE id = ANY ($1) AND call_id = $2 AND state = 'called'`,
			ids, c.ID, reason)
		return err
	})
}

// SplitCall lets another call carry some messages of a call that was not made.
func (db *DB) SplitCall(ctx context.Context, c, other Call, ids []int64) error {
	return db.mark(ctx, c, ids, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO mail_calls (id, attempt, purpose, subject_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			other.ID, other.Attempt, other.Purpose, other.Subject)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE ledger SET call_id = $3 WHERE id = ANY ($1) AND call_id = $2 AND state = 'called'`, ids, c.ID, other.ID)
		return err
	})
}

// mark changes messages of a call of which nothing is known yet.
func (db *DB) mark(ctx context.Context, c Call, ids []int64, f func(tx pgx.Tx) error) error {
	err := db.tx(ctx, func(tx pgx.Tx) error {
		if open, err := holdCall(ctx, tx, c.ID); err != nil || !open {
			return err
		}
		if err := holdMessages(ctx, tx, ids); err != nil {
			return err
		}
		return f(tx)
	})
	if err != nil {
		return fmt.Errorf("mark messages: %w", err)
	}
	return nil
}

// mailCounts is by how much what watchers of rounds see of their opt-in mails changes.
type mailCounts map[int64]mailCount

type mailCount struct{ sent, delivered, bounced int }

// countMail adds to the counters and, when the transaction commits, tells the watchers. It locks the counters until then,
// so it comes last.
func countMail(ctx context.Context, tx pgx.Tx, counts mailCounts) error {
	if len(counts) == 0 {
		return nil
	}
	var rounds, sent, delivered, bounced []int64
	for round, c := range counts {
		rounds, sent = append(rounds, round), append(sent, int64(c.sent))
		delivered, bounced = append(delivered, int64(c.delivered)), append(bounced, int64(c.bounced))
	}
	_, err := tx.Exec(ctx, `WITH changed AS (
			INSERT INTO round_counts AS c (round_id, sent, delivered, bounced, version)
				SELECT id, sent, delivered, bounced, 1 FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS d (id, sent, delivered, bounced)
				ORDER BY id
			ON CONFLICT (round_id) DO UPDATE SET sent = c.sent + excluded.sent, delivered = c.delivered + excluded.delivered,
				bounced = c.bounced + excluded.bounced, version = c.version + 1
			RETURNING round_id, version)
		SELECT pg_notify('rondo', 'round:' || round_id || ':' || version) FROM changed`, rounds, sent, delivered, bounced)
	if err != nil {
		return fmt.Errorf("count mails: %w", err)
	}
	return nil
}
