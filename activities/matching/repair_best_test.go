package matching

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// allPairings is every way to seat people in twos and threes, some in none.
func allPairings(people []ID) (all [][][]ID) {
	var groups [][]ID
	var place func(i int)
	place = func(i int) {
		if i == len(people) {
			made := [][]ID{}
			for _, g := range groups {
				if len(g) > 1 {
					made = append(made, slices.Clone(g))
				}
			}
			all = append(all, made)
			return
		}
		for g := range groups {
			if len(groups[g]) < 3 {
				groups[g] = append(groups[g], people[i])
				place(i + 1)
				groups[g] = groups[g][:len(groups[g])-1]
			}
		}
		groups = append(groups, []ID{people[i]})
		place(i + 1)
		groups = groups[:len(groups)-1]
	}
	place(0)
	return all
}

// newGroups counts groups that were not there.
func newGroups(before, after [][]ID) (n int) {
	for _, g := range after {
		n += int(one(!slices.ContainsFunc(before, func(b []ID) bool { return slices.Equal(b, g) })))
	}
	return n
}

func TestRepairOfPairsIsTheBestThatChangesFewest(t *testing.T) {
	worse, all := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := drawProblem(t, 8, 2)
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		if len(res.Groups) == 0 {
			return
		}
		g := res.Groups[rapid.IntRange(0, len(res.Groups)-1).Draw(t, "group")]
		gone := g.Members[rapid.IntRange(0, len(g.Members)-1).Draw(t, "leaves")]
		before := groupsOf(res)
		fixed, _, err := Repair(context.Background(), p, before, []ID{gone})
		require.NoError(t, err)
		rest := p
		rest.Members = slices.DeleteFunc(slices.Clone(p.Members), func(m Member) bool { return m.ID == gone })
		ids := []ID{}
		for _, m := range rest.Members {
			ids = append(ids, m.ID)
		}
		threes := func(r Result) (n int) {
			for _, g := range r.Groups {
				n += int(one(g.Odd))
			}
			return n
		}
		order := func(a, b Result) int { // a trio that need not be is undone
			return cmp.Or(cmp.Compare(a.Score.Unmatched, b.Score.Unmatched), cmp.Compare(threes(a), threes(b)),
				cmp.Compare(newGroups(before, groupsOf(a)), newGroups(before, groupsOf(b))), a.Score.Compare(b.Score))
		}
		best := fixed
		for _, groups := range allPairings(ids) {
			res, err := Evaluate(rest, groups)
			require.NoError(t, err)
			if res.Score.Hard == 0 && order(res, best) < 0 {
				best = res
			}
		}
		all++
		if order(best, fixed) < 0 {
			worse++
			t.Logf("leaving %d of %v: %v %v, best %v %v; %v", gone, before, groupsOf(fixed), fixed.Score, groupsOf(best), best.Score, p.Rules)
		}
	})
	t.Logf("%d of %d", worse, all)
	require.Zero(t, worse)
}

// Sixteen rules fill the numbers that costs are packed in; a repair needs room above them.
func TestRepairUnderManyRules(t *testing.T) {
	for _, n := range []int{40, 300, 1200} {
		p := company(n, 4, 0.5, 1)
		p.Met[0].Times = maxTimes
		p.Wishes = []Wish{{From: p.Members[0].ID, To: p.Members[1].ID, Rank: 1}}
		p.Rules = []Rule{{Kind: KindNoRepeat}, {Kind: KindWishes}}
		for len(p.Rules) < MaxRules {
			p.Rules = append(p.Rules, Rule{Kind: KindFewShared, Attribute: fmt.Sprint("list", len(p.Rules))})
		}
		res, err := Solve(context.Background(), p)
		require.NoError(t, err)
		fixed, _, err := Repair(context.Background(), p, groupsOf(res), []ID{res.Groups[0].Members[0], res.Groups[1].Members[0]})
		require.NoError(t, err, "%d members", n)
		require.Empty(t, fixed.Unmatched)
	}
}
