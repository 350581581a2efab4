package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/pairing"
)

// Phases of a networking session. Its workflow moves it through them; only cancelling is done by hand.
const (
	SessionPlanned   = "planned"
	SessionDoors     = "doors"  // people may come in, nobody is paired
	SessionOpen      = "open"   // pairs are made
	SessionEnding    = "ending" // no pairs are made, meetings last to their own limit
	SessionClosed    = "closed"
	SessionCancelled = "cancelled"
)

// NetworkingSession is a time in which the attendees of an event meet one after the other.
type NetworkingSession struct {
	ID                int64         `db:"id"`
	EventID           int64         `db:"event_id"`
	Name              string        `db:"name"`
	Timezone          string        `db:"timezone"`    // the event's
	StartsWall        time.Time     `db:"starts_wall"` // wall clocks in the event's zone, held in UTC fields; see SetWalls
	EndsWall          time.Time     `db:"ends_wall"`
	StartsAt          time.Time     `db:"starts_at"`    // the instants follow from the wall clocks
	EndsAt            time.Time     `db:"ends_at"`      // no pairs are made from then on
	DoorsOpenS        int           `db:"doors_open_s"` // 0..86400 seconds before the start
	Phase             string        `db:"phase"`
	PausedAt          *time.Time    `db:"paused_at"` // no pairs are made, meetings go on
	MeetingS          int           `db:"meeting_s"` // 60..86400 seconds
	Extension         bool          `db:"extension"`
	Rules             pairing.Rules `db:"rules"`
	VisibleAttributes []string      `db:"visible_attributes"` // that attendees may show to each other, as AttributeName
	MediaType         string        `db:"media_type"`         // of the waiting media; "" for none
	Announcement      string        `db:"announcement"`
	AnnouncedAt       *time.Time    `db:"announced_at"`
	BotID             *int64        `db:"bot_id"`         // of the bot partner, if there is or was one; see AddBot
	Bot               bool          `db:"bot"`            // it takes part
	Seed              int64         `db:"seed"`           // of every random choice of the lobby
	Epoch             int64         `db:"epoch"`          // of the lobby's owner
	Seq               int64         `db:"seq"`            // rises with every change that attendees see
	Meetings          int           `db:"meetings"`       // made so far
	MailMatches       bool          `db:"mail_matches"`   // attendees get whom they met by mail once it is closed
	InvitedAt         *time.Time    `db:"invited_at"`     // join mails were asked for last
	JoinMailedAt      *time.Time    `db:"join_mailed_at"` // the InvitedAt for which they have gone out
	MetMailedAt       *time.Time    `db:"met_mailed_at"`  // the lists of matches have gone out
	OpenedAt          *time.Time    `db:"opened_at"`
	EndedAt           *time.Time    `db:"ended_at"`
	ClosedAt          *time.Time    `db:"closed_at"`
	RingSince         *time.Time    `db:"ring_since"`
	Version           int64         `db:"version"`
	CreatedAt         time.Time     `db:"created_at"`
}

const sessionColumns = `id, event_id, name, starts_wall, ends_wall, starts_at, ends_at, doors_open_s, phase, paused_at, meeting_s, extension, rules,
	(SELECT timezone FROM live_events WHERE live_events.id = event_id) AS timezone, visible_attributes, media_type, announcement, announced_at, bot_id, ` + botPlays + ` AS bot, seed, epoch, seq, meetings, mail_matches, invited_at, join_mailed_at, met_mailed_at, opened_at, ended_at, closed_at, ring_since, version, created_at`

// DoorsAt is when people may come in.
func (s NetworkingSession) DoorsAt() time.Time {
	return s.StartsAt.Add(-time.Duration(s.DoorsOpenS) * time.Second)
}

// Walls are the start and the end on a clock in the event's zone.
func (s NetworkingSession) Walls() (starts, ends calendar.Wall) {
	return wallOf(&s.StartsWall), wallOf(&s.EndsWall)
}

// SetWalls sets the start and the end; CreateSession and UpdateSession check them and find the instants.
func (s *NetworkingSession) SetWalls(starts, ends calendar.Wall) {
	s.StartsWall, s.EndsWall = starts.In(time.UTC), ends.In(time.UTC)
}

// Running reports whether people may be in the session.
func (s NetworkingSession) Running() bool {
	return s.Phase == SessionDoors || s.Phase == SessionOpen || s.Phase == SessionEnding
}

// Over reports whether nothing will happen in the session any more.
func (s NetworkingSession) Over() bool {
	return s.Phase == SessionClosed || s.Phase == SessionCancelled
}

func (s NetworkingSession) ring() []Ring { return []Ring{{Session: s.ID, Version: s.Version}} }

// Session reads one networking session. NotFound "session_not_found".
func (db *DB) Session(ctx context.Context, id int64) (NetworkingSession, error) {
	return sessionByID(ctx, db.pool, id, "")
}

func sessionByID(ctx context.Context, q querier, id int64, lock string) (NetworkingSession, error) {
	return oneSession(ctx, q, `SELECT `+sessionColumns+` FROM networking_sessions WHERE id = $1 `+lock, id)
}

func oneSession(ctx context.Context, q querier, sql string, args ...any) (NetworkingSession, error) {
	return oneRow[NetworkingSession](ctx, q, "session_not_found", "networking session", sql, args...)
}

