package matching

import (
	"context"
	"fmt"

	"rondo/activities/matching/blossom"
)

// graph is people and what each two of them who may meet would cost.
type graph struct {
	in     *instance
	people []int32
	cost   []wide   // by two places in people; absent for those who must not meet
	near   []uint64 // bit rows: who may meet whom
	row    int      // words of a bit row
	full   bool     // any two may meet
}

func newGraph(in *instance, people []int32) *graph {
	n := len(people)
	g := &graph{in: in, people: people, cost: make([]wide, n*n), row: (n + 63) / 64, full: true}
	g.near = make([]uint64, n*g.row)
	for i := range g.cost {
		g.cost[i] = absent
	}
	for i, a := range people {
		for j, b := range people[:i] {
			if in.allowed(a, b) {
				c := in.cost(a, b)
				g.cost[i*n+j], g.cost[j*n+i] = c, c
				g.near[i*g.row+j/64] |= 1 << (j % 64)
				g.near[j*g.row+i/64] |= 1 << (i % 64)
			} else {
				g.full = false
			}
		}
	}
	return g
}

func (g *graph) size() int { return len(g.people) }

func (g *graph) edge(i, j int) bool { return g.near[i*g.row+j/64]>>(j%64)&1 == 1 }

func (g *graph) between(i, j int) wide { return g.cost[i*g.size()+j] }

// triangles says whether any three may meet.
func (g *graph) triangles() bool {
	for i := range g.size() {
		for j := range i {
			if !g.edge(i, j) {
				continue
			}
			for w := range g.row {
				if g.near[i*g.row+w]&g.near[j*g.row+w] != 0 {
					return true
				}
			}
		}
	}
	return false
}

// deficiency is how many people no set of pairs can reach besides those left aside.
func (g *graph) deficiency(ctx context.Context, skip []int) (int, error) {
	if g.full {
		return (g.size() - len(skip)) % 2, nil
	}
	m, err := g.match(ctx, skip, nil, func(int, int) wide { return blossom.Int(1) })
	if err != nil {
		return 0, err
	}
	left := -len(skip)
	for _, mate := range m.Mate {
		if mate < 0 {
			left++
		}
	}
	return left, nil
}

// match finds the heaviest matching of the places not left aside.
func (g *graph) match(ctx context.Context, skip []int, warm *blossom.Start, weight func(i, j int) wide) (blossom.Matching, error) {
	aside := make([]bool, g.size())
	for _, i := range skip {
		aside[i] = true
	}
	edges := make([]blossom.Edge, 0, g.size()*(g.size()-1)/2)
	for i := range g.size() {
		for j := range i {
			if g.edge(i, j) && !aside[i] && !aside[j] {
				edges = append(edges, blossom.Edge{U: int32(i), V: int32(j), Weight: weight(i, j)})
			}
		}
	}
	b, err := blossom.NewGraph(g.size(), edges)
	if err != nil {
		return blossom.Matching{}, fmt.Errorf("graph of %d people: %w", g.size(), err)
	}
	return b.Match(ctx, warm)
}

// task is a matching of as many people as possible.
type task struct {
	skip  []int          // places left aside
	alone func(int) wide // what leaving out a place costs, nil for nothing
	spare func(int) bool // people who should rather not meet each other, all else being equal
	warm  *blossom.Start
}

// pairs does a task at the least cost.
func (g *graph) pairs(ctx context.Context, t task) (pairs [][2]int, cost wide, warm *blossom.Start, err error) {
	meet := blossom.Shifted(2, g.in.pack.conflict) // outweighs all costs
	m, err := g.match(ctx, t.skip, t.warm, func(i, j int) wide {
		w := meet.Sub(g.between(i, j))
		if t.alone != nil {
			w = w.Add(t.alone(i)).Add(t.alone(j))
		}
		if t.spare != nil && t.spare(i) && t.spare(j) {
			w = w.Sub(g.in.pack.later)
		}
		return w
	})
	if err != nil {
		return nil, wide{}, nil, fmt.Errorf("pairing %d people: %w", g.size()-len(t.skip), err)
	}
	for i, j := range m.Mate {
		if i < int(j) {
			pairs = append(pairs, [2]int{i, int(j)})
			cost = cost.Add(g.between(i, int(j)))
		}
	}
	return pairs, cost, m.Start(), nil
}

// components splits people into sets nobody of whom may meet anybody of another.
func (in *instance) components(people []int32) [][]int32 {
	var parts [][]int32
	rest := people
	for len(rest) > 0 {
		part := []int32{rest[0]}
		rest = append([]int32(nil), rest[1:]...)
		for at := 0; at < len(part) && len(rest) > 0; at++ {
			far := rest[:0]
			for _, b := range rest {
				if in.allowed(part[at], b) {
					part = append(part, b)
				} else {
					far = append(far, b)
				}
			}
			rest = far
		}
		parts = append(parts, part)
	}
	return parts
}
