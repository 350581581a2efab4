package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const drip = `{"name": "Spring", "steps": [
	{"kind": "mail", "subject": "Hello {{ person.name }}", "text": "From {{ sender.name }}", "html": "<p>Hello</p>"},
	{"kind": "task", "text": "Call them", "delay_days": 2, "from_hour": 9, "to_hour": 17},
	{"kind": "mail", "text": "Again", "thread": true, "delay_minutes": 5, "stale_hours": 48}]}`

func (f *fixture) sequence(body string) Sequence {
	f.t.Helper()
	return get[Sequence](f.t, f.call(Admin, "POST", "/v1/sequences", body), 201)
}

func TestSequenceThroughTheAPI(t *testing.T) {
	f := setup(t)
	a := f.call(Admin, "POST", "/v1/sequences", drip, "Idempotency-Key", "once")
	s := get[Sequence](t, a, 201)
	require.Equal(t, `"v1"`, a.Header.Get("ETag"))
	require.Equal(t, a.Body, f.call(Admin, "POST", "/v1/sequences", drip, "Idempotency-Key", "once").Body)
	first := []Step{
		{Kind: "mail", Subject: "Hello {{ person.name }}", Text: "From {{ sender.name }}", HTML: "<p>Hello</p>", ToHour: 24, StaleHours: 24},
		{Kind: "task", Text: "Call them", DelayDays: 2, FromHour: 9, ToHour: 17, StaleHours: 24},
		{Kind: "mail", Text: "Again", Thread: true, DelayMinutes: 5, ToHour: 24, StaleHours: 48},
	}
	require.Equal(t, Sequence{
		ID: s.ID, Name: "Spring", Edition: 1, Safeguards: true, StopOnMeeting: true, UnresponsiveDays: 7, ContactHours: DayHours{0, 24}, Steps: first, CreatedAt: s.CreatedAt,
	}, s)
	path := "/v1/sequences/" + decimal(s.ID)
	require.Equal(t, s, get[Sequence](t, f.call(Read, "GET", path, nil), 200))

	require.Equal(t, http.StatusPreconditionRequired, f.call(Admin, "PATCH", path, `{"name": "Summer"}`).Status)
	a = f.call(Admin, "PATCH", path, `{"name": "Summer", "safeguards": false, "stop_on_click": true, "stop_on_meeting": false,
		"stop_on_company": true, "unresponsive_days": 0, "contact_hours": {"from_hour": 9, "to_hour": 18}}`, "If-Match", `"v1"`)
	edited := get[Sequence](t, a, 200)
	require.Equal(t, `"v2"`, a.Header.Get("ETag"))
	require.Equal(t, Sequence{
		ID: s.ID, Name: "Summer", Edition: 1, StopOnClick: true, StopOnCompany: true, ContactHours: DayHours{9, 18}, Steps: first, CreatedAt: s.CreatedAt,
	}, edited)
	require.Equal(t, http.StatusPreconditionFailed, f.call(Admin, "PATCH", path, `{"name": "Autumn"}`, "If-Match", `"v1"`).Status)

	edited = get[Sequence](t, f.call(Admin, "PATCH", path, map[string]any{"steps": first[:1]}, "If-Match", `"v2"`), 200)
	require.Equal(t, 2, edited.Edition)
	require.Equal(t, first[:1], edited.Steps)
	require.Equal(t, DayHours{9, 18}, edited.ContactHours, "what is missing stays")
	for edition, steps := range map[string][]Step{"1": first, "2": first[:1]} {
		was := get[struct {
			SequenceID int64 `json:"sequence_id"`
			Edition    int
			Steps      []Step
		}](t, f.call(Read, "GET", path+"/editions/"+edition, nil), 200)
		require.Equal(t, steps, was.Steps)
		require.Equal(t, edition, itoa(was.Edition))
		require.Equal(t, s.ID, was.SequenceID)
	}
	require.Equal(t, "edition_not_found", f.call(Read, "GET", path+"/editions/3", nil).Problem.Code)
	require.Equal(t, "sequence_not_found", f.call(Read, "GET", "/v1/sequences/99/editions/1", nil).Problem.Code)
	require.Equal(t, "sequence_not_found", f.call(Read, "GET", "/v1/sequences/99", nil).Problem.Code)
}

