package store_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/matching"
	"rondo/activities/store"
)

// roundKit is a database with a program, a schedule and people.
type roundKit struct {
	*store.DB
	t        testing.TB
	program  int64
	schedule int64
}

func setupRounds(t testing.TB, db *store.DB, people int) *roundKit {
	k := &roundKit{DB: db, t: t}
	k.exec(`INSERT INTO people (email, name, attributes)
		SELECT 'p' || i || '@d' || i % 50 || '.example.com', 'Person ' || i, jsonb_build_object('team', 't' || i % 20) FROM generate_series(1, $1::int) i`, people)
	k.program = k.id(`INSERT INTO programs (name, color) VALUES ('Coffee', '#0072b2') RETURNING id`)
	k.schedule = k.id(`INSERT INTO schedules (program_id, kind, anchor_wall, opt_in_wall, match_wall, timezone, every_weeks)
		VALUES ($1, 'automatic', '2026-06-04 10:00', '2026-06-04 10:00', '2026-06-10 10:00', 'Europe/Paris', 1) RETURNING id`, k.program)
	return k
}

// round makes a planned round that opened a minute ago and whose answers close in two days, then changes it.
func (k *roundKit) round(set string, args ...any) int64 {
	id := k.id(`INSERT INTO rounds (program_id, schedule_id, ordinal, kind, participation, review, at_deadline, timezone,
			opens_at, remind_at, answers_close_at, match_at, check_in_at)
		SELECT $1, $2, count(*), 'automatic', 'ask', false, 'send', 'Europe/Paris',
			now() - interval '1 minute', now() + interval '1 day', now() + interval '2 days', now() + interval '2 days', now() + interval '5 days'
		FROM rounds RETURNING id`, k.program, k.schedule)
	if set != "" {
		k.set(id, set, args...)
	}
	return id
}

// set changes the row of a round as an admin or the passing of time would. Its arguments are numbered from $2.
func (k *roundKit) set(round int64, set string, args ...any) {
	k.exec(`UPDATE rounds SET `+set+` WHERE id = $1`, append([]any{round}, args...)...)
}

func (k *roundKit) exec(sql string, args ...any) {
	k.t.Helper()
	_, err := k.Pool().Exec(context.Background(), sql, args...)
	require.NoError(k.t, err)
}

func (k *roundKit) id(sql string, args ...any) int64 { return scanOne[int64](k, sql, args...) }

func scanOne[T any](k *roundKit, sql string, args ...any) T {
	k.t.Helper()
	var v T
	require.NoError(k.t, k.Pool().QueryRow(context.Background(), sql, args...).Scan(&v))
	return v
}

func (k *roundKit) state(round int64) store.RoundState {
	k.t.Helper()
	s, err := k.RoundState(context.Background(), round)
	require.NoError(k.t, err)
	return s
}

// answer gives the same answer for everybody from one id to another.
func (k *roundKit) answer(round int64, text string, from, to int64) store.Answered {
	k.t.Helper()
	var all []store.OptInAnswer
	for id := from; id <= to; id++ {
		all = append(all, store.OptInAnswer{PersonID: id, Answer: text})
	}
	done, _, err := k.Answer(context.Background(), round, store.FromAPI, all)
	require.NoError(k.t, err)
	return done
}

// answered makes a round that so many people said yes to, and closes its answers.
func (k *roundKit) answered(set string, people int) int64 {
	k.t.Helper()
	round := k.round(set)
	require.NoError(k.t, k.OpenRound(bg, round))
	k.answer(round, "yes", 1, int64(people))
	k.past(round, "answers_close_at")
	require.NoError(k.t, k.CloseAnswers(bg, round))
	return round
}

// match does what the activity does.
func (k *roundKit) match(round int64) {
	k.t.Helper()
	ctx := bg
	problem, due, err := k.BeginMatching(ctx, round)
	require.NoError(k.t, err)
	require.True(k.t, due)
	made, err := matching.Solve(ctx, problem)
	require.NoError(k.t, err)
	require.NoError(k.t, k.StoreGroups(ctx, round, made))
}

// past makes an instant of a round due.
func (k *roundKit) past(round int64, column string) {
	k.set(round, column+` = now() - interval '1 second'`)
}

var bg = context.Background()
