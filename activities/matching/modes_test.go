package matching

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// mentoring is so many mentors and mentees.
func mentoring(mentors, mentees int) []Member {
	list := members(mentors + mentees)
	for i := range list {
		role := "mentee"
		if i < mentors {
			role = "mentor"
		}
		list[i].Attributes = map[string]string{"role": role, "team": fmt.Sprint(i % 7)}
	}
	return list
}

// The figures are RandomCoffee's own: 41 mentors and 113 mentees.
func TestComposerRematches(t *testing.T) {
	for _, c := range []struct {
		rematch, unmatched int
		times              map[int]int // mentors by number of groups
	}{
		{0, 72, map[int]int{1: 41}},
		{1, 72, map[int]int{1: 41}},
		{2, 31, map[int]int{2: 41}},
		{-1, 0, map[int]int{2: 10, 3: 31}},
	} {
		p := Problem{
			GroupSize: 2, Mode: ModeCompose, Members: mentoring(41, 113), Seed: 3, Rules: []Rule{{Kind: KindNoRepeat}},
			Seats: Seats{Attribute: "role", Of: []Seat{{"mentor", 1}, {"mentee", 1}}, Rematch: c.rematch},
		}
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		requirePartition(t, p, res)
		require.Len(t, res.Unmatched, c.unmatched)
		require.True(t, res.Exact)
		mentors, times := map[ID]int{}, map[int]int{}
		for _, g := range res.Groups {
			require.LessOrEqual(t, g.Members[0], ID(41))
			require.Greater(t, g.Members[1], ID(41))
			mentors[g.Members[0]]++
		}
		for _, n := range mentors {
			times[n]++
		}
		require.Equal(t, c.times, times)
	}
}

func TestComposerSeatsLargerGroups(t *testing.T) {
	p := Problem{
		GroupSize: 4, Mode: ModeCompose, Members: mentoring(11, 40), Seed: 3, Rules: []Rule{{Kind: KindDifferent, Attribute: "team"}},
		Seats: Seats{Attribute: "role", Of: []Seat{{"mentor", 1}, {"mentee", 3}}},
	}
	res, err := Solve(context.Background(), p)
	require.NoError(t, err)
	requirePartition(t, p, res)
	require.Len(t, res.Groups, 11)
	require.Len(t, res.Unmatched, 7)
	require.Zero(t, res.Score.Costs[0], "nobody meets their own team")
}

func TestComposerKnowsNoSeatForOthers(t *testing.T) {
	p := Problem{
		GroupSize: 2, Mode: ModeCompose, Members: mentoring(2, 2), Seed: 3,
		Seats: Seats{Attribute: "role", Of: []Seat{{"mentor", 1}, {"expert", 1}}},
	}
	res, err := Solve(context.Background(), p)
	require.NoError(t, err)
	require.Empty(t, res.Groups)
	require.Equal(t, CodeNoSeat, res.Unmatched[3].Code)
}

func TestMysteryGivesAndGets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "members")
		p := Problem{GroupSize: 2, Mode: ModeMystery, Members: members(n), Seed: rapid.Uint64().Draw(t, "seed"), Rules: []Rule{{Kind: KindNoRepeat}}}
		for range rapid.IntRange(0, n/4).Draw(t, "never") {
			if a, b := rapid.IntRange(1, n).Draw(t, "a"), rapid.IntRange(1, n).Draw(t, "b"); a != b {
				p.Never = append(p.Never, Pair{ID(a), ID(b)})
			}
		}
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		requirePartition(t, p, res)
		to, from := map[ID]ID{}, map[ID]ID{}
		for _, g := range res.Groups {
			require.Zero(t, to[g.Members[0]])
			require.Zero(t, from[g.Members[1]])
			to[g.Members[0]], from[g.Members[1]] = g.Members[1], g.Members[0]
		}
		if n > 12 && len(p.Never) == 0 {
			require.Len(t, to, n)
			for a, b := range to {
				require.NotEqual(t, a, to[b], "who gives and gets have different partners")
			}
		}
	})
}

func TestLotteryDrawsInTurn(t *testing.T) {
	p := Problem{GroupSize: 3, Mode: ModeLottery, Members: members(13), Fixed: []ID{5}, OddBefore: map[ID]int{}}
	drawn := map[ID]int{}
	for round := range 8 {
		p.Seed = uint64(round)
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		requirePartition(t, p, res)
		require.Len(t, res.Groups, 1)
		require.Len(t, res.Groups[0].Members, 4)
		require.Contains(t, res.Groups[0].Members, ID(5))
		for _, m := range res.Groups[0].Members {
			drawn[m]++
		}
		for _, u := range res.Unmatched {
			require.Equal(t, CodeNotDrawn, u.Code)
			p.OddBefore[u.ID]++
		}
		least, most := 100, 0
		for _, m := range p.Members {
			if m.ID != 5 {
				least, most = min(least, drawn[m.ID]), max(most, drawn[m.ID])
			}
		}
		require.LessOrEqual(t, most-least, 1, "nobody is drawn twice before everybody once")
	}
}

