package matching

import (
	"slices"
)

// floor is a score that no assignment of the planned sizes gets below, found by counting: how many people must be odd,
// how many of a kind must share groups, what each person's dearest wishes leave unfulfilled. It takes time linear in
// people and wishes.
func (in *instance) floor(people []int32) Score {
	sum := in.zeroScore()
	sum.Unmatched = len(people)
	for _, part := range in.parts(people) {
		if len(part) > 1 {
			sum.add(in.partFloor(part))
			sum.Unmatched -= len(part)
		}
	}
	return sum
}

func (in *instance) partFloor(part []int32) Score {
	sum := in.zeroScore()
	if over := in.overMany(part); len(over) > 0 {
		sum.Unmatched = len(over)
		for _, o := range over {
			sum.Odd += 1 + o
		}
		return sum // who is left out leaves the others more choice
	}
	plan := in.sizes(len(part))
	odd := make([]int64, len(part))
	for i, m := range part {
		odd[i] = in.odd[m]
	}
	slices.Sort(odd)
	seats, out := 0, len(part)
	for _, size := range plan {
		if out -= size; size != in.p.GroupSize {
			seats += size
		}
	}
	for _, o := range odd[:max(seats, out)] {
		sum.Odd += 1 + o
	}
	if sum.Unmatched = out; out > 0 {
		return sum
	}
	for l, level := range in.levels {
		switch level.Unit {
		case UnitPairs:
			sum.Costs[l] = in.kindFloor(in.p.Rules[level.Rule].Kind, in.codes[level.Rule], part, plan)
		case UnitUnwished:
			sum.Costs[l] = in.wishFloor(part, plan)
		}
	}
	return sum
}

// overMany is how often each of those were odd whom a hard "different" rule leaves out at least: people of one kind need
// somebody of another kind each. Empty if there are others enough.
func (in *instance) overMany(part []int32) (most []int64) {
	for r, rule := range in.p.Rules {
		if rule.Kind != KindDifferent || !rule.Hard || in.exempt[r] != nil {
			continue
		}
		kinds := map[int32][]int64{}
		for _, m := range part {
			if code := in.codes[r][m]; code != 0 {
				kinds[code] = append(kinds[code], in.odd[m])
			}
		}
		for _, odd := range kinds {
			if over := 2*len(odd) - len(part); over > len(most) {
				slices.Sort(odd)
				most = odd[:over]
			}
		}
	}
	return most
}

// kindFloor is the fewest pairs that break a rule: of "different" when each kind of people is spread evenly over groups, of
// "same" when as many groups as possible are of one kind.
func (in *instance) kindFloor(kind RuleKind, codes []int32, part []int32, plan []int) int64 {
	if len(plan) == 0 {
		return 0
	}
	counts := map[int32]int{}
	for _, m := range part {
		counts[codes[m]]++
	}
	pairs := func(n int) int64 { return int64(n) * int64(n-1) / 2 }
	largest, all, alike := slices.Max(plan), int64(0), int64(0)
	for _, size := range plan {
		all += pairs(size)
	}
	spread := int64(0)
	for code, n := range counts {
		if code == 0 {
			continue
		}
		each, over := n/len(plan), n%len(plan)
		spread += int64(len(plan)-over)*pairs(each) + int64(over)*pairs(each+1)
		alike += int64(n/largest)*pairs(largest) + pairs(n%largest)
	}
	switch kind {
	case KindDifferent:
		return spread
	case KindSame:
		return max(0, all-alike)
	}
	return 0
}

// wishFloor is what is left unfulfilled when each person with wishes meets those wanted most.
func (in *instance) wishFloor(part []int32, plan []int) (sum int64) {
	if len(plan) == 0 {
		return 0
	}
	others := slices.Min(plan) - 1
	best := map[int32][]int64{}
	for i, key := range in.wishes.keys {
		if rank := in.wishes.vals[i]; key != 0 && rank != avoided {
			from := int32(key >> 32)
			best[from] = append(best[from], min(int64(rank)-1, lastWished))
		}
	}
	for _, m := range part {
		if !in.wisher[m] {
			continue
		}
		ranks := best[m]
		slices.Sort(ranks)
		for i := range others {
			if i < len(ranks) {
				sum += ranks[i]
			} else {
				sum += unwished
			}
		}
	}
	return sum
}

// unpacked is a packed cost as a score: levels that were not packed count 0. A cost that is less than 0 is none.
func (in *instance) unpacked(w wide) Score {
	sum := in.zeroScore()
	if w.Negative() {
		return sum
	}
	sum.Unmatched = int(w.Bits(in.pack.conflict))
	field := func(from, width uint) int64 { return w.Bits(from) & (1<<width - 1) }
	sum.Odd = field(in.pack.odd, in.pack.oddWidth) + int64(sum.Unmatched)*in.pack.oddLeast
	for l, from := range in.pack.level {
		sum.Costs[l] = field(from, in.pack.widths[l])
	}
	return sum
}

// gap is by how much a score may exceed the best, as a share of the first figure where it is more than the bound.
func gap(s, bound Score) float64 {
	share := func(have, least int64) float64 { return float64(have-least) / float64(have) }
	have, least := s.figures(), bound.figures()
	for i, n := range have {
		if n != least[i] {
			return max(0, share(n, least[i]))
		}
	}
	return 0
}
