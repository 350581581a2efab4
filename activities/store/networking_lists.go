package store

import (
	"context"
	"time"
)

// ListedAttendee is somebody who has come to a networking session, as organisers see them.
type ListedAttendee struct {
	PersonID  int64      `db:"person_id"`
	Name      string     `db:"name"` // as others see it
	TypeID    int64      `db:"type_id"`
	State     string     `db:"state"`      // pairing.State
	ReadyAt   *time.Time `db:"ready_at"`   // waits since, credit included
	Relaxed   []string   `db:"relaxed"`    // rules that waiting has relaxed
	MeetingNo int        `db:"meeting_no"` // the open one, or 0
	Meetings  int        `db:"meetings"`
	Met       int        `db:"met"` // of the meetings, those in which all had media
	EnteredAt time.Time  `db:"entered_at"`
}

// SessionAttendees lists who has come, by person; state "" is any. NotFound "session_not_found".
func (db *DB) SessionAttendees(ctx context.Context, session int64, state string, p Page) ([]ListedAttendee, error) {
	s, err := db.Session(ctx, session)
	if err != nil {
		return nil, err
	}
	return manyRows[ListedAttendee](ctx, db.pool, "attendees", `SELECT a.person_id, `+shownName+` AS name, coalesce(t.type_id, 0) AS type_id, a.state, a.ready_at,
			a.relaxed, coalesce(a.meeting_no, 0) AS meeting_no, m.meetings, m.met, a.entered_at
		FROM attendees a JOIN people p ON p.id = a.person_id LEFT JOIN tickets t ON t.event_id = $5 AND t.person_id = a.person_id,
		LATERAL (SELECT count(*) AS meetings, count(m.started_at) AS met FROM meeting_members x JOIN meetings m USING (session_id, no)
			WHERE x.session_id = a.session_id AND x.person_id = a.person_id) m
		WHERE a.session_id = $1 AND a.person_id > $2 AND ($4 = '' OR a.state = $4) ORDER BY a.person_id LIMIT $3`, session, p.After, p.Limit, state, s.EventID)
}

// ListedMeeting is a meeting as organisers see it.
type ListedMeeting struct {
	No        int            `db:"no"`
	MadeAt    time.Time      `db:"made_at"`
	StartedAt *time.Time     `db:"started_at"` // all had media; nil: they did not meet
	EndsAt    *time.Time     `db:"ends_at"`
	EndedAt   *time.Time     `db:"ended_at"`
	Reason    string         `db:"reason"` // pairing.Reason
	Extended  bool           `db:"extended"`
	Forced    bool           `db:"forced"`
	Relaxed   []string       `db:"relaxed"`
	People    []MeetingGuest `db:"people"` // by id
}

// MeetingGuest is somebody in a meeting.
type MeetingGuest struct {
	PersonID int64  `json:"person_id"`
	Name     string `json:"name"`
	Email    string `json:"email"` // "" when erased
	WaitedMS int64  `json:"waited_ms"`
}

// listedMeetings selects from meetings m of event $2 in session $1.
const listedMeetings = `SELECT m.no, m.made_at, m.started_at, m.ends_at, m.ended_at, m.reason, m.extended, m.forced, m.relaxed,
	(SELECT jsonb_agg(jsonb_build_object('person_id', x.person_id, 'name', ` + shownName + `, 'email', coalesce(p.email, ''), 'waited_ms', x.waited_ms) ORDER BY x.person_id)
		FROM meeting_members x JOIN people p ON p.id = x.person_id LEFT JOIN tickets t ON t.event_id = $2 AND t.person_id = x.person_id
		WHERE x.session_id = m.session_id AND x.no = m.no) AS people
	FROM meetings m WHERE m.session_id = $1`

// SessionMeetings lists the meetings of a session by number: those of one person if that is not 0, and only those that have not
// ended if open. NotFound "session_not_found".
func (db *DB) SessionMeetings(ctx context.Context, session, person int64, open bool, p Page) ([]ListedMeeting, error) {
	s, err := db.Session(ctx, session)
	if err != nil {
		return nil, err
	}
	return manyRows[ListedMeeting](ctx, db.pool, "meetings", listedMeetings+` AND m.no > $3 AND (NOT $5 OR m.ended_at IS NULL)
		AND ($6::bigint = 0 OR EXISTS (SELECT FROM meeting_members y WHERE y.session_id = m.session_id AND y.no = m.no AND y.person_id = $6))
		ORDER BY m.no LIMIT $4`, session, s.EventID, p.After, p.Limit, open, person)
}

// ListedConnection is two people of whom one asked to stay in touch, as organisers see it.
type ListedConnection struct {
	No         int        `db:"no"`      // of the meeting
	FromID     int64      `db:"from_id"` // who asked
	FromName   string     `db:"from_name"`
	FromEmail  string     `db:"from_email"`
	ToID       int64      `db:"to_id"`
	ToName     string     `db:"to_name"`
	ToEmail    string     `db:"to_email"`
	AskedAt    time.Time  `db:"asked_at"`
	AcceptedAt *time.Time `db:"accepted_at"`
}

// ConnectionPlace is where a connection stands in a list; the zero value is before the first.
type ConnectionPlace struct {
	No   int
	From int64
	To   int64
}

// Place is where the connection stands.
func (c ListedConnection) Place() ConnectionPlace { return ConnectionPlace{c.No, c.FromID, c.ToID} }

// listedConnections selects those asked for in session $1, of event $2.
const listedConnections = `SELECT c.no, c.asked_by AS from_id, c.asked_at, c.accepted_at, c.to_id,
		coalesce(nullif(ft.display_name, ''), f.name, '') AS from_name, coalesce(f.email, '') AS from_email,
		coalesce(nullif(tt.display_name, ''), o.name, '') AS to_name, coalesce(o.email, '') AS to_email
	FROM (SELECT *, CASE asked_by WHEN a THEN b ELSE a END AS to_id FROM connections WHERE session_id = $1) c
		JOIN people f ON f.id = c.asked_by JOIN people o ON o.id = c.to_id
		LEFT JOIN tickets ft ON ft.event_id = $2 AND ft.person_id = f.id LEFT JOIN tickets tt ON tt.event_id = $2 AND tt.person_id = o.id`

// SessionConnections lists the connections that were asked for in a session, in the order of its meetings, after a place.
// NotFound "session_not_found".
func (db *DB) SessionConnections(ctx context.Context, session int64, after ConnectionPlace, limit int) ([]ListedConnection, error) {
	s, err := db.Session(ctx, session)
	if err != nil {
		return nil, err
	}
	return manyRows[ListedConnection](ctx, db.pool, "connections", listedConnections+` WHERE (c.no, c.asked_by, c.to_id) > ($3, $4, $5)
		ORDER BY c.no, c.asked_by, c.to_id LIMIT $6`, session, s.EventID, after.No, after.From, after.To, limit)
}
