package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/pairing"
)

// ErrTicketNeeded is what everybody gets who has no good ticket, admins too.
var ErrTicketNeeded = fault.New(fault.Denied, "ticket_needed", "a ticket of the event is needed: ask those who run it")

// RoomFacts is what all attendees of a session see of it.
type RoomFacts struct {
	NetworkingSession
	Event    string    // its name
	Timezone string    // the event's
	Here     int       // who is present, in meetings too
	Ready    int       // of them, who waits to be paired
	Now      time.Time // by the database's clock
}

// RoomFacts reads them.
func (db *DB) RoomFacts(ctx context.Context, session int64) (RoomFacts, error) {
	var f RoomFacts
	var err error
	if f.NetworkingSession, err = db.Session(ctx, session); err != nil {
		return f, err
	}
	err = db.pool.QueryRow(ctx, `SELECT (SELECT name FROM live_events WHERE id = $2), (SELECT timezone FROM live_events WHERE id = $2), clock_timestamp(),
		count(*) FILTER (WHERE state IN ('lobby', 'ready', 'meeting')), count(*) FILTER (WHERE state = 'ready')
		FROM attendees WHERE session_id = $1`, session, f.EventID).Scan(&f.Event, &f.Timezone, &f.Now, &f.Here, &f.Ready)
	if err != nil {
		return f, fmt.Errorf("count session %d: %w", session, err)
	}
	return f, nil
}

// RoomNews is how far a session is, and what those see of it whose part has changed.
type RoomNews struct {
	Seq, Version int64
	Now          time.Time // by the database's clock
	Changed      []RoomView
}

// RoomNews reads, in one round trip, what is new after a seq.
func (db *DB) RoomNews(ctx context.Context, session, seq int64) (n RoomNews, err error) {
	var b pgx.Batch
	b.Queue(`BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY`)
	// Left to itself the planner plans it anew each time, which takes twice as long as the look-ups it plans.
	b.Queue(`SET LOCAL plan_cache_mode = force_generic_plan`)
	b.Queue(`SELECT seq, version, clock_timestamp() FROM networking_sessions WHERE id = $1`, session).QueryRow(func(row pgx.Row) error {
		return row.Scan(&n.Seq, &n.Version, &n.Now)
	})
	b.Queue(roomViews+`WHERE s.id = $1 AND t.event_id = (SELECT event_id FROM networking_sessions WHERE id = $1)
		AND t.person_id = ANY (ARRAY(SELECT person_id FROM attendees WHERE session_id = $1 AND seq > $2))`, session, seq).Query(func(rows pgx.Rows) (err error) {
		n.Changed, err = pgx.CollectRows(rows, scanRoomView)
		return err
	})
	b.Queue(`COMMIT`)
	if err := db.pool.SendBatch(ctx, &b).Close(); err != nil {
		return n, fmt.Errorf("read what is new in session %d: %w", session, err)
	}
	return n, nil
}

// EnterSession commits that somebody comes in, or goes on in another tab. Nobody is in two sessions: they leave every other
// one. Conflict "session_not_open" and "removed"; Denied "ticket_needed".
func (db *DB) EnterSession(ctx context.Context, a SessionAction) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		if err := mayEnter(ctx, tx, a.Session, a.Person); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `SELECT o.session_id FROM attendees o JOIN networking_sessions s ON s.id = o.session_id
			WHERE o.person_id = $1 AND o.session_id <> $2 AND o.state NOT IN ('exited', 'removed') AND s.phase IN ('doors', 'open', 'ending')`, a.Person, a.Session)
		if err != nil {
			return fmt.Errorf("look for other sessions: %w", err)
		}
		others, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("look for other sessions: %w", err)
		}
		actions := []SessionAction{a}
		for _, session := range others {
			actions = append(actions, SessionAction{Session: session, Person: a.Person, Key: "elsewhere-" + a.Key, Kind: pairing.Exit})
		}
		return addActions(ctx, tx, actions)
	})
}

func mayEnter(ctx context.Context, q querier, session, person int64) error {
	var phase string
	var ticket bool
	var state *string
	err := q.QueryRow(ctx, `SELECT s.phase, EXISTS (SELECT FROM tickets t WHERE t.event_id = s.event_id AND t.person_id = $2 AND t.revoked_at IS NULL),
		(SELECT a.state FROM attendees a WHERE a.session_id = s.id AND a.person_id = $2) FROM networking_sessions s WHERE s.id = $1`, session, person).Scan(&phase, &ticket, &state)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return fault.New(fault.NotFound, "session_not_found", "there is no such networking session")
	case err != nil:
		return fmt.Errorf("look at session %d: %w", session, err)
	case !ticket:
		return ErrTicketNeeded
	case state != nil && *state == string(pairing.Removed):
		return fault.New(fault.Conflict, "removed", "an organiser took you out of this session")
	case phase == SessionPlanned:
		return fault.New(fault.Conflict, "session_not_open", "the doors are not open yet")
	case phase == SessionClosed || phase == SessionCancelled:
		return fault.New(fault.Conflict, "session_not_open", "the session is over")
	}
	return nil
}

