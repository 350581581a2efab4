package matching

import (
	"cmp"
	"slices"
	"strings"
)

// instance is a valid Problem on dense indexes: member i is the one with the i-th smallest id.
type instance struct {
	p    *Problem
	ids  []ID
	pins [][]int32
	pin  []int32 // index in pins by member, or -1
	odd  []int64 // times odd or left out before, by member

	codes  [][]int32   // by rule, then member: attribute value, 0 when empty, or sides; nil for other kinds
	lists  [][][]int32 // by rule of KindFewShared, then code: the values listed, ascending
	exempt [][]bool    // by rule, then member; nil for rules that nobody is exempt from
	seat   []int32     // by member: the seat of ModeCompose they are for, -1 for none; nil if any may sit anywhere
	met    *pairTable  // unordered: times<<16 | rounds ago
	taboo  *pairTable  // unordered: tabooNever | tabooForbidden
	wishes *pairTable  // ordered: rank, or avoided
	wisher []bool      // by member: wants to meet somebody

	levels  []Level
	oddRank int // how many levels outrank fair turns
	pack    packing
}

const (
	tabooNever     = 1
	tabooForbidden = 2

	maxTimes   = 1 << 10 // meetings of one pair beyond this count as this
	maxAgo     = 255     // rounds beyond this are equally long ago
	avoided    = 1 << 31
	unwished   = 10 // cost of somebody not among one's wishes
	mostShared = 15
	lastWished = 9 // cost of the tenth wish and all after it
)

func newInstance(p *Problem) (*instance, error) {
	if err := validate(p); err != nil {
		return nil, err
	}
	if p.Mode == ModeCross {
		p.Rules = slices.Clone(p.Rules)
		for i := range p.Rules {
			p.Rules[i].Hard = false
		}
	}
	in := &instance{p: p, ids: make([]ID, len(p.Members)), levels: Levels(p.Rules), oddRank: oddRank(p.Rules)}
	order := make([]int32, len(p.Members)) // position in p.Members by dense index
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmpID(p.Members[a].ID, p.Members[b].ID) })
	for i, o := range order {
		in.ids[i] = p.Members[o].ID
		if i > 0 && in.ids[i-1] == in.ids[i] {
			return nil, invalid(InvalidDuplicate, "members[%d]", o)
		}
	}
	in.odd = make([]int64, len(in.ids))
	for i, id := range in.ids {
		in.odd[i] = min(int64(p.OddBefore[id]), 1<<32)
	}
	in.codes, in.lists = make([][]int32, len(p.Rules)), make([][][]int32, len(p.Rules))
	for r, rule := range p.Rules {
		switch rule.Kind {
		case KindSame, KindDifferent:
			in.codes[r] = intern(p.Members, order, rule.Attribute)
		case KindWith, KindApart, KindBetween:
			in.codes[r] = sides(p.Members, order, rule)
		case KindFewShared:
			in.codes[r], in.lists[r] = listed(p.Members, order, rule.Attribute)
		}
	}
	if p.Mode == ModeCompose {
		in.addSeats(order)
	}
	in.exempt = make([][]bool, len(p.Rules))
	for i, e := range p.Exempt {
		if e.Rule < 0 || e.Rule >= len(p.Rules) {
			return nil, invalid(InvalidRule, "exempt[%d]", i)
		}
		m, ok := in.index(e.Member)
		if !ok || !p.Rules[e.Rule].Hard {
			continue
		}
		if in.exempt[e.Rule] == nil {
			in.exempt[e.Rule] = make([]bool, len(in.ids))
		}
		in.exempt[e.Rule][m] = true
	}
	in.addMet()
	in.addTaboo()
	in.addWishes()
	if err := in.addPins(); err != nil {
		return nil, err
	}
	in.pack = newPacking(in)
	return in, nil
}

func cmpID(a, b ID) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// intern numbers the values of an attribute from 1, in the order of members; empty is 0.
func intern(members []Member, order []int32, attribute string) []int32 {
	codes, seen := make([]int32, len(order)), map[string]int32{"": 0}
	for i, o := range order {
		value := members[o].Attributes[attribute]
		code, ok := seen[value]
		if !ok {
			code = int32(len(seen))
			seen[value] = code
		}
		codes[i] = code
	}
	return codes
}

func (in *instance) addSeats(order []int32) {
	in.seat = make([]int32, len(order))
	for i, o := range order {
		value := in.p.Members[o].Attributes[in.p.Seats.Attribute]
		in.seat[i] = int32(slices.IndexFunc(in.p.Seats.Of, func(s Seat) bool { return s.Value == value }))
	}
}

// sides says of each member whether they have a rule's value, the other value, or both.
func sides(members []Member, order []int32, rule Rule) []int32 {
	other := cmp.Or(rule.Other, rule.Attribute)
	codes := make([]int32, len(order))
	for i, o := range order {
		if members[o].Attributes[rule.Attribute] == rule.Value {
			codes[i] |= thisSide
		}
		if members[o].Attributes[other] == rule.OtherValue {
			codes[i] |= otherSide
		}
	}
	return codes
}

