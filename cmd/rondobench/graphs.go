package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"

	"rondo/activities/matching/blossom"
)

// testGraph is a random graph: weights are uniform, 1..10^6.
type testGraph struct {
	name string
	n    int
	mean int // degree; 0: complete
}

var testGraphs = []testGraph{
	{"complete, n = 500", 500, 0},
	{"complete, n = 1,000", 1000, 0},
	{"sparse, n = 10,000, mean degree 20", 10_000, 20},
	{"sparse, n = 100,000, mean degree 20", 100_000, 20},
}

// smallGraph is for those who take minutes for the others.
var smallGraph = testGraph{"complete, n = 300", 300, 0}

// newRandom is the same chance in every run.
func newRandom(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // chance to be had again, not secrets
}

// write makes the graph and writes it: "n m", then "u v weight" for each edge, no two of them the same.
func (g testGraph) write(path string, seed uint64) error {
	f, err := os.Create(path) //nolint:gosec // in a folder of this process
	if err != nil {
		return err
	}
	w, r := bufio.NewWriter(f), newRandom(seed, uint64(g.n))
	edge := func(u, v int) {
		fmt.Fprintln(w, u, v, 1+r.IntN(1_000_000))
	}
	if g.mean == 0 {
		fmt.Fprintln(w, g.n, g.n*(g.n-1)/2)
		for u := range g.n {
			for v := range u {
				edge(u, v)
			}
		}
		return errors.Join(w.Flush(), f.Close())
	}
	m := g.n * g.mean / 2
	fmt.Fprintln(w, g.n, m)
	seen := make(map[[2]int]bool, m)
	for len(seen) < m {
		u, v := r.IntN(g.n), r.IntN(g.n)
		pair := [2]int{min(u, v), max(u, v)}
		if u == v || seen[pair] {
			continue
		}
		seen[pair] = true
		edge(u, v)
	}
	return errors.Join(w.Flush(), f.Close())
}

// readGraph reads what write wrote.
func readGraph(from io.Reader) (n int, edges []blossom.Edge, err error) {
	words := bufio.NewScanner(from)
	words.Split(bufio.ScanWords)
	number := func() int {
		if err != nil {
			return 0
		}
		if !words.Scan() {
			err = errors.Join(io.ErrUnexpectedEOF, words.Err())
			return 0
		}
		var v int
		v, err = strconv.Atoi(string(words.Bytes()))
		return v
	}
	n = number()
	edges = make([]blossom.Edge, number())
	for i := range edges {
		edges[i] = blossom.Edge{U: int32(number()), V: int32(number()), Weight: blossom.Int(int64(number()))}
	}
	return n, edges, err
}
