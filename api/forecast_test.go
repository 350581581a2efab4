package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/matching"
)

// imported makes people in a team each.
func (f *fixture) imported(teams ...string) {
	f.t.Helper()
	var file strings.Builder
	file.WriteString("email,name,team\n")
	for i, team := range teams {
		fmt.Fprintf(&file, "p%d@example.com,Person %d,%s\n", i+1, i+1, team)
	}
	require.Equal(f.t, http.StatusOK, f.importCSV("", file.String()).Status)
}

func (f *fixture) forecast(program int64, body string) Forecast {
	f.t.Helper()
	return into[Forecast](f.t, f.call(Read, http.MethodPost, "/v1/programs/"+decimal(program)+"/forecast", body), http.StatusOK)
}

func TestForecast(t *testing.T) {
	f := setup(t, unrung(t))
	f.imported("red", "red", "blue", "blue", "green", "green")
	p := f.program(`{"name": "Coffee", "participation": "automatic", "rules": [{"kind": "no_repeat"}, {"kind": "different", "attribute": "team"}]}`)
	got := f.forecast(p.ID, `{"rounds": 6}`)
	require.Equal(t, []any{p.ID, matching.Engine, 6, 1.0, "assumed"}, []any{got.ProgramID, got.Engine, got.Members, got.Participation, got.ParticipationFrom})
	require.Len(t, got.Rounds, 6)
	require.Greater(t, got.FirstRepeat, 3)
	require.Equal(t, got.FirstRepeat, got.FirstUnavoidableRepeat)
	first := got.Rounds[0]
	require.Equal(t, []int{1, 6, 6, 3, 3, 0}, []int{first.Round, first.Participants, first.Grouped, first.Groups, first.Connections, first.Repeats})
	require.Equal(t, []ForecastRule{{Rule: Rule{Kind: "no_repeat"}}, {Rule: Rule{Kind: "different", Attribute: "team"}}, {Rule: Rule{Kind: "wishes"}}}, first.Rules)
	require.Equal(t, got, f.forecast(p.ID, `{"rounds": 6}`), "the same question has the same answer")
	require.Len(t, f.forecast(p.ID, `{}`).Rounds, 12)

	// History counts as in a round: one more round of repeats is nearer.
	for _, pair := range [][2]int{{1, 2}, {3, 4}, {5, 6}} {
		f.exec(`INSERT INTO pairs_met (program_id, a, b, times, last_no) VALUES ($1, $2, $3, 1, 0)`, p.ID, pair[0], pair[1])
	}
	f.exec(`UPDATE programs SET rounds_sent = 1 WHERE id = $1`, p.ID)
	require.LessOrEqual(t, f.forecast(p.ID, `{"rounds": 6}`).FirstRepeat, 5)
	require.Zero(t, f.count(`SELECT count(*) FROM rounds`)+f.count(`SELECT count(*) FROM round_members`))
	require.Equal(t, 3, f.count(`SELECT count(*) FROM pairs_met`), "nothing is kept")
}

func TestForecastOfOddAndStarving(t *testing.T) {
	f := setup(t, unrung(t))
	f.imported("a", "a", "a", "a", "b")
	p := f.program(`{"name": "Coffee", "participation": "automatic", "rules": [{"kind": "different", "attribute": "team", "hard": true}]}`)
	require.Equal(t, 200, f.call(Admin, http.MethodPost, "/v1/programs/"+decimal(p.ID)+"/never-pairs", `{"pairs": [{"a": 5, "b": 1}]}`).Status)
	got := f.forecast(p.ID, `{"rounds": 3}`)
	require.Equal(t, 4, got.StarvingTotal)
	require.Equal(t, StarvingPerson{GroupPerson{1, "Person 1"}, 3, 3}, got.Starving[0])
	require.Equal(t, 3, got.Rounds[0].UnmatchedTotal)
	left := got.Rounds[0].Unmatched[0]
	require.Equal(t, []string{"Person 1", "blocked"}, []string{left.Name, left.Code})
	require.NotEmpty(t, left.Text)

	p = f.program(`{"name": "Trios", "participation": "automatic"}`)
	got = f.forecast(p.ID, `{"rounds": 1, "seed": 7}`)
	require.Equal(t, []int{3, 0}, []int{got.Rounds[0].OddTotal, got.StarvingTotal})
	require.Equal(t, "Person "+decimal(got.Rounds[0].Odd[0].ID), got.Rounds[0].Odd[0].Name)
	require.Equal(t, []int64{7, 0, 1}, []int64{got.Seed, int64(got.OddLeast), int64(got.OddMost)})
}

