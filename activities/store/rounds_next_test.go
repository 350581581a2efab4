package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store/storetest"
)

// dated gives the schedule of a kit dates relative to the wall clock of its zone, in days, and further columns.
func dated(k *roundKit, optIn, match float64, set string) {
	k.exec(`UPDATE schedules SET (opt_in_wall, match_wall, anchor_wall, created_at) = (SELECT w + make_interval(mins => ($1::float8 * 1440)::int),
			w + make_interval(mins => ($2::float8 * 1440)::int), w + make_interval(mins => ($1::float8 * 1440)::int), now() - interval '10 years'
		FROM (SELECT date_trunc('minute', now() AT TIME ZONE timezone) AS w) x)`, optIn, match)
	if set != "" {
		k.exec(`UPDATE schedules SET ` + set)
	}
}

// planned lists the rounds of a kit as "ordinal phase reason".
func (k *roundKit) planned() []string {
	k.t.Helper()
	return scanOne[[]string](k, `SELECT coalesce(array_agg(rtrim(ordinal || ' ' || phase || ' ' || phase_reason) ORDER BY ordinal), '{}') FROM rounds`)
}

func TestPlanNextKeepsOneRoundAhead(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 0)
	dated(k, 1, 5, `ring_since = now()`)
	require.NoError(t, atOnce(func() error { _, _, err := k.PlanNext(bg, k.schedule); return err }))
	require.Equal(t, []string{"0 planned"}, k.planned())
	require.Zero(t, scanOne[int](k, `SELECT count(*) FROM schedules WHERE ring_since IS NOT NULL`))

	next, rings, err := k.PlanNext(bg, k.schedule)
	require.NoError(t, err)
	require.Empty(t, rings, "rung by whoever made it")
	s := k.state(next.Round)
	require.Equal(t, s.OpensAt, next.OpensAt)
	require.Equal(t, s.OptInWall.Sub(s.MatchWall.AddDate(0, 0, -4)), time.Duration(0))
	require.Equal(t, s.AnswersCloseAt, s.MatchAt)
	require.NotNil(t, s.RemindAt)

	// It opens: the next one is planned.
	k.past(next.Round, "opens_at")
	next, rings, err = k.PlanNext(bg, k.schedule)
	require.NoError(t, err)
	require.Len(t, rings, 1)
	require.Equal(t, next.Round, rings[0].Round)
	require.Equal(t, []string{"0 planned", "1 planned"}, k.planned())
	require.Equal(t, 7*24*time.Hour, k.state(next.Round).OptInWall.Sub(*s.OptInWall))
}

func TestPlanNextRecordsWhatDoesNotTakePlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		optIn      float64 // days from now
		match      float64
		set, extra string
		want       []string
		ended      bool
	}{
		{"three missed", -22, -18, ``, ``, []string{"0 skipped missed", "1 skipped missed", "2 skipped missed", "3 planned"}, false},
		{"running when first looked at", -1, 3, ``, ``, []string{"0 planned"}, false},
		{
			"skipped and cancelled by hand", 1, 5, ``, `INSERT INTO occurrences VALUES (%d, 0, 'skipped'), (%d, 1, 'cancelled')`,
			[]string{"0 skipped by_hand", "1 cancelled by_hand", "2 planned"},
			false,
		},
		{
			"moved", 1, 5, ``, `INSERT INTO occurrences (schedule_id, ordinal, change, match_wall) SELECT id, 0, 'moved', match_wall + interval '1 day' FROM schedules WHERE %d = id AND %d = id`,
			[]string{"0 planned"},
			false,
		},
		{"over", -22, -18, `every_weeks = 0`, ``, []string{"0 skipped missed"}, true},
		{"two rounds", -22, -18, `max_rounds = 2`, ``, []string{"0 skipped missed", "1 skipped missed"}, true},
		{"already ended", 1, 5, `ended_at = now()`, ``, []string{}, true},
		{"made for now", -1, 0, `created_at = now()`, `UPDATE programs SET participation = 'automatic' WHERE %d + %d > 0`, []string{"0 planned"}, false},
		{
			"reviews nobody saw", -15, 0, `kind = 'review_first', opt_in_wall = NULL, match_wall = NULL, review = true`, ``,
			[]string{"0 skipped missed", "1 skipped missed", "2 planned"},
			false,
		},
		{"answers would close before the opt-in", 1, 1.5, `review = true`, ``, nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := setupRounds(t, storetest.New(t), 0)
			dated(k, c.optIn, c.match, c.set)
			if c.extra != "" {
				k.exec(fmt.Sprintf(c.extra, k.schedule, k.schedule))
			}
			next, _, err := k.PlanNext(bg, k.schedule)
			require.NoError(t, err)
			require.Equal(t, c.ended, next.Ended)
			if c.want == nil {
				require.True(t, next.More, "every occurrence fails alike: a bounded number at a time")
				require.Len(t, k.planned(), 100)
				require.Equal(t, "99 skipped order", k.planned()[99])
				return
			}
			require.Equal(t, c.want, k.planned())
			require.Equal(t, c.ended, scanOne[bool](k, `SELECT ended_at IS NOT NULL FROM schedules`))
		})
	}
}

