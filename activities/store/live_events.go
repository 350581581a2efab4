package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
)

// LiveEvent is days in a zone on which networking sessions take place. A ticket admits to all sessions of its event.
type LiveEvent struct {
	ID        int64     `db:"id"`
	Name      string    `db:"name"`
	Timezone  string    `db:"timezone"`  // IANA name; fixed once the event has sessions
	FirstDay  time.Time `db:"first_day"` // midnight in UTC; see Days
	LastDay   time.Time `db:"last_day"`  // not before the first
	Version   int64     `db:"version"`
	CreatedAt time.Time `db:"created_at"`
}

const liveEventColumns = `id, name, timezone, first_day, last_day, version, created_at`

// Days are the first and the last day of the event, in its zone.
func (e LiveEvent) Days() (first, last calendar.Date) {
	return calendar.WallOf(e.FirstDay, time.UTC).Date(), calendar.WallOf(e.LastDay, time.UTC).Date()
}

// SetDays gives the event its days; CreateLiveEvent and UpdateLiveEvent check them.
func (e *LiveEvent) SetDays(first, last calendar.Date) {
	e.FirstDay, e.LastDay = midnight(first), midnight(last)
}

// holds reports whether wall clocks in the event's zone lie on its days. Midnight at the end of the last day is still on it.
func (e LiveEvent) holds(starts, ends calendar.Wall) bool {
	over := calendar.WallOf(e.LastDay, time.UTC).AddDays(1)
	return !starts.Before(calendar.WallOf(e.FirstDay, time.UTC)) && !over.Before(ends)
}

func (e LiveEvent) clean() (LiveEvent, error) {
	var err error
	if e.Name, err = requiredName(e.Name, "the event"); err != nil {
		return e, err
	}
	if _, err := calendar.Zone(e.Timezone); err != nil {
		return e, fault.BadField("unknown_zone", "body.timezone", "%s", err.Error())
	}
	if e.LastDay.Before(e.FirstDay) {
		return e, fault.BadField("days_reversed", "body.last_day", "the last day is before the first")
	}
	return e, nil
}

// LiveEvent reads one event. NotFound "event_not_found".
func (db *DB) LiveEvent(ctx context.Context, id int64) (LiveEvent, error) {
	return liveEventByID(ctx, db.pool, id, "")
}

func liveEventByID(ctx context.Context, q querier, id int64, lock string) (LiveEvent, error) {
	return oneLiveEvent(ctx, q, `SELECT `+liveEventColumns+` FROM live_events WHERE id = $1 `+lock, id)
}

func oneLiveEvent(ctx context.Context, q querier, sql string, args ...any) (LiveEvent, error) {
	return oneRow[LiveEvent](ctx, q, "event_not_found", "event", sql, args...)
}

// LiveEvents lists events by id.
func (db *DB) LiveEvents(ctx context.Context, p Page) ([]LiveEvent, error) {
	return manyRows[LiveEvent](ctx, db.pool, "events",
		`SELECT `+liveEventColumns+` FROM live_events WHERE id > $1 ORDER BY id LIMIT $2`, p.After, p.Limit)
}

// CreateLiveEvent stores an event. Invalid for a wrong name, zone or order of days.
func (db *DB) CreateLiveEvent(ctx context.Context, e LiveEvent) (out LiveEvent, err error) {
	if e, err = e.clean(); err != nil {
		return out, err
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		out, err = oneLiveEvent(ctx, tx, `INSERT INTO live_events (name, timezone, first_day, last_day) VALUES ($1, $2, $3, $4) RETURNING `+liveEventColumns,
			e.Name, e.Timezone, e.FirstDay, e.LastDay)
		return err
	})
	return out, err
}

// UpdateLiveEvent edits the given version of an event. Errors: NotFound, Stale, Invalid for a wrong field, Conflict
// "event_has_sessions" for another zone, which would move its sessions, and "session_outside" for days that a session which
// was not cancelled does not lie within.
func (db *DB) UpdateLiveEvent(ctx context.Context, id, version int64, change func(*LiveEvent)) (out LiveEvent, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		old, err := liveEventByID(ctx, tx, id, "FOR UPDATE") // sessions are made and extended under FOR SHARE
		if err != nil {
			return err
		}
		if old.Version != version {
			return Stale("event")
		}
		e := old
		change(&e)
		if e, err = e.clean(); err != nil {
			return err
		}
		if err := fitSessions(ctx, tx, id, old.Timezone, e); err != nil {
			return err
		}
		out, err = oneLiveEvent(ctx, tx, `UPDATE live_events SET name = $2, timezone = $3, first_day = $4, last_day = $5, version = version + 1
			WHERE id = $1 RETURNING `+liveEventColumns, id, e.Name, e.Timezone, e.FirstDay, e.LastDay)
		return err
	})
	return out, err
}

// fitSessions refuses what an event is to become if its sessions contradict it.
func fitSessions(ctx context.Context, tx pgx.Tx, event int64, zone string, e LiveEvent) error {
	var sessions int
	var from, to *time.Time
	err := tx.QueryRow(ctx, `SELECT count(*), min(starts_wall) FILTER (WHERE phase <> 'cancelled'), max(ends_wall) FILTER (WHERE phase <> 'cancelled')
		FROM networking_sessions WHERE event_id = $1`, event).Scan(&sessions, &from, &to)
	if err != nil {
		return fmt.Errorf("read sessions of event %d: %w", event, err)
	}
	if sessions > 0 && e.Timezone != zone {
		return fault.New(fault.Conflict, "event_has_sessions", "the event has sessions, whose times are in %s: its zone stays", zone)
	}
	if from != nil && !e.holds(wallOf(from), wallOf(to)) {
		return fault.New(fault.Conflict, "session_outside", "the event has sessions from %s to %s: its days have to hold them", wallOf(from), wallOf(to))
	}
	return nil
}
