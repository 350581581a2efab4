package matching

import (
	"cmp"
	"context"
	"slices"
)

// settle makes an assignment legal, and says if it was not complete: whoever breaks a hard rule leaves their group, and all who are in none are seated
// where they fit, while somebody fits. Looking for seats takes at most seatBudget checks in all, but at least 64 groups
// for each person.
func (s *seating) settle(ctx context.Context, people []int32) (changed bool, err error) {
	for g := range s.groups {
		s.evict(int32(g))
	}
	var out []int32
	for _, m := range people {
		if s.at[m] < 0 {
			out = append(out, m)
		}
	}
	if len(out) == 0 {
		return false, nil
	}
	s.rng.shuffle(out)
	slices.SortStableFunc(out, func(a, b int32) int { return cmp.Compare(s.in.odd[b], s.in.odd[a]) })
	if out = s.gather(out); len(out) > 0 {
		looks := max(64, seatBudget/len(out))
		for i, m := range out {
			if i%64 == 0 {
				if err := ctx.Err(); err != nil {
					return false, err
				}
			}
			if s.at[m] < 0 && !s.seat(m, out, looks) {
				s.seatByMove(m, looks/8)
			}
		}
		if s.in.oddRank == 0 {
			s.rotate(people)
		}
	}
	if s.in.p.Leftover == LeftoverOut {
		for _, g := range s.groups {
			for len(g) > 0 && len(g) != s.in.p.GroupSize {
				s.at[g[0]], g = -1, g[1:]
			}
		}
	}
	s.groups = slices.DeleteFunc(s.groups, func(g []int32) bool { return len(g) == 0 || s.at[g[0]] < 0 })
	for g, members := range s.groups {
		s.place(g, members)
	}
	return true, nil
}

const seatBudget = 4_000_000

// evict takes the people with most conflicts out of a group until it has none; nobody stays alone.
func (s *seating) evict(g int32) {
	for {
		worst, ok := s.in.worst(s.groups[g], func(int32) bool { return false })
		if !ok {
			return
		}
		s.remove(worst)
	}
}

// worst is who breaks hard rules with most of a group, of those who need not stay; of equals who was odd least often.
func (in *instance) worst(group []int32, stays func(int32) bool) (worst int32, ok bool) {
	most := 0
	for _, a := range group {
		n := 0
		for _, b := range group {
			n += int(one(a != b && !in.allowed(a, b)))
		}
		if !stays(a) && (n > most || n == most && n > 0 && in.odd[a] < in.odd[worst]) {
			worst, most = a, n
		}
	}
	return worst, most > 0
}

// remove takes a member out of their group; a group of one is dissolved.
func (s *seating) remove(m int32) {
	g := s.at[m]
	s.groups[g] = slices.DeleteFunc(s.groups[g], func(o int32) bool { return o == m })
	s.at[m] = -1
	s.weigh(g)
	if len(s.groups[g]) == 1 {
		s.at[s.groups[g][0]] = -1
		s.groups[g] = s.groups[g][:0]
	}
}

// gather makes groups among people who are in none: each takes the next ones that fit. It returns who is left.
func (s *seating) gather(out []int32) []int32 {
	const window = 512 // people looked at for one group
	for i, first := range out {
		if s.at[first] >= 0 {
			continue
		}
		group := []int32{first}
		for _, m := range out[i+1 : min(len(out), i+1+window)] {
			if len(group) == s.in.p.GroupSize {
				break
			}
			if s.at[m] < 0 && !slices.ContainsFunc(group, func(o int32) bool { return !s.in.allowed(m, o) }) {
				group = append(group, m)
			}
		}
		if len(group) == s.in.p.GroupSize {
			s.groups = append(s.groups, nil)
			s.place(len(s.groups)-1, group)
		}
	}
	return slices.DeleteFunc(out, func(m int32) bool { return s.at[m] >= 0 })
}

// room is whether a group may take one more: it is short, or of the wanted size.
func (s *seating) room(g int32) bool {
	n, most := len(s.groups[g]), s.in.p.GroupSize
	if s.in.p.Leftover == LeftoverOut || s.in.p.Leftover == LeftoverSmaller && most > 2 {
		most--
	}
	return n >= 1 && n <= most
}

// seat adds a member to the best of the groups looked at that has room: one that is short, then the cheapest. Failing
// that they form a pair with somebody in no group.
func (s *seating) seat(m int32, out []int32, looks int) bool {
	best, bestCost := int32(-1), absent
	from := s.rng.below(max(1, len(s.groups)))
	for i := range min(looks, len(s.groups)) {
		g := int32((from + i) % len(s.groups))
		if !s.room(g) || !s.fits(m, g, -1) {
			continue
		}
		if c := s.joining(m, g); c.Less(bestCost) {
			best, bestCost = g, c
		}
	}
	if best >= 0 {
		s.place(int(best), append(s.groups[best], m))
		return true
	}
	return s.seatPair(m, out, looks)
}

// joining is what the assignment costs more when a member joins a group.
func (s *seating) joining(m, g int32) wide {
	sum := s.cost(m, g, m)
	was, is := len(s.groups[g]) != s.in.p.GroupSize, len(s.groups[g])+1 != s.in.p.GroupSize
	for _, o := range s.groups[g] {
		if is && !was {
			sum = sum.Add(s.in.oddCost(o))
		} else if was && !is {
			sum = sum.Sub(s.in.oddCost(o))
		}
	}
	if is {
		sum = sum.Add(s.in.oddCost(m))
	}
	return sum
}

func (s *seating) seatPair(m int32, out []int32, looks int) bool {
	for _, o := range out[:min(looks, len(out))] {
		if o != m && s.at[o] < 0 && s.in.allowed(m, o) {
			s.groups = append(s.groups, nil)
			s.place(len(s.groups)-1, []int32{m, o})
			return true
		}
	}
	return false
}

// seatByMove seats a member in somebody's place who can sit elsewhere.
func (s *seating) seatByMove(m int32, looks int) bool {
	if len(s.groups) < 2 {
		return false
	}
	from := s.rng.below(len(s.groups))
	for i := range min(looks, len(s.groups)) {
		g := int32((from + i) % len(s.groups))
		for _, o := range s.groups[g] {
			if !s.fits(m, g, o) {
				continue
			}
			for range 16 {
				h := int32(s.rng.below(len(s.groups)))
				if h == g || !s.room(h) || !s.fits(o, h, -1) {
					continue
				}
				s.replace(g, o, m)
				s.place(int(h), append(s.groups[h], o))
				return true
			}
		}
	}
	return false
}

// rotate gives seats to people in no group who were odd or left out more often than those who have them: each takes
// that of the one least often among so many drawn.
func (s *seating) rotate(people []int32) {
	const draws = 256
	people = slices.Clone(people)
	slices.SortFunc(people, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.in.odd[a], s.in.odd[b]), cmp.Compare(a, b))
	})
	less := len(people)
	for i := len(people) - 1; i >= 0; i-- {
		m := people[i]
		if s.at[m] >= 0 {
			continue
		}
		for less > 0 && s.in.odd[people[less-1]] >= s.in.odd[m] {
			less--
		}
		if less == 0 {
			return
		}
		seat := int32(-1)
		for range draws {
			o := people[s.rng.below(less)]
			if g := s.at[o]; g >= 0 && (seat < 0 || s.in.odd[o] < s.in.odd[seat]) && s.fits(m, g, o) {
				seat = o
			}
		}
		if seat >= 0 {
			s.replace(s.at[seat], seat, m)
			s.at[seat] = -1
		}
	}
}
