package api

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/pairing"
)

// fair makes a session of half an hour of minutes, for people with tickets of two types who may only meet each other, and a third
// that nobody may meet.
func (f *fixture) fair() (path string) {
	f.t.Helper()
	event := f.event("Investor", "Founder", "Press")
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	var s NetworkingSession
	f.decode(f.call(Admin, "POST", fmt.Sprintf("/v1/events/%d/sessions", event), map[string]any{
		"name": "Fair", "starts": tomorrow + "T10:00", "ends": tomorrow + "T10:30", "meeting_seconds": 60,
		"rules": map[string]any{"types": [][2]int{{1, 2}}, "attributes": []map[string]any{{"attribute": "company", "kind": "never_same"}}},
	}), &s)
	return fmt.Sprintf("/v1/sessions/%d/simulate", s.ID)
}

func (f *fixture) simulated(path, body string) SimulatedSession {
	f.t.Helper()
	return into[SimulatedSession](f.t, f.call(Read, http.MethodPost, path, body), http.StatusOK)
}

func TestSimulateASession(t *testing.T) {
	f := setup(t, withTemporal(t))
	path := f.fair()
	require.Equal(t, "Nobody comes.", f.simulated(path, `{}`).Summary)

	// Before anybody has a ticket.
	asked := `{"people":[{"type_id":1,"count":10},{"type_id":2,"count":100},{"type_id":3,"count":2}],"arrive_seconds":0,"think_seconds":0,"connect_seconds":0}`
	got := f.simulated(path, asked)
	require.Equal(t, []any{112, 30.0, 0, 2, []TicketType{{ID: 3, Name: "Press"}}}, []any{got.People, got.Minutes, got.Violations, got.MetNobody, got.Impossible})
	investors, founders := got.Types[0], got.Types[1]
	require.Equal(t, "Investor 10 Founder 100", fmt.Sprint(investors.Name, " ", investors.People, " ", founders.Name, " ", founders.People))
	require.InDelta(t, 9*60, founders.Wait.P50, 60)
	require.Less(t, investors.Wait.P95, 2.0)
	require.Equal(t, "112 people have 300 meetings in 30 minutes: each of them from 0 to 30, in the middle 3. Half of the waits are at most 2 minutes, 95 of 100 at most 9 minutes. "+
		"Investor: half wait at most a second, 95 of 100 at most a second. Founder: half wait at most 9 minutes, 95 of 100 at most 9 minutes. "+
		"Nobody with a ticket Press can meet anybody. 2 of 112 people meet nobody.", got.Summary)
	require.Equal(t, got, f.simulated(path, asked), "the same question has the same answer")
	people := `{"people":[{"type_id":1,"count":10},{"type_id":2,"count":20}]`
	require.NotEqual(t, f.simulated(path, people+`}`).Wait, f.simulated(path, people+`,"seed":5}`).Wait)

	// Who has a ticket comes as they are: all of one company meet nobody.
	f.exec(`INSERT INTO people (email, name, attributes) SELECT 'p' || i || '@example.org', 'Person ' || i, '{"company": "Acme"}' FROM generate_series(1, 6) i`)
	f.exec(`INSERT INTO tickets (event_id, person_id, type_id) SELECT 1, i, 1 + i % 2 FROM generate_series(1, 6) i`)
	f.exec(`UPDATE tickets SET revoked_at = now() WHERE person_id = 6`)
	require.Equal(t, []int{5, 0, 5}, figures(f.simulated(path, `{"arrive_seconds":0}`)))
	require.NotZero(t, f.simulated(path, `{"arrive_seconds":0,"values":[{"attribute":" Company","values":5}]}`).Meetings)
	f.exec(`UPDATE people SET attributes = jsonb_build_object('company', id::text)`)
	require.Equal(t, []int{5, 2, 1}, figures(f.simulated(path, `{"arrive_seconds":0,"minutes":1}`)))
	f.exec(`INSERT INTO blocks (person_id, other_id) SELECT 2, i FROM generate_series(1, 5) i WHERE i <> 2`)
	require.Equal(t, []int{5, 1, 3}, figures(f.simulated(path, `{"arrive_seconds":0,"minutes":1}`)), "of two who may meet three, one is blocked by all")
	require.Equal(t, []int{2, 0, 2}, figures(f.simulated(path, `{"people":[{"type_id":1,"count":1},{"type_id":2,"count":1}],"arrive_seconds":0,"minutes":1}`)), "who has a ticket comes first")
	require.Equal(t, 4, f.simulated(path, `{"people":[{"type_id":1,"count":4}]}`).MetNobody)
	require.Zero(t, f.count(`SELECT count(*) FROM meetings`)+f.count(`SELECT count(*) FROM attendees`), "nothing is kept")
}

// figures are people, meetings and who met nobody.
func figures(s SimulatedSession) []int { return []int{s.People, s.Meetings, s.MetNobody} }

func TestSimulateRefusals(t *testing.T) {
	f := setup(t, withTemporal(t))
	path := f.fair()
	for body, want := range map[string]string{
		`{"minutes":181}`:                         "invalid_request body.minutes",
		`{"leave_early":1.1}`:                     "invalid_request body.leave_early",
		`{"rounds":1}`:                            "invalid_request body.rounds",
		`{"people":[{"type_id":1,"count":5001}]}`: "invalid_request body.people[0].count",
		`{"people":[{"type_id":1,"count":5000},{"type_id":1,"count":1}]}`:         "simulation_too_large body.people",
		`{"people":[{"type_id":1,"count":1},{"type_id":9,"count":1}]}`:            "ticket_type_not_found body.people[1].type_id",
		`{"values":[{"attribute":"city","values":2}]}`:                            "attribute_without_rule body.values[0].attribute",
		`{"people":[{"type_id":1,"count":1}],"values":[{"attribute":"company"}]}`: "invalid_request body.values[0]",
	} {
		a := f.call(Read, http.MethodPost, path, body)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", body, a.Body)
		require.Equal(t, want, a.Problem.Code+" "+a.Problem.Errors[0].Location, body)
	}
	require.Equal(t, "scope_missing", f.call(Signal, http.MethodPost, path, `{}`).Problem.Code)
	require.Equal(t, "session_not_found", f.call(Read, http.MethodPost, "/v1/sessions/99/simulate", `{}`).Problem.Code)
	f.exec(`INSERT INTO people (email) SELECT 'many' || i || '@example.com' FROM generate_series(1, 5001) i`)
	f.exec(`INSERT INTO tickets (event_id, person_id, type_id) SELECT 1, id, 1 FROM people`)
	require.Equal(t, "simulation_too_large", f.call(Read, http.MethodPost, path, `{}`).Problem.Code)
	require.Equal(t, 10, f.simulated(path, `{"people":[{"type_id":1,"count":10}]}`).People, "so many may have a ticket")

	server := &Server{solving: make(chan struct{}, maxSolving)}
	_, err := server.play(t.Context(), pairing.Scenario{Duration: time.Minute, Length: time.Minute}, 0)
	require.Equal(t, "simulation_too_slow", translate(t.Context(), err).Code)
	_, err = server.play(t.Context(), pairing.Scenario{}, time.Minute)
	require.Equal(t, "scenario_invalid", translate(t.Context(), err).Code)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = server.play(ended, pairing.Scenario{Duration: time.Minute, Length: time.Minute}, time.Minute)
	require.Equal(t, "client_gone", translate(ended, err).Code)
}
