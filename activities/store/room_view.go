package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/pairing"
)

// RoomView is what one attendee of a networking session sees of themselves and of their meeting.
type RoomView struct {
	Person   int64
	Name     string
	Shows    map[string]string // attributes that others see
	State    pairing.State     // "" has not entered yet
	Tab      string
	ReadyAt  *time.Time
	Relaxed  []string
	Seq      int64
	Now      time.Time // when it was read, by the database's clock
	Revoked  bool      // the ticket is no longer good
	Meeting  *RoomMeeting
	Previous *PastMeeting
}

// RoomMeeting is the open meeting of an attendee.
type RoomMeeting struct {
	No        int
	ConnectBy time.Time
	StartedAt *time.Time
	EndsAt    *time.Time
	Extended  bool
	Relaxed   []string
	Extend    string // the attendee's own wish
	Others    []RoomPartner
}

// RoomPartner is somebody else in the meeting.
type RoomPartner struct {
	Person     int64
	Name       string
	Shows      map[string]string
	Here       bool
	Extend     string
	Connection Connection
	Email      string // only when connected
}

// PastMeeting is the meeting that ended last.
type PastMeeting struct {
	No     int            `json:"no"`
	Reason pairing.Reason `json:"reason"`
	Name   string         `json:"name"` // of the other one
}

// Connection is what two people have agreed on, as one of them sees it.
type Connection string

// The stages of a connection.
const (
	NotConnected Connection = "none"
	Requested    Connection = "requested" // by the one who looks
	Asked        Connection = "asked"     // by the other, who waits for an answer
	Connected    Connection = "connected"
)

func connection(me int64, askedBy *int64, accepted bool) Connection {
	switch {
	case askedBy == nil:
		return NotConnected
	case accepted:
		return Connected
	case *askedBy == me:
		return Requested
	default:
		return Asked
	}
}

// roomViews looks up each person's rows one by one (OFFSET 0 keeps the planner to it): what is known of tables that grow within
// minutes is out of date, and joining them as a whole takes a hundred times as long.
const roomViews = `SELECT t.person_id, coalesce(nullif(t.display_name, ''), p.name), p.attributes, t.shown, coalesce(a.state, ''), coalesce(a.tab, ''),
	a.ready_at, coalesce(a.relaxed, '{}'), coalesce(a.seq, 0), s.visible_attributes, clock_timestamp(), t.revoked_at IS NOT NULL,
	m.no, m.connect_by, m.started_at, m.ends_at, coalesce(m.extended, false), coalesce(m.relaxed, '{}'),
	(SELECT jsonb_agg(jsonb_build_object('person', x.person_id, 'extend', x.extend, 'here', x.gone_at IS NULL,
			'name', coalesce(nullif(xt.display_name, ''), xp.name), 'attributes', xp.attributes, 'shown', xt.shown, 'email', xp.email,
			'asked_by', c.asked_by, 'accepted', c.accepted_at IS NOT NULL) ORDER BY x.person_id)
		FROM meeting_members x JOIN people xp ON xp.id = x.person_id LEFT JOIN tickets xt ON xt.event_id = s.event_id AND xt.person_id = x.person_id
		LEFT JOIN connections c ON c.a = least(x.person_id, t.person_id) AND c.b = greatest(x.person_id, t.person_id)
		WHERE x.session_id = s.id AND x.no = m.no AND x.open),
	(SELECT jsonb_build_object('no', l.no, 'reason', l.reason, 'name', (
			SELECT coalesce(nullif(yt.display_name, ''), yp.name) FROM meeting_members y JOIN people yp ON yp.id = y.person_id
			LEFT JOIN tickets yt ON yt.event_id = s.event_id AND yt.person_id = y.person_id
			WHERE y.session_id = s.id AND y.no = l.no AND y.person_id <> t.person_id ORDER BY y.person_id LIMIT 1))
		FROM meetings l WHERE l.session_id = s.id AND l.no = a.last_no)
	FROM tickets t JOIN networking_sessions s ON s.event_id = t.event_id JOIN people p ON p.id = t.person_id
	LEFT JOIN LATERAL (SELECT * FROM attendees WHERE session_id = s.id AND person_id = t.person_id OFFSET 0) a ON true
	LEFT JOIN LATERAL (SELECT * FROM meetings WHERE session_id = s.id AND no = a.meeting_no OFFSET 0) m ON true
	`

// RoomView reads what one person sees of a session. Nobody without a good ticket sees anything: Denied "ticket_needed".
func (db *DB) RoomView(ctx context.Context, session, person int64) (RoomView, error) {
	rows, err := db.pool.Query(ctx, roomViews+`WHERE s.id = $1 AND t.person_id = $2 AND t.revoked_at IS NULL AND p.status <> 'erased'`, session, person)
	if err != nil {
		return RoomView{}, fmt.Errorf("read what an attendee sees: %w", err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, scanRoomView)
	if errors.Is(err, pgx.ErrNoRows) {
		return v, ErrTicketNeeded
	}
	if err != nil {
		return v, fmt.Errorf("read what an attendee sees: %w", err)
	}
	return v, nil
}

type memberDoc struct {
	Person     int64             `json:"person"`
	Extend     string            `json:"extend"`
	Here       bool              `json:"here"`
	Name       string            `json:"name"`
	Attributes map[string]string `json:"attributes"`
	Shown      []string          `json:"shown"`
	Email      *string           `json:"email"`
	AskedBy    *int64            `json:"asked_by"`
	Accepted   bool              `json:"accepted"`
}

func scanRoomView(row pgx.CollectableRow) (RoomView, error) {
	var v RoomView
	var attributes map[string]string
	var shown, visible []string
	var no *int
	var connectBy *time.Time
	var m RoomMeeting
	var members, last []byte
	err := row.Scan(&v.Person, &v.Name, &attributes, &shown, &v.State, &v.Tab, &v.ReadyAt, &v.Relaxed, &v.Seq, &visible, &v.Now, &v.Revoked,
		&no, &connectBy, &m.StartedAt, &m.EndsAt, &m.Extended, &m.Relaxed, &members, &last)
	if err != nil {
		return v, err
	}
	v.Shows = shows(attributes, shown, visible)
	if last != nil {
		if err := json.Unmarshal(last, &v.Previous); err != nil {
			return v, err
		}
	}
	if no == nil {
		return v, nil
	}
	m.No, m.ConnectBy = *no, *connectBy
	var docs []memberDoc
	if members != nil {
		if err := json.Unmarshal(members, &docs); err != nil {
			return v, err
		}
	}
	for _, d := range docs {
		if d.Person == v.Person {
			m.Extend = d.Extend
			continue
		}
		p := RoomPartner{
			Person: d.Person, Name: d.Name, Shows: shows(d.Attributes, d.Shown, visible), Here: d.Here, Extend: d.Extend,
			Connection: connection(v.Person, d.AskedBy, d.Accepted),
		}
		if p.Connection == Connected && d.Email != nil {
			p.Email = *d.Email
		}
		m.Others = append(m.Others, p)
	}
	v.Meeting = &m
	return v, nil
}

// shows is what others see of somebody: what the session lets people show, and they chose to; null is all of it.
func shows(attributes map[string]string, shown, visible []string) map[string]string {
	out := map[string]string{}
	for _, name := range visible {
		if attributes[name] != "" && (shown == nil || slices.Contains(shown, name)) {
			out[name] = attributes[name]
		}
	}
	return out
}
