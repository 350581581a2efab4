package matching

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// bestPerfect is the least cost of a perfect matching, by trying all.
func bestPerfect(n int, cost [][]int64) (int64, bool) {
	memo := map[uint]int64{}
	const none = int64(1) << 60
	var rest func(used uint) int64
	rest = func(used uint) int64 {
		a := 0
		for a < n && used>>a&1 == 1 {
			a++
		}
		if a == n {
			return 0
		}
		if best, ok := memo[used]; ok {
			return best
		}
		best := none
		for b := a + 1; b < n; b++ {
			if used>>b&1 == 0 && cost[a][b] >= 0 {
				best = min(best, cost[a][b]+rest(used|1<<a|1<<b))
			}
		}
		memo[used] = best
		return best
	}
	best := rest(0)
	return best, best < none/2
}

// certify checks what proves a matching optimal: no edge has negative slack, matched edges have none, blossoms with a
// dual are full.
func certify(t require.TestingT, m *matcher) {
	z := func(u, v int32) (sum wide) { // of the blossoms that hold both
		over := map[int32]bool{}
		for b := m.nodes[u].parent; b >= 0; b = m.nodes[b].parent {
			over[b] = true
		}
		for b := m.nodes[v].parent; b >= 0; b = m.nodes[b].parent {
			if over[b] {
				sum = sum.add(m.nodes[b].z)
			}
		}
		return sum
	}
	for u := range int32(m.n) {
		for v := range u {
			c := m.cost[int(u)*m.n+int(v)]
			if c.isAbsent() {
				require.NotEqual(t, v, m.mate[u])
				continue
			}
			s := c.sub(m.y[u]).sub(m.y[v]).add(z(u, v))
			require.False(t, s.less(wide{}), "slack of %d-%d is %v", u, v, s)
			if m.mate[u] == v {
				require.True(t, s.isZero(), "matched %d-%d has slack %v", u, v, s)
			}
		}
	}
	for b := int32(m.n); b < int32(2*m.n); b++ {
		if len(m.nodes[b].kids) == 0 {
			continue
		}
		require.False(t, m.nodes[b].z.less(wide{}))
		within := map[int32]bool{}
		for _, v := range m.leaves(b, nil) {
			within[v] = true
		}
		out := 0
		for v := range within {
			if !within[m.mate[v]] {
				out++
			}
		}
		require.Equal(t, 1, out, "blossom %d is not full", b)
	}
}

func TestMatcherAgainstBruteForce(t *testing.T) {
	for range 100 { // 10,000 graphs
		rapid.Check(t, checkMatcher)
	}
}

func checkMatcher(t *rapid.T) {
	n := 2 * rapid.IntRange(1, 5).Draw(t, "half")
	most := rapid.SampledFrom([]int64{0, 1, 2, 5, 1000}).Draw(t, "most")
	gaps := rapid.IntRange(0, 9).Draw(t, "gaps")
	shift := rapid.SampledFrom([]uint{0, 50, 100, 150}).Draw(t, "shift")
	cost, m := make([][]int64, n), newMatcher(n)
	for a := range cost {
		cost[a] = make([]int64, n)
	}
	for a := range n {
		for b := a + 1; b < n; b++ {
			cost[a][b] = rapid.Int64Range(0, most).Draw(t, "cost")
			if rapid.IntRange(0, 9).Draw(t, "gap") < gaps {
				cost[a][b] = -1
			} else {
				m.join(a, b, shifted(uint64(cost[a][b]), shift))
			}
			cost[b][a] = cost[a][b]
		}
	}
	want, possible := bestPerfect(n, cost)
	m.halve()
	err := m.solve(context.Background(), false)
	if !possible {
		require.ErrorIs(t, err, errNoPerfect)
		return
	}
	require.NoError(t, err)
	total := int64(0)
	for u, v := range m.mate {
		require.Equal(t, int32(u), m.mate[v])
		total += cost[u][v]
	}
	require.Equal(t, 2*want, total)
	certify(t, m)
}

func TestMatcherCertifiesLargerGraphs(t *testing.T) {
	for _, c := range []struct {
		n, degree int
		most      uint64
	}{{60, 60, 1_000_000}, {200, 200, 3}, {200, 8, 1000}, {301, 300, 50}, {400, 6, 2}} {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(c.n, c.degree, c.most, seed), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 1))
				n := c.n &^ 1
				m := newMatcher(n)
				for i := range n { // a circle, so that there is a perfect matching
					m.join(i, (i+1)%n, shifted(rng.Uint64N(c.most+1), 70))
				}
				for range n * c.degree / 2 {
					if a, b := rng.IntN(n), rng.IntN(n); a != b {
						m.join(a, b, shifted(rng.Uint64N(c.most+1), 70))
					}
				}
				m.halve()
				require.NoError(t, m.solve(context.Background(), false))
				certify(t, m)
			})
		}
	}
}

// A matching started from another one costs what one from nothing does.
func TestWarmStart(t *testing.T) {
	const n = 41
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 2))
		g := &graph{in: &instance{}, people: make([]int32, n), cost: make([]wide, n*n), full: true}
		for i := range n {
			g.cost[i*n+i] = absent
			for j := range i {
				c := shifted(rng.Uint64N(40), 60)
				g.cost[i*n+j], g.cost[j*n+i] = c, c
			}
		}
		_, _, warm, err := g.pairs(context.Background(), task{leave: 1})
		require.NoError(t, err)
		for range 10 {
			skip := rng.Perm(n)[:3]
			_, from, _, err := g.pairs(context.Background(), task{skip: skip, warm: warm})
			require.NoError(t, err)
			_, cold, _, err := g.pairs(context.Background(), task{skip: skip})
			require.NoError(t, err)
			require.Equal(t, cold, from)
		}
	}
}

func BenchmarkMatcher(b *testing.B) {
	for _, n := range []int{500, 1000} {
		b.Run(fmt.Sprint("complete/", n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				rng := rand.New(rand.NewPCG(1, 1))
				m := newMatcher(n)
				for u := range n {
					for v := range u {
						m.join(u, v, shifted(1+rng.Uint64N(1_000_000), 0))
					}
				}
				b.StartTimer()
				m.halve()
				require.NoError(b, m.solve(context.Background(), false))
			}
		})
	}
}
