package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/pairing"
)

const (
	// unseenAfter is how long nobody needs to have heard from a page before its attendee counts as away.
	unseenAfter = 15 * time.Second
	// seenWithin is how lately a page of somebody who is away has to have been heard of for them to be back.
	seenWithin = 8 * time.Second
)

// Presence says who of a session was lost and who is back, by the connections of their pages.
func (h *Lobby) Presence(ctx context.Context) ([]pairing.Action, error) {
	rows, err := h.db.pool.Query(ctx, `SELECT a.person_id, a.state = 'away' FROM attendees a LEFT JOIN presence p USING (session_id, person_id)
		WHERE a.session_id = $1 AND CASE WHEN a.state = 'away' THEN p.seen_at > clock_timestamp() - $3::interval
			WHEN a.state IN ('lobby', 'ready') THEN greatest(p.seen_at, a.entered_at) < clock_timestamp() - $2::interval END
		ORDER BY a.person_id`, h.session, unseenAfter, seenWithin)
	if err != nil {
		return nil, fmt.Errorf("read presence of session %d: %w", h.session, err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (pairing.Action, error) {
		a := pairing.Action{Kind: pairing.Unseen}
		var back bool
		err := row.Scan(&a.Person, &back)
		if back {
			a.Kind = pairing.SeenBack
		}
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("read presence of session %d: %w", h.session, err)
	}
	return out, nil
}

// Seen notes that pages of these people are connected.
func (db *DB) Seen(ctx context.Context, session int64, people []int64) error {
	_, err := db.pool.Exec(ctx, `INSERT INTO presence (session_id, person_id, seen_at) SELECT $1, unnest($2::bigint[]), clock_timestamp()
		ON CONFLICT (session_id, person_id) DO UPDATE SET seen_at = excluded.seen_at`, session, people)
	if err != nil {
		return fmt.Errorf("note presence in session %d: %w", session, err)
	}
	return nil
}

// LeftRooms lists ended meetings whose rooms have not been deleted yet.
func (db *DB) LeftRooms(ctx context.Context, session int64) ([]int, error) {
	rows, err := db.pool.Query(ctx, `SELECT no FROM meetings WHERE session_id = $1 AND ended_at IS NOT NULL AND NOT room_gone ORDER BY no`, session)
	if err != nil {
		return nil, fmt.Errorf("list rooms of session %d: %w", session, err)
	}
	nos, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, fmt.Errorf("list rooms of session %d: %w", session, err)
	}
	return nos, nil
}

// RoomsGone notes that the rooms of these meetings have been deleted.
func (db *DB) RoomsGone(ctx context.Context, session int64, nos []int) error {
	if _, err := db.pool.Exec(ctx, `UPDATE meetings SET room_gone = true WHERE session_id = $1 AND no = ANY ($2)`, session, nos); err != nil {
		return fmt.Errorf("note deleted rooms of session %d: %w", session, err)
	}
	return nil
}

// SessionAction is an action that is to be committed.
type SessionAction struct {
	Session, Person int64
	Key             string // the same of the same person is stored once
	Kind            pairing.Kind
	Meeting         int
	Other           int64
	Tab             string
}

// AddActions commits actions, in one statement, and wakes the lobbies they are for. Those for a session that has no lobby are
// dropped. It is not for requests that can have an Idempotency-Key.
func (db *DB) AddActions(ctx context.Context, actions []SessionAction) error {
	if err := addActions(ctx, db.pool, actions); err != nil {
		return fmt.Errorf("add %d actions: %w", len(actions), err)
	}
	return nil
}

func addActions(ctx context.Context, q querier, actions []SessionAction) error {
	n := len(actions)
	sessions, people, others := make([]int64, n), make([]int64, n), make([]int64, n)
	keys, kinds, tabs, meetings := make([]string, n), make([]string, n), make([]string, n), make([]int, n)
	for i, a := range actions {
		sessions[i], people[i], others[i], keys[i], kinds[i], tabs[i], meetings[i] = a.Session, a.Person, a.Other, a.Key, string(a.Kind), a.Tab, a.Meeting
	}
	_, err := q.Exec(ctx, `WITH new AS (
			INSERT INTO session_actions (session_id, person_id, key, kind, meeting_no, other_id, tab)
			SELECT x.* FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::int[], $6::bigint[], $7::text[]) AS x (session, person, key, kind, no, other, tab)
			JOIN networking_sessions s ON s.id = x.session WHERE s.phase IN ('doors', 'open', 'ending')
			ON CONFLICT (session_id, person_id, key) DO NOTHING RETURNING session_id)
		SELECT pg_notify('rondo_lobby', session_id::text) FROM (SELECT DISTINCT session_id FROM new) x`,
		sessions, people, keys, kinds, meetings, others, tabs)
	return err
}
