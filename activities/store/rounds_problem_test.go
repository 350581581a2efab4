package store

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/matching"
)

// What is packed comes out again, whatever its size: a replay depends on it.
func TestProblemsArePackedWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(1, 1<<62)
		people := rapid.IntRange(0, 2*problemChunk+1).Draw(t, "people")
		p := matching.Problem{GroupSize: rapid.IntRange(2, 8).Draw(t, "size"), Seed: rapid.Uint64Range(0, 1<<63-1).Draw(t, "seed")}
		start, value := id.Draw(t, "start"), rapid.String().Draw(t, "value")
		for i := range people {
			p.Members = append(p.Members, matching.Member{ID: start - int64(i), Attributes: map[string]string{"team": value}})
			p.Met = append(p.Met, matching.Meeting{A: start, B: start - int64(i), Times: i, RoundsAgo: 1})
		}
		p.Rules = []matching.Rule{{Kind: matching.KindSame, Attribute: value, Hard: true}}
		p.Never = rapid.SliceOf(rapid.Custom(func(t *rapid.T) matching.Pair { return matching.Pair{A: id.Draw(t, "a"), B: id.Draw(t, "b")} })).Draw(t, "never")
		p.Wishes = []matching.Wish{{From: 1, To: 2, Rank: 3}, {From: 2, To: 1, Avoid: true, Rank: 1}}
		p.OddBefore = rapid.MapOf(id, rapid.IntRange(1, 9)).Draw(t, "odd")
		packed, err := packProblem(p)
		require.NoError(t, err)
		got, err := unpackProblem(packed)
		require.NoError(t, err)
		require.Equal(t, p, got)
	})
}

func TestDamagedProblemsAreErrors(t *testing.T) {
	t.Parallel()
	packed, err := packProblem(matching.Problem{Members: []matching.Member{{ID: 1}, {ID: 2}}})
	require.NoError(t, err)
	for cut := range packed {
		_, err := unpackProblem(packed[:cut])
		require.Error(t, err)
	}
}
