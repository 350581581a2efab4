package api

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
	"rondo/activities/store"
)

// event makes one that lasts from yesterday until tomorrow in UTC, with a ticket type for each name.
func (f *fixture) event(types ...string) (id int64) {
	f.t.Helper()
	today := time.Now().UTC()
	f.decode(f.call(Admin, "POST", "/v1/events", map[string]any{
		"name": "Fair", "timezone": "UTC", "first_day": today.AddDate(0, 0, -1).Format(time.DateOnly), "last_day": today.AddDate(0, 0, 1).Format(time.DateOnly),
	}), &struct{ ID *int64 }{&id})
	for _, name := range types {
		require.Equal(f.t, http.StatusCreated, f.call(Admin, "POST", fmt.Sprintf("/v1/events/%d/ticket-types", id), map[string]any{"name": name}).Status)
	}
	return id
}

func (f *fixture) decode(a answer, v any) {
	f.t.Helper()
	require.Less(f.t, a.Status, 400, "%s", a.Body)
	require.NoError(f.t, json.Unmarshal(a.Body, v))
}

// people makes n people with the addresses p1@example.org and so on.
func (f *fixture) people(n int) {
	f.t.Helper()
	_, err := f.server.store.Pool().Exec(f.t.Context(), `INSERT INTO people (email, name) SELECT 'p' || i || '@example.org', 'Person ' || i FROM generate_series(1, $1::int) i`, n)
	require.NoError(f.t, err)
}

// session makes one that is on now, and opens it as its workflow would.
func (f *fixture) session(event int64) (s NetworkingSession) {
	f.t.Helper()
	ends := time.Now().UTC().Add(time.Hour).Format("2006-01-02T15:04")
	f.decode(f.call(Admin, "POST", fmt.Sprintf("/v1/events/%d/sessions", event), map[string]any{"name": "Speed networking", "starts": "now", "ends": ends}), &s)
	_, err := f.server.store.AdvanceSession(f.t.Context(), s.ID)
	require.NoError(f.t, err)
	f.decode(f.call(Read, "GET", fmt.Sprintf("/v1/sessions/%d", s.ID), nil), &s)
	require.Equal(f.t, "open", s.Phase)
	return s
}

