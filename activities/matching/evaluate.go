package matching

import "slices"

// Evaluate scores a given assignment and says which rules hold in each group, so that an edit can be judged before it
// is made: the difference is Score.Minus. Nothing is improved and nothing refused but what is no assignment (unknown
// people, somebody in two groups, a group of one): hard rules that break are counted in Score.Hard. Members in no
// group are unmatched. A group that equals a pinned one is marked so; an unused pin is no error.
//
// It takes time linear in the input; reasons for unmatched people are linear in the members for each.
func Evaluate(p Problem, groups [][]ID) (Result, error) {
	in, err := newInstance(&p)
	if err != nil {
		return Result{}, err
	}
	dense, err := in.assignment(groups)
	if err != nil {
		return Result{}, err
	}
	return in.result(dense, false), nil
}

// assignment translates groups and refuses those that overlap.
func (in *instance) assignment(groups [][]ID) ([][]int32, error) {
	taken := make([]bool, len(in.ids))
	dense := make([][]int32, len(groups))
	for g, group := range groups {
		members, err := in.members(group, "groups", g)
		if err != nil {
			return nil, err
		}
		for i, m := range members {
			if taken[m] && !in.p.Several() || slices.Contains(members[:i], m) {
				return nil, invalid(InvalidDuplicate, "groups[%d]", g)
			}
			taken[m] = true
		}
		dense[g] = members
	}
	return dense, nil
}

// result explains an assignment, groups and their members in the order given.
func (in *instance) result(groups [][]int32, exact bool) Result {
	res := Result{
		Engine: Engine, Seed: in.p.Seed, Exact: exact,
		Groups: make([]Group, len(groups)), Unmatched: []Unmatched{}, Score: in.zeroScore(),
	}
	group := make([]int32, len(in.ids)) // 1 + index by member, 0 for nobody's
	for g, members := range groups {
		res.Groups[g] = in.group(members)
		res.Score.add(res.Groups[g].Score)
		if in.p.Mode == ModeMystery {
			members = members[:1] // who gives to nobody is unmatched, also who gets from somebody
		}
		for _, m := range members {
			group[m] = int32(g) + 1
		}
	}
	var left []int32
	for m := range in.ids {
		if group[m] == 0 {
			left = append(left, int32(m))
		}
	}
	stride := 1
	if len(in.ids) > explainAll {
		stride = max(1, len(left)*len(in.ids)/sampleBudget)
	}
	for _, m := range left {
		res.Unmatched = append(res.Unmatched, in.unmatched(m, stride))
		res.Score.Unmatched++
		res.Score.Odd += 1 + in.odd[m]
	}
	return res
}

// In rounds of more members than this a sample of pairs explains who is unmatched.
const (
	explainAll   = 1000
	sampleBudget = 20_000_000 // pairs
)

func (in *instance) zeroScore() Score {
	return Score{Costs: make([]int64, len(in.levels)), OddRank: in.oddRank}
}

func (in *instance) group(members []int32) Group {
	g := Group{
		Members: make([]ID, len(members)), Odd: len(members) != in.wanted(), Pinned: in.isPin(members),
		Score: in.groupScore(members), Reasons: make([]Reason, 0, len(in.p.Rules)),
	}
	for i, m := range members {
		g.Members[i] = in.ids[m]
	}
	pairs := len(members) * (len(members) - 1) / 2
	for r, rule := range in.p.Rules {
		if rule.Kind == KindFairTurns { // KindOdd tells
			continue
		}
		g.Reasons = append(g.Reasons, in.reason(r, rule, members, pairs))
	}
	for _, kind := range []RuleKind{KindNever, KindForbidden} {
		if n := in.taboos(members, kind); n > 0 {
			g.Reasons = append(g.Reasons, Reason{Rule: -1, Kind: kind, Hard: true, Detail: Detail{Pairs: pairs, Broken: n}})
		}
	}
	if in.seat != nil {
		held := in.seated(members)
		g.Reasons = append(g.Reasons, Reason{Rule: -1, Kind: KindSeats, Hard: true, Held: held, Detail: Detail{Pairs: pairs, Size: len(members)}})
	}
	if g.Odd {
		before := g.Score.Odd - int64(len(members))
		g.Reasons = append(g.Reasons, Reason{
			Rule: -1, Kind: KindOdd, Detail: Detail{Pairs: pairs, Size: len(members), Before: int(before)},
		})
	}
	return g
}

