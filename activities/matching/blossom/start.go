package blossom

import "slices"

// Start is where a search may begin: the answer to a similar graph, by vertex.
type Start struct {
	Y    []Weight // duals, four times what they mean
	Mate []int32  // wanted pairs, -1 for none
}

// Start is where a search on a similar graph may begin: the duals of odd sets go to their vertices.
func (m Matching) Start() *Start {
	y := slices.Clone(m.Certificate.Y)
	for _, o := range m.Certificate.Odd {
		half := o.Z.Half()
		for _, v := range o.Vertices {
			y[v] = y[v].Add(half)
		}
	}
	return &Start{Y: y, Mate: m.Mate}
}

// rounds of bidding before trees are grown, in bids for each vertex.
const bids = 4

// begin chooses duals that allow every edge and a first matching of tight edges.
func (s *solver) begin(warm *Start) {
	if warm == nil {
		for v := range s.v {
			s.v[v].y = s.most(int32(v)).Half()
		}
	} else {
		for v := range s.v {
			s.v[v].y = warm.Y[v]
		}
		s.lift()
		for v, u := range warm.Mate {
			if s.v[v].y.odd() {
				s.level(int32(v), u)
			}
		}
		for v := range s.v {
			if u := warm.Mate[v]; int(u) > v && s.heaviest(int32(v), u) == s.v[v].y.Add(s.v[u].y) {
				s.v[v].mate, s.v[u].mate = u, int32(v)
			}
		}
	}
	for v := range s.v {
		if s.v[v].mate < 0 {
			s.settleFor(int32(v))
		}
	}
	left := bids * len(s.v)
	for v := range s.v {
		for at := int32(v); at >= 0 && left > 0; left-- {
			at = s.bid(at)
		}
	}
}

// most is four times the weight of the heaviest edge at a vertex.
func (s *solver) most(v int32) Weight {
	most := Weight{}
	for _, w := range s.weight[s.start[v]:s.start[v+1]] {
		if most.Less(w) {
			most = w
		}
	}
	return most
}

// lift raises duals until they allow every edge.
func (s *solver) lift() {
	for v := range s.v {
		y := s.v[v].y
		for at := s.start[v]; at < s.start[v+1]; at++ {
			if need := s.weight[at].Sub(s.v[s.to[at]].y); y.Less(need) {
				y = need
			}
		}
		s.v[v].y = y
	}
}

// level makes an odd dual even, and that of its mate, keeping the edge between them tight if it can: slacks are even then,
// which all trees rely on.
func (s *solver) level(v, mate int32) {
	s.v[v].y = s.v[v].y.Add(Int(1))
	if mate < 0 || !s.v[mate].y.odd() {
		return
	}
	y := s.v[mate].y
	for at := s.start[mate]; at < s.start[mate+1]; at++ {
		if y.Add(s.v[s.to[at]].y) == s.weight[at] {
			s.v[mate].y = y.Add(Int(1))
			return
		}
	}
	s.v[mate].y = y.Sub(Int(1))
}

// settleFor lowers the dual of an unmatched vertex to what its edges ask for, and matches it if that makes one tight.
func (s *solver) settleFor(v int32) {
	best, to := Weight{}, int32(-1)
	for at := s.start[v]; at < s.start[v+1]; at++ {
		u := s.to[at]
		offer := s.weight[at].Sub(s.v[u].y)
		if best.Less(offer) || to >= 0 && offer == best && s.v[to].mate >= 0 && s.v[u].mate < 0 {
			best, to = offer, u
		}
	}
	s.v[v].y = best
	if to >= 0 && s.v[to].mate < 0 {
		s.v[v].mate, s.v[to].mate = to, v
	}
}

// bid matches an unmatched vertex to the best of its neighbours, who asks for as much more as it is better than the second best
// (the augmenting row reduction of Jonker and Volgenant, A shortest augmenting path algorithm for dense and sparse
// linear assignment problems, Computing 38, 1987). It returns who lost that neighbour, or -1.
func (s *solver) bid(v int32) int32 {
	if s.v[v].mate >= 0 || s.v[v].y.IsZero() {
		return -1
	}
	best, second, to, other := Weight{}, Weight{}, int32(-1), int32(-1)
	for at := s.start[v]; at < s.start[v+1]; at++ {
		u := s.to[at]
		switch offer := s.weight[at].Sub(s.v[u].y); {
		case u == to:
			if best.Less(offer) {
				best = offer
			}
		case best.Less(offer):
			best, second, to, other = offer, best, u, to
		case second.Less(offer):
			second, other = offer, u
		}
	}
	s.v[v].y = second
	if to < 0 {
		return -1
	}
	if best == second && s.v[to].mate >= 0 && other >= 0 && s.v[other].mate < 0 {
		to = other
	}
	lost := s.v[to].mate
	if lost >= 0 && best == second {
		return -1
	}
	s.v[to].y = s.v[to].y.Add(best.Sub(second))
	s.v[v].mate, s.v[to].mate = to, v
	if lost >= 0 {
		s.v[lost].mate = -1
	}
	return lost
}
