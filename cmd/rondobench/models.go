package main

import (
	"cmp"
	"context"
	"slices"

	"rondo/activities/matching/blossom"
)

// shuffle pairs neighbours in random order.
func shuffle(_ context.Context, t *turn) ([][]int32, error) {
	order := t.shuffled()
	return slices.Collect(slices.Chunk(order[:len(order)/2*2], 2)), nil
}

// rowGreedy gives one after the other, in random order, somebody at random whom they have not met, or else anybody.
func rowGreedy(_ context.Context, t *turn) ([][]int32, error) {
	var pairs [][]int32
	for free := t.shuffled(); len(free) > 1; {
		a := free[0]
		free = free[1:]
		at := slices.IndexFunc(free, func(b int32) bool { return t.met(a, b) == 0 })
		at = max(at, 0) // free is in random order
		pairs = append(pairs, []int32{a, free[at]})
		free = slices.Delete(free, at, at+1)
	}
	return pairs, nil
}

// edgeGreedy scores all pairs and takes the best first.
func edgeGreedy(_ context.Context, t *turn) ([][]int32, error) {
	type scored struct {
		score int
		a, b  int32
	}
	var all []scored
	for i, a := range t.who {
		for _, b := range t.who[:i] {
			score := t.IntN(51) - 200*t.met(a, b)
			if !t.same(a, b) {
				score += 100
			}
			all = append(all, scored{score, a, b})
		}
	}
	slices.SortFunc(all, func(x, y scored) int { return cmp.Or(y.score-x.score, int(y.a-x.a), int(y.b-x.b)) })
	used := map[int32]bool{}
	var pairs [][]int32
	for _, s := range all {
		if !used[s.a] && !used[s.b] {
			used[s.a], used[s.b] = true, true
			pairs = append(pairs, []int32{s.a, s.b})
		}
	}
	return pairs, nil
}

// stableHalves marries two random halves (Gale and Shapley): who has not met comes first, then who met last.
func stableHalves(_ context.Context, t *turn) ([][]int32, error) {
	order := t.shuffled()
	half := len(order) / 2
	asking, asked := order[:half], order[half:2*half]
	prefers := func(a int32, among []int32) []int { // indexes in among, the best first
		list := t.Perm(half)
		slices.SortStableFunc(list, func(i, j int) int {
			x, y := t.when(a, among[i]), t.when(a, among[j])
			if x == 0 || y == 0 {
				return x - y
			}
			return y - x
		})
		return list
	}
	lists, next, rank := make([][]int, half), make([]int, half), make([][]int, half)
	partner, free := make([]int, half), make([]int, half)
	for i := range half {
		lists[i], rank[i] = prefers(asking[i], asked), make([]int, half)
		for at, j := range prefers(asked[i], asking) {
			rank[i][j] = at
		}
		partner[i], free[i] = -1, i
	}
	for len(free) > 0 {
		i := free[len(free)-1]
		j := lists[i][next[i]]
		next[i]++
		switch had := partner[j]; {
		case had < 0:
			partner[j], free = i, free[:len(free)-1]
		case rank[j][i] < rank[j][had]:
			partner[j], free[len(free)-1] = i, had
		}
	}
	pairs := make([][]int32, half)
	for j, i := range partner {
		pairs[j] = []int32{asking[i], asked[j]}
	}
	return pairs, nil
}

// beans makes as many pairs as it can of people in different teams who did not meet in the last 10 rounds.
func beans(ctx context.Context, t *turn) ([][]int32, error) {
	return heaviest(ctx, t, func(a, b int32) int64 {
		if t.same(a, b) || t.met(a, b) > 0 && t.number-t.when(a, b) <= 10 {
			return 0
		}
		return 1
	})
}

// softBlossom makes as many pairs as it can, with repeats, then teams, then chance as costs.
func softBlossom(ctx context.Context, t *turn) ([][]int32, error) {
	return heaviest(ctx, t, func(a, b int32) int64 {
		weight := 1<<40 + 10_000_000 - 100_000*int64(t.met(a, b)) - t.Int64N(10)
		if t.same(a, b) {
			weight -= 1_000
		}
		return weight
	})
}

// heaviest is a matching of the greatest weight.
func heaviest(ctx context.Context, t *turn, weight func(a, b int32) int64) ([][]int32, error) {
	order := t.shuffled() // of matchings that weigh the same, not always that of the first
	var edges []blossom.Edge
	for i, a := range order {
		for j, b := range order[:i] {
			if w := weight(a, b); w > 0 {
				edges = append(edges, blossom.Edge{U: int32(i), V: int32(j), Weight: blossom.Int(w)})
			}
		}
	}
	g, err := blossom.NewGraph(len(order), edges)
	if err != nil {
		return nil, err
	}
	m, err := g.Match(ctx, nil)
	if err != nil {
		return nil, err
	}
	var pairs [][]int32
	for i, j := range m.Mate {
		if int(j) > i {
			pairs = append(pairs, []int32{order[i], order[j]})
		}
	}
	return pairs, nil
}
