package store_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestWhatOrganisersAskOfALobby(t *testing.T) {
	f := newFair(t, 6)
	ctx := t.Context()
	f.tickets(6)
	s := f.session()
	require.Equal(t, "session_not_open", faultCode(f.ForcePair(ctx, s.ID, 1, 2)))
	require.Equal(t, "session_not_running", faultCode(f.EndMeeting(ctx, s.ID, 1)))
	require.Equal(t, "session_not_running", faultCode(f.RemoveAttendee(ctx, s.ID, 1)))
	s = f.at(s, "2041-06-04T10:30")
	f.come(s, "ready", 1)
	f.come(s, "meeting", 2, 3)
	f.come(s, "exited", 4)
	f.come(s, "lobby", 5)
	f.exec(`INSERT INTO blocks (person_id, other_id) VALUES (5, 1)`)
	f.exec(`INSERT INTO meetings (session_id, no, made_at, connect_by) VALUES ($1, 1, now(), now()), ($1, 2, now(), now())`, s.ID)
	f.exec(`UPDATE meetings SET ended_at = now(), reason = 'time' WHERE no = 2`)

	require.Equal(t, "same_person", faultCode(f.ForcePair(ctx, s.ID, 1, 1)))
	require.Equal(t, "blocked", faultCode(f.ForcePair(ctx, s.ID, 1, 5)), "whoever of the two has blocked the other")
	require.Equal(t, "not_here", faultCode(f.ForcePair(ctx, s.ID, 1, 4)))
	require.Equal(t, "attendee_not_found", faultCode(f.ForcePair(ctx, s.ID, 6, 1)), "has a ticket and has not come")
	require.Equal(t, "session_not_found", faultCode(f.ForcePair(ctx, 99, 1, 2)))
	require.Equal(t, "meeting_over", faultCode(f.EndMeeting(ctx, s.ID, 2)))
	require.Equal(t, "meeting_not_found", faultCode(f.EndMeeting(ctx, s.ID, 3)))
	require.Equal(t, "attendee_not_found", faultCode(f.RemoveAttendee(ctx, s.ID, 6)))
	require.Empty(t, f.asked(s))

	require.NoError(t, f.ForcePair(ctx, s.ID, 1, 2), "it waits until both are free")
	require.NoError(t, f.ForcePair(ctx, s.ID, 1, 2))
	for range 2 {
		require.NoError(t, f.EndMeeting(ctx, s.ID, 1))
		require.NoError(t, f.RemoveAttendee(ctx, s.ID, 2))
	}
	require.Equal(t, []string{"force 1 2 0", "force 1 2 0", "end 0 0 1", "remove 2 0 0"}, f.asked(s))
}

// Files that begin as their types do.
var (
	png  = append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 600)...)
	mp4  = append([]byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"), make([]byte, 600)...)
	gif  = append([]byte("GIF89a"), make([]byte, 10)...)
	jpeg = []byte("\xff\xd8\xff\xe0 small")
	webp = []byte("RIFF\x10\x00\x00\x00WEBPVP8 small")
)

