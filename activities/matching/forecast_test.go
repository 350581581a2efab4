package matching

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func predict(t require.TestingT, p Problem, rounds int, participation float64) Forecast {
	f, err := Predict(context.Background(), p, ForecastOptions{rounds, participation})
	require.NoError(t, err)
	return f
}

// While everybody has not met at least half of the others, all can be paired with somebody new (Dirac 1952), and after
// n-1 rounds everybody has met everybody.
func TestForecastOfFirstRepeats(t *testing.T) {
	for _, n := range []int{4, 6, 10, 20} {
		for seed := range uint64(5) {
			f := predict(t, Problem{Members: members(n), GroupSize: 2, Seed: seed, Rules: []Rule{{Kind: KindNoRepeat}}}, n+1, 1)
			require.Greater(t, f.FirstRepeat, n/2)
			require.LessOrEqual(t, f.FirstRepeat, n)
			require.Equal(t, f.FirstRepeat, f.FirstUnavoidable, "every round of pairs is exact: what it repeats is needed")
			for i, r := range f.Rounds {
				require.True(t, r.Exact)
				require.Equal(t, i+1 >= f.FirstRepeat, r.Repeats > 0 || i+1 > f.FirstRepeat, "round %d", i+1)
			}
			if f.FirstRepeat == n {
				require.Equal(t, n/2, f.Rounds[n-1].Unavoidable, "all have met all")
			}
		}
	}
}

// Groups are not proven, but who has met everybody meets somebody again.
func TestForecastOfGroupsKnowsWhoHasMetAll(t *testing.T) {
	f := predict(t, Problem{Members: members(6), GroupSize: 3, Rules: []Rule{{Kind: KindNoRepeat}}}, 8, 1)
	require.Equal(t, 2, f.FirstRepeat, "three of six cannot be of two groups of three")
	last := f.Rounds[7]
	require.Equal(t, []int{6, 6, 6}, []int{last.Pairs, last.Repeats, last.Unavoidable})

	f = predict(t, Problem{Members: members(16), GroupSize: 4}, 12, 1)
	require.LessOrEqual(t, f.FirstUnavoidable, 12)
	require.Positive(t, f.FirstUnavoidable, "15 others, 3 a round: with no rule at all somebody has met most after 11")
}

func TestForecastOfOddOnes(t *testing.T) {
	p := Problem{Members: members(5), GroupSize: 2, Rules: []Rule{{Kind: KindNoRepeat}}}
	f := predict(t, p, 5, 1)
	for _, r := range f.Rounds {
		require.Len(t, r.Odd, 3)
		require.True(t, slices.IsSorted(r.Odd))
		require.Equal(t, []int{5, 2, 4}, []int{r.Grouped, r.Groups, r.Pairs})
	}
	require.Equal(t, []int{3, 3}, []int{f.OddLeast, f.OddMost}, "everybody as often as the others")
	p.OddBefore = map[ID]int{1: 1, 2: 1, 99: 7}
	f = predict(t, p, 1, 1)
	require.Equal(t, []ID{3, 4, 5}, f.Rounds[0].Odd)
	require.Equal(t, []int{1, 1}, []int{f.OddLeast, f.OddMost})
	require.Equal(t, map[ID]int{1: 1, 2: 1, 99: 7}, p.OddBefore, "the problem is not touched")
}

func TestForecastOfStarving(t *testing.T) {
	p := Problem{
		Members: with(4, "role", "mentor", "mentee", "mentee", "mentee"), GroupSize: 2,
		Rules: []Rule{{Kind: KindDifferent, Attribute: "role", Hard: true}, {Kind: KindNoRepeat}},
		Never: []Pair{{1, 4}},
	}
	f := predict(t, p, 6, 1)
	require.Equal(t, []Starving{{ID: 4, TookPart: 6, Unmatched: 6}, {ID: 2, TookPart: 6, Unmatched: 3}, {ID: 3, TookPart: 6, Unmatched: 3}}, f.Starving)
	require.Equal(t, CodeBlocked, f.Rounds[0].Unmatched[1].Code)
	require.Equal(t, 3, f.FirstRepeat)
	require.Zero(t, predict(t, p, 2, 1).FirstRepeat)

	p = Problem{Members: members(4), GroupSize: 2, Rules: []Rule{{Kind: KindNoRepeat, Hard: true}}}
	f = predict(t, p, 4, 1)
	require.Zero(t, f.FirstRepeat, "rather nobody meets")
	require.Len(t, f.Starving, 4)
	require.Equal(t, KindNoRepeat, f.Rounds[3].Unmatched[0].Kind)
}

