package matching

import (
	"context"
	"errors"
	"slices"
)

// errNoPerfect says that a graph has no perfect matching.
var errNoPerfect = errors.New("no perfect matching")

// matcher finds a minimum-cost perfect matching in a general graph.
//
// The method is Edmonds' (Paths, trees, and flowers, 1965; Maximum matching and a polyhedron with 0,1-vertices, 1965)
// in the O(n^3) form that Galil explains (Efficient algorithms for finding maximum matching in graphs, ACM Computing
// Surveys 18, 1986), here growing one alternating tree at a time from a vertex that is not yet matched. Every vertex v
// has a dual y, every blossom B a dual z >= 0, and the reduced cost of an edge,
//
//	slack(u, v) = 2*cost(u, v) - y(u) - y(v) + sum of z(B) over blossoms B that hold both,
//
// is never negative and is zero for matched edges and edges of blossoms. When all vertices are matched these
// duals prove that no perfect matching costs less.
//
// A search grows the tree by its tight edges; when there are none the duals of the tree change by the least amount that
// makes one. For every vertex outside (and in inner blossoms) the best edge from an outer vertex is kept, and for every
// outer blossom the best edge to another: each search looks at each edge a constant number of times and each of its
// O(n) dual changes takes O(n), so it takes O(n^2); there are at most n searches. Memory is one cost for each ordered
// pair and one int32 for each outer blossom and vertex of the tree at hand.
//
// Integers stay integers: costs are doubled, a tight edge joins duals of the same parity, so all duals of a tree have
// its root's parity and the slack between two outer vertices is even; z changes by even amounts only.
//
// Nothing overflows: a dual change of d raises the dual objective by d (there is one outer node more than inner ones),
// and the objective never exceeds the doubled cost of a perfect matching, below n*C for costs below C. From halve it
// starts at 0 or above, so all changes together are below n*C, and |y| and z stay below 2(n+1)*C. From the flat duals of
// such a run it starts above -n*(n+1)*C, less at most 6(n+1)*C for three people left aside, so |y| and z stay below
// 2(n+4)^2*C. With n <= 2*MaxExact < 2^11 and C < 2^wideBits = 2^164 all stay below 2^188. A tree that cannot be
// completed could raise the objective further, so graphs without a perfect matching are told apart first, with all
// costs zero (see deficiency).
type matcher struct {
	n    int
	cost []wide // n*n, doubled; absent where there is no edge
	y    []wide
	mate []int32 // by vertex, -1 for none

	// By node: vertices are 0..n-1, blossoms n..2n-1.
	nodes []node
	top   []int32 // outermost node by vertex
	spare []int32 // blossom numbers not in use

	// Of the search at hand.
	from  []int32 // by vertex not outer: the outer vertex with the least slack to it, -1 for none
	slack []wide  // by vertex: that slack
	queue []int32 // outer vertices not yet looked at
	outer []int32 // topmost outer nodes
	inner []int32 // topmost inner nodes
	least []wide  // scratch, by vertex

	visits int // counts the walks of meet
}

type label uint8

const (
	unlabelled label = iota
	outerNode        // at even distance from the root
	innerNode        // at odd distance
)

// node is a vertex or a blossom: an odd circle of nodes, all but the first matched along it.
type node struct {
	parent int32 // blossom it lies in, -1 if topmost
	base   int32 // the vertex that is matched outside
	kids   []int32
	links  []edge // links[i] leads from kids[i] to the next
	z      wide

	label  label
	visit  int     // the last walk of meet that came by
	entry  edge    // of an inner node: the tree edge that leads into it
	reach  []int32 // of an outer blossom: by vertex, the vertex inside with the least slack to it, -1 before any
	best   edge    // of an outer node: the edge to another outer node with the least slack
	bestBy wide    // that slack; absent if there is no edge
}

type edge struct{ u, v int32 }

func newMatcher(n int) *matcher {
	m := &matcher{
		n: n, cost: make([]wide, n*n), y: make([]wide, n), mate: make([]int32, n),
		nodes: make([]node, 2*n), top: make([]int32, n), from: make([]int32, n), slack: make([]wide, n),
		least: make([]wide, n),
	}
	for i := range m.cost {
		m.cost[i] = absent
	}
	for v := range int32(n) {
		m.mate[v], m.top[v] = -1, v
		m.nodes[v] = node{parent: -1, base: v}
	}
	for b := 2*n - 1; b >= n; b-- {
		m.nodes[b].parent = -1
		m.spare = append(m.spare, int32(b))
	}
	return m
}

