package matching

import (
	"context"
	"slices"
)

// solvePairs matches up to maxDense people in pairs. People of whom nobody may meet anybody of another set are solved
// apart, which is where odd numbers arise: one set for each value of a hard "same" rule, for example.
//
// A set in which all can be paired is solved exactly, and so is one in which some must be left out and no three may
// meet. Where one is over, the trio is searched for (see trio). Where more are over, as few as pairs allow are left
// out, then seated as third ones while somebody fits: that is no longer proven.
func (in *instance) solvePairs(ctx context.Context, people []int32) (groups [][]int32, exact bool, err error) {
	exact = !in.pack.lossy
	for _, part := range in.components(people) {
		if len(part) == 1 {
			continue
		}
		slices.Sort(part)
		made, proven, err := newGraph(in, part).solve(ctx)
		if err != nil {
			return nil, false, err
		}
		groups, exact = append(groups, made...), exact && proven
	}
	if exact {
		return groups, true, nil
	}
	s := newSeating(in, groups, newRandom(in.p.Seed, 1))
	if _, err := s.settle(ctx, people); err != nil {
		return nil, false, err
	}
	if err := s.improve(ctx); err != nil {
		return nil, false, err
	}
	return s.groups, false, nil
}

func (g *graph) solve(ctx context.Context) (groups [][]int32, proven bool, err error) {
	left, err := g.deficiency(ctx, nil)
	if err != nil {
		return nil, false, err
	}
	threes := left > 0 && g.in.p.Leftover != LeftoverOut && g.triangles()
	if left == 1 && threes {
		if groups, proven, err := g.trio(ctx); err != nil || groups != nil {
			return groups, proven, err
		}
	}
	pairs, _, _, err := g.pairs(ctx, task{
		alone: func(i int) wide { return g.in.oddCost(g.people[i]) },
	})
	if err != nil {
		return nil, false, err
	}
	return g.groups(pairs), !threes, nil
}

func (g *graph) groups(pairs [][2]int) [][]int32 {
	var groups [][]int32
	for _, p := range pairs {
		groups = append(groups, []int32{g.people[p[0]], g.people[p[1]]})
	}
	return groups
}
