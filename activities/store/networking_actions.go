package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/pairing"
)

// ForcePair asks the lobby to let two people meet as soon as both are free, whatever the rules. Conflict "session_not_open",
// "not_here" for somebody who has left, and "blocked": a block is never overridden. NotFound "attendee_not_found" for
// somebody who has not come. Invalid "same_person".
func (db *DB) ForcePair(ctx context.Context, session, a, b int64) error {
	if a == b {
		return fault.BadField("same_person", "body.people", "name two people")
	}
	return db.askLobby(ctx, session, func(tx pgx.Tx, s NetworkingSession) (sessionAction, error) {
		if s.Phase != SessionOpen {
			return sessionAction{}, sessionNotOpen(s)
		}
		for _, person := range []int64{a, b} {
			state, err := attendeeState(ctx, tx, session, person)
			if err != nil {
				return sessionAction{}, err
			}
			if state == pairing.Exited || state == pairing.Removed {
				return sessionAction{}, fault.New(fault.Conflict, "not_here", "person %d is not in the session any more: %s", person, state)
			}
		}
		var blocked bool
		err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM blocks WHERE (person_id, other_id) IN (($1, $2), ($2, $1)))`, a, b).Scan(&blocked)
		if err != nil {
			return sessionAction{}, fmt.Errorf("read blocks: %w", err)
		}
		if blocked {
			return sessionAction{}, fault.New(fault.Conflict, "blocked", "one of them has blocked the other: they never meet")
		}
		return sessionAction{kind: pairing.Force, person: a, other: b, key: "force-" + uuid.NewString()}, nil
	})
}

// EndMeeting asks the lobby to end a meeting. NotFound "meeting_not_found"; Conflict "session_not_running", "meeting_over".
func (db *DB) EndMeeting(ctx context.Context, session int64, no int) error {
	return db.askLobby(ctx, session, func(tx pgx.Tx, s NetworkingSession) (sessionAction, error) {
		if err := mustRun(s); err != nil {
			return sessionAction{}, err
		}
		over, err := oneRow[struct{ Over bool }](ctx, tx, "meeting_not_found", "meeting in this session",
			`SELECT ended_at IS NOT NULL AS over FROM meetings WHERE session_id = $1 AND no = $2`, session, no)
		if err != nil {
			return sessionAction{}, err
		}
		if over.Over {
			return sessionAction{}, fault.New(fault.Conflict, "meeting_over", "the meeting has ended")
		}
		return sessionAction{kind: pairing.End, meeting: no, key: fmt.Sprintf("end-%d", no)}, nil
	})
}

// RemoveAttendee asks the lobby to take somebody out of a session for good. Doing it again changes nothing. NotFound
// "attendee_not_found"; Conflict "session_not_running".
func (db *DB) RemoveAttendee(ctx context.Context, session, person int64) error {
	return db.askLobby(ctx, session, func(tx pgx.Tx, s NetworkingSession) (sessionAction, error) {
		if err := mustRun(s); err != nil {
			return sessionAction{}, err
		}
		_, err := attendeeState(ctx, tx, session, person)
		return sessionAction{kind: pairing.Remove, person: person, key: "remove"}, err
	})
}

// sessionAction is what an organiser wants of a lobby. The same key of the same person is stored once.
type sessionAction struct {
	kind          pairing.Kind
	person, other int64 // 0: nobody
	meeting       int
	key           string
}

// askLobby stores an action and tells the lobby of it, which applies it within its next tick.
func (db *DB) askLobby(ctx context.Context, session int64, judge func(tx pgx.Tx, s NetworkingSession) (sessionAction, error)) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		s, err := sessionByID(ctx, tx, session, "") // unlocked: what makes no sense any more, the lobby leaves
		if err != nil {
			return err
		}
		a, err := judge(tx, s)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO session_actions (session_id, person_id, key, kind, meeting_no, other_id) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT DO NOTHING`, session, a.person, a.key, a.kind, a.meeting, a.other)
		if err != nil {
			return fmt.Errorf("store what the lobby of session %d is asked: %w", session, err)
		}
		return wakeLobbies(ctx, tx, session)
	})
}

// wakeLobbies tells lobbies that there are actions.
func wakeLobbies(ctx context.Context, tx pgx.Tx, sessions ...int64) error {
	if _, err := tx.Exec(ctx, `SELECT pg_notify('rondo_lobby', id::text) FROM unnest($1::bigint[]) id`, sessions); err != nil {
		return fmt.Errorf("wake lobbies: %w", err)
	}
	return nil
}

func mustRun(s NetworkingSession) error {
	if s.Running() {
		return nil
	}
	return fault.New(fault.Conflict, "session_not_running", "nobody is in the session: it is %s", s.Phase)
}

func attendeeState(ctx context.Context, tx pgx.Tx, session, person int64) (pairing.State, error) {
	a, err := oneRow[struct{ State pairing.State }](ctx, tx, "attendee_not_found", fmt.Sprintf("attendee in this session: person %d has not come in", person),
		`SELECT state FROM attendees WHERE session_id = $1 AND person_id = $2`, session, person)
	return a.State, err
}