// showPeople gives a change of attendees' rows that the lobby does not make the session's next seq, and tells who watches. It
// holds the session's row, so that numbers are committed in their order.
func (db *DB) showPeople(ctx context.Context, tx pgx.Tx, session int64, people ...int64) error {
	_, err := tx.Exec(ctx, `WITH s AS (UPDATE networking_sessions SET seq = seq + 1 WHERE id = $1 RETURNING id, seq),
		a AS (UPDATE attendees SET seq = s.seq FROM s WHERE session_id = s.id AND person_id = ANY ($2))
		SELECT pg_notify('rondo', 'session-' || id || ':' || seq) FROM s`, session, people)
	if err != nil {
		return fmt.Errorf("show a change in session %d: %w", session, err)
	}
	return nil
}

// Connect asks somebody whom one has met in the session to stay in touch, or agrees if they have asked. It works after the
// session as well. NotFound "not_met".
func (db *DB) Connect(ctx context.Context, session, person, other int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		no, err := metIn(ctx, tx, session, person, other)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO connections AS c (a, b, asked_by, session_id, no) VALUES (least($1::bigint, $2), greatest($1::bigint, $2), $1, $3, $4)
			ON CONFLICT (a, b) DO UPDATE SET accepted_at = coalesce(c.accepted_at, now()) WHERE c.asked_by <> $1`, person, other, session, no)
		if err != nil {
			return fmt.Errorf("connect: %w", err)
		}
		return db.showPeople(ctx, tx, session, person, other)
	})
}

// metIn is the last meeting of the session that two people are or were in; a block hides it.
func metIn(ctx context.Context, q querier, session, person, other int64) (no int, err error) {
	err = q.QueryRow(ctx, `SELECT x.no FROM meeting_members x JOIN meeting_members y USING (session_id, no)
		JOIN people p ON p.id = y.person_id
		WHERE session_id = $1 AND x.person_id = $2 AND y.person_id = $3 AND x.person_id <> y.person_id AND p.status <> 'erased'
			AND NOT EXISTS (SELECT FROM blocks WHERE (person_id, other_id) IN (($2, $3), ($3, $2)))
		ORDER BY x.no DESC LIMIT 1`, session, person, other).Scan(&no)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.New(fault.NotFound, "not_met", "you have not met this person in this session")
	}
	if err != nil {
		return 0, fmt.Errorf("look for a meeting: %w", err)
	}
	return no, nil
}

// BlockPerson makes sure that two people never meet again, and takes back what connects them. A meeting of theirs ends.
func (db *DB) BlockPerson(ctx context.Context, a SessionAction) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := metIn(ctx, tx, a.Session, a.Person, a.Other); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO blocks (person_id, other_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, a.Person, a.Other); err != nil {
			return fmt.Errorf("block: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM connections WHERE a = least($1::bigint, $2) AND b = greatest($1::bigint, $2)`, a.Person, a.Other); err != nil {
			return fmt.Errorf("block: %w", err)
		}
		if err := addActions(ctx, tx, []SessionAction{a}); err != nil {
			return err
		}
		return db.showPeople(ctx, tx, a.Session, a.Person, a.Other)
	})
}

// ReportReasons are what a report may give as its reason.
var ReportReasons = []string{"harassment", "inappropriate", "spam", "other"}

// MaxReport is how many characters a report's text may have.
const MaxReport = 2000

