package matching

import (
	"math/bits"

	"rondo/activities/matching/blossom"
)

// blocker is the first hard rule that forbids two people to meet: its index, or -1 for a pair never or forbidden, and
// its kind, empty if they may meet.
func (in *instance) blocker(a, b int32) (int, RuleKind) {
	if t := in.taboo.sym(a, b); t&tabooNever != 0 {
		return -1, KindNever
	} else if t != 0 {
		return -1, KindForbidden
	}
	for r, rule := range in.p.Rules {
		if rule.Hard && in.breaks(r, a, b) {
			return r, rule.Kind
		}
	}
	return -1, ""
}

func (in *instance) allowed(a, b int32) bool {
	_, kind := in.blocker(a, b)
	return kind == ""
}

// breaks says whether two people meeting would break a rule. Wishes break where somebody wanted to avoid the other.
func (in *instance) breaks(r int, a, b int32) bool {
	if free := in.exempt[r]; free != nil && (free[a] || free[b]) {
		return false
	}
	switch in.p.Rules[r].Kind {
	case KindNoRepeat:
		return in.met.sym(a, b) != 0
	case KindSame:
		return in.codes[r][a] == 0 || in.codes[r][a] != in.codes[r][b]
	case KindDifferent:
		return in.codes[r][a] != 0 && in.codes[r][a] == in.codes[r][b]
	case KindWith:
		x, y := in.codes[r][a], in.codes[r][b]
		return x&thisSide != 0 && y&otherSide == 0 || y&thisSide != 0 && x&otherSide == 0
	case KindApart:
		return across(in.codes[r][a], in.codes[r][b])
	case KindBetween:
		return !across(in.codes[r][a], in.codes[r][b])
	case KindFewShared:
		return in.shared(r, a, b) > 0
	case KindFairTurns:
		return false
	default:
		return in.wishes.get(a, b) == avoided || in.wishes.get(b, a) == avoided
	}
}

// across says whether one of two people is on this side and the other on the other.
func across(x, y int32) bool {
	return x&thisSide != 0 && y&otherSide != 0 || y&thisSide != 0 && x&otherSide != 0
}

// shared counts the values that two people both list, at most mostShared.
func (in *instance) shared(r int, a, b int32) (n int64) {
	x, y := in.lists[r][in.codes[r][a]], in.lists[r][in.codes[r][b]]
	for len(x) > 0 && len(y) > 0 && n < mostShared {
		switch {
		case x[0] < y[0]:
			x = x[1:]
		case x[0] > y[0]:
			y = y[1:]
		default:
			n, x, y = n+1, x[1:], y[1:]
		}
	}
	return n
}

// conflicts counts the pairs of a group that break a hard rule.
func (in *instance) conflicts(group []int32) int {
	n := 0
	for i, a := range group {
		for _, b := range group[:i] {
			if !in.allowed(a, b) {
				n++
			}
		}
	}
	return n
}

// levelCost is what two people meeting costs at one level.
func (in *instance) levelCost(l Level, a, b int32) int64 {
	switch l.Unit {
	case UnitTimes:
		return int64(in.met.sym(a, b) >> 16)
	case UnitRecency:
		if met := in.met.sym(a, b); met != 0 {
			return maxAgo + 1 - int64(met&0xffff)
		}
		return 0
	case UnitAvoided:
		return one(in.wishes.get(a, b) == avoided) + one(in.wishes.get(b, a) == avoided)
	case UnitUnwished:
		return in.disappointment(a, b) + in.disappointment(b, a)
	case UnitShared:
		return in.shared(l.Rule, a, b)
	default:
		return one(in.breaks(l.Rule, a, b))
	}
}