func TestAnEventAndItsNetworkingSession(t *testing.T) {
	f := setup(t, withTemporal(t))
	a := f.call(Admin, "POST", "/v1/events", `{"name":"Fair","timezone":"Europe/Paris","first_day":"2041-06-04","last_day":"2041-06-05"}`)
	require.Equal(t, http.StatusCreated, a.Status, "%s", a.Body)
	require.Equal(t, `"v1"`, a.Header.Get("ETag"))
	require.Equal(t, "invalid_date", f.call(Admin, "POST", "/v1/events", `{"name":"x","timezone":"UTC","first_day":"2041-06-31","last_day":"2041-06-30"}`).Problem.Code)
	a = f.call(Admin, "PATCH", "/v1/events/1", `{"last_day":"2041-06-06"}`, "If-Match", `"v1"`)
	require.Contains(t, string(a.Body), `"first_day":"2041-06-04","last_day":"2041-06-06"`)
	require.Equal(t, "if_match_missing", f.call(Admin, "PATCH", "/v1/events/1", `{}`).Problem.Code)

	for _, name := range []string{"Founder", "Investor"} {
		require.Equal(t, http.StatusCreated, f.call(Admin, "POST", "/v1/events/1/ticket-types", map[string]any{"name": name}).Status)
	}
	require.JSONEq(t, `{"items":[{"id":1,"name":"Founder"},{"id":2,"name":"Investor"}]}`, string(f.call(Read, "GET", "/v1/events/1/ticket-types", nil).Body))

	var s NetworkingSession
	a = f.call(Admin, "POST", "/v1/events/1/sessions", `{"name":"Speed networking","starts":"2041-06-04T10:00","ends":"2041-06-04T11:00","doors_open_minutes":10,
		"meeting_seconds":120,"extension":false,"visible_attributes":["Company"],
		"rules":{"types":[[1,2]],"attributes":[{"attribute":"Company","kind":"never_same"}],"repeat":{"kind":"allow"},"odd":"third","guarantee":30,"relax":["attribute:company"]}}`)
	require.Equal(t, http.StatusCreated, a.Status, "%s", a.Body)
	f.decode(a, &s)
	require.Equal(t, SessionFields{
		Name: "Speed networking", Starts: "2041-06-04T10:00", Ends: "2041-06-04T11:00", DoorsOpenMinutes: 10, MeetingSeconds: 120, VisibleAttributes: []string{"company"}, MailMatches: true,
		Rules: NetworkingRules{
			Types: []TypePair{{1, 2}}, Attributes: []NetworkingByValue{{Attribute: "company", Kind: "never_same"}}, Repeat: &NetworkingRepeat{Kind: "allow"},
			Odd: "third", Guarantee: 30, Relax: []string{"attribute:company"},
		},
	}, s.SessionFields)
	require.Equal(t, "2041-06-04T07:50:00Z planned Europe/Paris https://rondo.example.org/s/1", fmt.Sprint(s.DoorsAt.UTC().Format(time.RFC3339), " ", s.Phase, " ", s.Timezone, " ", s.Link))

	s = NetworkingSession{}
	a = f.call(Admin, "PATCH", "/v1/sessions/1", `{"starts":"2041-06-05T10:00","ends":"2041-06-05T12:00","rules":{}}`, "If-Match", `"v1"`)
	f.decode(a, &s)
	require.Equal(t, "2041-06-05T10:00 2041-06-05T12:00 120", fmt.Sprint(s.Starts, " ", s.Ends, " ", s.MeetingSeconds))
	require.Equal(t, NetworkingRules{}, s.Rules, "replaced as a whole")
	require.Equal(t, http.StatusPreconditionFailed, f.call(Admin, "PATCH", "/v1/sessions/1", `{}`, "If-Match", `"v1"`).Status)
	require.Equal(t, "session_outside", f.call(Admin, "PATCH", "/v1/events/1", `{"last_day":"2041-06-04"}`, "If-Match", `"v2"`).Problem.Code)

	for body, code := range map[string]string{
		`{"name":"x","starts":"2041-06-04T10:00"}`:                                                                                 "invalid_request",
		`{"name":"x","starts":"","ends":"2041-06-04T11:00"}`:                                                                       "invalid_date_time",
		`{"name":"x","starts":"10:00","ends":"2041-06-04T11:00"}`:                                                                  "invalid_date_time",
		`{"name":"x","starts":"2041-06-07T10:00","ends":"2041-06-07T11:00"}`:                                                       "outside_event_days",
		`{"name":"x","starts":"now","ends":"2041-06-04T11:00"}`:                                                                    "outside_event_days",
		`{"name":"x","starts":"2041-06-04T10:00","ends":"2041-06-04T11:00","meeting_seconds":59}`:                                  "invalid_request",
		`{"name":"x","starts":"2041-06-04T10:00","ends":"2041-06-04T11:00","rules":{"types":[[1,3]]}}`:                             "ticket_type_not_found",
		`{"name":"x","starts":"2041-06-04T10:00","ends":"2041-06-04T11:00","rules":{"types":[null]}}`:                              "invalid_request",
		`{"name":"x","starts":"2041-06-04T10:00","ends":"2041-06-04T11:00","rules":{"types":[[1,2,3]]}}`:                           "invalid_request",
		`{"name":"x","starts":"2041-06-04T10:00","ends":"2041-06-04T11:00","rules":{"relax":["attribute:company"],"guarantee":1}}`: "rules_invalid",
	} {
		require.Equal(t, code, f.call(Admin, "POST", "/v1/events/1/sessions", body).Problem.Code, "%s", body)
	}
	require.Equal(t, "event_not_found", f.call(Admin, "POST", "/v1/events/9/sessions", `{"name":"x","starts":"now","ends":"2041-06-04T11:00"}`).Problem.Code)
	var page Page[NetworkingSession]
	f.decode(f.call(Read, "GET", "/v1/sessions?event=1", nil), &page)
	require.Len(t, page.Items, 1)
	f.decode(f.call(Read, "GET", "/v1/sessions?event=2", nil), &page)
	require.Empty(t, page.Items)
}

