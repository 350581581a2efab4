package pairing

import (
	"context"
	mathbits "math/bits"

	"rondo/activities/matching/blossom"
)

// exactPairs is up to how many allowed pairs [Pair] keeps the whole order of what it wants: all pairs of 150 people.
const exactPairs = 150 * 149 / 2

// chanceBits of an edge's weight are drawn.
const chanceBits = 20

// exact finds the best matching as one of the greatest weight. Where that would take too long, or a weight does not hold
// all that is wanted, it says so.
//
// An edge weighs a one in each of several fields of bits, wide enough for the sum over a matching: for being an edge, for
// people who never met, for each rule that prefers; and for how long its two have waited, as ranks. That ranks suffice, and
// not a power of two for each person, is because the sets of people whom the best matchings by the first two wishes cover
// are the bases of a matroid: they are the maximisers of a valuated delta-matroid (Bouchet: Greedy algorithm and symmetric
// matroids, 1987; Murota: Matrices and Matroids for Systems Analysis, 2000), all of one size. The basis of the greatest
// weight of a matroid is the one a greedy choice in the order of the weights makes, whatever the weights are.
func (t *table) exact() (mate []int, ok bool) {
	n := len(t.people)
	rank, most := t.ranks()
	count := mathbits.Len(uint(n / 2)) // bits of a field
	waits := chanceBits + count + len(t.tastes)*count
	news := waits + mathbits.Len64(uint64(n)*most)
	pairs := news + count
	if pairs >= blossom.MaxBits(n)-1 || t.may.bits.count() > 2*exactPairs {
		return nil, false
	}
	var edges []blossom.Edge
	for i := range n {
		for j := range t.may.row(i).all() {
			if j < i {
				continue
			}
			a, b := t.people[i].Person, t.people[j].Person
			w := blossom.Shifted(1, uint(pairs)).Add(blossom.Shifted(rank[i]+rank[j], uint(waits)))
			if t.fresh.has(i, j) {
				w = w.Add(blossom.Shifted(1, uint(news)))
			}
			for k, taste := range t.tastes {
				if taste.likes(i, j) {
					w = w.Add(blossom.Shifted(1, uint(waits-(k+1)*count)))
				}
			}
			w = w.Add(blossom.Shifted(draw(t.seed, min(a, b), max(a, b))>>(64-chanceBits), 0))
			edges = append(edges, blossom.Edge{U: int32(i), V: int32(j), Weight: w})
		}
	}
	g, err := blossom.NewGraph(n, edges)
	if err != nil {
		return nil, false // a weight too large: not after the look at its bits above
	}
	m, err := g.Match(context.Background(), nil)
	if err != nil {
		return nil, false // only when cancelled
	}
	mate = unmatched(n)
	for v, u := range m.Mate {
		mate[v] = int(u)
	}
	return mate, true
}

// ranks counts from 1 for who came last; who came at the same time has the same rank.
func (t *table) ranks() (rank []uint64, most uint64) {
	rank, most = make([]uint64, len(t.people)), 1
	for i := len(rank) - 1; i >= 0; i-- {
		if i < len(rank)-1 && t.people[i].Since.Before(t.people[i+1].Since) {
			most++
		}
		rank[i] = most
	}
	return rank, most
}

func unmatched(n int) []int {
	mate := make([]int, n)
	for i := range mate {
		mate[i] = -1
	}
	return mate
}
