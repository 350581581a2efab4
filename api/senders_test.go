package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func (f *fixture) user(address string) User {
	f.t.Helper()
	return get[User](f.t, f.call(Admin, "POST", "/v1/users", map[string]any{"email": address, "timezone": "Europe/Paris"}), 201)
}

func TestSenderThroughTheAPI(t *testing.T) {
	f := setup(t)
	u := f.user("ada@corp.example")
	path := "/v1/users/" + decimal(u.ID) + "/sender"
	require.Equal(t, "sender_not_found", f.call(Read, "GET", path, nil).Problem.Code)
	none := f.call(Admin, "PUT", path, `{}`, "If-Match", `"v1"`)
	require.Equal(t, http.StatusNotFound, none.Status)
	require.Equal(t, "user_not_found", f.call(Admin, "PUT", "/v1/users/99/sender", `{}`).Problem.Code)

	made := f.call(Admin, "PUT", path, `{}`)
	s := get[Sender](t, made, 200)
	require.Equal(t, Sender{
		UserID: u.ID, Address: "ada@corp.example", Timezone: "Europe/Paris", Days: []int32{1, 2, 3, 4, 5}, FromHour: 9, ToHour: 18,
		PerHour: 50, PerDay: 400, CreatedAt: s.CreatedAt,
	}, s)
	require.Equal(t, `"v1"`, made.Header.Get("ETag"))

	again := f.call(Admin, "PUT", path, `{}`)
	require.Equal(t, http.StatusPreconditionRequired, again.Status)
	require.Equal(t, "if_match_missing", again.Problem.Code)
	full := `{"address": "ada@mail.example", "name": "Ada", "timezone": "Asia/Tokyo", "days": [6, 0], "from_hour": 0, "to_hour": 24, "per_hour": 5,
		"per_day": 20, "min_gap_seconds": 60, "ramp": {"since": "2026-06-01", "first": 2, "step": 3}, "per_domain": 4, "per_company": 1}`
	changed := f.call(Admin, "PUT", path, full, "If-Match", `"v1"`)
	s = get[Sender](t, changed, 200)
	require.Equal(t, Sender{
		UserID: u.ID, Address: "ada@mail.example", Name: "Ada", Timezone: "Asia/Tokyo", Days: []int32{0, 6}, ToHour: 24, PerHour: 5, PerDay: 20,
		MinGapSeconds: 60, Ramp: &Ramp{Since: "2026-06-01", First: 2, Step: 3}, PerDomain: 4, PerCompany: 1, CreatedAt: s.CreatedAt,
	}, s)
	require.Equal(t, http.StatusPreconditionFailed, f.call(Admin, "PUT", path, full, "If-Match", `"v1"`).Status)
	read := f.call(Read, "GET", path, nil)
	require.Equal(t, s, get[Sender](t, read, 200))
	require.Equal(t, `"v2"`, read.Header.Get("ETag"))

	reset := get[Sender](t, f.call(Admin, "PUT", path, `{}`, "If-Match", `"v2"`), 200)
	require.Equal(t, "ada@corp.example", reset.Address, "what is missing has its default")
	require.Nil(t, reset.Ramp)
	other := f.user("bob@corp.example")
	taken := f.call(Admin, "PUT", "/v1/users/"+decimal(other.ID)+"/sender", `{"address": "ADA@corp.example"}`)
	require.Equal(t, http.StatusConflict, taken.Status)
	require.Equal(t, "address_taken", taken.Problem.Code)
}

func TestSendersArePaged(t *testing.T) {
	f := setup(t)
	var want, got []int64
	for _, name := range []string{"a", "b", "c"} {
		u := f.user(name + "@corp.example")
		want = append(want, u.ID)
		require.Equal(t, 200, f.call(Admin, "PUT", "/v1/users/"+decimal(u.ID)+"/sender", `{}`).Status)
	}
	for cursor := ""; ; {
		page := get[Page[Sender]](t, f.call(Read, "GET", "/v1/senders?limit=2&cursor="+cursor, nil), 200)
		for _, s := range page.Items {
			got = append(got, s.UserID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, want, got)
}

func TestSenderRefusals(t *testing.T) {
	f := setup(t)
	path := "/v1/users/" + decimal(f.user("ada@corp.example").ID) + "/sender"
	for _, c := range []struct{ body, code, location string }{
		{`{"address": "ada"}`, "email_invalid", "body.address"},
		{`{"name": "a\u000ab"}`, "control_character", "body.name"},
		{`{"timezone": "Mars/Olympus"}`, "timezone_unknown", "body.timezone"},
		{`{"timezone": ""}`, "timezone_unknown", "body.timezone"},
		{`{"days": []}`, "days_missing", "body.days"},
		{`{"days": [7]}`, "day_unknown", "body.days[0]"},
		{`{"days": [1, 1]}`, "day_repeated", "body.days[1]"},
		{`{"from_hour": 18}`, "hours_empty", "body.to_hour"},
		{`{"from_hour": 24}`, "invalid_request", "body.from_hour"},
		{`{"per_hour": 0}`, "invalid_request", "body.per_hour"},
		{`{"per_day": 10001}`, "invalid_request", "body.per_day"},
		{`{"min_gap_seconds": 3601}`, "invalid_request", "body.min_gap_seconds"},
		{`{"per_domain": -1}`, "invalid_request", "body.per_domain"},
		{`{"holiday_list_id": 99}`, "holiday_list_unknown", "body.holiday_list_id"},
		{`{"ramp": {"since": "2026-02-30", "first": 1, "step": 1}}`, "invalid_date", "body.ramp.since"},
		{`{"ramp": {"since": "2026-02-03", "first": 1}}`, "invalid_request", "body.ramp"},
		{`{"paused_at": "2026-02-03T00:00:00Z"}`, "invalid_request", "body.paused_at"},
	} {
		a := f.call(Admin, "PUT", path, c.body)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", c.body, a.Body)
		require.Equal(t, c.code, a.Problem.Code, "%s: %s", c.body, a.Body)
		require.NotEmpty(t, a.Problem.Errors, c.body)
		require.Equal(t, c.location, a.Problem.Errors[0].Location, c.body)
	}
	a := f.call(Admin, "PUT", path, json.RawMessage(`{}`), "If-Match", `W/"v1"`)
	require.Equal(t, "invalid_if_match", a.Problem.Code)
	require.Equal(t, "header.If-Match", a.Problem.Errors[0].Location)
	require.Equal(t, http.StatusNotFound, f.call(Read, "GET", path, nil).Status, "nothing of it was stored")
}
