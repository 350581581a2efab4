package store_test

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/matching"
	"rondo/activities/store/storetest"
)

// What a forecast asks the engine is what a round that opened now would ask.
func TestProspectIsTheProblemOfTheNextRound(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 20)
	k.exec(`UPDATE programs SET participation = 'automatic', audience = 'team != "t3"', group_size = 3, rounds_sent = 4,
		rules = '[{"kind": "different", "attribute": "team", "hard": true}]' WHERE id = $1`, k.program)
	k.exec(`UPDATE people SET snoozed_until = now() + interval '1 hour' WHERE id = 5`)
	k.exec(`INSERT INTO program_leavers (program_id, person_id) VALUES ($1, 7)`, k.program)
	k.exec(`INSERT INTO pairs_met (program_id, a, b, times, last_no) VALUES ($1, 1, 2, 2, 3), ($1, 1, 6, 1, 0), ($1, 1, 7, 1, 1), ($1 + 1, 8, 9, 1, 1)`, k.program)
	k.exec(`INSERT INTO never_pairs (program_id, a, b) VALUES ($1, 1, 4)`, k.program)
	k.exec(`INSERT INTO odd_ones (program_id, person_id, times, last_no) VALUES ($1, 2, 3, 1)`, k.program)
	k.exec(`INSERT INTO wishes (person_id, other_id, avoid, rank) VALUES (1, 2, true, 1), (1, 6, false, 2), (5, 1, false, 1)`)
	prospect, err := k.Prospect(bg, k.program, 1)
	require.NoError(t, err)
	require.False(t, prospect.Asks)

	round := k.round(`participation = 'automatic'`)
	require.NoError(t, k.OpenRound(bg, round))
	problem, due, err := k.BeginMatching(bg, round)
	require.NoError(t, err)
	require.True(t, due)
	problem.Seed = 0
	for _, p := range []*matching.Problem{&problem, &prospect.Problem} {
		slices.SortFunc(p.Members, func(a, b matching.Member) int { return cmp.Compare(a.ID, b.ID) })
		slices.SortFunc(p.Met, func(a, b matching.Meeting) int { return cmp.Compare(a.B, b.B) })
		slices.SortFunc(p.Wishes, func(a, b matching.Wish) int { return cmp.Compare(a.To, b.To) })
	}
	require.Len(t, problem.Members, 17)
	require.Len(t, problem.Met, 2)
	require.Len(t, problem.Wishes, 2)
	problem.Forbidden = prospect.Problem.Forbidden // of the round
	require.Equal(t, problem, prospect.Problem)
}

func TestProspectRefusals(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 2)
	_, err := k.Prospect(bg, 99, 1)
	require.Equal(t, "program_not_found", fault.From(err).Code)
	_, err = k.Prospect(bg, k.program, 200_000)
	require.Equal(t, "forecast_too_large", fault.From(err).Code)
	k.exec(`UPDATE programs SET archived_at = now()`)
	_, err = k.Prospect(bg, k.program, 1)
	require.Equal(t, "program_archived", fault.From(err).Code)
}
