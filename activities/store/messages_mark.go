package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// MarkSent records that the provider accepted messages in one call. It does so whoever holds the rows by now: an attempt
// that was given up may still learn that its call went through.
func (db *DB) MarkSent(ctx context.Context, m Mailing, ids []int64, providerID string) error {
	err := db.tx(ctx, func(tx pgx.Tx) error {
		var newly int
		err := tx.QueryRow(ctx, `WITH old AS (SELECT id, state FROM messages WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE), -- see holdMessages
			changed AS (
				UPDATE messages g SET state = 'sent', reason = '', provider_id = $2, sent_at = least(g.sent_at, now())
				FROM old WHERE old.id = g.id AND old.state IN ('sending', 'unknown', 'sent') RETURNING old.state)
			SELECT count(*) FILTER (WHERE state <> 'sent') FROM changed`, fresh, ids, providerID).Scan(&newly)
		if err != nil || m.Purpose != "opt_in" || newly == 0 {
			return err
		}
		return countMail(ctx, tx, mailCounts{m.Round: {sent: newly}})
	})
	if err != nil {
		return fmt.Errorf("mark %d messages sent: %w", len(ids), err)
	}
	return nil
}

// MarkUnknown records that an attempt made a call and does not know what became of it. A message that was sent again
// already stays in doubt for good: it is not sent a third time.
func (db *DB) MarkUnknown(ctx context.Context, claim string, ids []int64) error {
	return db.mark(ctx, ids, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE messages SET state = 'unknown', unknown_at = CASE WHEN resends = 0 AND purpose <> 'test' THEN now() END
			WHERE id = ANY ($1) AND claim = $2 AND state = 'sending'`, ids, claim)
		return err
	})
}

// MarkFailed records that messages will never go out, and why.
func (db *DB) MarkFailed(ctx context.Context, claim string, ids []int64, reason string) error {
	return db.mark(ctx, ids, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE messages SET state = 'failed', reason = $3 WHERE id = ANY ($1) AND claim = $2 AND state = 'sending'`,
			ids, claim, reason)
		return err
	})
}

func (db *DB) mark(ctx context.Context, ids []int64, f func(tx pgx.Tx) error) error {
	if len(ids) == 0 {
		return nil
	}
	err := db.tx(ctx, func(tx pgx.Tx) error {
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