const (
	thisSide  = 1
	otherSide = 2
)

// listed numbers what members have of an attribute that lists values, and those values.
func listed(members []Member, order []int32, attribute string) (codes []int32, lists [][]int32) {
	codes = intern(members, order, attribute)
	lists, seen := make([][]int32, slices.Max(append(codes, 0))+1), map[string]int32{}
	for i, o := range order {
		if lists[codes[i]] != nil || codes[i] == 0 {
			continue
		}
		values := []int32{}
		for value := range strings.SplitSeq(members[o].Attributes[attribute], ";") {
			if value = strings.TrimSpace(value); value == "" {
				continue
			}
			if _, ok := seen[value]; !ok {
				seen[value] = int32(len(seen))
			}
			values = append(values, seen[value])
		}
		slices.Sort(values)
		lists[codes[i]] = slices.Compact(values)
	}
	return codes, lists
}

// index is the dense index of a person, and whether they are a member.
func (in *instance) index(id ID) (int32, bool) {
	i, ok := slices.BinarySearch(in.ids, id)
	return int32(i), ok
}

// pair is the dense indexes of two people, the smaller first, and whether both are members.
func (in *instance) pair(a, b ID) (int32, int32, bool) {
	i, iok := in.index(a)
	if !iok {
		return 0, 0, false
	}
	j, jok := in.index(b)
	return min(i, j), max(i, j), jok
}

func (in *instance) addMet() {
	in.met = newPairTable(len(in.p.Met))
	for _, m := range in.p.Met {
		a, b, ok := in.pair(m.A, m.B)
		if !ok || m.Times == 0 {
			continue
		}
		at := in.met.at(a, b)
		times, ago := min(m.Times, maxTimes), min(m.RoundsAgo, maxAgo)
		if *at != 0 {
			times, ago = min(times+int(*at>>16), maxTimes), min(ago, int(*at&0xffff))
		}
		*at = uint32(times)<<16 | uint32(ago)
	}
}

func (in *instance) addTaboo() {
	in.taboo = newPairTable(len(in.p.Never) + len(in.p.Forbidden))
	for _, pair := range in.p.Never {
		if a, b, ok := in.pair(pair.A, pair.B); ok {
			*in.taboo.at(a, b) |= tabooNever
		}
	}
	for _, pair := range in.p.Forbidden {
		if a, b, ok := in.pair(pair.A, pair.B); ok {
			*in.taboo.at(a, b) |= tabooForbidden
		}
	}
}

func (in *instance) addWishes() {
	in.wisher = make([]bool, len(in.ids))
	if !slices.ContainsFunc(in.p.Rules, func(r Rule) bool { return r.Kind == KindWishes }) {
		in.wishes = newPairTable(0)
		return
	}
	in.wishes = newPairTable(len(in.p.Wishes))
	for _, w := range in.p.Wishes {
		from, ok := in.index(w.From)
		to, ok2 := in.index(w.To)
		if !ok || !ok2 {
			continue
		}
		at := in.wishes.at(from, to)
		switch {
		case w.Avoid || *at == avoided:
			*at = avoided
		case *at == 0 || uint32(min(w.Rank, unwished)) < *at:
			*at = uint32(min(w.Rank, unwished))
		}
		if !w.Avoid {
			in.wisher[from] = true
		}
	}
}

func (in *instance) addPins() error {
	in.pin = make([]int32, len(in.ids))
	for i := range in.pin {
		in.pin[i] = -1
	}
	for g, group := range in.p.Pinned {
		members, err := in.members(group, "pinned", g)
		if err != nil {
			return err
		}
		for _, m := range members {
			if in.pin[m] >= 0 && !in.p.Several() {
				return invalid(InvalidDuplicate, "pinned[%d]", g)
			}
			in.pin[m] = int32(g)
		}
		if in.conflicts(members) > 0 || in.seat != nil && !in.seated(members) {
			return invalid(InvalidPinBreaks, "pinned[%d]", g)
		}
		in.pins = append(in.pins, members)
	}
	return nil
}

// members translates a given group, in its order.
func (in *instance) members(group []ID, field string, g int) ([]int32, error) {
	if len(group) < 2 || field == "pinned" && len(group) > MaxPinned || in.p.Mode == ModeMystery && len(group) != 2 {
		return nil, invalid(InvalidSize, "%s[%d]", field, g)
	}
	members := make([]int32, len(group))
	for i, id := range group {
		m, ok := in.index(id)
		if !ok {
			return nil, invalid(InvalidUnknown, "%s[%d][%d]", field, g, i)
		}
		members[i] = m
	}
	return members, nil
}

// wanted is how large a group should be.
func (in *instance) wanted() int {
	if in.p.Mode == ModeLottery {
		return in.p.GroupSize + len(in.p.Fixed)
	}
	return in.p.GroupSize
}

// free is the members in no pinned group, ascending.
func (in *instance) free() []int32 {
	var free []int32
	for i, pin := range in.pin {
		if pin < 0 {
			free = append(free, int32(i))
		}
	}
	return free
}
