package blossom

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// brute is the greatest weight of a matching, by trying all.
func brute(n int, edges []Edge) int64 {
	w := make([][]int64, n)
	for i := range w {
		w[i] = make([]int64, n)
	}
	for _, e := range edges {
		v := e.Weight.Bits(0)
		w[e.U][e.V], w[e.V][e.U] = max(w[e.U][e.V], v), max(w[e.V][e.U], v)
	}
	best := make([]int64, 1<<n)
	for set := 1; set < 1<<n; set++ {
		v := 0
		for set>>v&1 == 0 {
			v++
		}
		rest := set &^ (1 << v)
		best[set] = best[rest]
		for u := v + 1; u < n; u++ {
			if rest>>u&1 == 1 {
				best[set] = max(best[set], w[v][u]+best[rest&^(1<<u)])
			}
		}
	}
	return best[1<<n-1]
}

func randomEdges(r *rand.Rand, n int, density float64, most int64) []Edge {
	var edges []Edge
	for u := range n {
		for v := range u {
			if r.Float64() < density {
				edges = append(edges, Edge{int32(u), int32(v), Int(r.Int64N(most + 1))})
			}
		}
	}
	return edges
}

func TestMatchWeighsWhatTryingAllFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 10_000 {
		n := r.IntN(11)
		edges := randomEdges(r, n, r.Float64(), []int64{1, 2, 5, 20, 1000}[r.IntN(5)])
		g, err := NewGraph(n, edges)
		require.NoError(t, err)
		m, err := g.Match(context.Background(), nil)
		require.NoError(t, err)
		require.NoError(t, Verify(n, edges, m.Mate, m.Certificate), "graph %d: %v", i, edges)
		require.Equal(t, brute(n, edges), g.Weigh(m.Mate).Bits(0), "graph %d", i)
	}
}

func TestMatchIsProvenOnLargerGraphs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 400 {
		n := 20 + r.IntN(200)
		edges := randomEdges(r, n, 0.02+0.3*r.Float64(), []int64{1, 2, 5, 20, 1000, 1_000_000}[r.IntN(6)])
		g, err := NewGraph(n, edges)
		require.NoError(t, err)
		m, err := g.Match(context.Background(), nil)
		require.NoError(t, err)
		require.NoError(t, Verify(n, edges, m.Mate, m.Certificate), "graph %d", i)
	}
}

func TestMatchFromAnAnswerToAnotherGraph(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 3_000 {
		n := 2 + r.IntN(60)
		edges := randomEdges(r, n, 0.1+0.9*r.Float64(), []int64{1, 3, 50, 1_000_000}[r.IntN(4)])
		before, err := NewGraph(n, edges[:r.IntN(len(edges)+1)])
		require.NoError(t, err)
		first, err := before.Match(context.Background(), nil)
		require.NoError(t, err)
		g, err := NewGraph(n, edges)
		require.NoError(t, err)
		m, err := g.Match(context.Background(), first.Start())
		require.NoError(t, err)
		require.NoError(t, Verify(n, edges, m.Mate, m.Certificate), "graph %d", i)
	}
}

