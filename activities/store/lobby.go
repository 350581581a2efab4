package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rondo/activities/fault"
	"rondo/activities/pairing"
)

// ErrLobbyTaken is what a former owner of a lobby gets for whatever it tries.
var ErrLobbyTaken = fault.New(fault.Unavailable, "lobby_taken", "another worker owns this lobby now")

// Lobby is the hold on a networking session's lobby. Taking one ends every earlier hold: each write names its epoch under
// the session's row lock, so a worker that stalled and comes back can change nothing.
type Lobby struct {
	db                    *DB
	session, event, epoch int64
}

// LobbyFacts is what a lobby needs of its session's row.
type LobbyFacts struct {
	Event     int64      `db:"event_id"`
	Phase     string     `db:"phase"`
	PausedAt  *time.Time `db:"paused_at"`
	EndsAt    time.Time  `db:"ends_at"`
	MeetingS  int        `db:"meeting_s"`
	Extension bool       `db:"extension"`
	Rules     []byte     `db:"rules"`
	Seed      int64      `db:"seed"`
	Epoch     int64      `db:"epoch"`
	Seq       int64      `db:"seq"`
	Meetings  int        `db:"meetings"`
	Version   int64      `db:"version"`
	Now       time.Time  `db:"now"`
}

const lobbyColumns = `event_id, phase, paused_at, ends_at, meeting_s, extension, rules, seed, epoch, seq, meetings, version, clock_timestamp() AS now`

// Running reports whether the session has a lobby in this phase.
func (f LobbyFacts) Running() bool {
	return f.Phase == "doors" || f.Phase == "open" || f.Phase == "ending"
}

// Settings are the facts in the lobby's terms.
func (f LobbyFacts) Settings() (pairing.Settings, error) {
	s := pairing.Settings{
		Length: time.Duration(f.MeetingS) * time.Second, Extension: f.Extension, EndsAt: f.EndsAt,
		Pairs: f.Phase == "open" && f.PausedAt == nil,
	}
	if err := json.Unmarshal(f.Rules, &s.Rules); err != nil {
		return s, fmt.Errorf("read the rules of a networking session: %w", err)
	}
	return s, nil
}

// TakeLobby makes the caller the owner of the session's lobby, and reads it as it is written down.
func (db *DB) TakeLobby(ctx context.Context, session int64) (*Lobby, LobbyFacts, *pairing.Lobby, error) {
	h := &Lobby{db: db, session: session}
	var facts LobbyFacts
	var lobby *pairing.Lobby
	err := db.tx(ctx, func(tx pgx.Tx) (err error) {
		facts, err = oneRow[LobbyFacts](ctx, tx, "session_not_found", "networking session",
			`UPDATE networking_sessions SET epoch = epoch + 1 WHERE id = $1 RETURNING `+lobbyColumns, session)
		if err != nil {
			return err
		}
		h.event, h.epoch = facts.Event, facts.Epoch
		lobby, err = h.load(ctx, tx, facts)
		return err
	})
	return h, facts, lobby, err
}

// Peek tells the time, and whether there is anything to take or to take notice of, without writing.
func (h *Lobby) Peek(ctx context.Context) (facts LobbyFacts, waiting bool, err error) {
	row := h.db.pool.QueryRow(ctx, `SELECT phase, epoch, version, clock_timestamp(),
		EXISTS (SELECT FROM session_actions WHERE session_id = $1 AND NOT applied) FROM networking_sessions WHERE id = $1`, h.session)
	if err := row.Scan(&facts.Phase, &facts.Epoch, &facts.Version, &facts.Now, &waiting); err != nil {
		return facts, false, fmt.Errorf("look at the lobby of session %d: %w", h.session, err)
	}
	if facts.Epoch != h.epoch {
		return facts, false, ErrLobbyTaken
	}
	return facts, waiting, nil
}

// Turn is one transaction of a lobby: what it is told, and what it writes. f gets the actions that nobody has applied yet,
// in the order of their arrival, and answers with the changes. When Turn fails, what f did to the lobby is not written: the
// lobby has to be taken anew.
func (h *Lobby) Turn(ctx context.Context, knows func(person int64) bool, known *pairing.Known, f func(LobbyFacts, []pairing.Action) (pairing.Changes, error)) error {
	conn, err := h.db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("hold session %d: %w", h.session, err)
	}
	defer conn.Release() // in a transaction, it is closed: that rolls back
	facts, actions, err := h.take(ctx, conn)
	if err != nil {
		return err
	}
	if actions, err = h.admit(ctx, conn, facts, actions, knows, known); err != nil {
		return err
	}
	changes, err := f(facts, actions)
	if err != nil {
		return err
	}
	return h.write(ctx, conn, facts, changes)
}

