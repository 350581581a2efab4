package matching

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// company is n members with 7 attributes, of whom the first team has the given share, and rounds of history in which
// each met one random other; 1 % have a never-pair.
func company(n, rounds int, share float64, seed uint64) Problem {
	rng := rand.New(rand.NewPCG(seed, 7))
	p := Problem{GroupSize: 2, Seed: seed, Rules: []Rule{
		{Kind: KindNoRepeat}, {Kind: KindDifferent, Attribute: "team"}, {Kind: KindSame, Attribute: "city"},
	}}
	for i := range n {
		team := 0
		if rng.Float64() > share {
			team = 1 + rng.IntN(9)
		}
		p.Members = append(p.Members, Member{ID: ID(1000 + i), Attributes: map[string]string{
			"team": fmt.Sprint("t", team), "city": fmt.Sprint("c", rng.IntN(12)), "level": fmt.Sprint(rng.IntN(5)),
			"floor": fmt.Sprint(rng.IntN(8)), "start": fmt.Sprint(rng.IntN(10)), "lang": fmt.Sprint(rng.IntN(3)),
			"role": fmt.Sprint("r", rng.IntN(20)),
		}})
	}
	for round := range rounds {
		order := rng.Perm(n)
		for i := 0; i+1 < n; i += 2 {
			p.Met = append(p.Met, Meeting{A: ID(1000 + order[i]), B: ID(1000 + order[i+1]), Times: 1, RoundsAgo: rounds - round})
		}
	}
	for range n / 100 {
		if a, b := rng.IntN(n), rng.IntN(n); a != b {
			p.Never = append(p.Never, Pair{ID(1000 + a), ID(1000 + b)})
		}
	}
	return p
}

func BenchmarkSolve(b *testing.B) {
	for _, c := range []struct{ n, k int }{{1000, 2}, {1001, 2}, {999, 2}, {1000, 4}, {10_000, 2}, {100_000, 2}, {100_000, 4}} {
		b.Run(fmt.Sprintf("n=%d/k=%d", c.n, c.k), func(b *testing.B) {
			p := company(c.n, 26, 0.4, 1)
			p.GroupSize = c.k
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var res Result
			for b.Loop() {
				var err error
				res, err = Solve(context.Background(), p)
				require.NoError(b, err)
			}
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/1e6, "MB/op")
			b.ReportMetric(float64(len(res.Unmatched)), "unmatched")
			for i, l := range Levels(p.Rules) {
				b.ReportMetric(float64(res.Score.Costs[i]), fmt.Sprintf("%s%d", l.Unit, l.Rule))
			}
		})
	}
}
