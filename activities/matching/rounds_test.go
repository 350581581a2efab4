package matching

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// play runs rounds of a program, remembering who met and who was odd, and calls after with each.
func play(t *testing.T, p Problem, rounds int, takesPart func(round, i int) bool, after func(round int, p Problem, res Result)) {
	t.Helper()
	all := p.Members
	met := map[Pair]*Meeting{}
	p.OddBefore = map[ID]int{}
	for round := 1; round <= rounds; round++ {
		p.Seed++
		p.Members, p.Met = nil, nil
		for i, m := range all {
			if takesPart == nil || takesPart(round, i) {
				p.Members = append(p.Members, m)
			}
		}
		for _, m := range met {
			meeting := *m
			meeting.RoundsAgo = round - m.RoundsAgo
			p.Met = append(p.Met, meeting)
		}
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		requirePartition(t, p, res)
		after(round, p, res)
		for _, g := range res.Groups {
			for i, a := range g.Members {
				if g.Odd {
					p.OddBefore[a]++
				}
				for _, b := range g.Members[:i] {
					if met[Pair{b, a}] == nil {
						met[Pair{b, a}] = &Meeting{A: b, B: a}
					}
					met[Pair{b, a}].Times++
					met[Pair{b, a}].RoundsAgo = round
				}
			}
		}
		for _, u := range res.Unmatched {
			p.OddBefore[u.ID]++
		}
	}
}

func repeats(res Result) int {
	n := 0
	for _, g := range res.Groups {
		for _, r := range g.Reasons {
			if r.Kind == KindNoRepeat {
				n += r.Detail.Broken
			}
		}
	}
	return n
}

// While everybody has not met at least half of the others, all can be paired with somebody new (Dirac 1952). After
// that an answer that is exact has no avoidable repeat.
func TestRoundsHaveNoAvoidableRepeats(t *testing.T) {
	for _, n := range []int{20, 21, 50} {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint(n, "/", seed), func(t *testing.T) {
				p := Problem{
					Members: with(n, "team", teams(n, seed)...), GroupSize: 2, Seed: 1000 * seed,
					Rules: []Rule{{Kind: KindNoRepeat}, {Kind: KindDifferent, Attribute: "team"}},
				}
				total, firstRepeat := 0, 0
				play(t, p, 26, nil, func(round int, p Problem, res Result) {
					if r := repeats(res); r > 0 {
						total += r
						if firstRepeat == 0 {
							firstRepeat = round
						}
						if n%2 == 0 {
							require.Greater(t, round, n/2, "a repeat that Dirac's theorem says is avoidable")
						}
					}
					if n%2 == 0 {
						require.True(t, res.Exact)
						require.Equal(t, leastRepeats(t, p), repeats(res))
					}
					least, most := fairness(p, res)
					require.LessOrEqual(t, most-least, 1, "nobody is odd twice before everybody once")
					t.Logf("round %d: %d repeats, exact %v", round, repeats(res), res.Exact)
				})
				t.Logf("%d members: %d repeats in 26 rounds, the first in round %d", n, total, firstRepeat)
			})
		}
	}
}

// The last to be in a trio must not have met before: they are kept apart until it is their turn.
func TestTriosOfStrangers(t *testing.T) {
	for _, n := range []int{15, 21, 51} {
		for seed := range uint64(5) {
			p := Problem{Members: members(n), GroupSize: 2, Seed: 1000 * seed, Rules: []Rule{{Kind: KindNoRepeat}}}
			play(t, p, n/3, nil, func(round int, p Problem, res Result) {
				require.Zero(t, repeats(res), "%d members, round %d", n, round)
				least, most := fairness(p, res)
				require.LessOrEqual(t, most-least, 1)
			})
		}
	}
}

// leastRepeats is the fewest pairs that must repeat: what a largest matching of people who have not met leaves over.
func leastRepeats(t *testing.T, p Problem) int {
	g := &graph{people: make([]int32, len(p.Members)), row: 1}
	g.near = make([]uint64, len(p.Members))
	for i := range p.Members {
		g.near[i] = 1<<len(p.Members) - 1&^(1<<i)
	}
	for _, m := range p.Met {
		a, b := m.A-p.Members[0].ID, m.B-p.Members[0].ID
		g.near[a] &^= 1 << b
		g.near[b] &^= 1 << a
	}
	left, err := g.deficiency(context.Background(), nil)
	require.NoError(t, err)
	return left / 2
}

