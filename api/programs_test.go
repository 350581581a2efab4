package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rondo/activities/bell"
)

// unrung gives the server a bell whose Temporal cannot be reached: commands are committed all the same.
func unrung(t *testing.T) func(*Config) {
	return func(c *Config) {
		lazy, err := client.NewLazyClient(client.Options{HostPort: "127.0.0.1:1"})
		require.NoError(t, err)
		t.Cleanup(lazy.Close)
		c.Bell = bell.New(lazy)
	}
}

// into decodes a body.
func into[T any](t *testing.T, a answer, status int) T {
	t.Helper()
	require.Equal(t, status, a.Status, "%s", a.Body)
	var v T
	require.NoError(t, json.Unmarshal(a.Body, &v))
	return v
}

func (f *fixture) program(body string) Program {
	f.t.Helper()
	return into[Program](f.t, f.call(Admin, http.MethodPost, "/v1/programs", body), http.StatusCreated)
}

func TestProgramDefaultsAndEdits(t *testing.T) {
	f := setup(t, unrung(t))
	p := f.program(`{"name": "Coffee"}`)
	require.Equal(t, "ask", p.Participation)
	require.Equal(t, 2, p.GroupSize)
	require.Equal(t, []Rule{{Kind: "no_repeat"}, {Kind: "wishes"}}, p.Rules)
	require.True(t, p.Reminder)
	path := "/v1/programs/" + decimal(p.ID)

	read := f.call(Read, http.MethodGet, path, nil)
	tag := read.Header.Get("ETag")
	require.Equal(t, http.StatusPreconditionRequired, f.call(Admin, http.MethodPatch, path, `{"group_size": 4}`).Status)
	edited := f.call(Admin, http.MethodPatch, path, `{"group_size": 4, "rules": [{"kind": "different", "attribute": "team", "hard": true}]}`, "If-Match", tag)
	require.Equal(t, 4, into[Program](t, edited, 200).GroupSize)
	require.Equal(t, http.StatusPreconditionFailed, f.call(Admin, http.MethodPatch, path, `{"group_size": 5}`, "If-Match", tag).Status)
	require.Equal(t, "Coffee", into[Program](t, f.call(Read, http.MethodGet, path, nil), 200).Name)
}

func TestProgramRefusals(t *testing.T) {
	f := setup(t, unrung(t))
	f.program(`{"name": "Coffee"}`)
	for body, code := range map[string]string{
		`{}`:                                  "name_missing",
		`{"name": "Coffee"}`:                  "name_taken",
		`{"name": "B", "audience": "team ="}`: "invalid_filter",
		`{"name": "B", "rules": [{"kind": "same"}]}`:                                                            "rule_attribute_missing",
		`{"name": "B", "rules": [{"kind": "no_repeat", "attribute": "team"}]}`:                                  "rule_attribute_unused",
		`{"name": "B", "rules": [{"kind": "no_repeat", "hard": true}]}`:                                         "rule_cannot_be_hard",
		`{"name": "B", "rules": [{"kind": "wishes"}, {"kind": "wishes"}]}`:                                      "rule_twice",
		`{"name": "B", "rules": [{"kind": "same", "attribute": "t"}, {"kind": "different", "attribute": "t"}]}`: "rules_contradict",
		`{"name": "B", "texts": {"farewell": {"subject": "x"}}}`:                                                "unknown_purpose",
		`{"name": "B", "texts": {"opt_in": {"subject": "{{ nobody }}"}}}`:                                       "text_invalid",
		`{"name": "B", "sender_name": "a\u000ab"}`:                                                              "invalid_sender_name",
	} {
		a := f.call(Admin, http.MethodPost, "/v1/programs", body)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", body, a.Body)
		require.Equal(t, code, a.Problem.Code, body)
	}
}

