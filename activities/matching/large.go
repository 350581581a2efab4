package matching

import (
	"cmp"
	"context"
	"slices"

	"rondo/activities/matching/blossom"
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
	floor := in.floor(people)
	if !slices.ContainsFunc(people, func(m int32) bool { return in.wisher[m] }) {
		groups, err := in.search(ctx, people, floor)
		if err != nil {
			return answer{}, err
		}
		if made := in.judged(groups, people, floor); made.exact {
			return made, nil
		}
		quick = groups
	}
	best, err := in.solveMarket(ctx, people, quick, floor)
	if err != nil {
		return answer{}, err
	}
	if quick != nil && in.score(best.groups, people).Compare(in.score(quick, people)) > 0 {
		best.groups = quick
	}
	if best.bound.Unmatched == 0 { // else who is left out leaves the others more choice than counting knows
		fits := len(in.pack.level) // the market sees no further
		copy(best.bound.Costs[fits:], floor.Costs[fits:])
	}
	made := in.judged(best.groups, people, best.bound)
	if in.pack.lossy && !made.exact {
		return in.refine(ctx, people, made)
	}
	return made, nil
}

// refine solves again for the levels that did not fit: a rule that the levels that did fit prove can be held everywhere
// is made hard, and needs none.
func (in *instance) refine(ctx context.Context, people []int32, made answer) (answer, error) {
	score, fits := in.score(made.groups, people), len(in.pack.level)
	if score.Unmatched != made.bound.Unmatched || score.Odd != made.bound.Odd || !slices.Equal(score.Costs[:fits], made.bound.Costs[:fits]) {
		return made, nil
	}
	p := *in.p
	p.Rules = slices.Clone(p.Rules)
	for i, rule := range p.Rules {
		p.Rules[i].Hard = rule.Kind != KindFairTurns
	}
	for l, level := range in.levels {
		if rule := in.p.Rules[level.Rule]; !rule.Hard && level.Unit != UnitUnwished && (l >= fits || score.Costs[l] > 0) {
			p.Rules[level.Rule].Hard = false
		}
	}
	p.Pinned = nil
	p.Exempt = slices.DeleteFunc(slices.Clone(p.Exempt), func(e Exemption) bool { return !in.p.Rules[e.Rule].Hard })
	finer, err := newInstance(&p)
	if err != nil {
		return answer{}, err
	}
	if len(finer.levels) == len(in.levels) {
		return made, nil
	}
	again, err := finer.solveMany(ctx, people)
	if err != nil {
		return answer{}, err
	}
	if in.score(again.groups, people).Compare(score) > 0 {
		return made, nil
	}
	bound := in.zeroScore() // what was made hard costs nothing
	bound.Unmatched, bound.Odd = again.bound.Unmatched, again.bound.Odd
	for l, level := range in.levels {
		for f, fine := range finer.levels {
			if level == fine {
				bound.Costs[l] = again.bound.Costs[f]
			}
		}
	}
	return in.judged(again.groups, people, bound), nil
}

// judged is groups that are proven if they reach a bound. Hard rules may have forced other sizes than the planned ones that
// the bound is for: then it says nothing.
func (in *instance) judged(groups [][]int32, people []int32, bound Score) answer {
	order := in.score(groups, people).Compare(bound)
	if order < 0 {
		bound = in.zeroScore()
	}
	return answer{groups, order == 0, bound}
}

func (in *instance) solveMarket(ctx context.Context, people []int32, first [][]int32, floor Score) (answer, error) {
	rng := newRandom(in.p.Seed, 3)
	out := in.p.Leftover == LeftoverOut
	if len(people)%2 == 1 && !out && in.oddRank == 0 {
		if made, err := in.solveTrio(ctx, people, first, floor, rng); err != nil || made.groups != nil {
			return made, err
		}
	}
	k := in.newMarket(people, rng, in.oddCost)
	pairs, err := k.pairs(ctx, first)
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
	if in.oddRank > 0 && len(people)-2*len(pairs) == 1 {
		// One of a trio gone, what is left is a matching of all but one, who costs what it costs that they are odd.
		least := in.unpacked(k.bound.Sub(blossom.Shifted(1, in.pack.conflict)))
		least.Odd += in.pack.oddLeast
		if least.Compare(floor) > 0 {
			floor = least
		}
	}
	return answer{groups: s.groups, bound: floor}, nil
}

// Trios tried in a large round, drawn from so many people least often odd.
const (
	trioFrom  = 64
	trioTries = 4
)

// solveTrio makes one trio of those least often odd, and pairs of the rest. There is no answer if none of the trios
// tried leaves the others all paired.
func (in *instance) solveTrio(ctx context.Context, people []int32, first [][]int32, floor Score, rng random) (answer, error) {
	for _, trio := range in.trios(people) {
		rest := slices.DeleteFunc(slices.Clone(people), func(m int32) bool { return slices.Contains(trio, m) })
		pairs, err := in.newMarket(rest, rng, nil).pairs(ctx, untouched(first, trio))
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
			if _, err := k.pairs(ctx, groups); err != nil {
				return answer{}, err
			}
			floor.Costs = in.unpacked(k.bound.Sub(blossom.Shifted(1, in.pack.conflict))).Costs
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
