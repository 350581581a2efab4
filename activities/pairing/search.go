package pairing

// search makes a matching larger until it is the largest (Edmonds: Paths, trees, and flowers, 1965), one alternating tree at
// a time. The root and what is at an even distance from it are outer vertices; two of them with an edge close a blossom, whose
// vertices all become outer. Sets of 64 stand for edges, so that a tree costs n/64 for each of its outer vertices, and
// not their edges.
//
// A tree that finds nobody who is free is left out of later ones: no augmenting path, then or later, enters it (Lawler:
// Combinatorial Optimization, 1976).
type search struct {
	m     matrix
	mate  []int
	alive bits // not in a tree that found nobody
	free  bits // not matched, and not the root

	tree   []int // vertices labelled
	queue  []int // outer vertices not yet looked at
	label  []label
	inner  bits
	parent []int    // of an inner vertex: the outer one it was found from
	bridge [][2]int // of a vertex a blossom has made outer: the edge that closed it, this vertex's side first
	up     []int    // towards the base of a blossom: see base
	within []bits   // of the base of a blossom: its vertices
	mark   []int
	walk   int
	spare  []bits
}

type label uint8

const (
	none label = iota
	odd
	even
)

// most makes a matching the largest. With some of the unmatched named, it is the largest among these.
func most(m matrix, mate []int, among bits) {
	n := len(mate)
	s := &search{
		m: m, mate: mate, alive: newBits(n), free: newBits(n), inner: newBits(n), label: make([]label, n), parent: make([]int, n),
		bridge: make([][2]int, n), up: make([]int, n), within: make([]bits, n), mark: make([]int, n),
	}
	for v := range n {
		s.up[v], s.bridge[v] = v, [2]int{-1, -1}
		if mate[v] < 0 {
			s.free.add(v)
		}
	}
	if s.alive.fill(n); among != nil {
		copy(s.alive, among)
	}
	for v := range n {
		if mate[v] < 0 && s.alive.has(v) {
			s.grow(v)
		}
	}
}

// grow matches a vertex if a path exists.
func (s *search) grow(root int) {
	s.free.drop(root)
	s.outer(root)
	for i := 0; i < len(s.queue); i++ {
		u := s.queue[i]
		if end := s.reach(u); end >= 0 {
			s.free.drop(end)
			s.flip(u, end)
			s.fell()
			return
		}
		s.look(u)
	}
	s.free.add(root)
	for _, v := range s.tree {
		s.alive.drop(v)
	}
	s.fell()
}

func (s *search) outer(v int) {
	if s.label[v] == none {
		s.tree = append(s.tree, v)
	}
	s.label[v] = even
	s.inner.drop(v)
	s.queue = append(s.queue, v)
}

// reach is the first free vertex next to an outer one, -1 if there is none.
func (s *search) reach(u int) int {
	row := s.m.row(u)
	for k, w := range s.free {
		if w &= row[k] & s.alive[k]; w != 0 {
			return k<<6 + lowest(w)
		}
	}
	return -1
}

// look takes in what is next to an outer vertex.
func (s *search) look(u int) {
	row := s.m.row(u)
	for k := range row {
		for {
			w := row[k] & s.alive[k] &^ s.inner[k]
			if in := s.within[s.base(u)]; in != nil {
				w &^= in[k]
			}
			if w == 0 {
				break
			}
			v := k<<6 + lowest(w)
			if s.label[v] == even {
				s.shrink(u, v)
				continue
			}
			s.label[v], s.parent[v] = odd, u
			s.inner.add(v)
			s.tree = append(s.tree, v)
			s.outer(s.mate[v])
		}
	}
}

// base is the vertex by which the blossom around an outer vertex hangs in the tree; without a blossom, itself.
func (s *search) base(v int) int {
	for s.up[v] != v {
		s.up[v] = s.up[s.up[v]]
		v = s.up[v]
	}
	return v
}

// above is the next base on the way to the root, -1 above the root.
func (s *search) above(base int) int {
	if s.mate[base] < 0 {
		return -1
	}
	return s.base(s.parent[s.mate[base]])
}

// shrink makes a blossom of what two adjacent outer vertices close.
func (s *search) shrink(u, v int) {
	s.walk++
	a, b := s.base(u), s.base(v)
	for {
		if a >= 0 {
			if s.mark[a] == s.walk {
				break
			}
			s.mark[a] = s.walk
			a = s.above(a)
		}
		a, b = b, a
	}
	s.absorb(u, v, a)
	s.absorb(v, u, a)
}

// absorb takes the way from an outer vertex to a base above it into the blossom of that base.
func (s *search) absorb(from, far, base int) {
	in := s.within[base]
	if in == nil {
		in = s.set()
		in.add(base)
		s.within[base] = in
	}
	for at := s.base(from); at != base; {
		x := s.mate[at] // an inner vertex
		next := s.above(at)
		if s.within[at] != nil {
			in.or(s.within[at])
			s.spare = append(s.spare, s.within[at])
			s.within[at] = nil
		}
		in.add(at)
		in.add(x)
		s.up[at], s.up[x], s.bridge[x] = base, base, [2]int{from, far}
		s.outer(x)
		at = next
	}
}

// set is an empty one.
func (s *search) set() bits {
	if len(s.spare) == 0 {
		return make(bits, s.m.words)
	}
	b := s.spare[len(s.spare)-1]
	s.spare = s.spare[:len(s.spare)-1]
	b.clear()
	return b
}

// flip matches an outer vertex with a free one, and along its way to the root everybody with the next.
func (s *search) flip(u, end int) {
	way := s.way(u, s.tree[0], nil)
	s.mate[end], s.mate[u] = u, end
	for i := 1; i < len(way); i += 2 {
		s.mate[way[i]], s.mate[way[i+1]] = way[i+1], way[i]
	}
}

// way appends the alternating path of even length from an outer vertex to one above it, both included.
func (s *search) way(from, to int, path []int) []int {
	for from != to {
		path = append(path, from)
		if s.bridge[from][0] < 0 { // outer by itself
			path = append(path, s.mate[from])
			from = s.parent[s.mate[from]]
			continue
		}
		// It was inner: down to its mate, to the side of the bridge it is on, backwards, and across.
		begin := len(path)
		path = s.way(s.bridge[from][0], s.mate[from], path)
		for i, j := begin, len(path)-1; i < j; i, j = i+1, j-1 {
			path[i], path[j] = path[j], path[i]
		}
		from = s.bridge[from][1]
	}
	return append(path, to)
}

// fell forgets the tree.
func (s *search) fell() {
	for _, v := range s.tree {
		if s.within[v] != nil {
			s.spare = append(s.spare, s.within[v])
			s.within[v] = nil
		}
		s.label[v], s.up[v], s.bridge[v] = none, v, [2]int{-1, -1}
		s.inner.drop(v)
	}
	s.tree, s.queue = s.tree[:0], s.queue[:0]
}