// ReportPerson tells the organisers about somebody whom one has met. Reporting the same meeting again replaces the text.
func (db *DB) ReportPerson(ctx context.Context, session, person, other int64, reason, text string) error {
	if !slices.Contains(ReportReasons, reason) {
		return fault.BadField("reason_unknown", "body.reason", "the reason of a report is one of %s", strings.Join(ReportReasons, ", "))
	}
	if utf8.RuneCountInString(text) > MaxReport {
		return fault.BadField("text_too_long", "body.text", "a report has at most %d characters", MaxReport)
	}
	return db.tx(ctx, func(tx pgx.Tx) error {
		no, err := metIn(ctx, tx, session, person, other)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO reports AS r (session_id, no, person_id, other_id, reason, text) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (session_id, no, person_id, other_id) DO UPDATE SET reason = excluded.reason, text = excluded.text, version = r.version + 1`,
			session, no, person, other, reason, text)
		if err != nil {
			return fmt.Errorf("report: %w", err)
		}
		return nil
	})
}

// MaxDisplayName is how many characters a display name may have.
const MaxDisplayName = 80

// RenameAttendee sets what an attendee is called in the sessions of the event; "" is the person's own name.
func (db *DB) RenameAttendee(ctx context.Context, session, person int64, name string) error {
	name = strings.Join(strings.Fields(name), " ")
	if utf8.RuneCountInString(name) > MaxDisplayName {
		return fault.BadField("name_too_long", "body.text", "a name has at most %d characters", MaxDisplayName)
	}
	return db.tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE tickets t SET display_name = $3, version = t.version + 1 FROM networking_sessions s
			WHERE s.id = $1 AND t.event_id = s.event_id AND t.person_id = $2 AND t.revoked_at IS NULL`, session, person, name)
		if err != nil {
			return fmt.Errorf("rename: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrTicketNeeded
		}
		rows, err := tx.Query(ctx, `SELECT x.person_id FROM attendees a JOIN meeting_members x ON x.session_id = a.session_id AND x.no = a.meeting_no
			WHERE a.session_id = $1 AND a.person_id = $2`, session, person)
		if err != nil {
			return fmt.Errorf("look who sees the name: %w", err)
		}
		see, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("look who sees the name: %w", err)
		}
		return db.showPeople(ctx, tx, session, append(see, person)...)
	})
}

// Matched is somebody whom an attendee has met in a session.
type Matched struct {
	No         int
	Person     int64
	Name       string
	Shows      map[string]string
	MetAt      time.Time
	Seconds    int // that the meeting lasted, or has lasted
	Connection Connection
	Email      string // only when connected
}

// whomTheyMet joins x, who was in meetings k, to p, whom they met there as y. Blocked ones and erased ones are left out.
const whomTheyMet = `meeting_members x JOIN meetings k ON k.session_id = x.session_id AND k.no = x.no AND k.started_at IS NOT NULL
	JOIN meeting_members y ON y.session_id = x.session_id AND y.no = x.no AND y.person_id <> x.person_id
		AND NOT EXISTS (SELECT FROM blocks b WHERE (b.person_id, b.other_id) IN ((x.person_id, y.person_id), (y.person_id, x.person_id)))
	JOIN people p ON p.id = y.person_id AND p.status <> 'erased'`

// Matches lists whom somebody has met in a session, the latest first, each person once. Blocked ones and erased ones are left
// out.
func (db *DB) Matches(ctx context.Context, session, person int64) ([]Matched, error) {
	all, err := db.MatchesOf(ctx, session, []int64{person})
	return append([]Matched{}, all[person]...), err
}

// MatchesOf lists the Matches of several people.
func (db *DB) MatchesOf(ctx context.Context, session int64, people []int64) (map[int64][]Matched, error) {
	rows, err := db.pool.Query(ctx, `SELECT x.person_id, k.no, y.person_id, coalesce(nullif(t.display_name, ''), p.name), p.attributes, t.shown,
			s.visible_attributes, k.started_at, extract(epoch FROM coalesce(k.ended_at, clock_timestamp()) - k.started_at)::int, c.asked_by, c.accepted_at IS NOT NULL, p.email
		FROM `+whomTheyMet+` JOIN networking_sessions s ON s.id = x.session_id
		LEFT JOIN tickets t ON t.event_id = s.event_id AND t.person_id = y.person_id
		LEFT JOIN connections c ON c.a = least(x.person_id, y.person_id) AND c.b = greatest(x.person_id, y.person_id)
		WHERE x.session_id = $1 AND x.person_id = ANY ($2) ORDER BY x.person_id, k.no DESC, y.person_id`, session, people)
	if err != nil {
		return nil, fmt.Errorf("list matches: %w", err)
	}
	type pair struct{ person, other int64 }
	seen := map[pair]bool{}
	out := map[int64][]Matched{}
	var person int64
	var m Matched
	var attributes map[string]string
	var shown, visible []string
	var asked *int64
	var accepted bool
	var email *string
	_, err = pgx.ForEachRow(rows, []any{&person, &m.No, &m.Person, &m.Name, &attributes, &shown, &visible, &m.MetAt, &m.Seconds, &asked, &accepted, &email}, func() error {
		who := pair{person, m.Person}
		if seen[who] {
			return nil
		}
		seen[who] = true
		m.Shows, m.Connection, m.Email = shows(attributes, shown, visible), connection(person, asked, accepted), ""
		if m.Connection == Connected && email != nil {
			m.Email = *email
		}
		out[person] = append(out[person], m)
		attributes, shown, visible = nil, nil, nil
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list matches: %w", err)
	}
	return out, nil
}
