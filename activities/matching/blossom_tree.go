package matching

import "slices"

// above is the edge from an outer node to the inner node it hangs on, and the edge from there to the next outer node,
// each leading rootward. It is false for the root.
func (m *matcher) above(b int32) (first, second edge, ok bool) {
	base := m.nodes[b].base
	if m.mate[base] < 0 {
		return edge{}, edge{}, false
	}
	first = edge{base, m.mate[base]}
	in := m.nodes[m.top[first.v]].entry
	return first, edge{in.v, in.u}, true
}

// meet is the first outer node on both ways to the root.
func (m *matcher) meet(a, b int32) int32 {
	m.visits++
	for {
		m.nodes[a].visit = m.visits
		_, up, ok := m.above(a)
		if !ok {
			break
		}
		a = m.top[up.v]
	}
	for m.nodes[b].visit != m.visits {
		_, up, _ := m.above(b)
		b = m.top[up.v]
	}
	return b
}

// shrink makes a blossom of the circle that an edge between two outer nodes closes.
func (m *matcher) shrink(e edge) {
	root := m.meet(m.top[e.u], m.top[e.v])
	b := m.spare[len(m.spare)-1]
	m.spare = m.spare[:len(m.spare)-1]
	n := &m.nodes[b]
	*n = node{parent: -1, base: m.nodes[root].base, label: outerNode, bestBy: absent}

	// Down from the root to e.u, then up again from e.v.
	for at := m.top[e.u]; at != root; {
		first, second, _ := m.above(at)
		n.kids = append(n.kids, at, m.top[first.v])
		n.links = append(n.links, edge{first.v, first.u}, edge{second.v, second.u})
		at = m.top[second.v]
	}
	n.kids = append(n.kids, root)
	slices.Reverse(n.kids)
	slices.Reverse(n.links)
	n.links = append(n.links, e)
	for at := m.top[e.v]; at != root; {
		first, second, _ := m.above(at)
		n.kids = append(n.kids, at, m.top[first.v])
		n.links = append(n.links, first, second)
		at = m.top[second.v]
	}

	for _, kid := range n.kids {
		if m.nodes[kid].label == innerNode {
			m.queue = m.leaves(kid, m.queue)
			m.inner = m.drop(m.inner, kid)
		} else {
			m.outer = m.drop(m.outer, kid)
		}
		m.nodes[kid].label = unlabelled
	}
	m.outer = append(m.outer, b)
	for _, kid := range n.kids {
		m.nodes[kid].parent = b
		for _, v := range m.leaves(kid, nil) {
			m.top[v] = b
		}
	}
	m.gatherReach(b)
}

// gatherReach finds the best edges of a new blossom from those of its nodes. Inner nodes that are blossoms add theirs
// when their vertices are looked at.
func (m *matcher) gatherReach(b int32) {
	n := &m.nodes[b]
	n.reach = make([]int32, m.n)
	for v := range n.reach {
		n.reach[v] = -1
	}
	least := m.least
	for v := range least {
		least[v] = absent
	}
	for _, kid := range n.kids {
		k := &m.nodes[kid]
		if kid >= int32(m.n) && k.reach == nil {
			continue
		}
		for v := range int32(m.n) {
			u := kid
			if k.reach != nil {
				u = k.reach[v]
			}
			if u < 0 || m.top[v] == b || m.cost[int(u)*m.n+int(v)].isAbsent() {
				continue
			}
			if s := m.slackOf(u, v); s.less(least[v]) {
				n.reach[v], least[v] = u, s
			}
		}
		k.reach = nil
	}
	for v := range int32(m.n) {
		if least[v].less(n.bestBy) && m.nodes[m.top[v]].label == outerNode {
			n.best, n.bestBy = edge{n.reach[v], v}, least[v]
		}
	}
}

// inside is the node directly in a blossom that holds a vertex, and its place on the circle.
func (m *matcher) inside(b, v int32) (kid int32, at int) {
	kid = v
	for m.nodes[kid].parent != b {
		kid = m.nodes[kid].parent
	}
	return kid, slices.Index(m.nodes[b].kids, kid)
}

// expand opens an inner blossom whose dual is used up: the even way along its circle from where the tree enters to its
// base stays in the tree.
func (m *matcher) expand(b int32) {
	n := m.nodes[b]
	_, at := m.inside(b, n.entry.v)
	m.inner = m.drop(m.inner, b)
	m.release(b)
	entry := n.entry
	count := len(n.kids)
	for {
		kid := n.kids[at]
		m.nodes[kid].label, m.nodes[kid].entry = innerNode, entry
		m.inner = append(m.inner, kid)
		if at == 0 {
			return
		}
		if at%2 == 0 { // backward: matched to the one before
			m.makeOuter(n.kids[at-1])
			link := n.links[at-2]
			entry = edge{link.v, link.u}
			at -= 2
		} else {
			m.makeOuter(n.kids[at+1])
			entry = n.links[at+1]
			at = (at + 2) % count
		}
	}
}

// augment matches an edge from the tree to an unmatched node outside and flips the way back to the root.
func (m *matcher) augment(e edge) {
	m.rebase(m.top[e.v], e.v)
	for {
		b := m.top[e.u]
		first, second, more := m.above(b)
		m.rebase(b, e.u)
		m.mate[e.u], m.mate[e.v] = e.v, e.u
		if !more {
			return
		}
		m.rebase(m.top[first.v], second.u)
		e = edge{second.v, second.u}
	}
}

// rebase makes a vertex the base of a node: the even way along each circle from it to the old base flips.
func (m *matcher) rebase(b, v int32) {
	if b < int32(m.n) {
		return
	}
	n := &m.nodes[b]
	kid, at := m.inside(b, v)
	m.rebase(kid, v)
	pair := func(e edge, i, j int) {
		m.rebase(n.kids[i], e.u)
		m.rebase(n.kids[j], e.v)
		m.mate[e.u], m.mate[e.v] = e.v, e.u
	}
	count := len(n.kids)
	if at%2 == 0 {
		for i := at; i > 0; i -= 2 {
			pair(n.links[i-2], i-2, i-1)
		}
	} else {
		for i := at; i < count; i += 2 {
			pair(n.links[i+1], i+1, (i+2)%count)
		}
	}
	rotate(n.kids, at)
	rotate(n.links, at)
	n.base = v
}

// rotate moves the element at i to the front, keeping the circle.
func rotate[T any](s []T, i int) {
	slices.Reverse(s[:i])
	slices.Reverse(s[i:])
	slices.Reverse(s)
}
