package matching

import (
	"context"
	"fmt"
	"slices"
)

// graph is people and what each two of them who may meet would cost.
type graph struct {
	in     *instance
	people []int32
	cost   []wide   // by two places in people; absent for those who must not meet
	near   []uint64 // bit rows: who may meet whom
	row    int      // words of a bit row
	full   bool     // any two may meet
}

func newGraph(in *instance, people []int32) *graph {
	n := len(people)
	g := &graph{in: in, people: people, cost: make([]wide, n*n), row: (n + 63) / 64, full: true}
	g.near = make([]uint64, n*g.row)
	for i := range g.cost {
		g.cost[i] = absent
	}
	for i, a := range people {
		for j, b := range people[:i] {
			if in.allowed(a, b) {
				c := in.cost(a, b)
				g.cost[i*n+j], g.cost[j*n+i] = c, c
				g.near[i*g.row+j/64] |= 1 << (j % 64)
				g.near[j*g.row+i/64] |= 1 << (i % 64)
			} else {
				g.full = false
			}
		}
	}
	return g
}

func (g *graph) size() int { return len(g.people) }

func (g *graph) edge(i, j int) bool { return g.near[i*g.row+j/64]>>(j%64)&1 == 1 }

func (g *graph) between(i, j int) wide { return g.cost[i*g.size()+j] }

// triangles says whether any three may meet.
func (g *graph) triangles() bool {
	for i := range g.size() {
		for j := range i {
			if !g.edge(i, j) {
				continue
			}
			for w := range g.row {
				if g.near[i*g.row+w]&g.near[j*g.row+w] != 0 {
					return true
				}
			}
		}
	}
	return false
}

// deficiency is how many people no set of pairs can reach besides those left aside.
func (g *graph) deficiency(ctx context.Context, skip []int) (int, error) {
	if g.full {
		return (g.size() - len(skip)) % 2, nil
	}
	m := newMatcher(g.size())
	for i := range g.size() {
		if slices.Contains(skip, i) {
			continue
		}
		for j := range i {
			if g.edge(i, j) && !slices.Contains(skip, j) {
				m.join(i, j, wide{})
			}
		}
	}
	if err := m.solve(ctx, true); err != nil {
		return 0, err
	}
	left := -len(skip)
	for _, mate := range m.mate {
		if mate < 0 {
			left++
		}
	}
	return left, nil
}

// task is a matching asked for. There must be one: see deficiency.
type task struct {
	skip  []int          // places left aside
	leave int            // people to leave out besides
	alone func(int) wide // what leaving out a place costs, nil for nothing
	spare func(int) bool // people who should rather not meet each other, all else being equal
	warm  *warmth
}

// warmth is what a solved task knows that helps a similar one, by place.
type warmth struct {
	y    []wide
	mate []int32
}

// pairs does a task at the least cost.
func (g *graph) pairs(ctx context.Context, t task) (pairs [][2]int, cost wide, warm *warmth, err error) {
	var keep []int
	at := make([]int32, g.size()) // place in keep
	for i := range g.size() {
		at[i] = -1
		if !slices.Contains(t.skip, i) {
			at[i] = int32(len(keep))
			keep = append(keep, i)
		}
	}
	m := newMatcher(len(keep) + t.leave)
	for a, i := range keep {
		for b, j := range keep[:a] {
			c := g.between(i, j)
			if c.isAbsent() {
				continue
			}
			if t.spare != nil && t.spare(i) && t.spare(j) {
				c = c.add(g.in.pack.later)
			}
			m.join(a, b, c)
		}
		for b := range t.leave {
			c := wide{}
			if t.alone != nil {
				c = t.alone(i)
			}
			m.join(a, len(keep)+b, c)
		}
	}
	if t.warm != nil {
		for a, i := range keep {
			m.y[a] = t.warm.y[i]
			if mate := t.warm.mate[i]; mate >= 0 && int(mate) < i && at[mate] >= 0 {
				m.propose(int32(a), at[mate])
			}
		}
	} else {
		m.halve()
	}
	if err := m.solve(ctx, false); err != nil {
		return nil, wide{}, nil, fmt.Errorf("pairing %d people, leaving out %d: %w", len(keep), t.leave, err)
	}
	warm = &warmth{y: make([]wide, g.size()), mate: make([]int32, g.size())}
	for i := range warm.mate {
		warm.mate[i] = -1
	}
	y := m.flatDuals()
	for a, b := range m.mate[:len(keep)] {
		warm.y[keep[a]] = y[a]
		if int(b) >= len(keep) {
			continue
		}
		warm.mate[keep[a]] = int32(keep[b])
		if a < int(b) {
			pairs = append(pairs, [2]int{keep[a], keep[b]})
			cost = cost.add(g.between(keep[a], keep[b]))
		}
	}
	return pairs, cost, warm, nil
}

// components splits people into sets nobody of whom may meet anybody of another.
func (in *instance) components(people []int32) [][]int32 {
	var parts [][]int32
	rest := people
	for len(rest) > 0 {
		part := []int32{rest[0]}
		rest = append([]int32(nil), rest[1:]...)
		for at := 0; at < len(part) && len(rest) > 0; at++ {
			far := rest[:0]
			for _, b := range rest {
				if in.allowed(part[at], b) {
					part = append(part, b)
				} else {
					far = append(far, b)
				}
			}
			rest = far
		}
		parts = append(parts, part)
	}
	return parts
}
