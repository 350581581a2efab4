package blossom

import (
	"errors"
	"fmt"
	"slices"
)

// Certificate proves that no matching of a graph weighs more (Edmonds: Maximum matching and a polyhedron with
// 0,1-vertices, 1965). All numbers are four times what they
// mean, so that they are integers.
//
// If no dual is negative, and for every edge four times its weight is at most the duals of its ends and of the odd sets that
// hold both, then no matching weighs more than a quarter of Bound: it takes each vertex at most once, and at most
// (size-1)/2 edges within an odd set.
type Certificate struct {
	Y   []Weight // by vertex
	Odd []OddSet
}

// OddSet is an odd number of vertices, and its dual.
type OddSet struct {
	Vertices []int32
	Z        Weight
}

// Bound is the sum of all duals, those of odd sets times (size-1)/2.
func (c Certificate) Bound() Weight {
	sum := Weight{}
	for _, y := range c.Y {
		sum = sum.Add(y)
	}
	for _, o := range c.Odd {
		sum = sum.Add(o.Z.Times(uint64(len(o.Vertices) / 2)))
	}
	return sum
}

// ErrNotProven says that a certificate does not prove what it should.
var ErrNotProven = errors.New("not proven")

// Verify checks that mate is a matching made of edges and that the certificate proves it the heaviest. It shares
// nothing with the solver, and takes time linear in edges times the depth to which odd sets are nested.
func Verify(n int, edges []Edge, mate []int32, c Certificate) error {
	if len(mate) != n || len(c.Y) != n {
		return fmt.Errorf("%w: %d mates and %d duals for %d vertices", ErrNotProven, len(mate), len(c.Y), n)
	}
	in := make([][]int32, n) // odd sets by vertex, ascending
	for i, o := range c.Odd {
		if o.Z.Negative() || len(o.Vertices)%2 == 0 {
			return fmt.Errorf("%w: odd set %d", ErrNotProven, i)
		}
		for _, v := range o.Vertices {
			if v < 0 || int(v) >= n || slices.Contains(in[v][max(0, len(in[v])-1):], int32(i)) {
				return fmt.Errorf("%w: vertices of odd set %d", ErrNotProven, i)
			}
			in[v] = append(in[v], int32(i))
		}
	}
	for v, y := range c.Y {
		if y.Negative() {
			return fmt.Errorf("%w: the dual of %d is negative", ErrNotProven, v)
		}
		if u := mate[v]; u >= 0 && (int(u) >= n || int(u) == v || mate[u] != int32(v)) {
			return fmt.Errorf("%w: %d is matched with %d, which is not matched with it", ErrNotProven, v, u)
		}
	}
	heaviest := make([]Weight, n) // of the edges between a vertex and its mate
	for i, e := range edges {
		have := c.Y[e.U].Add(c.Y[e.V])
		for a, b := in[e.U], in[e.V]; len(a) > 0 && len(b) > 0; {
			switch {
			case a[0] < b[0]:
				a = a[1:]
			case a[0] > b[0]:
				b = b[1:]
			default:
				have, a, b = have.Add(c.Odd[a[0]].Z), a[1:], b[1:]
			}
		}
		if have.Less(e.Weight.Times(4)) {
			return fmt.Errorf("%w: edges[%d] weighs more than its duals", ErrNotProven, i)
		}
		if mate[e.U] == e.V && heaviest[e.U].Less(e.Weight) {
			heaviest[e.U], heaviest[e.V] = e.Weight, e.Weight
		}
	}
	sum := Weight{} // each edge twice
	for v, u := range mate {
		if u >= 0 && heaviest[v].IsZero() {
			return fmt.Errorf("%w: no edge of weight joins %d and %d", ErrNotProven, v, u)
		}
		sum = sum.Add(heaviest[v])
	}
	if bound := c.Bound(); bound != sum.Times(2) {
		return fmt.Errorf("%w: the duals allow more than the matching weighs", ErrNotProven)
	}
	return nil
}

// certificate is the duals of a finished solver.
func (s *solver) certificate() Certificate {
	c := Certificate{Y: make([]Weight, len(s.v))}
	for v := range s.v {
		c.Y[v] = s.v[v].y
	}
	for b := len(s.v); b < len(s.nodes); b++ {
		if z := s.nodes[b].circle.z; !z.IsZero() {
			c.Odd = append(c.Odd, OddSet{Vertices: slices.Clone(s.leaves(int32(b))), Z: z})
		}
	}
	return c
}