func TestCommandsOfARunningSession(t *testing.T) {
	f := setup(t, withTemporal(t))
	s := f.session(f.event())
	path := fmt.Sprintf("/v1/sessions/%d", s.ID)
	do := func(scope Scope, command, body string, headers ...string) (s NetworkingSession) {
		t.Helper()
		a := f.call(scope, "POST", path+"/"+command, map[bool]any{true: body, false: nil}[body != ""], headers...)
		require.Equal(t, http.StatusOK, a.Status, "%s: %s", command, a.Body)
		require.NotEmpty(t, a.Header.Get("ETag"))
		f.decode(a, &s)
		return s
	}
	require.NotNil(t, do(Signal, "pause", "").PausedAt, "integrations may")
	require.Nil(t, do(Signal, "resume", "").PausedAt)
	require.Equal(t, "Coffee is ready", do(Admin, "announce", `{"text":"Coffee is ready"}`).Announcement)
	require.Equal(t, http.StatusForbidden, f.call(Signal, "POST", path+"/announce", `{"text":"x"}`).Status)

	later := do(Admin, "extend", `{"minutes":10}`, "Idempotency-Key", "k")
	require.Equal(t, s.EndsAt.Add(10*time.Minute), later.EndsAt)
	require.Equal(t, later.EndsAt, do(Admin, "extend", `{"minutes":10}`, "Idempotency-Key", "k").EndsAt, "a repetition does not count twice")
	wall := later.EndsAt.UTC().Add(time.Minute).Format("2006-01-02T15:04:05")
	require.Equal(t, later.EndsAt.Add(time.Minute), do(Admin, "extend", fmt.Sprintf(`{"ends":%q}`, wall)).EndsAt)
	for body, code := range map[string]string{
		`{}`: "extension_unclear", fmt.Sprintf(`{"ends":%q,"minutes":1}`, wall): "extension_unclear", `{"ends":"now"}`: "invalid_date_time",
		`{"minutes":10080}`: "outside_event_days", fmt.Sprintf(`{"ends":%q}`, wall): "ends_earlier",
	} {
		require.Equal(t, code, f.call(Admin, "POST", path+"/extend", body).Problem.Code, "%s", body)
	}
	require.Equal(t, "session_started", f.call(Admin, "POST", path+"/cancel", nil).Problem.Code)
	closed := do(Signal, "close", "")
	require.WithinDuration(t, time.Now(), closed.EndsAt, 10*time.Second)
	p, err := f.server.store.AdvanceSession(t.Context(), s.ID)
	require.NoError(t, err)
	require.Equal(t, "ending", p.Phase)
	require.Equal(t, "session_over", f.call(Admin, "POST", path+"/extend", `{"minutes":1}`).Problem.Code)
	for _, command := range []string{"pause", "resume", "close", "cancel"} {
		require.Equal(t, "session_not_found", f.call(Admin, "POST", "/v1/sessions/99/"+command, nil).Problem.Code)
	}
}

// Seed 002: "You need a ticket to enter the Networking session (even for admins)."
func TestJoinLinksAreForTicketsOnlyAdminsToo(t *testing.T) {
	f := setup(t, withTemporal(t))
	f.people(3)
	event := f.event("Founder", "Investor")
	a := f.call(Signal, "POST", fmt.Sprintf("/v1/events/%d/tickets", event), `{"tickets":[{"person_id":1,"type":"Founder"},{"email":"p2@example.org","type":"2"},
		{"email":"p9@example.org","type":"1","key":"order 9"}]}`)
	require.Equal(t, http.StatusOK, a.Status, "%s", a.Body)
	require.JSONEq(t, `{"created":2,"updated":0,"unchanged":0,"refused":[{"line":3,"key":"order 9","column":"email","code":"person_not_found",
		"message":"there is no such person: create or import people first"}]}`, string(a.Body))
	s := f.session(event)
	path := fmt.Sprintf("/v1/sessions/%d/join-links", s.ID)

	var page Page[JoinLink]
	f.decode(f.call(Admin, "GET", path+"?limit=1", nil), &page)
	require.Len(t, page.Items, 1)
	f.decode(f.call(Admin, "GET", path+"?limit=1&cursor="+page.NextCursor, nil), &page)
	require.Len(t, page.Items, 1)
	link := page.Items[0]
	require.Equal(t, "2 Person 2", fmt.Sprint(link.PersonID, " ", link.Name))
	token, ok := strings.CutPrefix(link.URL, "https://rondo.example.org/n/")
	require.True(t, ok, "%s", link.URL)
	signed, err := f.server.links.Verify(token, mail.LinkSession, time.Now())
	require.NoError(t, err)
	require.Equal(t, mail.Link{Purpose: mail.LinkSession, Round: s.ID, Person: 2, Expires: link.ExpiresAt}, signed)
	require.WithinDuration(t, s.EndsAt.AddDate(0, 0, 30), link.ExpiresAt, time.Second)
	_, err = f.server.links.Verify(token, mail.LinkMatch, time.Now())
	require.Error(t, err, "good for one page only")

	var one JoinLink
	f.decode(f.call(Admin, "GET", path+"/2", nil), &one)
	require.Equal(t, link, one)
	require.Equal(t, "ticket_not_found", f.call(Admin, "GET", path+"/3", nil).Problem.Code)
	require.Equal(t, http.StatusForbidden, f.call(Read, "GET", path, nil).Status, "a link lets its holder speak for somebody")

	a = f.call(Signal, "POST", fmt.Sprintf("/v1/events/%d/tickets/revoke", event), `{"people":[2,3]}`)
	require.JSONEq(t, `{"revoked":1,"unknown":[3]}`, string(a.Body))
	require.Equal(t, "ticket_not_found", f.call(Admin, "GET", path+"/2", nil).Problem.Code)
	var tickets Page[Ticket]
	f.decode(f.call(Read, "GET", fmt.Sprintf("/v1/events/%d/tickets?state=revoked", event), nil), &tickets)
	require.Len(t, tickets.Items, 1)
	require.Equal(t, "2 Investor p2@example.org", fmt.Sprint(tickets.Items[0].PersonID, " ", tickets.Items[0].Type, " ", tickets.Items[0].Email))
	f.decode(f.call(Read, "GET", fmt.Sprintf("/v1/events/%d/tickets?type=1&state=valid&filter=name+contains+1", event), nil), &tickets)
	require.Len(t, tickets.Items, 1)
	require.Equal(t, "ticket_type_in_use", f.call(Admin, "DELETE", fmt.Sprintf("/v1/events/%d/ticket-types/1", event), nil).Problem.Code)
}

