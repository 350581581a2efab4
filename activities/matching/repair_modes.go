package matching

import (
	"cmp"
	"context"
	"slices"
)

// repairMode mends rounds that are not of groups anybody may join. Of a composer's group or a lottery's, who left is
// replaced by the one in no group who was left out most often, then costs least; a composer's group that cannot be
// filled is dissolved. Of a mystery, who gave to a leaver gives to whom the leaver gave to, and if those two must not meet
// all is solved anew.
func (in *instance) repairMode(ctx context.Context, before [][]ID, gone map[ID]bool) ([][]int32, []Change, error) {
	if in.p.Mode == ModeMystery {
		return in.repairMystery(ctx, before, gone)
	}
	rest, err := in.remaining(before, gone)
	if err != nil {
		return nil, nil, err
	}
	seated := map[int32]bool{}
	for _, g := range rest {
		for _, m := range g {
			seated[m] = true
		}
	}
	var after [][]int32
	changes := []Change{}
	for i, g := range rest {
		pinned := func(m int32) bool { return in.pin[m] >= 0 }
		for worst, ok := in.worst(g, pinned); ok; worst, ok = in.worst(g, pinned) {
			g = slices.DeleteFunc(g, func(m int32) bool { return m == worst })
			delete(seated, worst)
		}
		if len(g) == len(before[i]) {
			after = append(after, g)
			continue
		}
		g = in.refill(g, seated, in.wanted())
		if in.seat != nil && !in.seated(g) || len(g) < 2 {
			for _, m := range g {
				delete(seated, m)
			}
			g = nil
		} else {
			after = append(after, g)
		}
		changes = append(changes, in.change(before[i], g))
	}
	return after, changes, nil
}

// remaining is who stays in each group.
func (in *instance) remaining(before [][]ID, gone map[ID]bool) ([][]int32, error) {
	rest := make([][]int32, len(before))
	for g, ids := range without(before, gone) {
		for i, id := range ids {
			m, ok := in.index(id)
			if !ok {
				return nil, invalid(InvalidUnknown, "groups[%d][%d]", g, i)
			}
			rest[g] = append(rest[g], m)
		}
	}
	return rest, nil
}

// refill adds people who are in no group to one until it has so many.
func (in *instance) refill(g []int32, seated map[int32]bool, size int) []int32 {
	for len(g) < size {
		best, bestCost := int32(-1), absent
		for m := range int32(len(in.ids)) {
			if seated[m] || in.pin[m] >= 0 || !in.missing(g, m) || slices.ContainsFunc(g, func(o int32) bool { return !in.allowed(m, o) }) {
				continue
			}
			cost := wide{}
			for _, o := range g {
				cost = cost.Add(in.pairCost(m, o))
			}
			if best < 0 || cmp.Or(cmp.Compare(in.odd[best], in.odd[m]), cost.Compare(bestCost)) < 0 {
				best, bestCost = m, cost
			}
		}
		if best < 0 {
			return g
		}
		g, seated[best] = append(g, best), true
	}
	return g
}

// missing says whether a group has a seat for somebody.
func (in *instance) missing(g []int32, m int32) bool {
	if in.seat == nil {
		return true
	}
	if in.seat[m] < 0 {
		return false
	}
	n := 0
	for _, o := range g {
		n += int(one(in.seat[o] == in.seat[m]))
	}
	return n < in.p.Seats.Of[in.seat[m]].Count
}

func (in *instance) repairMystery(ctx context.Context, before [][]ID, gone map[ID]bool) ([][]int32, []Change, error) {
	to := map[ID]ID{}
	for _, g := range before {
		to[g[0]] = g[1]
	}
	var after [][]ID
	for _, g := range before {
		if gone[g[0]] {
			continue
		}
		receiver, ok := g[1], true
		for ok && gone[receiver] {
			receiver, ok = to[receiver]
		}
		a, b, known := in.pair(g[0], receiver)
		if !ok || receiver == g[0] || known && !in.allowed(a, b) {
			made, err := in.mystery(ctx)
			if err != nil {
				return nil, nil, err
			}
			return made.groups, in.redrawn(before, made.groups), nil
		}
		after = append(after, []ID{g[0], receiver})
	}
	groups, err := in.assignment(after)
	return groups, in.redrawn(before, groups), err
}

// redrawn says by giver what became of who gives to whom.
func (in *instance) redrawn(before [][]ID, after [][]int32) []Change {
	changes := []Change{}
	is := map[ID][]int32{}
	for _, g := range after {
		is[in.ids[g[0]]] = g
	}
	for _, was := range before {
		if c := in.change(was, is[was[0]]); !slices.Equal(was, c.After) {
			changes = append(changes, c)
		}
		delete(is, was[0])
	}
	for _, g := range after {
		if is[in.ids[g[0]]] != nil {
			changes = append(changes, in.change([]ID{}, g))
		}
	}
	return changes
}
