package blossom

import (
	"errors"
	"fmt"
	"math/bits"
)

// ErrInvalid is what every error about a graph is: errors.Is(err, ErrInvalid).
var ErrInvalid = errors.New("invalid graph")

// Edge joins two different vertices. One that weighs 0 or less is never worth taking.
type Edge struct {
	U, V   int32
	Weight Weight
}

// Graph is vertices 0..n-1 and weighted edges, as arcs in compressed rows.
type Graph struct {
	start  []int32 // by vertex: its first arc; n+1 entries
	to     []int32
	weight []Weight // four times the weight, so that halves of halves stay integers
}

// MaxEdges is how many edges a graph may have.
const MaxEdges = 1 << 30

// NewGraph is a graph of n vertices. Of several edges between the same two the heaviest counts. An edge to nowhere, a
// loop or a weight so large that sums might overflow is an error that is ErrInvalid: see [MaxBits].
func NewGraph(n int, edges []Edge) (*Graph, error) {
	if n < 0 || n > MaxEdges || len(edges) > MaxEdges {
		return nil, fmt.Errorf("%w: %d vertices, %d edges", ErrInvalid, n, len(edges))
	}
	g := &Graph{start: make([]int32, n+2)}
	most, kept := MaxBits(n), 0
	for i, e := range edges {
		if e.U == e.V || e.U < 0 || e.V < 0 || int(e.U) >= n || int(e.V) >= n {
			return nil, fmt.Errorf("%w: edges[%d] joins %d and %d of %d vertices", ErrInvalid, i, e.U, e.V, n)
		}
		if e.Weight.Negative() || e.Weight.IsZero() {
			continue
		}
		if e.Weight.length() > most {
			return nil, fmt.Errorf("%w: edges[%d] weighs 2^%d or more", ErrInvalid, i, most)
		}
		g.start[e.U+2]++
		g.start[e.V+2]++
		kept++
	}
	for v := range n {
		g.start[v+2] += g.start[v+1]
	}
	g.to, g.weight = make([]int32, 2*kept), make([]Weight, 2*kept)
	put := func(from, to int32, w Weight) {
		at := g.start[from+1]
		g.to[at], g.weight[at] = to, w
		g.start[from+1]++
	}
	for _, e := range edges {
		if !e.Weight.Negative() && !e.Weight.IsZero() {
			put(e.U, e.V, e.Weight.Times(4))
			put(e.V, e.U, e.Weight.Times(4))
		}
	}
	g.start = g.start[:n+1]
	return g, nil
}

// Len is the number of vertices.
func (g *Graph) Len() int { return len(g.start) - 1 }

// MaxBits is how many bits a weight may take in a graph of n vertices.
//
// No dual exceeds the dual objective, which starts at no more than 2n times the largest weight and never rises;
// sums of four such numbers are formed.
func MaxBits(n int) int { return 127 - 2 - 3 - bits.Len(uint(n)) }