// join adds an edge of cost c, 0 <= c < 2^wideBits.
func (m *matcher) join(u, v int, c wide) {
	m.cost[u*m.n+v], m.cost[v*m.n+u] = c.double(), c.double()
}

// solve matches all vertices at the least cost, from duals and a matching that fit (see halve and propose). With partial it leaves out those it cannot match, which is right only
// when all costs are equal: a vertex that no path leads from never gets one (Edmonds 1965).
func (m *matcher) solve(ctx context.Context, partial bool) error {
	m.raise()
	for root := range int32(m.n) {
		if m.mate[root] >= 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		found := m.search(root)
		m.forget()
		if !found && !partial {
			return errNoPerfect
		}
		m.raise() // what one search had to climb, the others need not
	}
	return nil
}

// halve chooses the first duals: half the least cost at each vertex.
func (m *matcher) halve() {
	for u := range m.n {
		least := absent
		for _, c := range m.cost[u*m.n : (u+1)*m.n] {
			if c.less(least) {
				least = c
			}
		}
		if !least.isAbsent() {
			m.y[u] = least.half()
		}
	}
}

// propose matches two vertices if the duals allow.
func (m *matcher) propose(u, v int32) {
	if c := m.cost[int(u)*m.n+int(v)]; !c.isAbsent() && c == m.y[u].add(m.y[v]) {
		m.mate[u], m.mate[v] = v, u
	}
}

// raise lifts the dual of each unmatched vertex in turn as far as it goes, and matches what becomes tight. Such a vertex
// is in no blossom: a search that makes one of its root ends by matching it.
func (m *matcher) raise() {
	for u := range m.n {
		if m.mate[u] >= 0 {
			continue
		}
		least, to := absent, -1
		for v, c := range m.cost[u*m.n : (u+1)*m.n] {
			if c.isAbsent() {
				continue
			}
			s := c.sub(m.y[u]).sub(m.y[v])
			if s.less(least) || s == least && m.mate[v] < 0 && m.mate[to] >= 0 {
				least, to = s, v
			}
		}
		if to < 0 {
			continue
		}
		m.y[u] = m.y[u].add(least)
		if m.mate[to] < 0 {
			m.mate[u], m.mate[to] = int32(to), int32(u)
		}
	}
}

// flatDuals are duals for the same graph that need no blossoms: each blossom's dual is taken from its vertices.
func (m *matcher) flatDuals() []wide {
	y := slices.Clone(m.y)
	for v := range y {
		for b := m.nodes[v].parent; b >= 0; b = m.nodes[b].parent {
			y[v] = y[v].sub(m.nodes[b].z.half())
		}
	}
	return y
}

// search grows the tree of a root until a path to another unmatched vertex is found, and flips it. It is false when
// there is none.
func (m *matcher) search(root int32) bool {
	for v := range m.from {
		m.from[v], m.slack[v] = -1, absent
	}
	m.makeOuter(m.top[root])
	for {
		for len(m.queue) > 0 {
			u := m.queue[len(m.queue)-1]
			m.queue = m.queue[:len(m.queue)-1]
			m.look(u)
		}
		delta, event, at := m.next()
		if event == noEvent {
			return false
		}
		m.shift(delta)
		switch event {
		case grow:
			u, v := m.from[at], at
			if far := m.top[v]; m.mate[m.nodes[far].base] < 0 {
				m.augment(edge{u, v})
				return true
			}
			m.growBy(edge{u, v})
		case shrink:
			m.shrink(m.nodes[at].best)
		case expand:
			m.expand(at)
		}
	}
}

type event uint8

const (
	noEvent event = iota
	grow          // by the edge into a vertex
	shrink        // the circle closed by the best edge of an outer node
	expand        // an inner blossom
)

// next is the least dual change that makes something possible, what, and where.
func (m *matcher) next() (delta wide, what event, at int32) {
	delta = absent
	for v := range int32(m.n) {
		if m.slack[v].less(delta) && m.nodes[m.top[v]].label == unlabelled {
			delta, what, at = m.slack[v], grow, v
		}
	}
	for _, b := range m.outer {
		if by := m.nodes[b].bestBy; !by.isAbsent() && by.half().less(delta) {
			delta, what, at = by.half(), shrink, b
		}
	}
	for _, b := range m.inner {
		if b >= int32(m.n) && m.nodes[b].z.half().less(delta) {
			delta, what, at = m.nodes[b].z.half(), expand, b
		}
	}
	return delta, what, at
}

