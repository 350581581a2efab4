package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"rondo/activities/matching"
	"rondo/activities/store/storetest"
)

// BenchmarkRound takes 100,000 members through opening, matching and freezing, and beside it copies the same rows bare.
func BenchmarkRound(b *testing.B) {
	const members = 100_000
	for b.Loop() {
		r := setupRounds(b, storetest.New(b), members)
		r.exec(`ANALYZE`)
		round := r.round("")
		var took, floor time.Duration
		step := func(name string, f func() error) {
			at := time.Now()
			require.NoError(b, f())
			b.ReportMetric(time.Since(at).Seconds(), name+"-s")
			took += time.Since(at)
		}
		step("open", func() error { return r.OpenRound(bg, round) })
		step("state", func() error { _, err := r.HearRound(bg, round); return err })
		step("join", func() error { return r.InviteJoiners(bg, round) })
		at := time.Now()
		for from := int64(1); from <= members; from += 500 {
			r.answer(round, "yes", from, from+499)
		}
		b.ReportMetric(time.Since(at).Seconds(), "answer-s")
		r.past(round, "answers_close_at")
		r.past(round, "match_at")
		var problem matching.Problem
		var made matching.Result
		step("close", func() error { return r.CloseAnswers(bg, round) })
		step("begin", func() (err error) { problem, _, err = r.BeginMatching(bg, round); return err })
		at = time.Now()
		made, err := matching.Solve(bg, problem)
		require.NoError(b, err)
		b.ReportMetric(time.Since(at).Seconds(), "solve-s")
		step("store", func() error { return r.StoreGroups(bg, round, made) })
		step("freeze", func() error { return r.FreezeRound(bg, round) })
		require.Equal(b, "sending", r.state(round).Phase)
		step("state2", func() error { _, err := r.HearRound(bg, round); return err })
		floor = copyBare(b, r, "round_members") + copyBare(b, r, "round_groups") + copyBare(b, r, "group_members") + copyBare(b, r, "pairs_met")
		b.ReportMetric(took.Seconds(), "took-s")
		b.ReportMetric(floor.Seconds(), "floor-s")
		b.ReportMetric(took.Seconds()/floor.Seconds(), "ratio")
	}
}

// copyBare is how long COPY takes for the rows of a table into one like it.
func copyBare(b *testing.B, r *roundKit, table string) time.Duration {
	rows, err := r.Pool().Query(bg, `SELECT * FROM `+table)
	require.NoError(b, err)
	var columns []string
	for _, f := range rows.FieldDescriptions() {
		columns = append(columns, f.Name)
	}
	values, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	require.NoError(b, err)
	r.exec(`CREATE TABLE bare_` + table + ` (LIKE ` + table + ` INCLUDING ALL)`)
	at := time.Now()
	_, err = r.Pool().CopyFrom(bg, pgx.Identifier{"bare_" + table}, columns, pgx.CopyFromRows(values))
	require.NoError(b, err)
	return time.Since(at)
}