// In some modes people are in several groups of a round, or in it whenever they are there.
func TestForecastOfModes(t *testing.T) {
	f := predict(t, Problem{Members: members(7), GroupSize: 2, Mode: ModeMystery, Rules: []Rule{{Kind: KindNoRepeat}}}, 4, 1)
	for _, r := range f.Rounds {
		require.Equal(t, []int{7, 7, 7}, []int{r.Grouped, r.Groups, r.Pairs})
	}
	require.Positive(t, f.FirstUnavoidable, "28 of 21 pairs")
	f = predict(t, Problem{Members: members(13), GroupSize: 3, Mode: ModeLottery, Fixed: []ID{5}}, 6, 0.3)
	for _, r := range f.Rounds {
		require.Len(t, r.Unmatched, r.Participants-r.Grouped)
	}
	require.False(t, slices.ContainsFunc(f.Starving, func(s Starving) bool { return s.ID == 5 }), "is always in the group")
	f = predict(t, Problem{
		Members: mentoring(2, 4), GroupSize: 2, Mode: ModeCompose, Rules: []Rule{{Kind: KindNoRepeat}},
		Seats: Seats{Attribute: "role", Of: []Seat{{"mentor", 1}, {"mentee", 1}}, Rematch: 2},
	}, 3, 1)
	require.Equal(t, []int{6, 4}, []int{f.Rounds[0].Grouped, f.Rounds[0].Groups})
	require.Equal(t, []int{3, 3, 4}, []int{f.FirstRepeat, f.FirstUnavoidable, f.Rounds[2].Unavoidable}, "each has met both mentors")
}

func TestForecastOfNobody(t *testing.T) {
	f := predict(t, Problem{GroupSize: 2}, 3, 0.5)
	require.Len(t, f.Rounds, 3)
	require.Equal(t, ForecastRound{Exact: true, Broken: []int{}, Unmatched: []Unmatched{}}, f.Rounds[0])
	f = predict(t, Problem{Members: members(1), GroupSize: 2}, 2, 1)
	require.Equal(t, []Starving{{ID: 1, TookPart: 2, Unmatched: 2}}, f.Starving)
	require.Equal(t, CodeAlone, f.Rounds[1].Unmatched[0].Code)
}

func TestForecastDrawsTheShareAsked(t *testing.T) {
	p := Problem{Members: members(4000), GroupSize: 4, Seed: 5}
	few, many := predict(t, p, 3, 0.3), predict(t, p, 3, 0.6)
	for i := range few.Rounds {
		require.InDelta(t, 1200, few.Rounds[i].Participants, 120)
		require.InDelta(t, 2400, many.Rounds[i].Participants, 130)
	}
	require.NotEqual(t, few.Rounds[0].Participants, few.Rounds[1].Participants, "drawn for each round")
}

func TestForecastAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t, 16, 2, 3, 4)
		if len(p.Members) > 1 {
			p.Pinned = [][]ID{{p.Members[0].ID, p.Members[1].ID}}
		}
		rounds, share := rapid.IntRange(1, 6).Draw(t, "rounds"), rapid.Float64Range(0.05, 1).Draw(t, "share")
		before := toJSON(t, p)
		f := predict(t, p, rounds, share)
		require.Equal(t, before, toJSON(t, p), "the problem is not touched")
		require.Equal(t, f, predict(t, shuffled(p, 1), rounds, share), "the order of the input decides nothing")
		require.Equal(t, f.Rounds[:1], predict(t, p, 1, share).Rounds, "later rounds do not change earlier ones")
		p.Pinned, p.Forbidden = nil, nil
		require.Equal(t, f, predict(t, p, rounds, share), "what is of one round does not count")
		checkForecast(t, p, f)
	})
}

