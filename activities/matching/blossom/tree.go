package blossom

import "slices"

// above is the edge from an outer node to the inner node it hangs on, and the edge from there to the next outer node,
// each leading rootward. It is false for the root.
func (s *solver) above(b int32) (first, second edge, ok bool) {
	base := s.nodes[b].base
	mate := s.v[base].mate
	if mate < 0 {
		return edge{}, edge{}, false
	}
	in := s.nodes[s.top(mate)].entry
	return edge{base, mate}, edge{in.v, in.u}, true
}

// ancestor is the first outer node on both ways to the root.
func (s *solver) ancestor(a, b int32) int32 {
	s.walk++
	for a >= 0 {
		if s.nodes[a].mark == s.walk {
			return a
		}
		s.nodes[a].mark = s.walk
		_, up, ok := s.above(a)
		if a = -1; ok {
			a = s.top(up.v)
		}
		if b >= 0 { // both ways in turn, until one is at the root
			a, b = b, a
		}
	}
	panic("two nodes of a tree have no way to its root")
}

// shrink makes a blossom of the circle that an edge between two outer nodes closes.
func (s *solver) shrink(e edge, tree int32) {
	root := s.ancestor(s.top(e.u), s.top(e.v))
	b, c := s.newCircle()
	// Down from the root to e.u, then up again from e.v.
	for at := s.top(e.u); at != root; {
		first, second, _ := s.above(at)
		c.kids = append(c.kids, at, s.top(first.v))
		c.links = append(c.links, edge{first.v, first.u}, edge{second.v, second.u})
		at = s.top(second.v)
	}
	c.kids = append(c.kids, root)
	slices.Reverse(c.kids)
	slices.Reverse(c.links)
	c.links = append(c.links, e)
	for at := s.top(e.v); at != root; {
		first, second, _ := s.above(at)
		c.kids = append(c.kids, at, s.top(first.v))
		c.links = append(c.links, first, second)
		at = s.top(second.v)
	}

	largest, size := root, int32(0)
	for _, kid := range c.kids {
		k := &s.nodes[kid]
		size += k.size
		if k.size > s.nodes[largest].size {
			largest = kid
		}
		if s.v[k.base].label == inner {
			for _, at := range s.leaves(kid) {
				s.vertexOuter(at, tree, s.now.double())
			}
		}
		s.rest(kid)
	}
	set := s.v[s.nodes[largest].base].set
	for _, kid := range c.kids {
		s.nodes[kid].parent = b
		if kid != largest {
			for _, at := range s.leaves(kid) {
				s.v[at].set = set
			}
		}
	}
	s.topOf[set] = b
	n := &s.nodes[b]
	n.parent, n.base, n.size = -1, s.nodes[root].base, size
	s.surface(b, tree)
}

func (s *solver) newCircle() (int32, *circle) {
	if len(s.spare) == 0 {
		s.nodes = append(s.nodes, node{circle: new(circle)})
		b := int32(len(s.nodes) - 1)
		return b, s.nodes[b].circle
	}
	b := s.spare[len(s.spare)-1]
	s.spare = s.spare[:len(s.spare)-1]
	return b, s.nodes[b].circle
}

// release makes the nodes of a blossom topmost. The largest keeps the set's number, so that opening a deep nest of
// blossoms one by one looks at each small part once.
func (s *solver) release(b int32) *circle {
	c := s.nodes[b].circle
	set := s.v[s.nodes[b].base].set
	keeps, _ := s.inside(b, set)
	for _, kid := range c.kids {
		s.nodes[kid].parent = -1
		if kid == keeps {
			s.topOf[set] = kid
			continue
		}
		leaves := s.leaves(kid)
		own := leaves[0]
		s.topOf[own] = kid
		for _, at := range leaves {
			s.v[at].set = own
		}
	}
	return c
}

func (s *solver) reuse(b int32) {
	c := s.nodes[b].circle
	*c = circle{kids: c.kids[:0], links: c.links[:0]}
	s.spare = append(s.spare, b)
}

// dissolve opens a blossom without a dual, and such blossoms in it.
func (s *solver) dissolve(b int32) {
	c := s.nodes[b].circle
	if c == nil || len(c.kids) == 0 || !c.z.IsZero() {
		return
	}
	for _, kid := range s.release(b).kids {
		s.dissolve(kid)
	}
	s.reuse(b)
}

// inside is the node directly in a blossom that holds a vertex, and its place on the circle.
func (s *solver) inside(b, v int32) (kid int32, at int) {
	kid = v
	for s.nodes[kid].parent != b {
		kid = s.nodes[kid].parent
	}
	return kid, slices.Index(s.nodes[b].circle.kids, kid)
}

// expand opens an inner blossom whose dual is used up: the even way along its circle from where the tree enters to its
// base stays in the tree.
func (s *solver) expand(b int32) {
	entry := s.nodes[b].entry
	_, at := s.inside(b, entry.v)
	tree, c := s.v[entry.v].tree, s.release(b)
	count := len(c.kids)
	s.walk++ // marks what stays
	for {
		s.nodes[c.kids[at]].mark = s.walk
		s.enter(c.kids[at], entry)
		if at == 0 {
			break
		}
		out := 0
		if at%2 == 0 { // backward: matched to the one before
			link := c.links[at-2]
			entry, out, at = edge{link.v, link.u}, at-1, at-2
		} else {
			entry, out, at = c.links[at+1], at+1, (at+2)%count
		}
		kid := c.kids[out]
		s.nodes[kid].mark = s.walk
		s.makeOuter(kid, tree, s.now.double())
	}
	for _, kid := range c.kids {
		if s.nodes[kid].mark == s.walk {
			continue
		}
		for _, at := range s.leaves(kid) {
			v := &s.v[at]
			v.y, v.label = v.y.Add(s.now), unlabelled
			if v.from < 0 {
				continue
			}
			v.key = v.key.Add(s.now)
			owner := v.from
			if s.to[v.via] == owner {
				owner = at
			}
			s.expect(event{v.key, owner, v.via})
		}
	}
	s.reuse(b)
}

// flip changes what is matched on the way from an outer vertex to the root of its tree: the vertex gets another mate,
// or none.
func (s *solver) flip(u, mate int32) {
	for {
		b := s.top(u)
		first, second, more := s.above(b)
		s.rebase(b, u)
		s.v[u].mate = mate
		if !more {
			return
		}
		s.rebase(s.top(first.v), second.u)
		u, mate = second.v, second.u
		s.v[mate].mate = u
	}
}

// rebase makes a vertex the base of a node: the even way along each circle from it to the old base flips.
func (s *solver) rebase(b, v int32) {
	c := s.nodes[b].circle
	if c == nil || s.nodes[b].base == v {
		return
	}
	kid, at := s.inside(b, v)
	s.rebase(kid, v)
	pair := func(e edge, i, j int) {
		s.rebase(c.kids[i], e.u)
		s.rebase(c.kids[j], e.v)
		s.v[e.u].mate, s.v[e.v].mate = e.v, e.u
	}
	count := len(c.kids)
	if at%2 == 0 {
		for i := at; i > 0; i -= 2 {
			pair(c.links[i-2], i-2, i-1)
		}
	} else {
		for i := at; i < count; i += 2 {
			pair(c.links[i+1], i+1, (i+2)%count)
		}
	}
	rotate(c.kids, at)
	rotate(c.links, at)
	s.nodes[b].base = v
}

// rotate moves the element at i to the front, keeping the circle.
func rotate[T any](a []T, i int) {
	slices.Reverse(a[:i])
	slices.Reverse(a[i:])
	slices.Reverse(a)
}
