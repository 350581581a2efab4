package matching

import "slices"

// Board is an assignment under review. Making one takes time linear in the problem; asking it what an edit would change
// takes time in the size of the groups touched.
type Board struct {
	in     *instance
	groups [][]int32
	at     []int32 // group by member, or -1
}

// NewBoard puts groups of a problem on a board.
func NewBoard(p Problem, groups [][]ID) (*Board, error) {
	in, err := newInstance(&p)
	if err != nil {
		return nil, err
	}
	if in.p.Several() {
		return nil, invalid(InvalidMode, "mode")
	}
	dense, err := in.assignment(groups)
	if err != nil {
		return nil, err
	}
	b := &Board{in: in, groups: dense, at: make([]int32, len(in.ids))}
	for m := range b.at {
		b.at[m] = -1
	}
	for g, members := range dense {
		for _, m := range members {
			b.at[m] = int32(g)
		}
	}
	return b, nil
}

// Swap is what the score changes by when two people change places; either may be in no group. Negative is better. It takes time
// quadratic in the size of the two groups, and no more.
func (b *Board) Swap(x, y ID) (Score, error) {
	i, ok := b.in.index(x)
	j, ok2 := b.in.index(y)
	if !ok || !ok2 {
		return Score{}, invalid(InvalidUnknown, "swap")
	}
	change, g, h := b.in.zeroScore(), b.at[i], b.at[j]
	if g == h {
		return change, nil
	}
	for _, place := range [...]struct {
		group   int32
		out, in int32
	}{{g, i, j}, {h, j, i}} {
		if place.group < 0 { // out was in no group, and so will the other be
			change.Odd += b.in.odd[place.in] - b.in.odd[place.out]
			continue
		}
		was := b.groups[place.group]
		is := slices.Clone(was)
		is[slices.Index(is, place.out)] = place.in
		after := b.in.groupScore(is)
		change.add(after.Minus(b.in.groupScore(was)))
	}
	return change, nil
}

// Offer is a swap and what it changes.
type Offer struct {
	With   ID    `json:"with"`
	Change Score `json:"change"`
}

// Swaps is the best so many swaps for a person that break no hard rule, the best first. People of pinned groups stay. It
// takes time linear in the members.
func (b *Board) Swaps(person ID, most int) ([]Offer, error) {
	m, ok := b.in.index(person)
	if !ok {
		return nil, invalid(InvalidUnknown, "person")
	}
	best := []Offer{}
	if b.in.pin[m] >= 0 {
		return best, nil
	}
	for o, id := range b.in.ids {
		if b.at[o] == b.at[m] || b.in.pin[o] >= 0 {
			continue
		}
		change, err := b.Swap(person, id)
		if err != nil {
			return nil, err
		}
		if change.Hard > 0 || len(best) == most && change.Compare(best[most-1].Change) >= 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, change, func(f Offer, c Score) int {
			if f.Change.Compare(c) > 0 {
				return 1
			}
			return -1
		})
		best = slices.Insert(best, at, Offer{id, change})
		best = best[:min(len(best), most)]
	}
	return best, nil
}
