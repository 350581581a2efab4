package matching

import (
	"context"
	"fmt"
	"slices"

	"rondo/activities/matching/blossom"
)

// market pairs many people at the least cost without looking at all pairs of them: it matches a sparse graph of
// candidates, asks which other pairs the duals would rather have, adds those, and goes on until there are none (Cook and
// Rohe, Computing minimum-weight perfect matchings, 1999, price complete graphs so). Then the matching is as good in
// the graph of all pairs.
//
// Pricing all pairs is cheap because most cost what their classes cost: see classes. Those that do not, because they
// met or wish for each other, are priced one by one.
type market struct {
	*classes
	rng   random
	leave []wide // by place: what leaving it out costs
	edges []blossom.Edge
	known map[uint64]bool // pairs added by pricing

	m     blossom.Matching
	bound wide // no set of pairs costs less, those left out included
}

// Numbers of the market.
const (
	nearDraws  = 6  // candidates of a person among the classes that cost least
	otherDraws = 3  // and among each of: the classes that cost next to least, all that are allowed
	pricings   = 12 // at most
	offers     = 4  // pairs added for one person in one pricing and pair of classes
	// Pairs looked at one by one in one pricing, for each person but for a million at least; beyond it they are drawn, and the
	// answer is not proven.
	closeLooks, leastLooks = 64, 1_000_000
	drawnLooks             = 16
	enough                 = 500 // drawing ends when it adds less than one pair for so many people
)

func (in *instance) newMarket(people []int32, rng random, alone func(int32) wide) *market {
	k := &market{classes: in.classify(people), rng: rng, known: map[uint64]bool{}, leave: make([]wide, len(people))}
	unit := blossom.Shifted(1, in.pack.conflict) // outweighs all costs
	for i, m := range people {
		k.leave[i] = unit
		if alone != nil {
			k.leave[i] = unit.Add(alone(m))
		}
	}
	return k
}

// pairs finds pairs of the least cost, starting from some that may do. They are proven if they cost as much as bound.
func (k *market) pairs(ctx context.Context, first [][]int32) (pairs [][]int32, err error) {
	k.propose(first)
	var warm *blossom.Start
	for range pricings {
		g, err := blossom.NewGraph(len(k.people), k.edges)
		if err != nil {
			return nil, fmt.Errorf("market of %d people: %w", len(k.people), err)
		}
		if k.m, err = g.Match(ctx, warm); err != nil {
			return nil, err
		}
		if k.flawless() {
			k.bound = wide{}
			break
		}
		if added, all := k.price(); added == 0 || !all && added*enough < len(k.people) {
			break
		}
		warm = k.m.Start()
	}
	for i, j := range k.m.Mate {
		if i < int(j) {
			pairs = append(pairs, []int32{k.people[i], k.people[j]})
		}
	}
	return pairs, nil
}

// flawless says that everybody is matched at no cost.
func (k *market) flawless() bool {
	for i, j := range k.m.Mate {
		if j < 0 || i < int(j) && !k.cost(int32(i), j).IsZero() {
			return false
		}
	}
	return true
}

// propose makes the first candidates.
func (k *market) propose(first [][]int32) {
	for _, g := range first {
		if len(g) == 2 {
			k.add(k.place[g[0]], k.place[g[1]])
		}
	}
	for i := range int32(len(k.people)) {
		near := k.near[k.class[i]]
		for range nearDraws {
			k.draw(i, near.upTo[0], near)
		}
		for range otherDraws {
			k.draw(i, near.upTo[1], near)
			k.draw(i, len(near.order), near)
		}
	}
	for _, pair := range k.special(k.in.wishes, func(i, j int32) bool { return true }) {
		k.add(pair[0], pair[1])
	}
}

// special is the pairs of places in a table that a condition holds for, in the order of places.
func (k *market) special(t *pairTable, holds func(i, j int32) bool) (pairs [][2]int32) {
	for _, key := range t.keys {
		i, j := k.place[key>>32], k.place[uint32(key)]
		if key != 0 && i >= 0 && j >= 0 && holds(i, j) {
			pairs = append(pairs, [2]int32{i, j})
		}
	}
	slices.SortFunc(pairs, func(a, b [2]int32) int { return slices.Compare(a[:], b[:]) })
	return pairs
}

// draw adds a candidate of a person from the first classes near to theirs.
func (k *market) draw(i int32, upTo int, near nearness) {
	if upTo == 0 {
		return
	}
	if j := near.pick(k.rng.below(near.sizes[upTo-1]), k.members); j != i {
		k.add(i, j)
	}
}

func (k *market) add(i, j int32) bool {
	a, b := k.people[i], k.people[j]
	if !k.in.allowed(a, b) {
		return false
	}
	k.edges = append(k.edges, blossom.Edge{U: i, V: j, Weight: k.leave[i].Add(k.leave[j]).Sub(k.cost(i, j))})
	return true
}

func (k *market) cost(i, j int32) wide {
	a, b := k.people[i], k.people[j]
	return k.in.pairCost(a, b)
}

// price adds pairs that are worth more than the duals of the two, and says whether it looked at all that might be.
// Either way the duals, raised by what is missing, bound what any set of pairs costs.
func (k *market) price() (added int, all bool) {
	p := newPricing(k)
	looks := 0
	p.each(func(a, b cell, price wide) {
		p.eagers(a, b, price, func(_ int32, upTo int) { looks += upTo })
	})
	if all = looks <= max(leastLooks, closeLooks*len(k.people)); all {
		added = p.offerAll()
	} else {
		added = p.offerSome(drawnLooks*len(k.people), looks)
	}
	added += p.repeats()
	k.bound = p.bound(all && added == 0)
	return added, all
}