func TestOrganisersInTheRoom(t *testing.T) {
	f := setup(t, withTemporal(t))
	f.people(4)
	event := f.event("Founder")
	f.call(Admin, "POST", fmt.Sprintf("/v1/events/%d/tickets", event), `{"tickets":[{"person_id":1,"type":"1"},{"person_id":2,"type":"1"},{"person_id":3,"type":"1"}]}`)
	s := f.session(event)
	_, err := f.server.store.Pool().Exec(t.Context(), `INSERT INTO attendees (session_id, person_id, state, seq) VALUES ($1, 1, 'ready', 1), ($1, 2, 'meeting', 1), ($1, 3, 'lobby', 1)`, s.ID)
	require.NoError(t, err)
	for _, sql := range []string{
		`INSERT INTO meetings (session_id, no, made_at, connect_by) VALUES ($1, 1, now(), now())`,
		`INSERT INTO meeting_members (session_id, no, person_id, waited_ms) VALUES ($1, 1, 2, 1500), ($1, 1, 3, 2500)`,
		`INSERT INTO reports (session_id, no, person_id, other_id, reason, text) VALUES ($1, 1, 2, 3, 'spam', 'sells')`,
		`INSERT INTO connections (a, b, asked_by, session_id, no) VALUES (2, 3, 3, $1, 1), (1, 2, 1, $1, 1)`,
		`UPDATE networking_sessions SET meetings = 1 WHERE id = $1`,
	} {
		_, err := f.server.store.Pool().Exec(t.Context(), sql, s.ID)
		require.NoError(t, err)
	}
	path := fmt.Sprintf("/v1/sessions/%d", s.ID)
	for _, c := range []struct{ path, body, code string }{
		{"/pairs", `{"people":[1,3]}`, ""},
		{"/pairs", `{"people":[1,1]}`, "same_person"},
		{"/pairs", `{"people":[1,4]}`, "attendee_not_found"},
		{"/pairs", `{"people":[1]}`, "invalid_request"},
		{"/meetings/1/end", "", ""},
		{"/meetings/2/end", "", "meeting_not_found"},
		{"/attendees/3/remove", "", ""},
		{"/attendees/4/remove", "", "attendee_not_found"},
	} {
		a := f.call(Admin, "POST", path+c.path, map[bool]any{true: c.body, false: nil}[c.body != ""])
		require.Equal(t, c.code, a.Problem.Code, "%s: %s", c.path, a.Body)
		if c.code == "" {
			require.Equal(t, http.StatusAccepted, a.Status)
			require.Empty(t, a.Body)
		}
	}
	for range 2 {
		require.Equal(t, http.StatusAccepted, f.call(Admin, "POST", path+"/pairs", `{"people":[1,3]}`, "Idempotency-Key", "k").Status)
	}
	var asked []string
	require.NoError(t, f.server.store.Pool().QueryRow(t.Context(), `SELECT array_agg(kind || ' ' || person_id ORDER BY id) FROM session_actions`).Scan(&asked))
	require.Equal(t, []string{"force 1", "end 0", "remove 3", "force 1"}, asked)

	var attendees Page[SessionAttendee]
	f.decode(f.call(Read, "GET", path+"/attendees?state=lobby", nil), &attendees)
	require.Len(t, attendees.Items, 1)
	require.Equal(t, "3 Person 3 lobby 1", fmt.Sprint(attendees.Items[0].PersonID, " ", attendees.Items[0].Name, " ", attendees.Items[0].State, " ", attendees.Items[0].Meetings))
	var meetings Page[SessionMeeting]
	f.decode(f.call(Read, "GET", path+"/meetings?open=true&person=2", nil), &meetings)
	require.Len(t, meetings.Items, 1)
	require.Equal(t, []MeetingMember{{PersonID: 2, Name: "Person 2", Waited: 1.5}, {PersonID: 3, Name: "Person 3", Waited: 2.5}}, meetings.Items[0].People)
	var connections Page[SessionConnection]
	f.decode(f.call(Read, "GET", path+"/connections?limit=1", nil), &connections)
	require.Equal(t, "1 2", fmt.Sprint(connections.Items[0].FromID, " ", connections.Items[0].ToID))
	f.decode(f.call(Read, "GET", path+"/connections?cursor="+connections.NextCursor, nil), &connections)
	require.Len(t, connections.Items, 1)
	require.Equal(t, "3 2", fmt.Sprint(connections.Items[0].FromID, " ", connections.Items[0].ToID))
	require.Equal(t, "invalid_cursor", f.call(Read, "GET", path+"/connections?cursor=x", nil).Problem.Code)

	var reports Page[AttendeeReport]
	f.decode(f.call(Admin, "GET", path+"/reports", nil), &reports)
	require.Len(t, reports.Items, 1)
	at := fmt.Sprintf("%s/reports/%d", path, reports.Items[0].ID)
	tag := f.call(Admin, "GET", at, nil).Header.Get("ETag")
	require.Equal(t, http.StatusOK, f.call(Admin, "PATCH", at, `{"state":"acted"}`, "If-Match", tag).Status)
	require.Equal(t, "stale_version", f.call(Admin, "PATCH", at, `{"state":"dismissed"}`, "If-Match", tag).Problem.Code)
	require.Equal(t, http.StatusForbidden, f.call(Read, "GET", path+"/reports", nil).Status)

	var report SessionReport
	f.decode(f.call(Read, "GET", path+"/report", nil), &report)
	require.Equal(t, "3 3 1 2.5 2 1", fmt.Sprint(report.Tickets, " ", report.Attendees, " ", report.Meetings, " ", report.WaitMax, " ", report.ConnectionsAsked, " ", report.Reports))
	a := f.call(Read, "GET", path+"/meetings.csv", nil)
	require.Equal(t, `attachment; filename="meetings.csv"`, a.Header.Get("Content-Disposition"))
	require.Equal(t, 2, strings.Count(string(a.Body), "\n"))
	require.Equal(t, 3, strings.Count(string(f.call(Read, "GET", path+"/connections.csv", nil).Body), "\n"))
	require.Equal(t, "session_not_found", f.call(Read, "GET", "/v1/sessions/99/meetings.csv", nil).Problem.Code)
}