func checkForecast(t require.TestingT, p Problem, f Forecast) {
	left, took, most := 0, 0, 0
	first := func(of func(ForecastRound) int) int {
		return 1 + slices.IndexFunc(f.Rounds, func(r ForecastRound) bool { return of(r) > 0 })
	}
	for _, r := range f.Rounds {
		require.Equal(t, r.Participants, r.Grouped+len(r.Unmatched))
		require.LessOrEqual(t, r.Unavoidable, r.Repeats)
		require.LessOrEqual(t, r.Repeats, r.Pairs)
		for i, rule := range p.Rules {
			switch {
			case rule.Hard && p.Mode != ModeCross:
				require.Zero(t, r.Broken[i])
			case rule.Kind == KindNoRepeat:
				require.Equal(t, r.Repeats, r.Broken[i])
			}
		}
		left, took = left+len(r.Unmatched), took+r.Participants
	}
	require.Equal(t, first(func(r ForecastRound) int { return r.Repeats }), f.FirstRepeat)
	require.Equal(t, first(func(r ForecastRound) int { return r.Unavoidable }), f.FirstUnavoidable)
	for _, s := range f.Starving {
		require.Positive(t, s.Unmatched)
		require.LessOrEqual(t, s.Unmatched, s.TookPart)
		left, took = left-s.Unmatched, took-s.TookPart
		most = max(most, s.Unmatched)
	}
	require.Zero(t, left)
	require.GreaterOrEqual(t, took, 0)
	require.LessOrEqual(t, f.OddLeast, f.OddMost)
	require.LessOrEqual(t, most, f.OddMost)
}

// What is remembered is what a look through all rounds would find.
func TestForecastRemembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t, 12, 2, 3)
		s, err := newSimulation(p, rapid.Float64Range(0.3, 1).Draw(t, "share"))
		require.NoError(t, err)
		rounds := rapid.IntRange(0, 6).Draw(t, "rounds")
		met, odd := map[Pair]Meeting{}, map[ID]int{}
		for _, m := range p.Met {
			if m.Times > 0 {
				a, b := min(m.A, m.B), max(m.A, m.B)
				met[Pair{a, b}] = Meeting{a, b, m.Times, min(m.RoundsAgo, maxAgo) + rounds}
			}
		}
		for id, times := range p.OddBefore {
			odd[id] = times
		}
		seen := map[ID]bool{}
		for _, m := range met {
			seen[m.A], seen[m.B] = true, true
		}
		for no := 1; no <= rounds; no++ {
			s.begin(no)
			made, err := Solve(context.Background(), s.p)
			require.NoError(t, err)
			s.record(made, s.judge(made).Odd)
			var turns []int // of those who took part before
			for _, m := range s.p.Members {
				if seen[m.ID] {
					turns = append(turns, odd[m.ID])
				}
			}
			for _, m := range s.p.Members {
				if !seen[m.ID] && len(turns) > 0 {
					odd[m.ID] += slices.Min(turns)
				}
				seen[m.ID] = true
			}
			for _, g := range made.Groups {
				for i, b := range g.Members {
					for _, a := range g.Members[:i] {
						met[Pair{a, b}] = Meeting{a, b, met[Pair{a, b}].Times + 1, 1 + rounds - no}
					}
					odd[b] += int(one(g.Odd))
				}
			}
			for _, u := range made.Unmatched {
				odd[u.ID]++
			}
		}
		require.ElementsMatch(t, slices.Collect(maps.Values(met)), s.p.Met)
		for id, times := range odd {
			require.Equal(t, times, s.p.OddBefore[id])
		}
	})
}

// No assignment of as many people, as fair and as good in what outranks the rule, repeats less than is said to be needed.
func TestForecastProvesWhatIsUnavoidable(t *testing.T) {
	proven, more := 0, 0
	for range 5 {
		rapid.Check(t, func(t *rapid.T) {
			p := drawProblem(t, 7, 2)
			p.Forbidden = nil
			r := predict(t, p, 1, 1).Rounds[0]
			if r.Unavoidable == 0 {
				return
			}
			proven++
			if r.Unavoidable > 1 {
				more++
			}
			p.Seed = mix(mix(p.Seed) + 1)
			made, err := Solve(context.Background(), p)
			require.NoError(t, err)
			above := slices.IndexFunc(Levels(p.Rules), func(l Level) bool { return l.Unit == UnitTimes })
			eachAssignment(t, p, func(res Result) {
				s := res.Score
				bar := made.Score
				s.Costs, bar.Costs = s.Costs[:max(above, 0)], bar.Costs[:max(above, 0)]
				if s.OddRank > above { // turns do not outrank the rule
					s.Odd, s.OddRank, bar.Odd, bar.OddRank = 0, 0, 0, 0
				}
				if oddGroups(res) > oddGroups(made) || s.Compare(bar) > 0 {
					return
				}
				require.GreaterOrEqual(t, acquainted(p, res), r.Unavoidable, "%s", toJSON(t, res))
			})
		})
	}
	t.Logf("%d rounds with repeats proven unavoidable, %d with more than one", proven, more)
	require.Greater(t, proven, more)
	require.Positive(t, more)
}

