package matching

import (
	"cmp"
	"slices"

	"rondo/activities/matching/blossom"
)

// pricing asks which pairs are worth more than duals allow. All its numbers are four times what they mean, as those of a
// certificate are.
type pricing struct {
	*market
	want  []wide // by place: what leaving it out costs less its dual; two whose sum exceeds their cost should meet
	odd   [][]int32
	z     []wide
	cells [][]cell // by class
}

// cell is the people of a class in the same large odd sets: who wants most first.
type cell struct {
	sets   []int32 // ascending
	places []int32
}

// Odd sets that cells tell apart: pairs within smaller ones are few.
const largeSet = 64

func newPricing(k *market) *pricing {
	n := len(k.people)
	p := &pricing{market: k, want: make([]wide, n), odd: make([][]int32, n), cells: make([][]cell, len(k.members))}
	for i, y := range k.m.Certificate.Y {
		p.want[i] = k.leave[i].Times(4).Sub(y)
	}
	large := make([][]int32, n) // by place
	for s, o := range k.m.Certificate.Odd {
		p.z = append(p.z, o.Z)
		for _, i := range o.Vertices {
			p.odd[i] = append(p.odd[i], int32(s))
			if len(o.Vertices) >= largeSet {
				large[i] = append(large[i], int32(s))
			}
		}
	}
	for c, members := range k.members {
		places := slices.Clone(members)
		k.rng.shuffle(places)
		slices.SortStableFunc(places, func(i, j int32) int {
			return cmp.Or(slices.Compare(large[i], large[j]), p.want[j].Compare(p.want[i]))
		})
		for len(places) > 0 {
			sets, end := large[places[0]], 1
			for end < len(places) && slices.Equal(large[places[end]], sets) {
				end++
			}
			p.cells[c] = append(p.cells[c], cell{sets, places[:end]})
			places = places[end:]
		}
	}
	return p
}

// price is what two people of cells cost at least, odd sets that hold both included.
func (p *pricing) price(c, d int32, a, b cell) wide {
	return p.base[c][d].Times(4).Add(p.shared(a.sets, b.sets))
}

// shared is the duals of odd sets in both of two ascending lists.
func (p *pricing) shared(a, b []int32) (sum wide) {
	for len(a) > 0 && len(b) > 0 {
		switch cmp.Compare(a[0], b[0]) {
		case -1:
			a = a[1:]
		case 1:
			b = b[1:]
		default:
			sum, a, b = sum.Add(p.z[a[0]]), a[1:], b[1:]
		}
	}
	return sum
}

// each calls for every two cells whose people may meet, once.
func (p *pricing) each(do func(a, b cell, price wide)) {
	for c := range int32(len(p.members)) {
		for _, d := range p.near[c].order {
			if d < c {
				continue
			}
			for i, a := range p.cells[c] {
				for j, b := range p.cells[d] {
					if c != d || j >= i {
						do(a, b, p.price(c, d, a, b))
					}
				}
			}
		}
	}
}

// excess is by how much a pair is worth more than its duals allow, or less.
func (p *pricing) excess(i, j int32) wide {
	return p.want[i].Add(p.want[j]).Sub(p.cost(i, j).Times(4)).Sub(p.shared(p.odd[i], p.odd[j]))
}

// eager says whether two people would be in excess at a price.
func (p *pricing) eager(i, j int32, price wide) bool {
	return price.Less(p.want[i].Add(p.want[j]))
}

// eagers calls for each person of a cell with how many of another might be in excess with them: the first so many. It
// takes time linear in the cells.
func (p *pricing) eagers(a, b cell, price wide, do func(i int32, upTo int)) {
	at := len(b.places)
	for _, i := range a.places {
		for at > 0 && !p.eager(i, b.places[at-1], price) {
			at--
		}
		if at == 0 {
			return
		}
		do(i, at)
	}
}

// offerAll looks at all pairs that might be in excess, and adds a few of those that are for each person and cell.
func (p *pricing) offerAll() (added int) {
	p.each(func(a, b cell, price wide) {
		p.eagers(a, b, price, func(i int32, upTo int) {
			from, found := p.rng.below(upTo), 0
			for step := 0; step < upTo && found < offers; step++ {
				if p.take(i, b.places[(from+step)%upTo]) {
					found++
				}
			}
			added += found
		})
	})
	return added
}

// offerSome looks at so many of the pairs that might be in excess, and adds those that are.
func (p *pricing) offerSome(looks, all int) (added int) {
	due := 0
	p.each(func(a, b cell, price wide) {
		p.eagers(a, b, price, func(i int32, upTo int) {
			for due += min(upTo, all/looks) * looks; due >= all; due -= all {
				if p.take(i, b.places[p.rng.below(upTo)]) {
					added++
				}
			}
		})
	})
	return added
}

// take adds a pair if it is in excess and new.
func (p *pricing) take(i, j int32) bool {
	if i == j {
		return false
	}
	if e := p.excess(i, j); e.Negative() || e.IsZero() {
		return false
	}
	key := pairKey(min(i, j), max(i, j))
	if p.known[key] || !p.add(i, j) {
		return false
	}
	p.known[key] = true
	return true
}

// repeats adds pairs in excess among those who met before.
func (p *pricing) repeats() (added int) {
	for _, pair := range p.special(p.in.met, func(i, j int32) bool { return p.eager(i, j, wide{}) }) {
		if p.take(pair[0], pair[1]) {
			added++
		}
	}
	return added
}

// bound is at most what any set of pairs costs, those left out included. Where pairs may be in excess, both duals are raised by half
// of what a person might gain with the most eager one of each class.
func (p *pricing) bound(proven bool) wide {
	sum := wide{}
	for i := range p.people {
		sum = sum.Add(p.leave[i].Times(4))
	}
	sum = sum.Sub(p.m.Certificate.Bound())
	if !proven {
		for c := range int32(len(p.members)) {
			for _, a := range p.cells[c] {
				best, found := blossom.Max, false
				for _, d := range p.near[c].order {
					for _, b := range p.cells[d] {
						if cost := p.price(c, d, a, b).Sub(p.want[b.places[0]]); !found || cost.Less(best) {
							best, found = cost, true
						}
					}
				}
				for _, i := range a.places {
					if gain := p.want[i].Sub(best); found && !gain.Negative() {
						sum = sum.Sub(gain.Half())
					}
				}
			}
		}
	}
	return sum.Half().Half()
}
