package blossom

import "slices"

// expect notes an event. Before the heap grows, those are dropped that will not happen.
func (s *solver) expect(e event) {
	if len(s.heap) == cap(s.heap) && len(s.heap) >= len(s.v) {
		s.heap = slices.DeleteFunc(s.heap, func(e event) bool {
			kind, at := s.holds(e)
			return kind == nothing && s.offered(e, at) < 0
		})
		s.heap.order()
		if len(s.heap) > cap(s.heap)/2 {
			s.heap = slices.Grow(s.heap, cap(s.heap)/2)
		}
	}
	s.heap.push(e)
}

type happening uint8

const (
	nothing happening = iota
	ending            // of a tree
	opening           // of an inner blossom
	meeting           // of two outer vertices
	growing           // of a tree
)

// holds says what an event makes happen, and along which edge.
func (s *solver) holds(e event) (happening, edge) {
	switch e.via {
	case ends:
		if v := &s.v[e.u]; v.label >= fresh && v.y == e.at {
			return ending, edge{}
		}
		return nothing, edge{}
	case expands:
		if c := s.nodes[e.u].circle; c.label == inner && c.z == e.at.double() {
			return opening, edge{}
		}
		return nothing, edge{}
	}
	at := edge{e.u, s.to[e.via]}
	if s.v[at.u].label == unlabelled {
		at = edge{at.v, at.u}
	}
	u, v := &s.v[at.u], &s.v[at.v]
	tight := u.y.Add(v.y).Sub(s.weight[e.via])
	switch {
	case u.label < fresh || u.set == v.set:
	case v.label >= fresh && tight == e.at.double():
		return meeting, at
	case v.label == unlabelled && tight == e.at:
		return growing, at
	}
	return nothing, at
}

// offered is the unlabelled end of an edge whose best offer an event was that does not hold any more, or -1.
func (s *solver) offered(e event, at edge) int32 {
	if e.via < 0 {
		return -1
	}
	for _, end := range [...]int32{at.u, at.v} {
		if w := &s.v[end]; w.label == unlabelled && w.key == e.at && w.from == at.u+at.v-end {
			return end
		}
	}
	return -1
}

// happen does what an event says, if it still holds.
func (s *solver) happen(e event) {
	kind, at := s.holds(e)
	if kind == nothing {
		if end := s.offered(e, at); end >= 0 {
			s.renew(end)
		}
		return
	}
	s.now = e.at
	switch kind {
	case ending:
		s.flip(e.u, -1)
		s.fell(s.v[e.u].tree)
	case opening:
		s.expand(e.u)
	case meeting:
		s.meet(at)
	case growing:
		s.grow(at)
	}
}

// meet joins two outer vertices: in one tree they close a circle, in two these end.
func (s *solver) meet(e edge) {
	t, o := s.v[e.u].tree, s.v[e.v].tree
	if t == o {
		s.shrink(e, t)
		return
	}
	s.flip(e.u, e.v)
	s.flip(e.v, e.u)
	s.fell(t, o)
}

// look records what the edges of an outer vertex offer. The slack of an edge, by the duals as stored, does not depend
// on time: its sum is when it gets tight.
func (s *solver) look(u int32) {
	s.v[u].label = outer
	y, set := s.v[u].y, s.v[u].set
	end := s.trees[s.v[u].tree].end
	from, to := s.start[u], s.start[u+1]
	far, weight := s.to[from:to], s.weight[from:to]
	for i, at := range far {
		v := &s.v[at]
		if v.set == set {
			continue
		}
		key := y.Add(v.y).Sub(weight[i])
		switch v.label {
		case outer:
			if key = key.Half(); key.Less(end) && key.Less(s.trees[v.tree].end) {
				s.expect(event{key, u, from + int32(i)})
			}
		case unlabelled:
			if key.Less(v.key) && key.Less(end) {
				v.from, v.via, v.key = u, from+int32(i), key
				s.expect(event{key, u, v.via})
			}
		case inner:
			if key.Less(v.key) {
				v.from, v.via, v.key = u, from+int32(i), key
			}
		}
	}
}

// renew finds the best edge from an outer vertex to an unlabelled one anew, its last having gone.
func (s *solver) renew(at int32) {
	v := &s.v[at]
	v.from, v.key = -1, Max
	for arc := s.start[at]; arc < s.start[at+1]; arc++ {
		u := &s.v[s.to[arc]]
		if u.label != outer {
			continue
		}
		if key := u.y.Add(v.y).Sub(s.weight[arc]); key.Less(v.key) && key.Less(s.trees[u.tree].end) {
			v.from, v.via, v.key = s.to[arc], arc, key
		}
	}
	if v.from >= 0 {
		s.expect(event{v.key, at, v.via})
	}
}