func TestPlanNextDerivesTheVariants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, schedule, program string
		want                    string
	}{
		{"ask", ``, ``, "opens=opt_in closes=match reminds"},
		{"ask with review", `review = true`, ``, "opens=opt_in closes=match-1d reminds"},
		{"automatic", ``, `participation = 'automatic'`, "opens=match closes=-"},
		{"automatic with review", `review = true`, `participation = 'automatic'`, "opens=match-1d closes=-"},
		{"review first", `kind = 'review_first', opt_in_wall = NULL, match_wall = NULL, review = true`, ``, "opens=anchor closes=- undated"},
		{"no reminder", ``, `reminder = false`, "opens=opt_in closes=match"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := setupRounds(t, storetest.New(t), 0)
			dated(k, 2, 6, c.schedule)
			if c.program != "" {
				k.exec(`UPDATE programs SET ` + c.program)
			}
			_, _, err := k.PlanNext(bg, k.schedule)
			require.NoError(t, err)
			got := scanOne[string](k, `SELECT 'opens=' || CASE opens_at WHEN s.opt_in_wall AT TIME ZONE s.timezone THEN 'opt_in'
				WHEN s.match_wall AT TIME ZONE s.timezone THEN 'match' WHEN (s.match_wall - interval '1 day') AT TIME ZONE s.timezone THEN 'match-1d'
				WHEN s.anchor_wall AT TIME ZONE s.timezone THEN 'anchor' END
				|| ' closes=' || CASE WHEN r.answers_close_at IS NULL THEN '-' WHEN r.answers_close_at = r.match_at THEN 'match'
					WHEN r.answers_close_at = (s.match_wall - interval '1 day') AT TIME ZONE s.timezone THEN 'match-1d' END
				|| CASE WHEN r.remind_at IS NOT NULL THEN ' reminds' ELSE '' END || CASE WHEN r.match_at IS NULL THEN ' undated' ELSE '' END
				FROM rounds r JOIN schedules s ON s.id = r.schedule_id`)
			require.Equal(t, c.want, strings.TrimSpace(got))
		})
	}
}

// A program that asks cannot open a round without an opt-in date: the schedule says so instead of asking nobody.
func TestPlanNextNeedsAnOptInToAsk(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 0)
	dated(k, 1, 5, `opt_in_wall = NULL`)
	_, _, err := k.PlanNext(bg, k.schedule)
	f := fault.From(err)
	require.Equal(t, "opt_in_missing", f.Code)
	require.True(t, f.Permanent())
	require.Empty(t, k.planned())
}

func TestReconcileLists(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 0)
	fresh := k.round(`ring_since = now()`)
	old := k.round(`ring_since = now() - interval '11 seconds', phase = 'closed'`)
	k.exec(`UPDATE schedules SET ring_since = now() - interval '1 hour'`)
	unheard, err := k.Unheard(bg, 10)
	require.NoError(t, err)
	require.Len(t, unheard, 2)
	require.Equal(t, k.schedule, unheard[0].Schedule, "the oldest first")
	require.Equal(t, old, unheard[1].Round)

	k.set(fresh, `checked_at = now() - interval '1 hour'`)
	rows, err := k.LeastChecked(bg, 1)
	require.NoError(t, err)
	require.Equal(t, fresh, rows[0].Round)
	require.NoError(t, k.Checked(bg, rows))
	rows, err = k.LeastChecked(bg, 10)
	require.NoError(t, err)
	require.Len(t, rows, 2, "what is over needs no workflow")
	require.Equal(t, k.schedule, rows[0].Schedule)
}

// What a program says about asking counts for its planned rounds, and not for those that have opened.
func TestParticipationIsAsOfOpening(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, want string }{
		{"ask", "automatic", "matching"},
		{"automatic", "ask", "open"},
	} {
		k := setupRounds(t, storetest.New(t), 4)
		dated(k, 1, 5, "")
		k.exec(`UPDATE programs SET participation = $1`, c.from)
		next, _, err := k.PlanNext(bg, k.schedule)
		require.NoError(t, err)
		p, err := k.Program(bg, k.program)
		require.NoError(t, err)
		p.Participation = c.to
		_, _, err = k.UpdateProgram(bg, p)
		require.NoError(t, err)
		k.past(next.Round, "opens_at")
		require.NoError(t, k.OpenRound(bg, next.Round))
		require.Equal(t, c.want, k.state(next.Round).Phase)
	}

	k := setupRounds(t, storetest.New(t), 4)
	dated(k, 1, 5, "")
	next, _, err := k.PlanNext(bg, k.schedule)
	require.NoError(t, err)
	k.past(next.Round, "opens_at")
	require.NoError(t, k.OpenRound(bg, next.Round))
	k.exec(`UPDATE programs SET participation = 'automatic'`)
	later := calendar.WallOf(time.Now().AddDate(0, 0, 9), time.UTC)
	_, err = k.MoveRound(bg, next.Round, k.state(next.Round).Version, calendar.Dates{Match: later}, time.Now())
	require.NoError(t, err)
	s := k.state(next.Round)
	require.Equal(t, s.MatchAt, s.AnswersCloseAt, "those asked can go on answering")
}
