package matching

import (
	"cmp"
	"context"
	"slices"
)

// lottery draws one group: who was left out most often first, equals by chance, but of those drawn together only as many
// as hard rules let meet. Soft rules choose among lots of equal right.
func (in *instance) lottery(ctx context.Context) (answer, error) {
	made := answer{bound: in.zeroScore()}
	if err := ctx.Err(); err != nil {
		return made, err
	}
	if len(in.pins) > 0 { // the group is given
		return made, nil
	}
	group := make([]int32, 0, in.wanted())
	for i, id := range in.p.Fixed {
		m, ok := in.index(id)
		if !ok {
			return made, invalid(InvalidUnknown, "fixed[%d]", i)
		}
		if slices.Contains(group, m) {
			return made, invalid(InvalidDuplicate, "fixed[%d]", i)
		}
		group = append(group, m)
	}
	if in.conflicts(group) > 0 {
		return made, invalid(InvalidPinBreaks, "fixed")
	}
	lots := slices.DeleteFunc(in.free(), func(m int32) bool { return slices.Contains(group, m) })
	newRandom(in.p.Seed, 1).shuffle(lots)
	for len(group) < in.wanted() {
		best, bestCost := -1, absent
		for i, m := range lots {
			if slices.ContainsFunc(group, func(o int32) bool { return !in.allowed(m, o) }) {
				continue
			}
			cost := wide{}
			for _, o := range group {
				cost = cost.Add(in.pairCost(m, o))
			}
			if best < 0 || cmp.Or(cmp.Compare(in.odd[lots[best]], in.odd[m]), cost.Compare(bestCost)) < 0 {
				best, bestCost = i, cost
			}
		}
		if best < 0 {
			break
		}
		group = append(group, lots[best])
		lots = slices.Delete(lots, best, best+1)
	}
	if len(group) > 1 {
		made.groups = [][]int32{group}
	}
	return made, nil
}
