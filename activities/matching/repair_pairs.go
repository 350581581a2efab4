package matching

import (
	"context"
	"slices"

	"rondo/activities/matching/blossom"
)

// anew mends small rounds of pairs once more where that is not the best yet. To be in a group outranks few changes, and so
// does a pair a trio.
func (m *mend) anew(ctx context.Context) error {
	free := slices.DeleteFunc(m.in.free(), func(o int32) bool {
		return slices.ContainsFunc(m.kept, func(g []int32) bool { return slices.Contains(g, o) })
	})
	left, trios := 0, 0
	for _, o := range free {
		left += int(one(m.at[o] < 0))
	}
	for _, g := range m.groups {
		trios += int(one(len(g) == 3))
	}
	if m.in.p.GroupSize != 2 || len(m.in.ids) > maxDense || left == 0 && trios <= len(free)%2 {
		return nil
	}
	g, mates, err := m.keepMost(ctx, free, m.mates())
	if err != nil {
		return err
	}
	out := 0
	for _, j := range mates {
		out += int(one(j < 0))
	}
	if out < left || out == left && trios > 0 {
		m.repair(g, mates)
		left = out
	}
	if left == 0 {
		return nil
	}
	made, err := m.in.solve(ctx, free)
	if err != nil || len(free)-countPeople(made.groups) >= left {
		return err
	}
	var formed [][]int32
	stay := make([]bool, len(m.groups))
	for _, g := range made.groups {
		slices.Sort(g)
		if at := m.at[g[0]]; at >= 0 && slices.Equal(slices.Sorted(slices.Values(m.groups[at])), g) {
			stay[at] = true
		} else {
			formed = append(formed, g)
		}
	}
	for at := range m.groups {
		if !stay[at] {
			m.groups[at] = nil
		}
	}
	for _, g := range formed {
		m.groups = append(m.groups, nil)
		m.place(len(m.groups)-1, g)
	}
	return nil
}

func countPeople(groups [][]int32) (n int) {
	for _, g := range groups {
		n += len(g)
	}
	return n
}

// pairUp pairs people who are in no group. In rounds of up to maxDense people that is exact: as many as possible are
// paired, then as few pairs as possible are new, then these cost least. In larger ones they are paired with each other,
// exactly up to maxDense of them, else as they come.
func (m *mend) pairUp(ctx context.Context, out []int32) error {
	if len(out) > maxDense {
		m.gather(out)
		return nil
	}
	people, mate := slices.Clone(out), map[int32]int32{}
	if len(m.in.ids) <= maxDense { // costs leave room for it
		mate = m.mates()
		for o := range mate {
			people = append(people, o)
		}
	}
	g, mates, err := m.keepMost(ctx, people, mate)
	if err != nil {
		return err
	}
	m.repair(g, mates)
	return nil
}

// mates is who is paired with whom.
func (m *mend) mates() map[int32]int32 {
	mate := map[int32]int32{}
	for _, g := range m.groups {
		if len(g) == 2 {
			mate[g[0]], mate[g[1]] = g[1], g[0]
		}
	}
	return mate
}

// keepMost pairs as many people as possible, with as few pairs as possible that are new, at the least cost.
func (m *mend) keepMost(ctx context.Context, people []int32, mate map[int32]int32) (*graph, []int32, error) {
	slices.Sort(people)
	g := newGraph(m.in, people)
	chance, meets := m.in.pack.chanceBits, m.in.pack.conflict-m.in.pack.chanceBits
	stays, meet := blossom.Shifted(1, meets), uint64(2) // stays outweighs all costs, and meet of it all that stay
	if len(mate) > 0 {
		meet *= maxDense
	}
	made, err := g.match(ctx, nil, nil, func(i, j int) wide {
		a, b := g.people[i], g.people[j]
		w := stays.Times(meet).Sub(g.between(i, j).Down(chance))
		w = w.Add(m.in.oddCost(a).Down(chance)).Add(m.in.oddCost(b).Down(chance)) // what leaving them out would cost
		if mate[a] == b && mate[b] == a {
			w = w.Add(stays)
		}
		return w
	})
	return g, made.Mate, err
}

// repair makes the pairs of a matching that are new, and dissolves those that are none any more.
func (m *mend) repair(g *graph, mates []int32) {
	for i, j := range mates {
		a := g.people[i]
		if at := m.at[a]; at >= 0 && (j < 0 || m.at[g.people[j]] != at) {
			for _, o := range m.groups[at] {
				m.at[o] = -1
			}
			m.groups[at] = nil
		}
	}
	for i, j := range mates {
		if a := g.people[i]; i < int(j) && m.at[a] < 0 {
			m.groups = append(m.groups, nil)
			m.place(len(m.groups)-1, []int32{a, g.people[j]})
		}
	}
}

// splitTrio pairs somebody with one of a trio, where that saves most.
func (m *mend) splitTrio(o int32) bool {
	if m.in.p.GroupSize != 2 {
		return false
	}
	third, least := int32(-1), absent
	for _, g := range m.groups {
		if len(g) != 3 {
			continue
		}
		for i, a := range g {
			if !m.in.allowed(o, a) {
				continue
			}
			c := m.in.cost(o, a)
			for _, b := range g {
				c = c.Sub(m.in.oddCost(b))
			}
			c = c.Sub(m.in.cost(a, g[(i+1)%3])).Sub(m.in.cost(a, g[(i+2)%3]))
			if c.Less(least) {
				third, least = a, c
			}
		}
	}
	if third < 0 {
		return false
	}
	m.remove(third)
	m.groups = append(m.groups, nil)
	m.place(len(m.groups)-1, []int32{o, third})
	return true
}

// mostTwos bounds the pairs of groups that seatAmongTwo looks at.
const mostTwos = 1 << 17

// seatAmongTwo seats somebody whom no pair takes in: two pairs and they make a pair and a trio, so that it costs least. It is
// false when none can, or in rounds too large to look at all.
func (m *mend) seatAmongTwo(o int32) bool {
	if m.in.p.GroupSize != 2 || m.in.p.Leftover == LeftoverOut || len(m.groups)*len(m.groups) > mostTwos {
		return false
	}
	least, into := absent, [2]int32{}
	var pair, trio []int32
	for g := range int32(len(m.groups)) {
		for h := range g {
			if len(m.groups[g]) != 2 || len(m.groups[h]) != 2 {
				continue
			}
			five := [5]int32{m.groups[g][0], m.groups[g][1], m.groups[h][0], m.groups[h][1], o}
			was := m.in.pairCost(five[0], five[1]).Add(m.in.pairCost(five[2], five[3]))
			for i := range 5 {
				for j := range i {
					two, three := []int32{five[i], five[j]}, slices.Clone(five[:])
					three = slices.DeleteFunc(three, func(a int32) bool { return slices.Contains(two, a) })
					if m.in.conflicts(two)+m.in.conflicts(three) > 0 {
						continue
					}
					cost := m.in.pairCost(two[0], two[1]).Sub(was)
					for k, a := range three {
						cost = cost.Add(m.in.oddCost(a)).Add(m.in.pairCost(a, three[(k+1)%3]))
					}
					if cost.Less(least) {
						least, into, pair, trio = cost, [2]int32{g, h}, two, three
					}
				}
			}
		}
	}
	if pair == nil {
		return false
	}
	m.place(int(into[0]), pair)
	m.place(int(into[1]), trio)
	return true
}
