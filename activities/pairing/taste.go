package pairing

// taste is a rule that chooses.
type taste struct {
	same   bool
	value  []int32 // of its attribute, numbered; 0: has none
	has    bits    // who has one
	groups []bits  // by value: who has it
}

// newTaste numbers values by the order of people, so that no map's order matters.
func newTaste(same bool, n int, groups map[string][]int) *taste {
	s := &taste{same: same, value: make([]int32, n), has: newBits(n), groups: make([]bits, n+1)}
	for value, members := range groups {
		if value == "" {
			continue
		}
		number := int32(members[0]) + 1
		for _, i := range members {
			s.value[i] = number
		}
		s.has.addAll(members)
		if len(members) > 1 {
			s.groups[number] = newBits(n)
			s.groups[number].addAll(members)
		}
	}
	return s
}

func (s *taste) likes(i, j int) bool {
	return s.value[i] != 0 && s.value[j] != 0 && s.same == (s.value[i] == s.value[j])
}

// liked puts those of a set into another whom somebody likes, and says whether there are any.
func (s *taste) liked(i int, of, to bits) bool {
	group, some := s.groups[s.value[i]], uint64(0)
	if s.value[i] == 0 || s.same && group == nil {
		return false // nobody else has that value
	}
	for k, w := range of {
		switch {
		case s.same:
			w &= group[k]
		case group != nil:
			w &= s.has[k] &^ group[k]
		default:
			w &= s.has[k]
		}
		to[k] = w
		some |= w
	}
	return some != 0
}

// favourites is those of a set whom a person likes best, the first taste before the second; it spoils the set, and is valid
// until the next call.
func (t *table) favourites(i int, of bits) bits {
	for _, taste := range t.tastes {
		if taste.liked(i, of, t.spare) {
			copy(of, t.spare)
		}
	}
	return of
}

// worth is what a pair is worth to the third wish of [Pair] and the fifth: whether they never met, then the rules that prefer,
// two bits each, so that the worth of two pairs can be added up and compared.
func (t *table) worth(i, j int) (w uint32) {
	if t.fresh.has(i, j) {
		w = 1
	}
	for _, taste := range t.tastes {
		w <<= 2
		if taste.likes(i, j) {
			w++
		}
	}
	return w
}