// fairness is how often the members were odd, this round included: least and most.
func fairness(p Problem, res Result) (least, most int) {
	odd := map[ID]int{}
	for _, m := range p.Members {
		odd[m.ID] = p.OddBefore[m.ID]
	}
	for _, g := range res.Groups {
		for _, m := range g.Members {
			if g.Odd {
				odd[m]++
			}
		}
	}
	least = 1 << 30
	for _, n := range odd {
		least, most = min(least, n), max(most, n)
	}
	return least, most
}

// teams is a team for each member: 40 % in one, the rest in four.
func teams(n int, seed uint64) []string {
	rng := rand.New(rand.NewPCG(seed, 5))
	values := make([]string, n)
	for i := range values {
		values[i] = "a"
		if rng.IntN(10) >= 4 {
			values[i] = string(rune('b' + rng.IntN(4)))
		}
	}
	return values
}

func TestRoundsOfGroups(t *testing.T) {
	for _, c := range []struct{ n, k, rounds, free int }{
		{9, 3, 4, 1}, {16, 4, 5, 1}, {24, 3, 11, 5}, {50, 4, 7, 4}, {51, 4, 6, 5}, {100, 5, 12, 10}, {30, 8, 2, 1},
	} {
		t.Run(fmt.Sprint(c.n, " in groups of ", c.k), func(t *testing.T) {
			p := Problem{Members: members(c.n), GroupSize: c.k, Rules: []Rule{{Kind: KindNoRepeat}}}
			play(t, p, c.rounds, nil, func(round int, p Problem, res Result) {
				require.Empty(t, res.Unmatched)
				if round <= c.free {
					require.Zero(t, repeats(res), "round %d", round)
				}
				least, most := fairness(p, res)
				require.LessOrEqual(t, most-least, 1)
				t.Logf("round %d: %d repeats, exact %v", round, repeats(res), res.Exact)
			})
		})
	}
}

// With people coming and going nobody is odd again while somebody there was less often.
func TestOddOnesAreTheLeastOften(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	p := Problem{Members: members(41), GroupSize: 2, Rules: []Rule{{Kind: KindNoRepeat}}}
	play(t, p, 30, func(int, int) bool { return rng.IntN(10) < 7 }, func(round int, p Problem, res Result) {
		for _, g := range res.Groups {
			if !g.Odd {
				continue
			}
			most := 0
			for _, m := range g.Members {
				most = max(most, p.OddBefore[m])
			}
			fewer := 0
			for _, m := range p.Members {
				if p.OddBefore[m.ID] < most {
					fewer++
				}
			}
			require.Less(t, fewer, 3, "round %d: three were odd less often than one of the trio", round)
		}
	})
}

// Where hard rules leave some out every time it is the turn of all, in large rounds too.
func TestLeftOutInTurn(t *testing.T) {
	for _, n := range []int{60, 1200} {
		roles := make([]string, n)
		for i := range roles {
			roles[i] = "mentor"
			if i%12 < 7 {
				roles[i] = "mentee"
			}
		}
		p := Problem{
			Members: with(n, "role", roles...), GroupSize: 2,
			Rules: []Rule{{Kind: KindDifferent, Attribute: "role", Hard: true}, {Kind: KindNoRepeat}},
		}
		times := map[ID]int{}
		play(t, p, 7, nil, func(round int, p Problem, res Result) {
			require.Len(t, res.Unmatched, n/6)
			for _, u := range res.Unmatched {
				require.Equal(t, CodeNoRoom, u.Code)
				require.Equal(t, KindDifferent, u.Kind)
				times[u.ID]++
				require.LessOrEqual(t, times[u.ID], 1+2*round/7, "member %d in round %d", u.ID, round)
			}
		})
	}
}

func TestLargeRoundHasNoAvoidableRepeats(t *testing.T) {
	for _, k := range []int{2, 3} {
		p := company(10_001, 26, 0.4, 3)
		p.GroupSize = k
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		requirePartition(t, p, res)
		require.Empty(t, res.Unmatched)
		require.Zero(t, repeats(res))
	}
}