func TestSequencesAreArchivedAndPaged(t *testing.T) {
	f := setup(t)
	var want, got []int64
	for _, name := range []string{"A", "B", "C"} {
		want = append(want, f.sequence(strings.Replace(drip, "Spring", name, 1)).ID)
	}
	path := "/v1/sequences/" + decimal(want[0])
	require.Equal(t, http.StatusPreconditionRequired, f.call(Admin, "POST", path+"/archive", nil).Status)
	require.Equal(t, http.StatusPreconditionFailed, f.call(Admin, "POST", path+"/archive", nil, "If-Match", `"v2"`).Status)
	require.NotNil(t, get[Sequence](t, f.call(Admin, "POST", path+"/archive", nil, "If-Match", `"v1"`), 200).ArchivedAt)
	a := f.call(Admin, "PATCH", path, `{}`, "If-Match", `"v2"`)
	require.Equal(t, http.StatusConflict, a.Status)
	require.Equal(t, "sequence_archived", a.Problem.Code)
	for cursor := ""; ; {
		page := get[Page[Sequence]](t, f.call(Read, "GET", "/v1/sequences?limit=2&cursor="+cursor, nil), 200)
		for _, s := range page.Items {
			require.Empty(t, s.Steps)
			got = append(got, s.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, want, got)
}

func TestSequenceRefusals(t *testing.T) {
	f := setup(t)
	path := "/v1/sequences/" + decimal(f.sequence(drip).ID)
	mailStep := func(fields string) string {
		return `{"name": "X", "steps": [{"kind": "mail", "subject": "s", "text": "t"}, {"kind": "mail", "subject": "s", "text": "t", ` + fields + `}]}`
	}
	task := func(fields string) string {
		return `{"name": "X", "steps": [{"kind": "mail", "subject": "s", "text": "t"}, {"kind": "task", ` + fields + `}]}`
	}
	for _, c := range []struct{ body, code, location string }{
		{`{"steps": [{"kind": "mail", "subject": "s", "text": "t"}]}`, "name_missing", "body.name"},
		{`{"name": " ", "steps": [{"kind": "mail", "subject": "s", "text": "t"}]}`, "name_missing", "body.name"},
		{`{"name": "X"}`, "steps_missing", "body.steps"},
		{`{"name": "X", "steps": []}`, "steps_missing", "body.steps"},
		{`{"name": "X", "steps": [` + strings.Repeat(`{"kind": "mail", "subject": "s", "text": "t"},`, 30) + `{"kind": "task", "text": "t"}]}`, "too_many_steps", "body.steps"},
		{`{"name": "X", "steps": [{"kind": "call", "text": "t"}]}`, "invalid_request", "body.steps[0].kind"},
		{`{"name": "X", "steps": [{"kind": "mail", "subject": "s", "text": "t", "delay_days": 1}]}`, "first_step_delayed", "body.steps[0].delay_days"},
		{`{"name": "X", "steps": [{"kind": "mail", "text": "t", "thread": true}]}`, "thread_without_mail", "body.steps[0].thread"},
		{`{"name": "X", "unresponsive_days": 366, "steps": []}`, "invalid_request", "body.unresponsive_days"},
		{`{"name": "X", "contact_hours": {"from_hour": 9, "to_hour": 9}, "steps": [{"kind": "task", "text": "t"}]}`, "hours_empty", "body.contact_hours.to_hour"},
		{`{"name": "X", "contact_hours": {"from_hour": 24, "to_hour": 25}, "steps": []}`, "invalid_request", "body.contact_hours.from_hour"},
		{`{"name": "X", "contact_hours": {"from_hour": 9}, "steps": []}`, "invalid_request", "body.contact_hours"},
		{mailStep(`"subject": ""`), "subject_missing", "body.steps[1].subject"},
		{mailStep(`"text": " "`), "text_missing", "body.steps[1].text"},
		{mailStep(`"delay_days": 1, "delay_minutes": 1`), "delay_twice", "body.steps[1].delay_minutes"},
		{mailStep(`"delay_days": 181`), "invalid_request", "body.steps[1].delay_days"},
		{mailStep(`"to_hour": 0`), "invalid_request", "body.steps[1].to_hour"},
		{mailStep(`"from_hour": 9, "to_hour": 9`), "hours_empty", "body.steps[1].to_hour"},
		{mailStep(`"stale_hours": 0`), "invalid_request", "body.steps[1].stale_hours"},
		{task(`"text": ""`), "text_missing", "body.steps[1].text"},
		{task(`"text": "t", "subject": "s"`), "task_field_unused", "body.steps[1].subject"},
		{task(`"text": "t", "html": "h"`), "task_field_unused", "body.steps[1].html"},
		{task(`"text": "t", "thread": true`), "task_field_unused", "body.steps[1].thread"},
		{mailStep(`"subject": "{{ nobody }}"`), "text_invalid", "body.steps[1].subject"},
		{mailStep(`"text": "{% if true %}"`), "text_invalid", "body.steps[1].text"},
		{mailStep(`"html": "{{ others[0].name }}"`), "text_invalid", "body.steps[1].html"},
		{mailStep(`"subject": "", "thread": true, "text": "{{ program.name }}"`), "text_invalid", "body.steps[1].text"},
	} {
		a := f.call(Admin, "POST", "/v1/sequences", c.body)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", c.body, a.Body)
		require.Equal(t, c.code, a.Problem.Code, "%s: %s", c.body, a.Body)
		require.NotEmpty(t, a.Problem.Errors, c.body)
		require.Equal(t, c.location, a.Problem.Errors[0].Location, "%s: %s", c.body, a.Body)
	}
	for body, code := range map[string]string{`{"name": ""}`: "name_missing", `{"steps": []}`: "steps_missing", `{"steps": [{"kind": "mail", "subject": "{{", "text": "t"}]}`: "text_invalid"} {
		require.Equal(t, code, f.call(Admin, "PATCH", path, body, "If-Match", `"v1"`).Problem.Code, body)
	}
	taken := f.call(Admin, "POST", "/v1/sequences", drip)
	require.Equal(t, http.StatusConflict, taken.Status)
	require.Equal(t, "name_taken", taken.Problem.Code)
	require.Len(t, get[Page[Sequence]](t, f.call(Read, "GET", "/v1/sequences", nil), 200).Items, 1)
}

func TestMistakesOfAllStepsAreNamedAtOnce(t *testing.T) {
	f := setup(t)
	a := f.call(Admin, "POST", "/v1/sequences", `{"name": "X", "steps": [
		{"kind": "mail", "subject": "{{ a }}", "text": "{{ b }}"}, {"kind": "task", "text": "{{ no Liquid"},
		{"kind": "mail", "thread": true, "text": "line\n{{ c }}", "html": "{{ d }}"}]}`)
	require.Equal(t, "text_invalid", a.Problem.Code)
	var at []string
	for _, e := range a.Problem.Errors {
		at = append(at, e.Location+": "+e.Message)
	}
	require.Equal(t, []string{
		"body.steps[0].subject: line 1: unknown variable a",
		"body.steps[0].text: line 1: unknown variable b",
		"body.steps[2].text: line 2: unknown variable c",
		"body.steps[2].html: line 1: unknown variable d",
	}, at)
}
