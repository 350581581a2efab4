package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rondo/activities/pairing"
)

type attendeeRow struct {
	Person  int64         `json:"person_id"`
	State   pairing.State `json:"state"`
	Tab     string        `json:"tab"`
	ReadyAt *time.Time    `json:"ready_at"`
	Credit  int64         `json:"credit_ms"`
	Relaxed []string      `json:"relaxed"`
	Meeting *int          `json:"meeting_no"`
	Last    *int          `json:"last_no"`
}

type meetingRow struct {
	No        int            `json:"no"`
	MadeAt    time.Time      `json:"made_at"`
	ConnectBy time.Time      `json:"connect_by"`
	StartedAt *time.Time     `json:"started_at"`
	EndsAt    *time.Time     `json:"ends_at"`
	Extended  bool           `json:"extended"`
	Forced    bool           `json:"forced"`
	Relaxed   []string       `json:"relaxed"`
	EndedAt   *time.Time     `json:"ended_at"`
	Reason    pairing.Reason `json:"reason"`
}

type memberRow struct {
	No      int        `json:"no"`
	Person  int64      `json:"person_id"`
	Waited  int64      `json:"waited_ms"`
	MediaAt *time.Time `json:"media_at"`
	Extend  string     `json:"extend"`
	GoneAt  *time.Time `json:"gone_at"`
	Open    bool       `json:"open"`
}

// write writes the changes, tells whoever watches the session, and commits: one round trip.
func (h *Lobby) write(ctx context.Context, conn *pgxpool.Conn, facts LobbyFacts, c pairing.Changes) error {
	var b pgx.Batch
	var failed error
	queue := func(sql string, rows any) {
		doc, err := json.Marshal(rows)
		if err != nil {
			failed = err
			return
		}
		b.Queue(sql, h.session, string(doc), facts.Seq)
	}
	if len(c.Meetings) > 0 {
		meetings, members := meetingRows(c.Meetings)
		queue(writeMeetings, meetings)
		queue(writeMembers, members)
		b.Queue(`UPDATE networking_sessions SET meetings = $2 WHERE id = $1 AND meetings < $2`, h.session, c.Last)
	}
	if len(c.People) > 0 {
		queue(writeAttendees, attendeeRows(c.People))
	}
	b.Queue(`SELECT pg_notify('rondo', $1)`, sessionTopic(h.session, facts.Seq))
	if failed != nil {
		return fmt.Errorf("write the lobby of session %d: %w", h.session, failed)
	}
	b.Queue(`COMMIT`)
	if err := conn.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("write the lobby of session %d: %w", h.session, err)
	}
	return nil
}

// sessionTopic is what a notification about a session says.
func sessionTopic(session, seq int64) string { return fmt.Sprintf("session-%d:%d", session, seq) }

const writeAttendees = `INSERT INTO attendees AS a (session_id, person_id, state, tab, ready_at, credit_ms, relaxed, meeting_no, last_no, seq)
	SELECT $1, person_id, state, tab, ready_at, credit_ms, coalesce(relaxed, '{}'), meeting_no, last_no, $3 FROM jsonb_to_recordset($2::jsonb)
		AS x (person_id bigint, state text, tab text, ready_at timestamptz, credit_ms bigint, relaxed text[], meeting_no int, last_no int)
	ON CONFLICT (session_id, person_id) DO UPDATE SET state = excluded.state, tab = excluded.tab, ready_at = excluded.ready_at,
		credit_ms = excluded.credit_ms, relaxed = excluded.relaxed, meeting_no = excluded.meeting_no, last_no = excluded.last_no, seq = excluded.seq`

const writeMeetings = `INSERT INTO meetings AS m (session_id, no, made_at, connect_by, started_at, ends_at, extended, forced, relaxed, ended_at, reason)
	SELECT $1, no, made_at, connect_by, started_at, ends_at, extended, forced, coalesce(relaxed, '{}'), ended_at, reason FROM jsonb_to_recordset($2::jsonb)
		AS x (no int, made_at timestamptz, connect_by timestamptz, started_at timestamptz, ends_at timestamptz, extended boolean, forced boolean,
			relaxed text[], ended_at timestamptz, reason text) WHERE $3::bigint > 0
	ON CONFLICT (session_id, no) DO UPDATE SET started_at = excluded.started_at, ends_at = excluded.ends_at, extended = excluded.extended,
		ended_at = excluded.ended_at, reason = excluded.reason`

const writeMembers = `INSERT INTO meeting_members AS m (session_id, no, person_id, waited_ms, media_at, extend, gone_at, open)
	SELECT $1, no, person_id, waited_ms, media_at, extend, gone_at, open FROM jsonb_to_recordset($2::jsonb)
		AS x (no int, person_id bigint, waited_ms bigint, media_at timestamptz, extend text, gone_at timestamptz, open boolean) WHERE $3::bigint > 0
	ON CONFLICT (session_id, no, person_id) DO UPDATE SET media_at = excluded.media_at, extend = excluded.extend,
		gone_at = excluded.gone_at, open = excluded.open`

func attendeeRows(people []pairing.Attendee) []attendeeRow {
	rows := make([]attendeeRow, len(people))
	for i, a := range people {
		rows[i] = attendeeRow{
			Person: a.Person, State: a.State, Tab: a.Tab, ReadyAt: given(a.ReadyAt), Credit: a.Credit.Milliseconds(),
			Relaxed: a.Relaxed, Meeting: number(a.Meeting), Last: number(a.Last),
		}
	}
	return rows
}

func meetingRows(all []pairing.Meeting) ([]meetingRow, []memberRow) {
	meetings := make([]meetingRow, len(all))
	members := make([]memberRow, 0, 2*len(all))
	for i, m := range all {
		meetings[i] = meetingRow{
			No: m.No, MadeAt: m.MadeAt, ConnectBy: m.ConnectBy, StartedAt: given(m.StartedAt), EndsAt: given(m.EndsAt),
			Extended: m.Extended, Forced: m.Forced, Relaxed: m.Relaxed, EndedAt: given(m.EndedAt), Reason: m.Reason,
		}
		for _, p := range m.Members {
			members = append(members, memberRow{
				No: m.No, Person: p.Person, Waited: p.Waited.Milliseconds(), MediaAt: given(p.MediaAt), Extend: p.Extend,
				GoneAt: given(p.GoneAt), Open: p.Open,
			})
		}
	}
	return meetings, members
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func number(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}
