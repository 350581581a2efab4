package matching

// seating is an assignment under construction.
type seating struct {
	in     *instance
	groups [][]int32
	at     []int32 // index of the group by member, or -1
	own    []wide  // what a seated member costs in their group
	rng    random
}

func newSeating(in *instance, groups [][]int32, rng random) *seating {
	s := &seating{in: in, groups: groups, at: make([]int32, len(in.ids)), own: make([]wide, len(in.ids)), rng: rng}
	for i := range s.at {
		s.at[i] = -1
	}
	for g, members := range groups {
		s.place(g, members)
	}
	return s
}

func (s *seating) place(g int, members []int32) {
	s.groups[g] = members
	for _, m := range members {
		s.at[m] = int32(g)
	}
	s.weigh(int32(g))
}

// weigh brings own up to date for a group.
func (s *seating) weigh(g int32) {
	for _, m := range s.groups[g] {
		s.own[m] = s.cost(m, g, m)
	}
}

// cost is what a member costs among the members of group g but for one, without chance and without being odd.
func (s *seating) cost(m, g, but int32) (sum wide) {
	for _, o := range s.groups[g] {
		if o != but && o != m {
			sum = sum.Add(s.in.pairCost(m, o))
		}
	}
	return sum
}

// floor is a lower bound of cost that looks into no table.
func (s *seating) floor(m, g, but int32) (sum wide) {
	for _, o := range s.groups[g] {
		if o != but && o != m {
			sum = sum.Add(s.in.attributeCost(m, o))
		}
	}
	return sum
}

// burden is what the pairs of a group cost, twice.
func (s *seating) burden(g int32) (sum wide) {
	for _, m := range s.groups[g] {
		sum = sum.Add(s.own[m])
	}
	return sum
}

// gain compares the cost before and after exchanging two seated people of different groups: 1 is less after, 0 the
// same, -1 more.
func (s *seating) gain(a, b int32) int {
	g, h := s.at[a], s.at[b]
	if s.in.seat != nil && s.in.seat[a] != s.in.seat[b] {
		return -1
	}
	before := s.own[a].Add(s.own[b])
	var after wide
	if odd := s.odd(g); odd != s.odd(h) {
		if !odd {
			a, b, g, h = b, a, h, g
		}
		before, after = before.Add(s.in.oddCost(a)), s.in.oddCost(b)
	}
	low := after.Add(s.floor(b, g, a))
	if before.Less(low) || before.Less(low.Add(s.floor(a, h, b))) {
		return -1
	}
	return before.Compare(after.Add(s.cost(b, g, a)).Add(s.cost(a, h, b)))
}

func (s *seating) odd(g int32) bool { return len(s.groups[g]) != s.in.p.GroupSize }

func (s *seating) exchange(a, b int32) {
	g, h := s.at[a], s.at[b]
	s.replace(g, a, b)
	s.replace(h, b, a)
}

func (s *seating) replace(g, old, by int32) {
	for i, m := range s.groups[g] {
		if m == old {
			s.groups[g][i] = by
		}
	}
	s.at[by] = g
	s.weigh(g)
}

// fits says whether a member may sit with all of group g, but for the one they replace.
func (s *seating) fits(m int32, g int32, instead int32) bool {
	for _, o := range s.groups[g] {
		if o != instead && !s.in.allowed(m, o) {
			return false
		}
	}
	return true
}