// Who takes part is assumed as the program has seen it.
func TestForecastParticipation(t *testing.T) {
	f := setup(t, unrung(t))
	f.imported("a", "a", "a", "a")
	p := f.program(`{"name": "Coffee"}`)
	share := func(body string) string {
		got := f.forecast(p.ID, body)
		return fmt.Sprint(got.Participation, " ", got.ParticipationFrom)
	}
	require.Equal(t, "0.7 assumed", share(`{}`))
	require.Equal(t, "0.25 request", share(`{"participation": 0.25}`))
	schedule := into[Schedule](t, f.call(Admin, http.MethodPost, "/v1/programs/"+decimal(p.ID)+"/schedules",
		`{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC"}`), 201).ID
	for i, r := range []struct {
		phase, participation string
		invited, optedIn     int
	}{{"closed", "ask", 60, 30}, {"sent", "ask", 40, 10}, {"cancelled", "ask", 100, 100}, {"open", "ask", 100, 0}, {"closed", "automatic", 100, 100}} {
		f.exec(`WITH r AS (INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone, opens_at)
			VALUES ($1, $2, $3, $4, 'automatic', $5, false, 'send', 'UTC', now()) RETURNING id)
			INSERT INTO round_counts (round_id, invited, opted_in) SELECT id, $6, $7 FROM r`, p.ID, schedule, 100+i, r.phase, r.participation, r.invited, r.optedIn)
	}
	require.Equal(t, "0.4 measured", share(`{}`))
	require.Equal(t, "1 request", share(`{"participation": 1}`))
}

func TestForecastRefusals(t *testing.T) {
	f := setup(t, unrung(t))
	f.imported("a", "b")
	p := f.program(`{"name": "Coffee"}`)
	path := "/v1/programs/" + decimal(p.ID)
	for body, field := range map[string]string{
		`{"rounds": 0}`: "body.rounds", `{"rounds": 53}`: "body.rounds", `{"rounds": 1.5}`: "body.rounds", `{"rounds": "many"}`: "body.rounds",
		`{"participation": 0}`: "body.participation", `{"participation": 1.1}`: "body.participation", `{"participation": -1}`: "body.participation",
		`{"seed": -1}`: "body.seed", `{"weeks": 3}`: "body.weeks",
	} {
		a := f.call(Read, http.MethodPost, path+"/forecast", body)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, "%s: %s", body, a.Body)
		require.Equal(t, "invalid_request", a.Problem.Code, body)
		require.Equal(t, field, a.Problem.Errors[0].Location, body)
	}
	require.Equal(t, "scope_missing", f.call(Signal, http.MethodPost, path+"/forecast", `{}`).Problem.Code)
	require.Equal(t, "program_not_found", f.call(Read, http.MethodPost, "/v1/programs/99/forecast", `{}`).Problem.Code)

	f.exec(`INSERT INTO people (email) SELECT 'many' || i || '@example.com' FROM generate_series(1, 5000) i`)
	a := f.call(Read, http.MethodPost, path+"/forecast", `{"rounds": 52}`)
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Equal(t, []string{"forecast_too_large", "body.rounds"}, []string{a.Problem.Code, a.Problem.Errors[0].Location})
	require.Equal(t, 5002, f.forecast(p.ID, `{"rounds": 2}`).Members)

	tag := f.call(Read, http.MethodGet, path, nil).Header.Get("ETag")
	require.Equal(t, 200, f.call(Admin, http.MethodPost, path+"/archive", nil, "If-Match", tag).Status)
	require.Equal(t, "program_archived", f.call(Read, http.MethodPost, path+"/forecast", `{}`).Problem.Code)
}

func TestForecastErrorsOfTheEngine(t *testing.T) {
	f := &Server{solving: make(chan struct{}, maxSolving)}
	people := matching.Problem{GroupSize: 2, Members: []matching.Member{{ID: 1}, {ID: 2}}}
	options := matching.ForecastOptions{Rounds: 2, Participation: 1}
	code := func(ctx context.Context, p matching.Problem, most time.Duration) string {
		_, err := f.predict(ctx, p, options, most)
		return translate(ctx, err).Code
	}
	bad := people
	bad.Rules = []matching.Rule{{Kind: "same", Attribute: "a"}, {Kind: "different", Attribute: "a"}}
	require.Equal(t, "matching_impossible", code(t.Context(), bad, solvingTime))
	require.Equal(t, "forecast_too_slow", code(t.Context(), people, 0))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, "client_gone", code(ended, people, solvingTime))
	late, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	require.Equal(t, "timeout", code(late, people, solvingTime))
}

func TestForecastOfAThousand(t *testing.T) {
	f := setup(t, unrung(t))
	f.exec(`INSERT INTO people (email, attributes) SELECT i || '@example.com', jsonb_build_object('team', 't' || i % 20) FROM generate_series(1, 1000) i`)
	p := f.program(`{"name": "Coffee", "participation": "automatic", "rules": [{"kind": "no_repeat"}, {"kind": "different", "attribute": "team"}]}`)
	begin := time.Now()
	a := f.call(Read, http.MethodPost, "/v1/programs/"+decimal(p.ID)+"/forecast", `{"rounds": 12}`)
	t.Logf("%s, %d bytes", time.Since(begin).Round(time.Millisecond), len(bytes.TrimSpace(a.Body)))
	got := into[Forecast](t, a, 200)
	require.Zero(t, got.FirstRepeat)
	require.Zero(t, got.Rounds[11].Rules[1].Broken)
}

func (f *fixture) exec(sql string, args ...any) {
	f.t.Helper()
	_, err := f.server.store.Pool().Exec(f.t.Context(), sql, args...)
	require.NoError(f.t, err)
}

func (f *fixture) count(sql string) (n int) {
	f.t.Helper()
	require.NoError(f.t, f.server.store.Pool().QueryRow(f.t.Context(), sql).Scan(&n))
	return n
}