// shift changes the duals of the tree: outer up, inner down.
func (m *matcher) shift(delta wide) {
	if delta.isZero() {
		return
	}
	twice := delta.double()
	for v := range m.n {
		switch m.nodes[m.top[v]].label {
		case outerNode:
			m.y[v] = m.y[v].add(delta)
		case innerNode:
			m.y[v] = m.y[v].sub(delta)
		default:
			if m.from[v] >= 0 {
				m.slack[v] = m.slack[v].sub(delta)
			}
		}
	}
	for _, b := range m.outer {
		n := &m.nodes[b]
		if b >= int32(m.n) {
			n.z = n.z.add(twice)
		}
		if !n.bestBy.isAbsent() {
			n.bestBy = n.bestBy.sub(twice)
		}
	}
	for _, b := range m.inner {
		if n := &m.nodes[b]; b >= int32(m.n) {
			n.z = n.z.sub(twice)
		}
	}
}

// look records what the edges of an outer vertex offer.
func (m *matcher) look(u int32) {
	b := m.top[u]
	nb := &m.nodes[b]
	yu := m.y[u]
	for v, c := range m.cost[int(u)*m.n : int(u+1)*m.n] {
		t := m.top[v]
		if c.isAbsent() || t == b {
			continue
		}
		s := c.sub(yu).sub(m.y[v])
		if nb.reach != nil {
			if r := nb.reach[v]; r < 0 || s.less(m.slackOf(r, int32(v))) {
				nb.reach[v] = u
			}
		}
		if m.nodes[t].label == outerNode {
			if s.less(nb.bestBy) {
				nb.best, nb.bestBy = edge{u, int32(v)}, s
			}
		} else if s.less(m.slack[v]) {
			m.from[v], m.slack[v] = u, s
		}
	}
}

// slackOf is the slack of an edge between different topmost nodes.
func (m *matcher) slackOf(u, v int32) wide {
	return m.cost[int(u)*m.n+int(v)].sub(m.y[u]).sub(m.y[v])
}

// growBy takes the node at the end of an edge into the tree, and its partner.
func (m *matcher) growBy(e edge) {
	b := m.top[e.v]
	m.nodes[b].label, m.nodes[b].entry = innerNode, e
	m.inner = append(m.inner, b)
	m.makeOuter(m.top[m.mate[m.nodes[b].base]])
}

func (m *matcher) makeOuter(b int32) {
	n := &m.nodes[b]
	n.label, n.bestBy = outerNode, absent
	m.outer = append(m.outer, b)
	if b >= int32(m.n) {
		n.reach = make([]int32, m.n)
		for v := range n.reach {
			n.reach[v] = -1
		}
	}
	m.queue = m.leaves(b, m.queue)
}

// forget ends a search: labels go, and blossoms that carry no dual.
func (m *matcher) forget() {
	m.queue = m.queue[:0]
	for _, b := range m.inner {
		m.nodes[b].label = unlabelled
	}
	outer := m.outer
	m.inner, m.outer = m.inner[:0], m.outer[:0]
	for _, b := range outer {
		m.nodes[b].label, m.nodes[b].reach = unlabelled, nil
		m.dissolve(b)
	}
}

// dissolve opens a blossom without a dual, and such blossoms in it.
func (m *matcher) dissolve(b int32) {
	if b < int32(m.n) || !m.nodes[b].z.isZero() {
		return
	}
	for _, kid := range m.release(b) {
		m.dissolve(kid)
	}
}

// release makes the nodes of a blossom topmost and frees its number.
func (m *matcher) release(b int32) []int32 {
	kids := m.nodes[b].kids
	for _, kid := range kids {
		m.nodes[kid].parent = -1
		for _, v := range m.leaves(kid, nil) {
			m.top[v] = kid
		}
	}
	m.nodes[b] = node{parent: -1}
	m.spare = append(m.spare, b)
	return kids
}

// leaves appends the vertices of a node.
func (m *matcher) leaves(b int32, to []int32) []int32 {
	if b < int32(m.n) {
		return append(to, b)
	}
	for _, kid := range m.nodes[b].kids {
		to = m.leaves(kid, to)
	}
	return to
}

func (m *matcher) drop(list []int32, b int32) []int32 {
	return slices.DeleteFunc(list, func(o int32) bool { return o == b })
}