func TestCrossGroupsLeavesNobodyOut(t *testing.T) {
	list := members(100)
	for i := range list {
		list[i].Attributes = map[string]string{"team": "marketing"}
		if i < 10 {
			list[i].Attributes["team"] = "communication"
		}
	}
	p := Problem{GroupSize: 2, Mode: ModeCross, Members: list, Seed: 1, Rules: []Rule{{Kind: KindDifferent, Attribute: "team", Hard: true}}}
	res, err := Solve(context.Background(), p)
	require.NoError(t, err)
	requirePartition(t, p, res)
	require.Empty(t, res.Unmatched)
	require.True(t, res.Exact)
	require.Equal(t, int64(40), res.Score.Costs[0], "10 pairs across, the other 80 among themselves")
}

func TestLeftovers(t *testing.T) {
	for _, c := range []struct {
		n, k int
		left Leftover
		want []int // sizes, the larger first
		out  int
	}{
		{7, 3, LeftoverLarger, []int{4, 3}, 0},
		{7, 3, LeftoverSmaller, []int{3, 2, 2}, 0},
		{7, 3, LeftoverOut, []int{3, 3}, 1},
		{9, 4, LeftoverSmaller, []int{3, 3, 3}, 0},
		{5, 2, LeftoverSmaller, []int{3, 2}, 0},
		{5, 2, LeftoverOut, []int{2, 2}, 1},
		{2, 3, LeftoverOut, nil, 2},
		{301, 2, LeftoverOut, slices.Repeat([]int{2}, 150), 1},
	} {
		p := Problem{GroupSize: c.k, Leftover: c.left, Members: members(c.n), Seed: 1, OddBefore: map[ID]int{1: 1, 2: 1}}
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		requirePartition(t, p, res)
		var sizes []int
		for _, g := range res.Groups {
			sizes = append(sizes, len(g.Members))
		}
		slices.Sort(sizes)
		slices.Reverse(sizes)
		require.Equal(t, c.want, sizes, "%v", c)
		require.Len(t, res.Unmatched, c.out)
		for _, u := range res.Unmatched {
			require.True(t, u.ID > 2 || c.n == 2, "who was left out before is not again")
		}
	}
}

func TestRulesOnValues(t *testing.T) {
	list := with(6, "role", "a", "a", "b", "b", "c", "c")
	for _, c := range []struct {
		rule Rule
		want []int64
	}{
		{Rule{Kind: KindBetween, Attribute: "role", Value: "a", OtherValue: "b"}, []int64{1}},
		{Rule{Kind: KindWith, Attribute: "role", Value: "a", OtherValue: "c"}, []int64{0}},
		{Rule{Kind: KindApart, Attribute: "role", Value: "a", OtherValue: "b"}, []int64{0}},
		{Rule{Kind: KindFewShared, Attribute: "role"}, []int64{0}},
	} {
		p := Problem{GroupSize: 2, Members: list, Rules: []Rule{c.rule}, Seed: 4}
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		requirePartition(t, p, res)
		require.True(t, res.Exact)
		require.Equal(t, c.want, res.Score.Costs, "%v", c.rule)
		for _, g := range res.Groups {
			for _, r := range g.Reasons {
				require.NotEmpty(t, r.Text())
			}
		}
	}
}

func TestAPinnedGiftSaysNothingOfOneInReturn(t *testing.T) {
	p := Problem{GroupSize: 2, Mode: ModeMystery, Members: members(4), Pinned: [][]ID{{1, 2}}}
	res, err := Evaluate(p, [][]ID{{1, 2}, {2, 1}, {3, 4}, {4, 3}})
	require.NoError(t, err)
	require.True(t, res.Groups[0].Pinned)
	require.False(t, res.Groups[1].Pinned)
}

// Turns ranked last give way to a rule; where they are not ranked, they come first.
func TestTurnsInTheirRank(t *testing.T) {
	for _, n := range []int{5, 301} {
		p := Problem{GroupSize: 2, Members: members(n), OddBefore: map[ID]int{}, Rules: []Rule{{Kind: KindDifferent, Attribute: "team"}}}
		for i := range p.Members {
			team := fmt.Sprint(i % 3)
			if i < 5 {
				team = "00121"[i : i+1]
			}
			if i > 2 { // the first three's turn it is
				p.OddBefore[p.Members[i].ID] = 2
			}
			p.Members[i].Attributes = map[string]string{"team": team}
		}
		first, err := Solve(context.Background(), p)
		require.NoError(t, err)
		p.Rules = append(p.Rules, Rule{Kind: KindFairTurns})
		last, err := Solve(context.Background(), p)
		require.NoError(t, err)
		require.Equal(t, []any{int64(3), int64(1)}, []any{first.Score.Odd, first.Score.Costs[0]})
		require.Equal(t, n == 5, last.Exact, "who is odd in larger rounds is chosen, not proven")
		require.Equal(t, []any{int64(0), int64(5)}, []any{last.Score.Costs[0], last.Score.Odd}, n)
		for _, g := range last.Groups {
			require.Len(t, g.Reasons, 1+int(one(g.Odd)), "turns are told of odd groups only")
		}
	}
}
