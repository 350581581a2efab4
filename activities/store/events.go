package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// EventKind is what the provider says happened to a message.
type EventKind string

// Kinds of events. A block is a refusal for now, a bounce is one for good.
const (
	Processed    EventKind = "processed"
	Delivered    EventKind = "delivered"
	Deferred     EventKind = "deferred"
	Bounced      EventKind = "bounced"
	Blocked      EventKind = "blocked"
	Dropped      EventKind = "dropped"
	Opened       EventKind = "opened"
	Clicked      EventKind = "clicked"
	SpamReported EventKind = "spam"
	Unsubscribed EventKind = "unsubscribed"
)

// Event is one thing that happened. Events come late, twice, in any order, and never with a dependable id of their own:
// what counts is which message, what and when.
type Event struct {
	// Message is the ledger row; 0 where the provider lost it, as it does with bounces that arrive days later by mail.
	Message int64
	Kind    EventKind
	At      time.Time
	// Address is whom the provider wrote to.
	Address string
	// Stops is the origin of the blacklist entry that the event is a reason for, if it is: see ByBounce and the others.
	Stops string
}

// ApplyEvents records events, in one transaction. Any order, repetition or division into batches of the same events leaves
// the same rows: each instant is the earliest of its kind; a message of unknown fate that something happened to was sent;
// the strongest reason not to write to somebody stays. Messages that do not exist are passed over.
func (db *DB) ApplyEvents(ctx context.Context, events []Event) ([]Ring, error) {
	if len(events) == 0 {
		return nil, nil
	}
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		stops := stopsOf(events)
		people, err := stops.hold(ctx, tx)
		if err != nil {
			return err
		}
		counts, err := recordEvents(ctx, tx, events)
		if err != nil {
			return err
		}
		if rings, err = stops.apply(ctx, tx, people); err != nil {
			return err
		}
		return countMail(ctx, tx, counts)
	})
	if err != nil {
		return nil, fmt.Errorf("apply %d events: %w", len(events), err)
	}
	more, err := db.sequenceEvents(ctx, events)
	return append(rings, more...), err
}

// recordEvents writes the earliest instant of each kind into the messages, and says by how much the counters of rounds rise.
func recordEvents(ctx context.Context, tx pgx.Tx, events []Event) (mailCounts, error) {
	ids := make([]int64, len(events))
	kinds := make([]string, len(events))
	at := make([]time.Time, len(events))
	for i, e := range events {
		ids[i], kinds[i], at[i] = e.Message, string(e.Kind), e.At
	}
	// Calls that are under way may not be accepted meanwhile: their messages would be counted twice.
	_, err := tx.Exec(ctx, `SELECT FROM mail_calls WHERE id IN (SELECT call_id FROM ledger WHERE id = ANY ($1)) AND state <> 'accepted' ORDER BY id FOR SHARE`, ids)
	if err != nil {
		return nil, err
	}
	if err := holdMessages(ctx, tx, ids); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `WITH e AS (
			SELECT id, min(at) AS first,
				min(at) FILTER (WHERE kind = 'processed') AS processed, min(at) FILTER (WHERE kind = 'delivered') AS delivered,
				min(at) FILTER (WHERE kind = 'deferred') AS deferred, min(at) FILTER (WHERE kind IN ('bounced', 'blocked')) AS bounced,
				min(at) FILTER (WHERE kind = 'dropped') AS dropped, min(at) FILTER (WHERE kind = 'opened') AS opened,
				min(at) FILTER (WHERE kind = 'clicked') AS clicked, min(at) FILTER (WHERE kind = 'spam') AS spam,
				min(at) FILTER (WHERE kind = 'unsubscribed') AS unsubscribed
			FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS x (id, kind, at) GROUP BY id),
		old AS (SELECT g.id, g.state, g.provider_id, g.delivered_at, g.bounced_at FROM messages g JOIN e USING (id)),
		changed AS (
			UPDATE ledger g SET
				state = CASE WHEN old.state IN ('sending', 'unknown') THEN 'sent' ELSE g.state END,
				reason = CASE WHEN old.state = 'unknown' THEN '' ELSE g.reason END,
				sent_at = CASE WHEN old.provider_id IS NULL AND old.state IN ('sending', 'unknown', 'sent') THEN least(g.sent_at, e.first) ELSE g.sent_at END,
				processed_at = least(g.processed_at, e.processed), delivered_at = least(g.delivered_at, e.delivered),
				deferred_at = least(g.deferred_at, e.deferred), bounced_at = least(g.bounced_at, e.bounced),
				dropped_at = least(g.dropped_at, e.dropped), opened_at = least(g.opened_at, e.opened),
				clicked_at = least(g.clicked_at, e.clicked), spam_at = least(g.spam_at, e.spam),
				unsubscribed_at = least(g.unsubscribed_at, e.unsubscribed)
			FROM e JOIN old USING (id) WHERE e.id = g.id
			RETURNING g.id, g.purpose, g.subject_id, g.state, g.delivered_at, g.bounced_at)
		SELECT c.subject_id, count(*) FILTER (WHERE c.state = 'sent' AND old.state <> 'sent'),
			count(*) FILTER (WHERE c.delivered_at IS NOT NULL AND old.delivered_at IS NULL),
			count(*) FILTER (WHERE c.bounced_at IS NOT NULL AND old.bounced_at IS NULL)
		FROM changed c JOIN old USING (id) WHERE c.purpose = 'opt_in' GROUP BY c.subject_id`, ids, kinds, at)
	if err != nil {
		return nil, err
	}
	counts := mailCounts{}
	var round int64
	var c mailCount
	_, err = pgx.ForEachRow(rows, []any{&round, &c.sent, &c.delivered, &c.bounced}, func() error {
		if c != (mailCount{}) {
			counts[round] = c
		}
		return nil
	})
	return counts, err
}

