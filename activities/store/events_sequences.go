package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Too many bounces stop a mailbox from beginning sequences for 24 hours: more than a share of at least so many mails of the
// last 24 hours.
const (
	bounceShare = 0.08
	bounceLeast = 20
)

// sequenceEvents does what events of steps' mails mean for their sequences: a click ends those that are set so; a mail in
// doubt that something happened to went out; bounces may halt its sender. It is a transaction of its own, after the one
// that recorded the events: senders and enrollments are locked before messages.
func (db *DB) sequenceEvents(ctx context.Context, events []Event) ([]Ring, error) {
	var all, clicked, bounced []int64
	for _, e := range events {
		if e.Message == 0 {
			continue
		}
		all = append(all, e.Message)
		switch e.Kind {
		case Clicked:
			clicked = append(clicked, e.Message)
		case Bounced, Blocked:
			bounced = append(bounced, e.Message)
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		if len(bounced) > 0 {
			if err := haltSenders(ctx, tx, bounced); err != nil {
				return err
			}
		}
		// Both changes below in one order. Of most events there is nothing to hold.
		_, err := tx.Exec(ctx, `SELECT FROM enrollments e WHERE e.ended_at IS NULL AND EXISTS (SELECT FROM ledger g WHERE g.subject_id = e.id
			AND g.id = ANY ($1) AND g.purpose = 'step' AND (e.reason = 'unknown' OR g.id = ANY ($2))) ORDER BY e.id FOR UPDATE`, all, clicked)
		if err != nil {
			return fmt.Errorf("hold the enrollments of events: %w", err)
		}
		rows, err := tx.Query(ctx, `UPDATE enrollments e SET due_at = now(), ring_since = now(), version = e.version + 1 FROM ledger g
			WHERE g.id = ANY ($1) AND g.purpose = 'step' AND g.state = 'sent' AND e.id = g.subject_id AND e.step = g.step
				AND e.reason = 'unknown' AND e.ended_at IS NULL AND e.state = 'active' RETURNING `+ringColumns, all)
		if err != nil {
			return fmt.Errorf("end doubts of sequences: %w", err)
		}
		if rings, err = collectRings(rows); err != nil {
			return err
		}
		if len(clicked) > 0 {
			more, err := clickedThrough(ctx, tx, clicked)
			if err != nil {
				return err
			}
			rings = append(rings, more...)
		}
		return nil
	})
	return rings, err
}

func clickedThrough(ctx context.Context, tx pgx.Tx, messages []int64) ([]Ring, error) {
	rows, err := tx.Query(ctx, `UPDATE enrollments e SET state = 'replied', reason = 'click', `+ends+`, version = e.version + 1 FROM ledger g, sequences s
		WHERE g.id = ANY ($1) AND g.purpose = 'step' AND e.id = g.subject_id AND e.ended_at IS NULL AND s.id = e.sequence_id AND s.stop_on_click
		RETURNING `+ringColumns, messages)
	if err != nil {
		return nil, fmt.Errorf("end sequences that were clicked: %w", err)
	}
	return endedRings(ctx, tx, rows)
}

func haltSenders(ctx context.Context, tx pgx.Tx, messages []int64) error {
	_, err := tx.Exec(ctx, `WITH held AS (SELECT user_id FROM senders WHERE (halted_at IS NULL OR halted_at < now() - interval '24 hours')
		AND user_id IN (SELECT s.sender_id FROM slots s JOIN ledger g ON g.subject_id = s.enrollment_id AND g.purpose = 'step' AND g.step = s.step
			WHERE s.claimed AND s.at > now() - interval '24 hours' AND s.sender_id IN (
				SELECT x.sender_id FROM slots x JOIN ledger l ON l.subject_id = x.enrollment_id AND l.step = x.step WHERE l.id = ANY ($1) AND l.purpose = 'step')
			GROUP BY s.sender_id HAVING count(*) >= $2 AND count(*) FILTER (WHERE g.bounced_at IS NOT NULL) > $3::float8 * count(*)) ORDER BY user_id FOR NO KEY UPDATE)
		UPDATE senders s SET halted_at = now(), version = version + 1 FROM held WHERE s.user_id = held.user_id`, messages, bounceLeast, bounceShare)
	if err != nil {
		return fmt.Errorf("halt senders for bounces: %w", err)
	}
	return nil
}
