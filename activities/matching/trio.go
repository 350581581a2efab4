package matching

import (
	"cmp"
	"context"
	"slices"

	"rondo/activities/matching/blossom"
)

// Limits of the search for a trio.
const (
	trioFirst = 64         // people, the least often odd, among whom trios are looked for first
	trioKept  = 256        // trios kept to try
	trioWork  = 10_000_000 // tries are at most this over n^2, and between 4 and trioKept
)

// threesome is three people who may meet.
type threesome struct {
	at    [3]int
	odd   wide // what it costs that they are odd
	cost  wide // that and their three pairs
	bound wide // what a matching with them costs at least, chance aside
	worn  int  // how many others it would cost them to meet
}

// trio finds the three who meet when one is over, and pairs the rest, at the least cost: how often the three were odd
// before is a part of it, in its rank.
//
// Leaving out one of a trio and pairing the other two is a matching of all but one, so a matching with a trio costs at
// least the cheapest of those plus the trio's two dearest pairs and their being odd. Trios are tried in the order of that bound, each
// exactly, until no other can be better: then the answer is proven. It is not when tries run out, or when more trios
// than are kept might be better. Where fair turns come first, trios that are not as fair as one found need no look.
//
// It is nil when none of the trios tried leaves the others all paired.
func (g *graph) trio(ctx context.Context) (groups [][]int32, proven bool, err error) {
	next := g.mayBeNext()
	spare := func(i int) bool { return next[i] }
	_, cost, warm, err := g.pairs(ctx, task{spare: spare})
	if err != nil {
		return nil, false, err
	}
	n, order := g.size(), g.byOdd()
	odd := func(i int) wide { return g.in.oddCost(g.people[order[i]]) }
	h := trioHunt{graph: g, warm: warm, spare: spare, least: cost.Clear(g.in.pack.chanceBits), tries: min(trioKept, max(4, trioWork/(n*n)))}
	for first := min(n, trioFirst); ; first = min(n, 2*first) {
		if err := h.among(ctx, order[:first]); err != nil {
			return nil, false, err
		}
		if first == n {
			break
		}
		// A trio with somebody beyond the first was odd at least so often.
		beyond := odd(0).Add(odd(1)).Add(odd(first))
		if h.found && !h.least.Add(beyond).Less(h.cost) {
			break
		}
		if h.found && g.in.oddRank == 0 && !beyond.Less(h.best.odd) {
			h.open = true
			break
		}
	}
	if !h.found {
		return nil, false, nil
	}
	trio := []int32{g.people[h.best.at[0]], g.people[h.best.at[1]], g.people[h.best.at[2]]}
	if g.in.oddRank > 0 || h.unfair {
		h.best.odd = odd(0).Add(odd(1)).Add(odd(2)) // a trio not tried may be as fair as this
	}
	return append(g.groups(h.pairs), trio), !h.open || !h.least.Add(h.best.odd).Less(h.cost), nil
}

// trioHunt is a search for a trio so far.
type trioHunt struct {
	*graph
	warm  *blossom.Start
	spare func(int) bool // by place: may be in the next round's trio if they are not in this one
	least wide           // what the cheapest matching of all but one costs
	tries int            // left

	found  bool
	best   threesome
	pairs  [][2]int
	cost   wide // of all
	open   bool // a trio not tried may be as fair and cheaper
	unfair bool // a trio not tried may be fairer
}

// among tries the trios of some people.
func (h *trioHunt) among(ctx context.Context, people []int) error {
	trios, all := h.threesomes(people, h.least, h.spare)
	for _, t := range trios {
		if h.found && !t.bound.Less(h.cost) {
			return nil
		}
		if h.tries == 0 {
			h.open, h.unfair = true, h.unfair || !h.found
			return nil
		}
		left, err := h.deficiency(ctx, t.at[:])
		if err != nil {
			return err
		}
		if left > 0 {
			continue
		}
		h.tries--
		pairs, cost, _, err := h.graph.pairs(ctx, task{skip: t.at[:], warm: h.warm, spare: h.spare})
		if err != nil {
			return err
		}
		cost = cost.Add(t.cost).Clear(h.in.pack.chanceBits)
		if !h.found || cost.Less(h.cost) {
			h.found, h.best, h.pairs, h.cost = true, t, pairs, cost
		}
	}
	if !all {
		h.open, h.unfair = true, h.unfair || !h.found
	}
	return nil
}

// byOdd is the places of people, those least often odd first, equals by chance.
func (g *graph) byOdd() []int {
	place := make(map[int32]int, g.size())
	for i, m := range g.people {
		place[m] = i
	}
	order := make([]int, 0, g.size())
	for _, m := range g.in.byOdd(g.people) {
		order = append(order, place[m])
	}
	return order
}

// mayBeNext says by place who was odd least often. If possible those should stay strangers, or the last of them will
// have to meet again when it is their turn.
func (g *graph) mayBeNext() []bool {
	least := g.in.odd[g.people[0]]
	for _, m := range g.people {
		least = min(least, g.in.odd[m])
	}
	next := make([]bool, g.size())
	for i, m := range g.people {
		next[i] = g.in.odd[m] == least
	}
	return next
}

// threesomes is the best trios among some people, at most trioKept of them, and whether these are all.
func (g *graph) threesomes(among []int, least wide, spare func(int) bool) (trios []threesome, all bool) {
	all = true
	worn := map[int]int{}
	for _, i := range among {
		for j := range g.size() {
			if spare(j) && i != j && !g.between(i, j).Clear(g.in.pack.chanceBits).IsZero() {
				worn[i]++
			}
		}
	}
	rank := map[int]int{} // people come in the order of byOdd
	for at, i := range among {
		rank[i] = at
	}
	trim := func() {
		slices.SortFunc(trios, func(a, b threesome) int {
			switch {
			case a.bound.Less(b.bound):
				return -1
			case b.bound.Less(a.bound):
				return 1
			}
			return cmp.Or(cmp.Compare(b.worn, a.worn), slices.CompareFunc(a.at[:], b.at[:], func(i, j int) int {
				return cmp.Compare(rank[i], rank[j])
			}))
		})
		if len(trios) > trioKept {
			trios, all = trios[:trioKept], false
		}
	}
	for a, i := range among {
		for b, j := range among[:a] {
			if !g.edge(i, j) {
				continue
			}
			for _, k := range among[:b] {
				if !g.edge(i, k) || !g.edge(j, k) {
					continue
				}
				t := g.threesome(i, j, k, least)
				t.worn = worn[i] + worn[j] + worn[k]
				trios = append(trios, t)
				if len(trios) == 8*trioKept {
					trim()
				}
			}
		}
	}
	trim()
	return trios, all
}

func (g *graph) threesome(i, j, k int, least wide) threesome {
	a, b, c := g.between(i, j), g.between(i, k), g.between(j, k)
	cheap := a
	for _, w := range [...]wide{b, c} {
		if w.Less(cheap) {
			cheap = w
		}
	}
	odd := g.in.oddCost(g.people[i]).Add(g.in.oddCost(g.people[j])).Add(g.in.oddCost(g.people[k]))
	cost := a.Add(b).Add(c).Add(odd)
	bound := cost.Sub(cheap).Clear(g.in.pack.chanceBits)
	return threesome{at: [3]int{i, j, k}, odd: odd, cost: cost, bound: least.Add(bound)}
}
