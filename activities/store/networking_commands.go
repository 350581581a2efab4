package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
)

// PauseSession lets a session make no pairs until it is resumed; meetings go on. Doing it again keeps the instant. Conflict
// "session_over".
func (db *DB) PauseSession(ctx context.Context, id int64) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, id, func(_ pgx.Tx, s NetworkingSession) (string, []any, error) {
		switch {
		case s.Over() || s.Phase == SessionEnding:
			return "", nil, sessionOver(s)
		case s.PausedAt != nil:
			return "", nil, nil
		}
		return `paused_at = now()`, nil, nil
	})
}

// ResumeSession takes a pause back. Doing it again changes nothing. Conflict "session_over".
func (db *DB) ResumeSession(ctx context.Context, id int64) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, id, func(_ pgx.Tx, s NetworkingSession) (string, []any, error) {
		switch {
		case s.Over() || s.Phase == SessionEnding:
			return "", nil, sessionOver(s)
		case s.PausedAt == nil:
			return "", nil, nil
		}
		return `paused_at = NULL`, nil, nil
	})
}

// ExtendSession lets a session end later, at a wall clock in the event's zone or, if that is zero, by a duration of whole
// seconds. The new end has to lie on the event's days. Invalid "ends_earlier", "outside_event_days"; Conflict "session_over",
// also once it makes no pairs any more.
func (db *DB) ExtendSession(ctx context.Context, id int64, ends calendar.Wall, by time.Duration) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, id, func(tx pgx.Tx, s NetworkingSession) (string, []any, error) {
		if s.Over() || s.Phase == SessionEnding {
			return "", nil, sessionOver(s)
		}
		e, err := liveEventByID(ctx, tx, s.EventID, "FOR SHARE")
		if err != nil {
			return "", nil, err
		}
		now, err := clockOf(ctx, tx)
		if err != nil {
			return "", nil, err
		}
		loc, err := calendar.Zone(e.Timezone)
		if err != nil {
			return "", nil, fmt.Errorf("event %d: %w", e.ID, err)
		}
		at := s.EndsAt.Add(by)
		if ends.IsZero() {
			ends = calendar.WallOf(at, loc)
		} else {
			at = ends.In(loc)
		}
		if !at.After(s.EndsAt) || !at.After(now) {
			return "", nil, fault.BadField("ends_earlier", "body.ends", "the session ends at %s and cannot end earlier by this: close it instead", calendar.WallOf(s.EndsAt, loc))
		}
		starts, _ := s.Walls()
		if err := onEventDays(e, starts, ends); err != nil {
			return "", nil, err
		}
		return `ends_wall = $2, ends_at = $3`, []any{ends.In(time.UTC), at}, nil
	})
}

// EndSession ends an open session now: no pairs are made any more, meetings last to their own limit. Doing it again changes
// nothing. Conflict "session_not_open" before it opened (cancel it instead) and when it is cancelled.
func (db *DB) EndSession(ctx context.Context, id int64) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, id, func(tx pgx.Tx, s NetworkingSession) (string, []any, error) {
		now, err := clockOf(ctx, tx)
		if err != nil {
			return "", nil, err
		}
		switch s.Phase {
		case SessionEnding, SessionClosed:
			return "", nil, nil
		case SessionOpen:
		default:
			return "", nil, sessionNotOpen(s)
		}
		if !now.Before(s.EndsAt) { // the workflow is about to notice
			return "", nil, nil
		}
		e, err := liveEventByID(ctx, tx, s.EventID, "")
		if err != nil {
			return "", nil, err
		}
		loc, err := calendar.Zone(e.Timezone)
		if err != nil {
			return "", nil, fmt.Errorf("event %d: %w", e.ID, err)
		}
		at := now
		if !at.After(s.StartsAt) {
			at = s.StartsAt.Add(time.Microsecond)
		}
		return `ends_wall = $2, ends_at = $3`, []any{calendar.WallOf(at, loc).In(time.UTC), at}, nil
	})
}

// CancelSession lets a session that has not opened not take place. Doing it again changes nothing. Conflict
// "session_started" once it is open, "session_over" when it is closed.
func (db *DB) CancelSession(ctx context.Context, id int64) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, id, func(_ pgx.Tx, s NetworkingSession) (string, []any, error) {
		switch s.Phase {
		case SessionPlanned, SessionDoors:
			return `phase = 'cancelled', closed_at = now()`, nil, nil
		case SessionCancelled:
			return "", nil, nil
		case SessionClosed:
			return "", nil, sessionOver(s)
		}
		return "", nil, fault.New(fault.Conflict, "session_started", "the session has opened: close it instead")
	})
}

// MaxAnnouncement is how long an announcement may be, in characters.
const MaxAnnouncement = 500

// AnnounceInSession shows a text to everybody in a session, instead of the one before; "" takes that away. Invalid for a text
// that is too long or cannot be shown; Conflict "session_over".
func (db *DB) AnnounceInSession(ctx context.Context, id int64, text string) (NetworkingSession, []Ring, error) {
	text, err := cleanText("body.text", text, MaxAnnouncement, "\n")
	if err != nil {
		return NetworkingSession{}, nil, err
	}
	return db.commandSession(ctx, id, func(_ pgx.Tx, s NetworkingSession) (string, []any, error) {
		if s.Over() {
			return "", nil, sessionOver(s)
		}
		return `announcement = $2, announced_at = CASE WHEN $2 = '' THEN NULL ELSE now() END`, []any{text}, nil
	})
}

func sessionNotOpen(s NetworkingSession) error {
	return fault.New(fault.Conflict, "session_not_open", "the session is not open: it is %s", s.Phase)
}