func TestVerifyRefusesWhatIsNotProven(t *testing.T) {
	edges := []Edge{{0, 1, Int(3)}, {1, 2, Int(4)}, {2, 0, Int(5)}, {2, 3, Int(1)}, {3, 4, Int(2)}}
	g, err := NewGraph(5, edges)
	require.NoError(t, err)
	good := func() Matching {
		m, err := g.Match(context.Background(), nil)
		require.NoError(t, err)
		require.NoError(t, Verify(5, edges, m.Mate, m.Certificate))
		return m
	}
	for name, spoil := range map[string]func(m *Matching){
		"a lighter matching":        func(m *Matching) { m.Mate[3], m.Mate[4] = -1, -1 },
		"a mate without an edge":    func(m *Matching) { m.Mate[1], m.Mate[3], m.Mate[4] = 3, 1, -1 },
		"a one-sided mate":          func(m *Matching) { m.Mate[3] = -1 },
		"a dual too small":          func(m *Matching) { m.Certificate.Y[2] = m.Certificate.Y[2].Sub(Int(1)) },
		"a dual too large":          func(m *Matching) { m.Certificate.Y[2] = m.Certificate.Y[2].Add(Int(1)) },
		"a negative dual":           func(m *Matching) { m.Certificate.Y[1] = Int(-1) },
		"an even set":               func(m *Matching) { m.Certificate.Odd = append(m.Certificate.Odd, OddSet{[]int32{0, 1}, Int(4)}) },
		"a set that holds it twice": func(m *Matching) { m.Certificate.Odd = append(m.Certificate.Odd, OddSet{[]int32{0, 1, 1}, Int(0)}) },
		"a set with negative dual":  func(m *Matching) { m.Certificate.Odd = append(m.Certificate.Odd, OddSet{[]int32{0, 1, 3}, Int(-1)}) },
		"a missing dual":            func(m *Matching) { m.Certificate.Y = m.Certificate.Y[:4] },
		"a mate out of range":       func(m *Matching) { m.Mate[3] = 9 },
	} {
		m := good()
		spoil(&m)
		require.ErrorIs(t, Verify(5, edges, m.Mate, m.Certificate), ErrNotProven, name)
	}
}

func TestNewGraphRefuses(t *testing.T) {
	for name, edges := range map[string][]Edge{
		"a loop":           {{1, 1, Int(1)}},
		"nowhere":          {{0, 3, Int(1)}},
		"before the first": {{-1, 2, Int(1)}},
		"too heavy":        {{0, 1, Shifted(1, uint(MaxBits(3)))}},
	} {
		_, err := NewGraph(3, edges)
		require.ErrorIs(t, err, ErrInvalid, name)
	}
	g, err := NewGraph(3, []Edge{{0, 1, Int(0)}, {1, 2, Int(-5)}})
	require.NoError(t, err)
	m, err := g.Match(context.Background(), nil)
	require.NoError(t, err)
	require.Equal(t, []int32{-1, -1, -1}, m.Mate)
}

func TestMatchOfTheHeaviestWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		n := 3 + r.IntN(40)
		edges := randomEdges(r, n, 0.5, 1<<40)
		for i := range edges {
			edges[i].Weight = Shifted(1, uint(MaxBits(n))).Sub(Int(1)).Sub(edges[i].Weight)
		}
		g, err := NewGraph(n, edges)
		require.NoError(t, err)
		m, err := g.Match(context.Background(), nil)
		require.NoError(t, err)
		require.NoError(t, Verify(n, edges, m.Mate, m.Certificate))
	}
}

func TestMatchStopsWhenCancelled(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	g, err := NewGraph(200, randomEdges(r, 200, 0.2, 100))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = g.Match(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
}

// FuzzMatch reads a graph of up to 10 vertices from bytes, three to an edge.
func FuzzMatch(f *testing.F) {
	f.Add([]byte{5, 0, 1, 9, 1, 2, 9, 2, 0, 9, 2, 3, 1, 3, 4, 1})
	f.Add([]byte{9, 0, 1, 1, 1, 2, 1, 2, 3, 1, 3, 4, 1, 4, 0, 1, 4, 5, 1, 5, 6, 1, 6, 7, 1, 7, 8, 1, 8, 5, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		n := int(data[0] % 11)
		var edges []Edge
		for data = data[1:]; len(data) >= 3 && len(edges) < 200; data = data[3:] {
			edges = append(edges, Edge{int32(data[0] % 11), int32(data[1] % 11), Int(int64(int8(data[2])))})
		}
		g, err := NewGraph(n, edges)
		if err != nil {
			require.ErrorIs(t, err, ErrInvalid)
			return
		}
		m, err := g.Match(context.Background(), nil)
		require.NoError(t, err)
		require.NoError(t, Verify(n, edges, m.Mate, m.Certificate))
		require.Equal(t, brute(n, edges), g.Weigh(m.Mate).Bits(0))
		half, err := NewGraph(n, edges[:len(edges)/2])
		require.NoError(t, err)
		first, err := half.Match(context.Background(), nil)
		require.NoError(t, err)
		again, err := g.Match(context.Background(), first.Start())
		require.NoError(t, err)
		require.NoError(t, Verify(n, edges, again.Mate, again.Certificate))
	})
}