func TestAskingNeedsAnOptInDate(t *testing.T) {
	f := setup(t, unrung(t))
	p := f.program(`{"name": "Auto", "participation": "automatic", "rules": [{"kind": "same", "attribute": " Office "}], "visible_attributes": ["Team"]}`)
	require.Equal(t, []Rule{{Kind: "same", Attribute: "office"}}, p.Rules, "attributes have one spelling")
	require.Equal(t, []string{"team"}, p.VisibleAttributes)
	path := "/v1/programs/" + decimal(p.ID)
	require.Equal(t, 201, f.call(Admin, http.MethodPost, path+"/schedules", `{"match": "2999-01-01T10:00", "timezone": "UTC"}`).Status)
	a := f.call(Admin, http.MethodPatch, path, `{"participation": "ask"}`, "If-Match", f.call(Read, http.MethodGet, path, nil).Header.Get("ETag"))
	require.Equal(t, http.StatusConflict, a.Status, "%s", a.Body)
	require.Equal(t, "schedules_without_opt_in", a.Problem.Code)
}

func TestScheduleRefusals(t *testing.T) {
	f := setup(t, unrung(t))
	ask, auto := f.program(`{"name": "Ask"}`), f.program(`{"name": "Auto", "participation": "automatic"}`)
	for _, c := range []struct {
		program    int64
		body, code string
	}{
		{ask.ID, `{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "Mars/Olympus"}`, "unknown_zone"},
		{ask.ID, `{"match": "2999-01-01T10:00", "timezone": "UTC"}`, "opt_in_missing"},
		{ask.ID, `{"opt_in": "now", "timezone": "UTC"}`, "match_missing"},
		{ask.ID, `{"opt_in": "2999-01-02T10:00", "match": "2999-01-01T10:00", "timezone": "UTC"}`, "schedule_invalid"},
		{ask.ID, `{"opt_in": "2001-01-02T10:00", "match": "2999-01-01T10:00", "timezone": "UTC"}`, "schedule_invalid"},
		{ask.ID, `{"opt_in": "soon", "match": "2999-01-01T10:00", "timezone": "UTC"}`, "invalid_date_time"},
		{ask.ID, `{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC", "every_weeks": 1, "until": "2999-12-01", "count": 3}`, "schedule_invalid"},
		{ask.ID, `{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC", "until": "tomorrow", "every_weeks": 1}`, "invalid_date"},
		{ask.ID, `{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC", "answers_close_hours": 5}`, "answers_close_unused"},
		{ask.ID, `{"opt_in": "2999-01-01T09:00", "match": "2999-01-01T10:00", "timezone": "UTC", "review": true}`, "answers_close_before_opt_in"},
		{ask.ID, `{"kind": "review_first", "opt_in": "now", "timezone": "UTC"}`, "opt_in_unused"},
		{ask.ID, `{"kind": "review_first", "match": "now", "timezone": "UTC"}`, "match_unused"},
		{auto.ID, `{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC"}`, "opt_in_unused"},
		{ask.ID, `{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC", "holiday_list_id": 99}`, "reference_not_found"},
	} {
		a := f.call(Admin, http.MethodPost, "/v1/programs/"+decimal(c.program)+"/schedules", c.body)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", c.body, a.Body)
		require.Equal(t, c.code, a.Problem.Code, "%s: %s", c.body, a.Body)
	}
}