func oddGroups(res Result) (n int) {
	for _, g := range res.Groups {
		n += int(one(g.Odd))
	}
	return n
}

func acquainted(p Problem, res Result) (n int) {
	met := map[Pair]bool{}
	for _, m := range p.Met {
		met[Pair{m.A, m.B}], met[Pair{m.B, m.A}] = m.Times > 0, m.Times > 0
	}
	for _, g := range res.Groups {
		for i, a := range g.Members {
			for _, b := range g.Members[:i] {
				n += int(one(met[Pair{a, b}]))
			}
		}
	}
	return n
}

// eachAssignment tries all groups of two and three, and nobody's.
func eachAssignment(t require.TestingT, p Problem, found func(Result)) {
	var groups [][]ID
	var place func(i int)
	place = func(i int) {
		if i == len(p.Members) {
			res, err := Evaluate(p, slices.DeleteFunc(slices.Clone(groups), func(g []ID) bool { return len(g) < 2 }))
			require.NoError(t, err)
			found(res)
			return
		}
		for g := range groups {
			if len(groups[g]) < 3 {
				groups[g] = append(groups[g], p.Members[i].ID)
				place(i + 1)
				groups[g] = groups[g][:len(groups[g])-1]
			}
		}
		groups = append(groups, []ID{p.Members[i].ID})
		place(i + 1)
		groups = groups[:len(groups)-1]
	}
	place(0)
}

func TestForecastRefusals(t *testing.T) {
	good := ForecastOptions{Rounds: 1, Participation: 1}
	for _, c := range []struct {
		p     Problem
		o     ForecastOptions
		code  InvalidCode
		field string
	}{
		{Problem{GroupSize: 2}, ForecastOptions{0, 1}, InvalidRange, "rounds"},
		{Problem{GroupSize: 2}, ForecastOptions{MaxForecastRounds + 1, 1}, InvalidRange, "rounds"},
		{Problem{GroupSize: 2}, ForecastOptions{1, 0}, InvalidRange, "participation"},
		{Problem{GroupSize: 2}, ForecastOptions{1, 1.01}, InvalidRange, "participation"},
		{Problem{GroupSize: 2}, ForecastOptions{1, math.NaN()}, InvalidRange, "participation"},
		{Problem{GroupSize: 1}, good, InvalidGroupSize, "group_size"},
		{Problem{GroupSize: 2, Met: []Meeting{{A: 1, B: 1}}}, good, InvalidSelfPair, "met[0]"},
		{Problem{GroupSize: 2, Members: []Member{{ID: 1}, {ID: 1}}}, good, InvalidDuplicate, "members[1]"},
	} {
		_, err := Predict(context.Background(), c.p, c.o)
		require.ErrorIs(t, err, ErrInvalid)
		var why *InvalidError
		require.ErrorAs(t, err, &why)
		require.Equal(t, InvalidError{c.code, c.field}, *why)
	}
}

func TestForecastOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := healed(drawHostile(t))
		f, err := Predict(context.Background(), p, ForecastOptions{3, 0.9})
		if err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			return
		}
		checkForecast(t, p, f)
	})
}

func TestForecastCancelled(t *testing.T) {
	for _, asked := range []int{0, 3, 10} {
		_, err := Predict(countdown{context.Background(), &asked}, company(100, 5, 0.4, 1), ForecastOptions{52, 0.8})
		require.ErrorIs(t, err, context.Canceled)
	}
}

func BenchmarkPredict(b *testing.B) {
	for _, c := range []struct {
		n, k, rounds, history int
		share                 float64
	}{
		{1000, 2, 12, 0, 1},
		{1000, 2, 12, 26, 1},
		{1000, 2, 12, 26, 0.7},
		{1000, 4, 12, 26, 1},
		{1000, 2, 52, 26, 1},
		{5000, 2, 52, 26, 1},
		{130_000, 2, 2, 26, 1},
	} {
		b.Run(fmt.Sprintf("n=%d/k=%d/rounds=%d/history=%d/share=%v", c.n, c.k, c.rounds, c.history, c.share), func(b *testing.B) {
			p := company(c.n, c.history, 0.4, 1)
			p.GroupSize, p.Rules = c.k, []Rule{{Kind: KindNoRepeat}, {Kind: KindDifferent, Attribute: "team"}}
			for b.Loop() {
				predict(b, p, c.rounds, c.share)
			}
		})
	}
}
