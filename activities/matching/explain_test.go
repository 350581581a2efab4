package matching

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPriceOfARule(t *testing.T) {
	// Four of team x and two of y: somebody must meet their own team.
	p := Problem{
		GroupSize: 2, Seed: 1, Members: with(6, "team", "x", "x", "x", "x", "y", "y"),
		Rules: []Rule{{Kind: KindNoRepeat}, {Kind: KindDifferent, Attribute: "team"}},
		Met:   []Meeting{{A: 1, B: 2, Times: 1, RoundsAgo: 3}, {A: 1, B: 3, Times: 1, RoundsAgo: 3}},
	}
	res, err := Solve(context.Background(), p)
	require.NoError(t, err)
	broken := 0
	for g, group := range res.Groups {
		prices, err := PriceOf(context.Background(), p, groupsOf(res), g)
		require.NoError(t, err)
		if group.Score.Costs[2] == 0 {
			require.Empty(t, prices)
			continue
		}
		broken++
		require.Len(t, prices, 1)
		require.Equal(t, KindDifferent, prices[0].Kind)
		require.True(t, prices[0].Exact)
		require.Zero(t, prices[0].Change.Costs[2], "two others would meet their own team")
	}
	require.Equal(t, 1, broken)

	// Kept apart, one of a pair can only be left out.
	alone := Problem{GroupSize: 2, Members: with(2, "team", "x", "x"), Rules: []Rule{{Kind: KindDifferent, Attribute: "team"}}}
	prices, err := PriceOf(context.Background(), alone, [][]ID{{1, 2}}, 0)
	require.NoError(t, err)
	require.Equal(t, 2, prices[0].Change.Unmatched)
}

func TestRemedyOf(t *testing.T) {
	mentors := Problem{
		GroupSize: 2, Members: with(4, "role", "mentor", "mentee", "mentee", "mentee"),
		Rules: []Rule{{Kind: KindDifferent, Attribute: "role", Hard: true}},
	}
	never := Problem{GroupSize: 2, Members: members(2), Never: []Pair{{1, 2}}}
	over := Problem{GroupSize: 2, Leftover: LeftoverOut, Members: members(3)}
	both := Problem{
		GroupSize: 2, Members: with(2, "role", "x", "x"), Never: []Pair{{1, 2}},
		Rules: []Rule{{Kind: KindDifferent, Attribute: "role", Hard: true}},
	}
	composed := Problem{
		GroupSize: 2, Mode: ModeCompose, Seats: Seats{Attribute: "role", Of: []Seat{{"mentor", 1}, {"mentee", 1}}},
		Members: with(2, "role", "mentor", "mentee"), Rules: []Rule{{Kind: KindSame, Attribute: "team", Hard: true}},
	}
	for name, c := range map[string]struct {
		p    Problem
		want Remedy
	}{
		"composed": {composed, Remedy{Kind: RemedyExempt, Rule: 0, RuleKind: KindSame, Attribute: "team"}},
		"exempt":   {mentors, Remedy{Kind: RemedyExempt, Rule: 0, RuleKind: KindDifferent, Attribute: "role"}},
		"pair":     {never, Remedy{Kind: RemedyPair, Rule: -1, With: 2}},
		"all":      {both, Remedy{Kind: RemedyAll, Rule: -1}},
		"more":     {over, Remedy{Kind: RemedyOneMore, Rule: -1}},
	} {
		res, err := Solve(context.Background(), c.p)
		require.NoError(t, err, name)
		got, err := RemedyOf(context.Background(), c.p, res.Score, res.Unmatched[0].ID)
		require.NoError(t, err, name)
		require.Less(t, got.Score.Unmatched, res.Score.Unmatched, name)
		got.Score = Score{}
		require.Equal(t, c.want, got, name)
	}
	_, err := RemedyOf(context.Background(), never, Score{}, 99)
	require.ErrorIs(t, err, ErrInvalid)
}

func TestBoardAgreesWithEvaluate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t, 14, 2, 3, 4)
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		if len(p.Members) < 2 {
			return
		}
		groups := groupsOf(res)
		b, err := NewBoard(p, groups)
		require.NoError(t, err)
		draw := func(name string) ID { return p.Members[rapid.IntRange(0, len(p.Members)-1).Draw(t, name)].ID }
		x, y := draw("x"), draw("y")
		change, err := b.Swap(x, y)
		require.NoError(t, err)
		exchanged := make([][]ID, len(groups))
		for g, group := range groups {
			for _, id := range group {
				switch id {
				case x:
					id = y
				case y:
					id = x
				}
				exchanged[g] = append(exchanged[g], id)
			}
		}
		after, err := Evaluate(p, exchanged)
		require.NoError(t, err)
		require.Equal(t, after.Score.Minus(res.Score), change)
		offers, err := b.Swaps(x, 3)
		require.NoError(t, err)
		for i, o := range offers {
			again, err := b.Swap(x, o.With)
			require.NoError(t, err)
			require.Equal(t, again, o.Change)
			if i > 0 {
				require.LessOrEqual(t, offers[i-1].Change.Compare(o.Change), 0)
			}
			if res.Exact {
				require.GreaterOrEqual(t, o.Change.Compare(Score{Costs: make([]int64, len(o.Change.Costs))}), 0, "nothing is better than the best")
			}
		}
	})
}