// Sessions lists the networking sessions of an event, or of all if it is 0, by id.
func (db *DB) Sessions(ctx context.Context, event int64, p Page) ([]NetworkingSession, error) {
	return manyRows[NetworkingSession](ctx, db.pool, "networking sessions", `SELECT `+sessionColumns+` FROM networking_sessions
		WHERE id > $1 AND ($3::bigint = 0 OR event_id = $3) ORDER BY id LIMIT $2`, p.After, p.Limit, event)
}

// CreateSession stores a session with its ring mark; the caller rings its workflow. A session that has started and not
// ended opens at once.
//
// Errors: NotFound "event_not_found"; Invalid "outside_event_days", "ends_before_start", "session_ended" and those of wrong
// rules and other fields.
func (db *DB) CreateSession(ctx context.Context, s NetworkingSession) (out NetworkingSession, rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		e, err := liveEventByID(ctx, tx, s.EventID, "FOR SHARE")
		if err != nil {
			return err
		}
		if s, err = s.clean(ctx, tx); err != nil {
			return err
		}
		if s, err = s.place(ctx, tx, e); err != nil {
			return err
		}
		out, err = oneSession(ctx, tx, `INSERT INTO networking_sessions (event_id, name, starts_wall, ends_wall, starts_at, ends_at, doors_open_s,
				meeting_s, extension, rules, visible_attributes, mail_matches, seed, ring_since)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now()) RETURNING `+sessionColumns,
			s.EventID, s.Name, s.StartsWall, s.EndsWall, s.StartsAt, s.EndsAt, s.DoorsOpenS, s.MeetingS, s.Extension, s.Rules, s.VisibleAttributes, s.MailMatches, newSeed())
		return err
	})
	return out, out.ring(), err
}

// UpdateSession edits the given version of a session. While it is planned everything can change; from the doors on the name,
// the rules, the length of meetings (of those made from then on), whether they can be extended, what attendees may show and whether they get their matches by mail.
//
// Errors: those of CreateSession, Stale, Conflict "session_started" for what can no longer change, "session_over".
func (db *DB) UpdateSession(ctx context.Context, id, version int64, change func(*NetworkingSession)) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, id, func(tx pgx.Tx, old NetworkingSession) (string, []any, error) {
		if old.Version != version {
			return "", nil, Stale("networking session")
		}
		if old.Over() {
			return "", nil, sessionOver(old)
		}
		s := old
		change(&s)
		moved := !s.StartsWall.Equal(old.StartsWall) || !s.EndsWall.Equal(old.EndsWall) || s.DoorsOpenS != old.DoorsOpenS
		if moved && old.Phase != SessionPlanned {
			return "", nil, fault.New(fault.Conflict, "session_started",
				"the doors are open: start, end and doors can no longer be changed; extend or close the session instead")
		}
		s, err := s.clean(ctx, tx)
		if err != nil {
			return "", nil, err
		}
		if moved {
			e, err := liveEventByID(ctx, tx, old.EventID, "FOR SHARE")
			if err != nil {
				return "", nil, err
			}
			if s, err = s.place(ctx, tx, e); err != nil {
				return "", nil, err
			}
		}
		args := []any{s.Name, s.StartsWall, s.EndsWall, s.StartsAt, s.EndsAt, s.DoorsOpenS, s.MeetingS, s.Extension, s.Rules, s.VisibleAttributes, s.MailMatches}
		return `name = $2, starts_wall = $3, ends_wall = $4, starts_at = $5, ends_at = $6, doors_open_s = $7, meeting_s = $8, extension = $9,
			rules = $10, visible_attributes = $11, mail_matches = $12`, args, nil
	})
}

// sessionCommand says what a command does to a session: columns to set, with arguments from $2 on, or "" if there is nothing to
// do.
type sessionCommand func(tx pgx.Tx, s NetworkingSession) (set string, args []any, err error)

// commandSession locks a session and stores what a command says. The workflow is to be rung; the lobby and attendees' pages
// hear of it.
func (db *DB) commandSession(ctx context.Context, id int64, say sessionCommand) (out NetworkingSession, rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		out, rings, err = changeSession(ctx, tx, id, say)
		return err
	})
	return out, rings, err
}

// changeSession does it at the end of a transaction: the lobby waits for the lock.
func changeSession(ctx context.Context, tx pgx.Tx, id int64, say sessionCommand) (NetworkingSession, []Ring, error) {
	s, err := sessionByID(ctx, tx, id, "FOR NO KEY UPDATE")
	if err != nil {
		return s, nil, err
	}
	set, args, err := say(tx, s)
	if err != nil || set == "" {
		return s, nil, err
	}
	s, err = oneSession(ctx, tx, `UPDATE networking_sessions SET `+set+`, seq = seq + 1, version = version + 1, ring_since = coalesce(ring_since, now())
		WHERE id = $1 RETURNING `+sessionColumns, append([]any{id}, args...)...)
	if err != nil {
		return s, nil, err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_notify('rondo', $1), pg_notify('rondo_lobby', $2)`, sessionTopic(id, s.Seq), fmt.Sprint(id)); err != nil {
		return s, nil, fmt.Errorf("tell of session %d: %w", id, err)
	}
	return s, s.ring(), nil
}

func sessionOver(s NetworkingSession) error {
	return fault.New(fault.Conflict, "session_over", "the session is %s", s.Phase)
}