func TestWaitingMediaOverTheAPI(t *testing.T) {
	f := setup(t, withTemporal(t))
	s := f.session(f.event())
	path := fmt.Sprintf("/v1/sessions/%d/waiting-media", s.ID)
	png := "\x89PNG\r\n\x1a\n" + strings.Repeat("x", 2<<20)
	require.Equal(t, "media_not_found", f.call(Read, "GET", path, nil).Problem.Code)
	var shown NetworkingSession
	f.decode(f.call(Admin, "PUT", path, png, "Content-Type", "image/png; x=y"), &shown)
	require.Equal(t, "image/png", shown.WaitingMedia)
	a := f.call(Read, "GET", path, nil)
	require.Equal(t, "image/png", a.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	require.Equal(t, png, string(a.Body))
	require.Equal(t, "media_mismatch", f.call(Admin, "PUT", path, png, "Content-Type", "video/mp4").Problem.Code)
	require.Equal(t, "unsupported_media_type", f.call(Admin, "PUT", path, png, "Content-Type", "image/svg+xml").Problem.Code)
	a = f.call(Admin, "PUT", path, png+strings.Repeat("x", 9<<20), "Content-Type", "image/png")
	require.Equal(t, "media_too_large", a.Problem.Code)
	require.Contains(t, a.Problem.Detail, "10 MB")
	mp4 := "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"
	require.Equal(t, http.StatusOK, f.call(Admin, "PUT", path, mp4+strings.Repeat("x", 20<<20-len(mp4)), "Content-Type", "video/mp4").Status)
	require.Equal(t, "media_too_large", f.call(Admin, "PUT", path, mp4+strings.Repeat("x", 20<<20-len(mp4)+1), "Content-Type", "video/mp4").Problem.Code)
	shown = NetworkingSession{}
	f.decode(f.call(Admin, "DELETE", path, nil), &shown)
	require.Empty(t, shown.WaitingMedia)
}

func TestWatchersOfASessionSeeChangesAtMostOnceASecond(t *testing.T) {
	f := setup(t, withTemporal(t))
	s := f.session(f.event())
	r := newRequest(t, "GET", fmt.Sprintf("%s/v1/sessions/%d/events", f.url, s.ID), nil)
	r.Header.Set("Authorization", "Bearer "+f.keys[Read])
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func() (l SessionLive, more bool) {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				require.NoError(t, json.Unmarshal([]byte(data), &l))
				return l, true
			}
		}
		return l, false
	}
	first, _ := next()
	require.Equal(t, SessionLive{Phase: "open"}, first)
	before := time.Now()
	for range 20 { // each is told of
		require.Equal(t, http.StatusOK, f.call(Admin, "POST", fmt.Sprintf("/v1/sessions/%d/announce", s.ID), `{"text":"x"}`).Status)
	}
	require.Equal(t, http.StatusOK, f.call(Admin, "POST", fmt.Sprintf("/v1/sessions/%d/pause", s.ID), nil).Status)
	paused, _ := next()
	require.True(t, paused.Paused, "what has not changed is not sent again")
	require.Less(t, time.Since(before), readAnyway, "by the notification, not by the clock")

	_, err = f.server.store.Pool().Exec(t.Context(), `UPDATE networking_sessions SET phase = 'closed'`)
	require.NoError(t, err)
	last, _ := next()
	require.Equal(t, "closed", last.Phase)
	_, more := next()
	require.False(t, more, "the stream ends with the session")
	require.Equal(t, "session_not_found", f.call(Read, "GET", "/v1/sessions/99/events", nil).Problem.Code)
	require.Equal(t, "session_not_found", f.call(Read, "GET", "/v1/sessions/99/live", nil).Problem.Code)
	var live SessionLive
	f.decode(f.call(Read, "GET", fmt.Sprintf("/v1/sessions/%d/live", s.ID), nil), &live)
	require.Equal(t, "closed", live.Phase)
}

func TestCountsAreReadOnceForAllWhoAsk(t *testing.T) {
	var mu sync.Mutex
	reads := map[int64][]time.Time{}
	counts := newLiveCounts(func(_ context.Context, session int64) (store.SessionLive, error) {
		mu.Lock()
		defer mu.Unlock()
		reads[session] = append(reads[session], time.Now())
		return store.SessionLive{Meetings: len(reads[session])}, nil
	})
	ask := func(session int64, n int, since time.Time) {
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				live, err := counts.read(t.Context(), session, since)
				if err == nil && live.Meetings == 0 {
					t.Error("nothing was read")
				}
			})
		}
		wg.Wait()
	}
	ask(1, 100, time.Now().Add(-liveInterval))
	require.Len(t, reads[1], 1, "a hundred at once")
	ask(1, 100, time.Now())
	require.Len(t, reads[1], 2, "a hundred who want what is newer")
	require.GreaterOrEqual(t, reads[1][1].Sub(reads[1][0]), liveInterval-time.Millisecond)
	ask(2, 1, time.Now())
	require.Len(t, reads[2], 1, "another session does not wait")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := counts.read(ctx, 1, time.Now())
	require.ErrorIs(t, err, context.Canceled)
}