// Seed 002: "Can I add an image or video that shows before the session starts? Yes".
func TestWaitingMediaLimits(t *testing.T) {
	f := newFair(t, 0)
	ctx := t.Context()
	s := f.session()
	_, _, err := f.WaitingMedia(ctx, s.ID)
	require.Equal(t, "media_not_found", faultCode(err))
	sized := func(head []byte, n int) io.Reader {
		return io.MultiReader(bytes.NewReader(head), io.LimitReader(zeros{}, int64(n-len(head))))
	}
	for _, c := range []struct {
		kind, code string
		file       io.Reader
		size       int
	}{
		{"image/png", "", sized(png, store.MaxWaitingImage), store.MaxWaitingImage},
		{"image/png", "media_too_large", sized(png, store.MaxWaitingImage+1), 0},
		{"video/mp4", "", sized(mp4, store.MaxWaitingVideo), store.MaxWaitingVideo},
		{"video/mp4", "media_too_large", sized(mp4, store.MaxWaitingVideo+1), 0},
		{"image/gif", "", bytes.NewReader(gif), len(gif)},
		{"image/jpeg", "", bytes.NewReader(jpeg), len(jpeg)},
		{"image/webp", "", bytes.NewReader(webp), len(webp)},
		{"image/jpeg", "media_mismatch", bytes.NewReader(png), 0},
		{"image/png", "media_mismatch", strings.NewReader("<html><script>"), 0},
		{"image/png", "media_mismatch", strings.NewReader(""), 0},
		{"video/mp4", "media_mismatch", io.MultiReader(bytes.NewReader(png), errReader{}), 0}, // without reading on
	} {
		changed, rings, err := f.SetWaitingMedia(ctx, s.ID, c.kind, c.file)
		require.Equal(t, c.code, faultCode(err), "%s %d: %v", c.kind, c.size, err)
		if c.code != "" {
			continue
		}
		require.Len(t, rings, 1)
		require.Equal(t, s.Seq+1, changed.Seq)
		s = changed
		kind, content, err := f.WaitingMedia(ctx, s.ID)
		require.NoError(t, err)
		require.Equal(t, c.kind, kind)
		require.Len(t, content, c.size)
	}
	_, _, err = f.SetWaitingMedia(ctx, s.ID, "image/png", io.MultiReader(bytes.NewReader(png), errReader{}))
	require.ErrorIs(t, err, errBroken, "an upload that breaks off changes nothing")
	kind, _, err := f.WaitingMedia(ctx, s.ID)
	require.NoError(t, err)
	require.Equal(t, "image/webp", kind)

	s, _, err = f.DeleteWaitingMedia(ctx, s.ID)
	require.NoError(t, err)
	require.Empty(t, s.MediaType)
	_, rings, err := f.DeleteWaitingMedia(ctx, s.ID)
	require.NoError(t, err)
	require.Empty(t, rings)
	_, _, err = f.CancelSession(ctx, s.ID)
	require.NoError(t, err)
	_, _, err = f.SetWaitingMedia(ctx, s.ID, "image/png", bytes.NewReader(png))
	require.Equal(t, "session_over", faultCode(err))
	_, _, err = f.SetWaitingMedia(ctx, 99, "image/png", errReader{})
	require.Equal(t, "session_not_found", faultCode(err), "before anything is read")
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// held is a session with history: 1 and 2 met for two minutes and extended, 3 and 4 had no media, 1 and 2 met again because an
// organiser wanted it and are at it.
func held(f *fair) store.NetworkingSession {
	f.t.Helper()
	f.tickets(6)
	s := f.at(f.session(), "2041-06-04T10:30")
	f.come(s, "meeting", 1, 2)
	f.come(s, "ready", 3)
	f.come(s, "lobby", 4)
	f.come(s, "away", 5)
	f.exec(`UPDATE attendees SET meeting_no = 3 WHERE state = 'meeting'`)
	f.exec(`UPDATE attendees SET ready_at = now() - interval '7.5 seconds', relaxed = '{attribute:company}' WHERE state = 'ready'`)
	f.exec(`UPDATE networking_sessions SET meetings = 3 WHERE id = $1`, s.ID)
	f.exec(`INSERT INTO meetings (session_id, no, made_at, connect_by, started_at, ends_at, ended_at, reason, extended, forced, relaxed) VALUES
		($1, 1, now() - interval '10 min', now(), now() - interval '10 min', now(), now() - interval '8 min', 'time', true, false, '{}'),
		($1, 2, now() - interval '5 min', now(), NULL, NULL, now() - interval '4 min', 'no_media', false, false, '{attribute:company}'),
		($1, 3, now() - interval '1 min', now(), now() - interval '1 min', now() + interval '4 min', NULL, '', false, true, '{}')`, s.ID)
	f.exec(`INSERT INTO meeting_members (session_id, no, person_id, waited_ms, open) VALUES
		($1, 1, 1, 1000, false), ($1, 1, 2, 2000, false), ($1, 2, 3, 3000, false), ($1, 2, 4, 4000, false), ($1, 3, 1, 0, true), ($1, 3, 2, 60000, true)`, s.ID)
	f.exec(`INSERT INTO connections (a, b, asked_by, session_id, no, asked_at, accepted_at) VALUES
		(1, 2, 2, $1, 1, now(), now()), (3, 4, 3, $1, 2, now(), NULL)`, s.ID)
	f.exec(`INSERT INTO reports (session_id, no, person_id, other_id, reason, text, at) VALUES ($1, 1, 1, 2, 'spam', 'Person 2 sells', now()), ($1, 2, 4, 3, 'other', '', now())`, s.ID)
	f.exec(`UPDATE tickets SET display_name = '=Ace' WHERE person_id = 2`)
	return s
}

func TestLiveCountsOfASession(t *testing.T) {
	f := newFair(t, 6)
	s := held(f)
	live, err := f.SessionLive(t.Context(), s.ID)
	require.NoError(t, err)
	require.Equal(t, store.SessionLive{
		Phase: "open", Present: 4, Lobby: 1, Ready: 1, InMeeting: 2, Away: 1, OpenMeetings: 1, Meetings: 3,
		WaitP50: 2000, WaitP95: 60_000, Longest: 7500, Seq: s.Seq,
	}, live)
	_, err = f.SessionLive(t.Context(), 99)
	require.Equal(t, "session_not_found", faultCode(err))
	empty, err := f.SessionLive(t.Context(), f.session().ID)
	require.NoError(t, err)
	require.Equal(t, store.SessionLive{Phase: "planned"}, empty)
}

func TestReportOfASession(t *testing.T) {
	f := newFair(t, 7)
	s := held(f)
	r, err := f.SessionReport(t.Context(), s.ID)
	require.NoError(t, err)
	require.Equal(t, store.SessionReport{
		Tickets: 6, Attendees: 5, NoShows: 1, Unmet: 3, Meetings: 3, Met: 2, Seconds: 120, Extended: 1, Forced: 1, Relaxed: 1, Repeats: 1, ForcedRepeats: 1,
		WaitP50: 2000, WaitP95: 60_000, WaitMax: 60_000, Asked: 2, Connected: 1, Complaints: 2, Endings: map[string]int{"time": 1, "no_media": 1},
	}, r)
	r, err = f.SessionReport(t.Context(), f.session().ID)
	require.NoError(t, err)
	require.Equal(t, store.SessionReport{Tickets: 6, NoShows: 6, Endings: map[string]int{}}, r)
	_, err = f.SessionReport(t.Context(), 99)
	require.Equal(t, "session_not_found", faultCode(err))
}

func TestListsOfASession(t *testing.T) {
	f := newFair(t, 7)
	s := held(f)
	ctx := t.Context()
	all := store.Page{Limit: 9}
	people, err := f.SessionAttendees(ctx, s.ID, "", all)
	require.NoError(t, err)
	require.Len(t, people, 5)
	require.Equal(t, store.ListedAttendee{
		PersonID: 2, Name: "=Ace", TypeID: f.types["Investor"], State: "meeting", Relaxed: []string{}, MeetingNo: 3, Meetings: 2, Met: 2, EnteredAt: people[1].EnteredAt,
	}, people[1])
	people, err = f.SessionAttendees(ctx, s.ID, "ready", all)
	require.NoError(t, err)
	require.Len(t, people, 1)
	require.Equal(t, []string{"attribute:company"}, people[0].Relaxed)
	require.Equal(t, 1, people[0].Meetings)
	require.Zero(t, people[0].Met)

	meetings, err := f.SessionMeetings(ctx, s.ID, 0, false, all)
	require.NoError(t, err)
	require.Len(t, meetings, 3)
	require.Equal(t, []store.MeetingGuest{
		{PersonID: 1, Name: "Person 1", Email: "p1@example.org", WaitedMS: 1000}, {PersonID: 2, Name: "=Ace", Email: "p2@example.org", WaitedMS: 2000},
	}, meetings[0].People)
	require.Equal(t, "no_media", meetings[1].Reason)
	meetings, err = f.SessionMeetings(ctx, s.ID, 0, true, all)
	require.NoError(t, err)
	require.Len(t, meetings, 1)
	require.True(t, meetings[0].Forced)
	meetings, err = f.SessionMeetings(ctx, s.ID, 4, false, all)
	require.NoError(t, err)
	require.Len(t, meetings, 1)
	require.Equal(t, 2, meetings[0].No)

	connections, err := f.SessionConnections(ctx, s.ID, store.ConnectionPlace{}, 1)
	require.NoError(t, err)
	require.Len(t, connections, 1)
	require.Equal(t, "2 =Ace 1 Person 1", fmt.Sprint(connections[0].FromID, " ", connections[0].FromName, " ", connections[0].ToID, " ", connections[0].ToName))
	require.NotNil(t, connections[0].AcceptedAt)
	connections, err = f.SessionConnections(ctx, s.ID, connections[0].Place(), 9)
	require.NoError(t, err)
	require.Len(t, connections, 1)
	require.Nil(t, connections[0].AcceptedAt)

	for _, err := range []error{
		second(f.SessionAttendees(ctx, 99, "", all)), second(f.SessionMeetings(ctx, 99, 0, false, all)),
		second(f.SessionConnections(ctx, 99, store.ConnectionPlace{}, 9)), second(f.SessionComplaints(ctx, 99, "", all)),
	} {
		require.Equal(t, "session_not_found", faultCode(err))
	}
}

func second[T any](_ T, err error) error { return err }

func TestReportsOfAttendeesAreSettled(t *testing.T) {
	f := newFair(t, 6)
	s := held(f)
	ctx := t.Context()
	list, err := f.SessionComplaints(ctx, s.ID, "open", store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, list, 2)
	c := list[0]
	require.Equal(t, "Person 1 =Ace spam Person 2 sells open", strings.Join([]string{c.Name, c.OtherName, c.Reason, c.Text, c.State}, " "))
	c, err = f.SettleComplaint(ctx, s.ID, c.ID, c.Version, "acted")
	require.NoError(t, err)
	require.Equal(t, "acted", c.State)
	_, err = f.SettleComplaint(ctx, s.ID, c.ID, 1, "dismissed")
	require.Equal(t, "stale_version", faultCode(err))
	_, err = f.SettleComplaint(ctx, s.ID, c.ID, c.Version, "forgotten")
	require.Equal(t, "report_state_unknown", faultCode(err))
	_, err = f.SettleComplaint(ctx, s.ID+1, c.ID, c.Version, "acted")
	require.Equal(t, "report_not_found", faultCode(err), "of another session")
	list, err = f.SessionComplaints(ctx, s.ID, "open", store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestMeetingsAndConnectionsAsCSV(t *testing.T) {
	f := newFair(t, 6)
	s := held(f)
	var out bytes.Buffer
	require.NoError(t, f.ExportMeetings(t.Context(), &out, s))
	records, err := csv.NewReader(&out).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 4)
	require.Equal(t, "meeting made started ended seconds reason extended forced relaxed person_1_id person_1_name person_1_email person_1_waited_seconds", strings.Join(records[0][:13], " "))
	require.Equal(t, []string{
		"1", "2041-06-04T08:20:00Z", "2041-06-04T08:20:00Z", "2041-06-04T08:22:00Z", "120.0", "time", "true", "false", "",
		"1", "Person 1", "p1@example.org", "1.0", "2", "'=Ace", "p2@example.org", "2.0", "", "", "", "",
	}, records[1], "what a spreadsheet would run is escaped")
	require.Equal(t, []string{"2", "2041-06-04T08:25:00Z", "", "2041-06-04T08:26:00Z", "", "no_media", "false", "false", "attribute:company"}, records[2][:9])

	out.Reset()
	require.NoError(t, f.ExportConnections(t.Context(), &out, s))
	require.Equal(t, "meeting,from_id,from_name,from_email,to_id,to_name,to_email,asked,accepted\n"+
		"1,2,'=Ace,p2@example.org,1,Person 1,p1@example.org,2041-06-04T08:30:00Z,2041-06-04T08:30:00Z\n"+
		"2,3,Person 3,p3@example.org,4,Person 4,p4@example.org,2041-06-04T08:30:00Z,\n", out.String())
	require.ErrorIs(t, f.ExportMeetings(t.Context(), goneWriter{}, s), errGone)
}

func TestErasureOfAnAttendee(t *testing.T) {
	f := newFair(t, 6)
	s := held(f)
	ctx := t.Context()
	f.exec(`UPDATE tickets SET shown = '{company}' WHERE person_id = 2`)
	f.exec(`INSERT INTO blocks (person_id, other_id) VALUES (2, 3), (3, 2), (3, 4)`)
	key, err := store.NewErasureKey(make([]byte, 32))
	require.NoError(t, err)
	_, _, err = f.ErasePerson(ctx, key, 2)
	require.NoError(t, err)
	require.Equal(t, []string{"revoked 2 0 0"}, f.asked(s), "they leave the running session")
	_, err = f.SessionGuest(ctx, s.ID, 2)
	require.Equal(t, "ticket_not_found", faultCode(err))

	var out bytes.Buffer
	require.NoError(t, errors.Join(f.ExportMeetings(ctx, &out, s), f.ExportConnections(ctx, &out, s)))
	connections, err := f.SessionConnections(ctx, s.ID, store.ConnectionPlace{}, 9)
	require.NoError(t, err)
	require.Empty(t, connections[0].FromName+connections[0].FromEmail, "a connection shows nobody")
	complaints, err := f.SessionComplaints(ctx, s.ID, "", store.Page{Limit: 9})
	require.NoError(t, err)
	require.Empty(t, complaints[0].Text)
	for _, text := range []string{"Ace", "p2@", "Person 2"} {
		require.NotContains(t, out.String(), text)
		for _, table := range []string{"tickets", "reports", "connections", "attendees", "session_actions", "meeting_members"} {
			var found int
			require.NoError(t, f.Pool().QueryRow(ctx, `SELECT count(*) FROM `+table+` x WHERE x::text LIKE '%' || $1 || '%'`, text).Scan(&found))
			require.Zero(t, found, "%s in %s", text, table)
		}
	}
	var blocks int
	require.NoError(t, f.Pool().QueryRow(ctx, `SELECT count(*) FROM blocks`).Scan(&blocks))
	require.Equal(t, 1, blocks, "others' blocks of each other stay")
}

// The counts that are asked for once a second stay cheap: one query over thousands of attendees and tens of thousands of meetings.
func TestLiveCountsOfALargeSessionAreCheap(t *testing.T) {
	f := newFair(t, 1)
	s := f.at(f.session(), "2041-06-04T10:30")
	f.exec(`INSERT INTO people (email) SELECT 'q' || i || '@example.org' FROM generate_series(1, 5000) i`)
	f.exec(`INSERT INTO attendees (session_id, person_id, state, seq, entered_at) SELECT $1, id, (ARRAY['lobby', 'ready', 'meeting'])[1 + id % 3], 1, now() FROM people`, s.ID)
	f.exec(`INSERT INTO meetings (session_id, no, made_at, connect_by) SELECT $1, i, now(), now() FROM generate_series(1, 50000) i`, s.ID)
	f.exec(`INSERT INTO meeting_members (session_id, no, person_id, waited_ms, open) SELECT $1, i, 1 + (2 * i + k) % 5000, i, false FROM generate_series(1, 50000) i, generate_series(0, 1) k`, s.ID)
	f.exec(`UPDATE networking_sessions SET meetings = 50000 WHERE id = $1`, s.ID)
	f.exec(`ANALYZE`)
	const rounds = 20
	start := time.Now()
	for range rounds {
		live, err := f.SessionLive(t.Context(), s.ID)
		require.NoError(t, err)
		require.Equal(t, 5001, live.Present)
		require.Greater(t, live.WaitP50, int64(49_000), "recent meetings only")
	}
	each := time.Since(start) / rounds
	start = time.Now()
	_, err := f.SessionReport(t.Context(), s.ID)
	require.NoError(t, err)
	t.Logf("live counts of 5000 attendees after 50000 meetings: %v; the report: %v", each.Round(time.Microsecond), time.Since(start).Round(time.Millisecond))
	require.Less(t, each, 200*time.Millisecond)
}