// stops are the events that are a reason not to write to somebody any more.
type stops struct {
	messages  []int64
	addresses []string
	origins   []string
	at        []time.Time
}

func stopsOf(events []Event) (s stops) {
	for _, e := range events {
		if e.Stops != "" {
			s.messages, s.addresses, s.origins, s.at = append(s.messages, e.Message), append(s.addresses, e.Address), append(s.origins, e.Stops), append(s.at, e.At)
		}
	}
	return s
}

// stopped are events "x" with whom they stop. Somebody who has another address by now is still meant by what they did, but not
// by a bounce of the old one.
const stopped = ` unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) AS x (message, address, origin, at)
	LEFT JOIN ledger g ON g.id = x.message
	JOIN people p ON CASE WHEN g.id IS NULL THEN p.email = x.address AND x.message = 0
		ELSE p.id = g.person_id AND (x.origin <> 'bounce' OR p.email = x.address) END `

// hold locks whom the events stop, before any message is locked.
func (s stops) hold(ctx context.Context, tx pgx.Tx) ([]int64, error) {
	if len(s.messages) == 0 {
		return nil, nil
	}
	people, err := idsOf(ctx, tx, "people to stop", `SELECT DISTINCT p.id FROM`+stopped, s.messages, s.addresses, s.origins, s.at)
	if err != nil {
		return nil, err
	}
	return people, holdPeople(ctx, tx, people)
}

// apply blacklists addresses and lets their people go inactive. What people did themselves, a spam report before an
// unsubscribe, outranks what others or the provider did, so that the order does not matter. An event older than a consent
// that the person gave since changes nothing: it may be a repetition of what the consent took back. Nothing is kept of people
// who were erased.
func (s stops) apply(ctx context.Context, tx pgx.Tx, people []int64) ([]Ring, error) {
	if len(people) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `WITH x AS (
			SELECT p.id, p.email, max(array_position('{manual,bounce,unsubscribe,spam}'::text[], x.origin)) AS rank FROM`+stopped+`
			WHERE p.id = ANY ($5) AND p.status <> 'erased' AND NOT EXISTS (SELECT FROM consents c WHERE c.person_id = p.id AND c.at >= x.at)
			GROUP BY p.id),
		held AS (SELECT p.id, p.status, p.inactive_reason FROM people p JOIN x USING (id) ORDER BY p.id FOR NO KEY UPDATE OF p),
		entered AS (
			INSERT INTO blacklist AS b (kind, value, origin)
			SELECT 'address', email, ('{manual,bounce,unsubscribe,spam}'::text[])[rank] FROM x ORDER BY email
			ON CONFLICT (kind, value) DO UPDATE SET origin = excluded.origin WHERE
				array_position('{manual,bounce,unsubscribe,spam}'::text[], excluded.origin) > array_position('{manual,bounce,unsubscribe,spam}'::text[], b.origin))
		UPDATE people p SET status = 'inactive', inactive_reason = ('{admin,bounce,unsubscribe,spam}'::text[])[x.rank],
			version = version + 1, updated_at = now()
		FROM x JOIN held USING (id) WHERE p.id = x.id AND (held.status = 'active'
			OR x.rank > coalesce(array_position('{admin,bounce,unsubscribe,spam}'::text[], held.inactive_reason), 0))
		RETURNING p.id`, s.messages, s.addresses, s.origins, s.at, people)
	if err != nil {
		return nil, err
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil || len(left) == 0 {
		return nil, err
	}
	return leaveAll(ctx, tx, left)
}