func (in *instance) groupScore(members []int32) Score {
	s := in.zeroScore()
	for i, a := range members {
		for _, b := range members[:i] {
			for l, level := range in.levels {
				s.Costs[l] += in.levelCost(level, a, b)
			}
		}
		if len(members) != in.wanted() {
			s.Odd += 1 + in.odd[a]
		}
	}
	s.Hard = in.conflicts(members)
	if in.seat != nil && !in.seated(members) {
		s.Hard++
	}
	return s
}

func (in *instance) reason(r int, rule Rule, members []int32, pairs int) Reason {
	why := Reason{Rule: r, Kind: rule.Kind, Attribute: rule.Attribute, Hard: rule.Hard, Detail: Detail{Pairs: pairs}}
	d := &why.Detail
	for i, a := range members {
		for _, b := range members[:i] {
			if rule.Kind == KindWishes {
				for _, w := range [...]uint32{in.wishes.get(a, b), in.wishes.get(b, a)} {
					d.Avoided += int(one(w == avoided))
					d.Wished += int(one(w != avoided && w != 0))
				}
			}
			if !in.breaks(r, a, b) {
				continue
			}
			d.Broken++
			if rule.Kind == KindNoRepeat {
				met := in.met.sym(a, b)
				d.Times += int(met >> 16)
				if ago := int(met & 0xffff); d.Broken == 1 || ago < d.RoundsAgo {
					d.RoundsAgo = ago
				}
			}
		}
	}
	why.Held = d.Broken == 0
	return why
}

func (in *instance) taboos(members []int32, kind RuleKind) int {
	bit := uint32(tabooNever)
	if kind == KindForbidden {
		bit = tabooForbidden
	}
	n := 0
	for i, a := range members {
		for _, b := range members[:i] {
			n += int(one(in.taboo.sym(a, b)&bit != 0))
		}
	}
	return n
}

func (in *instance) isPin(members []int32) bool {
	if in.p.Several() { // people may be in several pins, and who gives is not who gets
		return slices.ContainsFunc(in.pins, func(pin []int32) bool {
			if in.p.Mode == ModeMystery {
				return slices.Equal(pin, members)
			}
			return slices.Equal(slices.Sorted(slices.Values(pin)), slices.Sorted(slices.Values(members)))
		})
	}
	g := in.pin[members[0]]
	if g < 0 || len(in.pins[g]) != len(members) {
		return false
	}
	return !slices.ContainsFunc(members, func(m int32) bool { return in.pin[m] != g })
}

// seated says whether a group has the seats of ModeCompose.
func (in *instance) seated(members []int32) bool {
	for i, seat := range in.p.Seats.Of {
		n := 0
		for _, m := range members {
			n += int(one(in.seat[m] == int32(i)))
		}
		if n != seat.Count {
			return false
		}
	}
	return len(members) == in.p.GroupSize
}

// unmatched looks at every stride-th other person.
func (in *instance) unmatched(m int32, stride int) Unmatched {
	u := Unmatched{ID: in.ids[m], Rule: -1}
	const never, forbidden = 0, 1 // then the rules
	counts := make([]int, 2+len(in.p.Rules))
	anyFree := false
	for o := int32(0); int(o) < len(in.ids); o += int32(stride) {
		if o == m {
			continue
		}
		u.Others++
		anyFree = anyFree || in.pin[o] < 0
		r, kind := in.blocker(m, o)
		switch kind {
		case "":
			continue
		case KindNever:
			counts[never]++
		case KindForbidden:
			counts[forbidden]++
		default:
			counts[2+r]++
		}
		u.Blocked++
	}
	switch {
	case in.p.Mode == ModeLottery:
		u.Code = CodeNotDrawn
	case in.seat != nil && in.seat[m] < 0:
		u.Code = CodeNoSeat
	case !anyFree:
		u.Code = CodeAlone
	case u.Blocked == u.Others:
		u.Code = CodeBlocked
	default:
		u.Code = CodeNoRoom
	}
	if u.Blocked == 0 {
		return u
	}
	most := 0
	for i, n := range counts {
		if n > counts[most] {
			most = i
		}
	}
	switch most {
	case never:
		u.Kind = KindNever
	case forbidden:
		u.Kind = KindForbidden
	default:
		u.Rule = most - 2
		u.Kind, u.Attribute = in.p.Rules[u.Rule].Kind, in.p.Rules[u.Rule].Attribute
	}
	return u
}
