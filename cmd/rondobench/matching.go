package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

type matchingCommand struct {
	Times int    `default:"3" help:"How many runs of each solver, in turn; the one of median time is told."`
	Seed  uint64 `default:"1" help:"Of the graphs and programs."`
}

// compared is two solvers on one graph; theirs is nil where the other is not here.
type compared struct {
	testGraph
	ours   matched
	theirs *matched
}

// Run compares the solver of graphs with LEMON's and networkx's, each run a process of its own that reads the same file, and
// measures whole rounds.
func (c *matchingCommand) Run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "rondobench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ownCommand, err := self("match-graph")
	if err != nil {
		return err
	}
	own := &matcher{"Rondo", ownCommand}
	other, skipped := lemon(ctx, dir)
	if skipped != nil {
		fmt.Println("LEMON is skipped:", skipped)
	}
	var all []compared
	for _, g := range testGraphs {
		fmt.Fprintf(os.Stderr, "%s ...\n", g.name)
		row, err := c.compare(ctx, dir, g, own, other)
		if err != nil {
			return err
		}
		all = append(all, row)
	}
	if other != nil {
		empty, err := c.compare(ctx, dir, testGraph{name: "no vertices"}, own, other)
		if err != nil {
			return err
		}
		for i := range all {
			all[i].ours.peakKiB -= empty.ours.peakKiB
			all[i].theirs.peakKiB -= empty.theirs.peakKiB
		}
		fmt.Printf("Memory is the peak less that of a graph of no vertices: %d MiB are Rondo's process itself and %d MiB LEMON's.\n",
			empty.ours.peakKiB/1024, empty.theirs.peakKiB/1024)
	}
	if err := reportGraphs(all, c.Times); err != nil {
		return err
	}
	if other, skipped := networkx(ctx); skipped != nil {
		fmt.Println("networkx is skipped:", skipped)
	} else {
		fmt.Fprintf(os.Stderr, "networkx, %s ...\n", smallGraph.name)
		row, err := (&matchingCommand{Times: 1, Seed: c.Seed}).compare(ctx, dir, smallGraph, own, other)
		if err != nil {
			return err
		}
		fmt.Printf("%s: networkx %.3f s, Rondo %.3f s, weights equal %s\n",
			row.name, row.theirs.seconds, row.ours.seconds, yes(row.ours.weight == row.theirs.weight))
	}
	rounds, err := c.rounds(ctx)
	if err != nil {
		return err
	}
	fmt.Println()
	if err := reportPrograms(rounds, c.Times); err != nil {
		return err
	}
	fmt.Println()
	if err := reportAnswers(ctx, c.Times, c.Seed); err != nil {
		return err
	}
	fmt.Println(graphPairs(all), roundPairs(rounds, all[len(all)-1]))
	return nil
}

// compare runs both solvers on a graph, in turn.
func (c *matchingCommand) compare(ctx context.Context, dir string, g testGraph, own, other *matcher) (compared, error) {
	path := filepath.Join(dir, "graph")
	if err := g.write(path, c.Seed); err != nil {
		return compared{}, fmt.Errorf("%s: %w", g.name, err)
	}
	var ours, theirs []matched
	for range c.Times {
		got, err := own.match(ctx, path)
		if err != nil {
			return compared{}, fmt.Errorf("%s: %w", g.name, err)
		}
		ours = append(ours, got)
		if other == nil {
			continue
		}
		if got, err = other.match(ctx, path); err != nil {
			return compared{}, fmt.Errorf("%s: %w", g.name, err)
		}
		theirs = append(theirs, got)
	}
	row := compared{testGraph: g, ours: middle(ours, func(m matched) float64 { return m.seconds })}
	if other != nil {
		m := middle(theirs, func(m matched) float64 { return m.seconds })
		row.theirs = &m
	}
	return row, nil
}

// middle is the run of median time.
func middle[T any](runs []T, seconds func(T) float64) T {
	slices.SortFunc(runs, func(a, b T) int { return cmp.Compare(seconds(a), seconds(b)) })
	return runs[len(runs)/2]
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

func reportGraphs(all []compared, times int) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "weights 1..10^6, median of %d\tRondo s\tLEMON s\tratio\tsame weight\tproven\tRondo MiB\tLEMON MiB\tratio\t\n", times)
	for _, c := range all {
		seconds, time, weight, mib, memory := "-", "-", "-", "-", "-"
		if c.theirs != nil {
			seconds, mib = fmt.Sprintf("%.3f", c.theirs.seconds), fmt.Sprint(c.theirs.peakKiB/1024)
			time, memory = fmt.Sprintf("%.2f", c.time()), fmt.Sprintf("%.2f", c.memory())
			weight = yes(c.ours.weight == c.theirs.weight)
		}
		fmt.Fprintf(w, "%s\t%.3f\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t\n",
			c.name, c.ours.seconds, seconds, time, weight, yes(c.ours.proven), c.ours.peakKiB/1024, mib, memory)
	}
	return w.Flush()
}

// time and memory are ours by theirs.
func (c compared) time() float64   { return c.ours.seconds / c.theirs.seconds }
func (c compared) memory() float64 { return float64(c.ours.peakKiB) / float64(c.theirs.peakKiB) }

// graphPairs is the worst of all graphs.
func graphPairs(all []compared) string {
	time, memory, equal, proven := 0.0, 0.0, true, true
	for _, c := range all {
		proven = proven && c.ours.proven
		if c.theirs == nil {
			continue
		}
		time, memory = max(time, c.time()), max(memory, c.memory())
		equal = equal && c.ours.weight == c.theirs.weight
	}
	if all[0].theirs == nil {
		return "ratio_max=skipped weights_equal=skipped certificate=" + yes(proven) + " memory_ratio_max=skipped"
	}
	return fmt.Sprintf("ratio_max=%.2f weights_equal=%s certificate=%s memory_ratio_max=%.2f", time, yes(equal), yes(proven), memory)
}