// A weekly schedule across the autumn clock change in Paris, with one occurrence moved, one skipped, a holiday, and all
// from one on moved to another day.
func TestPlanning(t *testing.T) {
	f := setup(t, unrung(t))
	year := time.Now().Year() + 1
	at := func(text string) string { return strings.ReplaceAll(text, "YYYY", decimal(int64(year))) }
	p := f.program(`{"name": "Coffee"}`)
	holidays := into[HolidayList](t, f.call(Admin, http.MethodPost, "/v1/holiday-lists", at(`{"name": "FR", "days": {"YYYY-11-11": "Armistice"}}`)), 201)
	s := into[Schedule](t, f.call(Admin, http.MethodPost, "/v1/programs/"+decimal(p.ID)+"/schedules",
		at(`{"opt_in": "YYYY-10-07T10:00", "match": "YYYY-10-10T10:00", "timezone": "Europe/Paris", "every_weeks": 1, "count": 8, "on_holiday": "skip", "holiday_list_id": `)+
			decimal(holidays.ID)+`}`), 201)
	base := "/v1/schedules/" + decimal(s.ID)
	tag := func() string { return f.call(Read, http.MethodGet, base, nil).Header.Get("ETag") }
	moved := into[struct{ Occurrence Occurrence }](t, f.call(Admin, http.MethodPost, base+"/occurrences/1/move", at(`{"match": "YYYY-10-18T16:00"}`), "If-Match", tag()), 200)
	require.Equal(t, "moved", moved.Occurrence.Status)
	require.Equal(t, 200, f.call(Admin, http.MethodPost, base+"/occurrences/2/skip", nil, "If-Match", tag()).Status)
	past := f.call(Admin, http.MethodPost, base+"/occurrences/3/move", `{"match": "2001-01-01T10:00"}`, "If-Match", tag())
	require.Equal(t, http.StatusUnprocessableEntity, past.Status, "%s", past.Body)
	require.Equal(t, http.StatusPreconditionFailed, f.call(Admin, http.MethodPost, base+"/occurrences/3/skip", nil, "If-Match", `"v99"`).Status)
	tail := into[struct{ Schedule Schedule }](t, f.call(Admin, http.MethodPost, base+"/occurrences/6/move",
		at(`{"opt_in": "YYYY-11-19T09:00", "match": "YYYY-11-21T09:00", "following": true}`), "If-Match", tag()), 200)
	require.Equal(t, 2, tail.Schedule.Count)

	list := into[struct{ Items []PlanningCard }](t, f.call(Read, http.MethodGet, at("/v1/rounds?from=YYYY-10-01T00:00:00Z&to=YYYY-12-31T00:00:00Z&timezone=America/New_York"), nil), 200)
	require.Len(t, list.Items, 8)
	phases, clockChanges := map[string]int{}, 0
	for _, c := range list.Items {
		phases[c.Phase]++
		if c.ClockChange {
			clockChanges++
		}
		require.Equal(t, p.Color, c.Color)
		require.Contains(t, []string{"EDT", "EST"}, c.Match.Abbreviation)
	}
	require.Equal(t, 2, phases["skipped"], "by hand, and the holiday: %+v", list.Items)
	require.LessOrEqual(t, clockChanges, 1)
	require.Equal(t, at("YYYY-10-18T10:00"), list.Items[1].Match.Local, "16:00 in Paris is 10:00 in New York")

	feed := into[struct{ URL string }](t, f.call(Read, http.MethodPost, "/v1/rounds/feed", `{}`), 200)
	ics := f.call(Public, http.MethodGet, strings.TrimPrefix(feed.URL, "https://rondo.example.org"), nil)
	require.Equal(t, 200, ics.Status, "%s", ics.Body)
	require.Contains(t, string(ics.Body), "BEGIN:VCALENDAR")
	require.Equal(t, http.StatusForbidden, f.call(Public, http.MethodGet, "/f/forged.ics", nil).Status)
}

func TestEndScheduleAndArchive(t *testing.T) {
	f := setup(t, unrung(t))
	p := f.program(`{"name": "Coffee"}`)
	s := into[Schedule](t, f.call(Admin, http.MethodPost, "/v1/programs/"+decimal(p.ID)+"/schedules",
		`{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC"}`), 201)
	base := "/v1/schedules/" + decimal(s.ID)
	ended := into[Schedule](t, f.call(Admin, http.MethodPost, base+"/end", nil, "If-Match", f.call(Read, http.MethodGet, base, nil).Header.Get("ETag")), 200)
	require.NotNil(t, ended.EndedAt)
	path := "/v1/programs/" + decimal(p.ID)
	archived := into[Program](t, f.call(Admin, http.MethodPost, path+"/archive", nil, "If-Match", f.call(Read, http.MethodGet, path, nil).Header.Get("ETag")), 200)
	require.NotNil(t, archived.ArchivedAt)
	a := f.call(Admin, http.MethodPost, path+"/schedules", `{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC"}`)
	require.Equal(t, "program_archived", a.Problem.Code)
	require.Contains(t, f.log.String(), "a workflow was not rung", "an unreachable Temporal is logged and costs no command")
}