// take begins the transaction, holds the session's row, gives the turn its number and takes what is new: one round trip.
func (h *Lobby) take(ctx context.Context, conn *pgxpool.Conn) (LobbyFacts, []pairing.Action, error) {
	var b pgx.Batch
	b.Queue(`BEGIN`)
	b.Queue(`UPDATE networking_sessions SET seq = seq + 1 WHERE id = $1 AND epoch = $2 RETURNING `+lobbyColumns, h.session, h.epoch)
	b.Queue(`WITH new AS (UPDATE session_actions SET applied = true WHERE session_id = $1 AND NOT applied
		AND EXISTS (SELECT FROM networking_sessions WHERE id = $1 AND epoch = $2) RETURNING id, kind, person_id, meeting_no, other_id, tab, at)
		SELECT kind, person_id, meeting_no, other_id, tab, at FROM new ORDER BY id`, h.session, h.epoch)
	results := conn.SendBatch(ctx, &b)
	defer func() { _ = results.Close() }() // its error has been seen by then
	if _, err := results.Exec(); err != nil {
		return LobbyFacts{}, nil, fmt.Errorf("hold session %d: %w", h.session, err)
	}
	rows, err := results.Query()
	if err != nil {
		return LobbyFacts{}, nil, fmt.Errorf("hold session %d: %w", h.session, err)
	}
	facts, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[LobbyFacts])
	if errors.Is(err, pgx.ErrNoRows) {
		return facts, nil, ErrLobbyTaken
	}
	if err != nil {
		return facts, nil, fmt.Errorf("hold session %d: %w", h.session, err)
	}
	if rows, err = results.Query(); err != nil {
		return facts, nil, fmt.Errorf("take actions of session %d: %w", h.session, err)
	}
	actions, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (pairing.Action, error) {
		var a pairing.Action
		return a, row.Scan(&a.Kind, &a.Person, &a.Meeting, &a.Other, &a.Tab, &a.At)
	})
	if err != nil {
		return facts, nil, fmt.Errorf("take actions of session %d: %w", h.session, err)
	}
	return facts, actions, results.Close()
}

// admit completes who enters by ticket and person, and drops who has no ticket. Of newcomers it reads what they have behind
// them.
func (h *Lobby) admit(ctx context.Context, q querier, facts LobbyFacts, actions []pairing.Action, knows func(int64) bool, known *pairing.Known) ([]pairing.Action, error) {
	var enter, fresh []int64
	for _, a := range actions {
		if a.Kind == pairing.Enter {
			enter = append(enter, a.Person)
			if !knows(a.Person) {
				fresh = append(fresh, a.Person)
			}
		}
	}
	if len(enter) == 0 {
		return actions, nil
	}
	admitted, err := admittedPeople(ctx, q, h.event, enter)
	if err != nil {
		return nil, err
	}
	if len(fresh) > 0 {
		if err := h.learn(ctx, q, facts, fresh, known); err != nil {
			return nil, err
		}
	}
	kept := actions[:0]
	for _, a := range actions {
		if a.Kind == pairing.Enter {
			person, ok := admitted[a.Person]
			if !ok {
				continue
			}
			a.Newcomer = person
		}
		kept = append(kept, a)
	}
	return kept, nil
}

// admittedPeople are those of the people who have a ticket, with its type and what rules may ask about them.
func admittedPeople(ctx context.Context, q querier, event int64, people []int64) (map[int64]pairing.Attendee, error) {
	rows, err := q.Query(ctx, `SELECT t.person_id, t.type_id, p.attributes FROM tickets t JOIN people p ON p.id = t.person_id
		WHERE t.event_id = $1 AND t.person_id = ANY ($2) AND t.revoked_at IS NULL AND p.status <> 'erased'`, event, people)
	if err != nil {
		return nil, fmt.Errorf("read tickets of event %d: %w", event, err)
	}
	out := map[int64]pairing.Attendee{}
	var a pairing.Attendee
	_, err = pgx.ForEachRow(rows, []any{&a.Person, &a.Type, &a.Attributes}, func() error {
		out[a.Person] = a
		a.Attributes = nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read tickets of event %d: %w", event, err)
	}
	return out, nil
}
