package blossom

import (
	"context"
	"fmt"
)

// Matching is who is matched with whom, and why nothing weighs more.
type Matching struct {
	Mate        []int32 // by vertex, -1 for none
	Certificate Certificate
}

// Match finds a matching of the greatest weight. A cancelled context is the only error.
func (g *Graph) Match(ctx context.Context, warm *Start) (Matching, error) {
	s := newSolver(g)
	s.begin(warm)
	if err := s.run(ctx); err != nil {
		return Matching{}, fmt.Errorf("match %d vertices: %w", g.Len(), err)
	}
	m := Matching{Mate: make([]int32, len(s.v)), Certificate: s.certificate()}
	for v := range s.v {
		m.Mate[v] = s.v[v].mate
	}
	return m, nil
}

// Weigh is what a matching weighs.
func (g *Graph) Weigh(mate []int32) Weight {
	sum := Weight{}
	for u := range mate {
		if v := mate[u]; int(v) > u {
			sum = sum.Add(g.heaviest(int32(u), v))
		}
	}
	return sum.Half().Half()
}

// heaviest is four times the weight of the heaviest edge between two vertices, 0 if there is none.
func (g *Graph) heaviest(u, v int32) Weight {
	most := Weight{}
	for at := g.start[u]; at < g.start[u+1]; at++ {
		if g.to[at] == v && most.Less(g.weight[at]) {
			most = g.weight[at]
		}
	}
	return most
}

func newSolver(g *Graph) *solver {
	n := g.Len()
	s := &solver{Graph: g, v: make([]vertex, n), nodes: make([]node, n, n+n/8), topOf: make([]int32, n)}
	for i := range int32(n) {
		s.v[i] = vertex{key: Max, from: -1, mate: -1, set: i}
		s.nodes[i] = node{parent: -1, base: i, size: 1}
		s.topOf[i] = i
	}
	return s
}

func (s *solver) top(v int32) int32 { return s.topOf[s.v[v].set] }

// run grows a tree from every unmatched vertex at once, until each has met another or one of its vertices may go without.
func (s *solver) run(ctx context.Context) error {
	for v := range s.v {
		if s.v[v].mate < 0 && !s.v[v].y.IsZero() {
			s.trees = append(s.trees, tree{end: Max})
			s.makeOuter(int32(v), int32(len(s.trees)-1), s.now)
		}
	}
	s.alive = len(s.trees)
	for events := 0; s.alive > 0; events++ {
		if events%4096 == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for len(s.queue) > 0 {
			u := s.queue[len(s.queue)-1]
			s.queue = s.queue[:len(s.queue)-1]
			s.look(u)
		}
		s.happen(s.heap.pop())
	}
	return nil
}

// grow takes the node at the end of an edge into the tree, and its partner. If it has none, both are matched.
func (s *solver) grow(e edge) {
	tree := s.v[e.u].tree
	if s.v[s.nodes[s.top(e.v)].base].mate < 0 {
		s.rebase(s.top(e.v), e.v)
		s.v[e.v].mate = e.u
		s.flip(e.u, e.v)
		s.fell(tree)
		s.renew(e.v)
		return
	}
	b := s.top(e.v)
	for _, at := range s.leaves(b) {
		v := &s.v[at]
		v.y, v.label, v.tree = v.y.Sub(s.now), inner, tree
		if v.from >= 0 {
			v.key = v.key.Sub(s.now)
		}
		s.trees[tree].members = append(s.trees[tree].members, at)
	}
	s.enter(b, e)
	s.makeOuter(s.top(s.v[s.nodes[b].base].mate), tree, s.now)
}

// enter makes a node inner whose vertices are.
func (s *solver) enter(b int32, entry edge) {
	n := &s.nodes[b]
	n.entry = entry
	if c := n.circle; c != nil {
		c.label, c.z = inner, c.z.Add(s.now.double())
		t := &s.trees[s.v[n.base].tree]
		t.circles = append(t.circles, b)
		s.expect(event{c.z.Half(), b, expands})
	}
}

// makeOuter makes a node outer whose vertices' duals as stored are so much less than they will be.
func (s *solver) makeOuter(b, tree int32, less Weight) {
	s.surface(b, tree)
	for _, at := range s.leaves(b) {
		s.vertexOuter(at, tree, less)
	}
}

// surface makes the dual of a blossom that of an outer one.
func (s *solver) surface(b, tree int32) {
	if c := s.nodes[b].circle; c != nil {
		c.label, c.z = outer, c.z.Sub(s.now.double())
		s.trees[tree].circles = append(s.trees[tree].circles, b)
	}
}

// vertexOuter makes a vertex outer whose dual as stored is so much less than it will be.
func (s *solver) vertexOuter(at, tree int32, less Weight) {
	v, t := &s.v[at], &s.trees[tree]
	v.y, v.label, v.tree = v.y.Add(less), fresh, tree
	t.members, s.queue = append(t.members, at), append(s.queue, at)
	if v.y.Less(t.end) {
		t.end = v.y
		s.expect(event{v.y, at, ends})
	}
}

// leaves is the vertices of a node, until the next call.
func (s *solver) leaves(b int32) []int32 {
	s.scratch = s.gather(b, s.scratch[:0])
	return s.scratch
}

func (s *solver) gather(b int32, to []int32) []int32 {
	c := s.nodes[b].circle
	if c == nil {
		return append(to, b)
	}
	for _, kid := range c.kids {
		to = s.gather(kid, to)
	}
	return to
}

// fell ends trees: duals are brought up to date, labels go, and blossoms that carry no dual. What other trees offer
// their vertices is looked up.
func (s *solver) fell(trees ...int32) {
	for _, t := range trees {
		tree := &s.trees[t]
		kept := tree.members[:0]
		for _, at := range tree.members {
			v := &s.v[at]
			if v.label == unlabelled || v.tree != t {
				continue
			}
			if v.label == inner {
				v.y = v.y.Add(s.now)
			} else {
				v.y = v.y.Sub(s.now)
			}
			v.label = unlabelled
			kept = append(kept, at)
		}
		tree.members = kept
		for _, b := range tree.circles {
			if s.v[s.nodes[b].base].tree != t {
				continue // let go, and taken by another tree
			}
			if s.rest(b); s.nodes[b].parent < 0 {
				s.dissolve(b)
			}
		}
	}
	for _, t := range trees {
		for _, at := range s.trees[t].members {
			s.renew(at)
		}
		s.trees[t] = tree{}
	}
	s.alive -= len(trees)
}

// rest brings the dual of a blossom up to date.
func (s *solver) rest(b int32) {
	c := s.nodes[b].circle
	if c == nil {
		return
	}
	switch c.label {
	case outer:
		c.z = c.z.Add(s.now.double())
	case inner:
		c.z = c.z.Sub(s.now.double())
	}
	c.label = unlabelled
}