func (in *instance) disappointment(from, to int32) int64 {
	if !in.wisher[from] {
		return 0
	}
	if w := in.wishes.get(from, to); w != 0 && w != avoided {
		return min(int64(w)-1, lastWished)
	}
	return unwished
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// packing says where each part of a cost sits in a wide number, so that comparing sums of many pairs compares
// them lexicographically: conflicts, then the levels with odd people in their rank, then what helps later rounds, then
// chance. Where not all levels that outrank them fit, odd people follow those that do.
//
// A part whose largest value is v gets bits.Len(v*sums) bits, so no sum of so many pairs reaches the part above it.
type packing struct {
	conflict, odd uint   // shifts
	oddWidth      uint   // bits
	level         []uint // shift by level; none for levels that did not fit
	widths        []uint // bits by level that fits
	chance        uint64 // mask of the random part, which starts at bit 0; none in rounds above maxDense
	later         wide   // what it costs that two meet who may be wanted for a trio in later rounds
	chanceBits    uint   // bits below which there is only chance and what helps later rounds: no part of a Score
	oddLeast      int64  // counts of odd people are packed less this
	oddMost       int64
	broken        []wide // what a pair costs that breaks the rule, by rule on an attribute
	lossy         bool   // some level did not fit: the search does not see it
}

const (
	leastSums = 511 // pairs in three groups of MaxPinned
	// A count above this compares as equal to it when deciding who is odd.
	maxOdd = 1 << 16
	// Chance decides among what is equal; in larger rounds so do the pairs looked at, which are drawn.
	maxDense = 200
)

func newPacking(in *instance) packing {
	var pk packing
	for i, o := range in.odd {
		if i == 0 || o < pk.oddLeast {
			pk.oddLeast = o
		}
		pk.oddMost = max(pk.oddMost, o)
	}
	pk.oddMost = min(pk.oddMost, pk.oddLeast+maxOdd)
	sums := uint64(leastSums)
	if in.p.GroupSize == 2 {
		sums = max(sums, uint64(len(in.ids)/2+2))
	}
	width := func(most int64) uint { return uint(bits.Len64(uint64(most) * sums)) }
	mostTimes := int64(0)
	for i, key := range in.met.keys {
		if key != 0 {
			mostTimes = max(mostTimes, int64(in.met.vals[i]>>16))
		}
	}
	const leastChance, mostChance, room = 20, 35, 9 // bits, of which 8 for later, and room for sums
	pk.oddWidth = width(2 * (1 + pk.oddMost - pk.oddLeast))
	// Above all levels: odd people, and two bits for the pair that does meet. Conflicts of seatings may use what is above.
	left := uint(blossom.MaxBits(len(in.ids)+1)) - 2 - pk.oddWidth
	dense := len(in.ids) <= maxDense || in.p.GroupSize > 2
	if dense {
		left -= leastChance
	}
	for _, l := range in.levels {
		w := width(1)
		switch l.Unit {
		case UnitTimes:
			w = width(mostTimes)
		case UnitRecency:
			w = width(maxAgo + 1)
		case UnitAvoided:
			w = width(2)
		case UnitUnwished:
			w = width(2 * unwished)
		case UnitShared:
			w = width(mostShared)
		}
		if w > left {
			pk.lossy = true
			break
		}
		pk.widths = append(pk.widths, w)
		left -= w
	}
	if dense {
		pk.chanceBits = min(mostChance, leastChance+left)
		pk.chance = 1<<(pk.chanceBits-8-room) - 1
		pk.later = blossom.Shifted(1, pk.chanceBits-8)
	}
	at, oddRank := pk.chanceBits, min(in.oddRank, len(pk.widths))
	pk.level = make([]uint, len(pk.widths))
	for i := len(pk.widths); i >= 0; i-- {
		if i < len(pk.widths) {
			pk.level[i] = at
			at += pk.widths[i]
		}
		if i == oddRank {
			pk.odd = at
			at += pk.oddWidth
		}
	}
	pk.conflict = at
	pk.broken = make([]wide, len(in.p.Rules))
	for r, rule := range in.p.Rules {
		if rule.Hard {
			pk.broken[r] = blossom.Shifted(1, pk.conflict)
		}
	}
	for i, shift := range pk.level {
		if in.codes[in.levels[i].Rule] != nil {
			pk.broken[in.levels[i].Rule] = blossom.Shifted(1, shift)
		}
	}
	return pk
}

// cost is what two people who may meet cost, chance included.
func (in *instance) cost(a, b int32) wide {
	chance := mix(mix(in.p.Seed^mix(uint64(in.ids[min(a, b)]))) ^ uint64(in.ids[max(a, b)]))
	return in.pairCost(a, b).Add(blossom.Shifted(chance&in.pack.chance, 0))
}

// attributeCost is the part of a pair's cost that rules on attributes make, conflicts counted: the cheap part.
func (in *instance) attributeCost(a, b int32) (sum wide) {
	for r, codes := range in.codes {
		if codes != nil {
			sum = sum.Add(in.ruleCost(r, a, b))
		}
	}
	return sum
}

// ruleCost is what one rule on an attribute makes of it.
func (in *instance) ruleCost(r int, a, b int32) wide {
	switch {
	case in.lists[r] != nil && !in.p.Rules[r].Hard:
		return in.pack.broken[r].Times(uint64(in.shared(r, a, b)))
	case in.breaks(r, a, b):
		return in.pack.broken[r]
	}
	return wide{}
}

// historyCost is the other part: what pairs did, want and must not. It looks into the tables.
func (in *instance) historyCost(a, b int32) (sum wide) {
	if in.taboo.sym(a, b) != 0 {
		sum = blossom.Shifted(1, in.pack.conflict)
	}
	for r, rule := range in.p.Rules {
		if rule.Hard && in.codes[r] == nil && in.breaks(r, a, b) {
			sum = sum.Add(blossom.Shifted(1, in.pack.conflict))
		}
	}
	for i, shift := range in.pack.level {
		if in.codes[in.levels[i].Rule] == nil {
			sum = sum.Add(blossom.Shifted(uint64(in.levelCost(in.levels[i], a, b)), shift))
		}
	}
	return sum
}

// pairCost is cost without chance.
func (in *instance) pairCost(a, b int32) wide {
	return in.attributeCost(a, b).Add(in.historyCost(a, b))
}

// oddCost is what it costs that a member is odd or left out.
func (in *instance) oddCost(a int32) wide {
	return blossom.Shifted(uint64(min(in.odd[a], in.pack.oddMost)-in.pack.oddLeast+1), in.pack.odd)
}
