package matching

import (
	"cmp"
	"context"
	"slices"
)

// answer is groups of some people, and what is known about better ones.
type answer struct {
	groups [][]int32
	exact  bool
	bound  Score // no assignment of the planned sizes has less
}

// solveMany makes pairs of more than maxDense people, and of one who is over a trio: quickly at first, which in most
// rounds breaks no rule, but for wishes; else at the least cost on a market. It is proven when it breaks nothing that can be
// held, or when the market proves it and nobody, or one, is over.
func (in *instance) solveMany(ctx context.Context, people []int32) (answer, error) {
	var quick [][]int32
	if !slices.ContainsFunc(people, func(m int32) bool { return in.wisher[m] }) {
		groups, err := in.search(ctx, people)
		if err != nil {
			return answer{}, err
		}
		if made := in.judged(groups, people, in.floor(people)); made.exact {
			return made, nil
		}
		quick = groups
	}
	best, err := in.solveMarket(ctx, people, quick)
	if err != nil {
		return answer{}, err
	}
	if quick != nil && in.score(best.groups, people).Compare(in.score(quick, people)) > 0 {
		best.groups = quick
	}
	return in.judged(best.groups, people, best.bound), nil
}

// judged is groups that are proven if they reach a bound.
func (in *instance) judged(groups [][]int32, people []int32, bound Score) answer {
	return answer{groups, !in.pack.lossy && in.score(groups, people).Compare(bound) <= 0, bound}
}

func (in *instance) solveMarket(ctx context.Context, people []int32, first [][]int32) (answer, error) {
	rng := newRandom(in.p.Seed, 3)
	out := in.p.Leftover == LeftoverOut
	if len(people)%2 == 1 && !out {
		if made, err := in.solveTrio(ctx, people, first, rng); err != nil || made.groups != nil {
			return made, err
		}
	}
	k := in.newMarket(people, rng, in.oddCost)
	pairs, _, err := k.pairs(ctx, first)
	if err != nil {
		return answer{}, err
	}
	bound := in.unpacked(k.bound)
	if 2*len(pairs) == len(people) || out || !k.threes() {
		return answer{groups: pairs, bound: bound}, nil
	}
	s := newSeating(in, pairs, rng)
	if _, err := s.settle(ctx, people); err != nil {
		return answer{}, err
	}
	return answer{groups: s.groups, bound: in.floor(people)}, nil
}

// Trios tried in a large round, drawn from so many people least often odd.
const (
	trioFrom  = 64
	trioTries = 4
)

// solveTrio makes one trio of those least often odd, and pairs of the rest. There is no answer if none of the trios
// tried leaves the others all paired.
func (in *instance) solveTrio(ctx context.Context, people []int32, first [][]int32, rng random) (answer, error) {
	floor := in.floor(people)
	for _, trio := range in.trios(people) {
		rest := slices.DeleteFunc(slices.Clone(people), func(m int32) bool { return slices.Contains(trio, m) })
		pairs, _, err := in.newMarket(rest, rng, nil).pairs(ctx, untouched(first, trio))
		if err != nil {
			return answer{}, err
		}
		if 2*len(pairs) < len(rest) {
			continue
		}
		groups := append(pairs, trio)
		if in.score(groups, people).Compare(floor) > 0 {
			// One of each trio gone, any assignment is a matching of all but one, who costs nothing here.
			k := in.newMarket(people, rng, nil)
			if _, _, err := k.pairs(ctx, groups); err != nil {
				return answer{}, err
			}
			floor.Costs = in.unpacked(k.bound).Costs
		}
		return answer{groups: groups, bound: floor}, nil
	}
	return answer{}, nil
}

// untouched is groups that hold none of some people.
func untouched(groups [][]int32, people []int32) [][]int32 {
	return slices.DeleteFunc(slices.Clone(groups), func(g []int32) bool {
		return slices.ContainsFunc(g, func(m int32) bool { return slices.Contains(people, m) })
	})
}

// trios is the first few among those least often odd, those that cost least first.
func (in *instance) trios(people []int32) [][]int32 {
	order := in.byOdd(people)
	order = order[:min(len(order), trioFrom)]
	type option struct {
		trio []int32
		odd  int64
		cost wide
	}
	var options []option
	better := func(a, b option) int { return cmp.Or(cmp.Compare(a.odd, b.odd), a.cost.Compare(b.cost)) }
	for i, a := range order {
		for j, b := range order[:i] {
			if !in.allowed(a, b) {
				continue
			}
			ab := in.pairCost(a, b)
			for _, c := range order[:j] {
				o := option{[]int32{a, b, c}, in.odd[a] + in.odd[b] + in.odd[c], ab}
				if len(options) == trioTries && better(o, options[trioTries-1]) >= 0 || !in.allowed(a, c) || !in.allowed(b, c) {
					continue
				}
				for _, m := range o.trio[:2] {
					o.cost = o.cost.Add(in.pairCost(m, c))
				}
				options = append(options, o)
				slices.SortStableFunc(options, better)
				options = options[:min(len(options), trioTries)]
			}
		}
	}
	trios := make([][]int32, len(options))
	for i, o := range options {
		trios[i] = o.trio
	}
	return trios
}

// byOdd is people, those least often odd first, equals by chance.
func (in *instance) byOdd(people []int32) []int32 {
	key := func(m int32) uint64 { return mix(in.p.Seed ^ mix(uint64(in.ids[m]))) }
	order := slices.Clone(people)
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(in.odd[a], in.odd[b]), cmp.Compare(key(a), key(b)))
	})
	return order
}

// threes says whether three people of some classes may all meet, as far as rules on attributes go.
func (c *classes) threes() bool {
	for a := range int32(len(c.members)) {
		for _, b := range c.near[a].order {
			for _, d := range c.near[b].order {
				if isAbsent(c.base[a][d]) {
					continue
				}
				need := map[int32]int{}
				for _, class := range [...]int32{a, b, d} {
					need[class]++
				}
				if len(c.members[a]) >= need[a] && len(c.members[b]) >= need[b] && len(c.members[d]) >= need[d] {
					return true
				}
			}
		}
	}
	return false
}
