package matching

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A market that looks at some pairs finds what looking at all pairs does, and its bound never exceeds that.
func TestMarketFindsWhatAllPairsDo(t *testing.T) {
	proven, all := 0, 0
	for range 10 {
		rapid.Check(t, func(t *rapid.T) {
			p := drawProblem(t, 40, 2)
			p.Pinned = nil
			in, err := newInstance(&p)
			require.NoError(t, err)
			people := in.free()
			if len(people) == 0 {
				return
			}
			g := newGraph(in, people)
			_, want, _, err := g.pairs(context.Background(), task{alone: func(i int) wide { return in.oddCost(people[i]) }})
			require.NoError(t, err)
			want = in.total(t, g, want)
			k := in.newMarket(people, newRandom(p.Seed, 9), in.oddCost)
			pairs, err := k.pairs(context.Background(), nil)
			require.NoError(t, err)
			cost, met := wide{}, map[int32]bool{}
			for _, pair := range pairs {
				require.True(t, in.allowed(pair[0], pair[1]))
				cost = cost.Add(in.pairCost(pair[0], pair[1]))
				met[pair[0]], met[pair[1]] = true, true
			}
			for i, m := range people {
				if !met[m] {
					cost = cost.Add(k.leave[i])
				}
			}
			require.LessOrEqual(t, k.bound.Compare(want), 0, "the bound")
			require.LessOrEqual(t, want.Compare(cost), 0, "the optimum")
			all++
			proven += int(one(k.bound == cost))
		})
	}
	t.Logf("%d of %d proven", proven, all)
	require.Greater(t, proven, all*9/10)
}

// total is what the cheapest pairs and those left out cost, chance aside.
func (in *instance) total(t require.TestingT, g *graph, pairs wide) wide {
	left, err := g.deficiency(context.Background(), nil)
	require.NoError(t, err)
	m, err := g.match(context.Background(), nil, nil, func(i, j int) wide {
		unit := unitOf(in)
		return unit.Add(unit).Add(in.oddCost(g.people[i])).Add(in.oddCost(g.people[j])).Sub(g.between(i, j))
	})
	require.NoError(t, err)
	sum := pairs.Clear(in.pack.chanceBits)
	for i, mate := range m.Mate {
		if mate < 0 {
			left--
			sum = sum.Add(unitOf(in)).Add(in.oddCost(g.people[i]))
		}
	}
	require.Zero(t, left)
	return sum
}

func unitOf(in *instance) wide { return in.newMarket([]int32{0}, newRandom(1, 1), nil).leave[0] }

func TestLargeRoundsAreProven(t *testing.T) {
	for _, c := range []struct {
		name  string
		n     int
		rules []Rule
		exact bool
	}{
		{"nothing to break", 3000, []Rule{{Kind: KindNoRepeat}, {Kind: KindDifferent, Attribute: "team"}}, true},
		{"one over", 3001, []Rule{{Kind: KindNoRepeat}, {Kind: KindDifferent, Attribute: "team"}}, true},
		{"some must break", 3000, []Rule{{Kind: KindNoRepeat}, {Kind: KindSame, Attribute: "team"}}, true},
		{"hard rules leave some out", 3000, []Rule{{Kind: KindDifferent, Attribute: "team", Hard: true}, {Kind: KindNoRepeat}}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := company(c.n, 12, 0.65, 1)
			p.Rules = c.rules
			res, err := Solve(context.Background(), p)
			require.NoError(t, err)
			requirePartition(t, p, res)
			t.Logf("score %v, bound %v", res.Score, res.Bound)
			require.Equal(t, c.exact, res.Exact)
			if res.Exact {
				require.Zero(t, res.Gap)
			}
		})
	}
}
