package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strconv"
	"text/tabwriter"
	"time"

	"rondo/activities/matching"
)

// programSizes are two for each power of ten.
var programSizes = []int{1_000, 3_162, 10_000, 31_623, 100_000}

// decided is what Solve made of a program, told by a process of its own.
type decided struct {
	Members   int
	Seconds   float64
	Gap       float64
	Exact     bool
	Repeats   int64
	Team      int64
	Office    int64
	Unmatched int
	PeakKiB   int
}

// matchRoundCommand is one round of a generated program.
type matchRoundCommand struct {
	Members int    `arg:"" help:"How many."`
	Seed    uint64 `arg:"" help:"Of the program."`
}

// Run prints decided.
func (c *matchRoundCommand) Run(ctx context.Context) error {
	p := company(c.Members, c.Seed)
	start := time.Now()
	r, err := matching.Solve(ctx, p)
	if err != nil {
		return err
	}
	d := decided{Members: c.Members, Seconds: time.Since(start).Seconds(), Gap: r.Gap, Exact: r.Exact, Unmatched: r.Score.Unmatched}
	for i, level := range matching.Levels(p.Rules) {
		cost := r.Score.Costs[i]
		switch {
		case level.Unit == matching.UnitTimes:
			d.Repeats = cost
		case p.Rules[level.Rule].Attribute == "team":
			d.Team = cost
		case p.Rules[level.Rule].Attribute == "office":
			d.Office = cost
		}
	}
	if d.PeakKiB, err = peakKiB(os.Getpid()); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(d)
}

// rounds measures programs of all sizes.
func (c *matchingCommand) rounds(ctx context.Context) ([]decided, error) {
	var all []decided
	for _, n := range programSizes {
		fmt.Fprintf(os.Stderr, "a round of %d ...\n", n)
		command, err := self("match-round", strconv.Itoa(n), strconv.FormatUint(c.Seed, 10))
		if err != nil {
			return nil, err
		}
		var runs []decided
		for range c.Times {
			cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // this program
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				return nil, fmt.Errorf("a round of %d: %w", n, err)
			}
			var d decided
			if err := json.NewDecoder(bytes.NewReader(out)).Decode(&d); err != nil {
				return nil, fmt.Errorf("a round of %d: %w", n, err)
			}
			runs = append(runs, d)
		}
		all = append(all, middle(runs, func(d decided) float64 { return d.Seconds }))
	}
	return all, nil
}

func reportPrograms(all []decided, times int) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "a whole round, median of %d\tseconds\texact\tgap\trepeats\tsame team\tother office\tunmatched\tMiB with the problem\t\n", times)
	for _, d := range all {
		fmt.Fprintf(w, "%d members\t%.3f\t%s\t%.4f\t%d\t%d\t%d\t%d\t%d\t\n",
			d.Members, d.Seconds, yes(d.Exact), d.Gap, d.Repeats, d.Team, d.Office, d.Unmatched, d.PeakKiB/1024)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("seconds for each member grow as members^%.2f (least squares over the logarithms of all sizes)\n", exponent(all))
	return nil
}

// roundPairs is the largest program, beside LEMON's time for the largest graph.
func roundPairs(all []decided, graph compared) string {
	d, over := all[len(all)-1], "skipped"
	if graph.theirs != nil {
		over = fmt.Sprintf("%.2f", d.Seconds/graph.theirs.seconds)
	}
	return fmt.Sprintf("round_seconds=%.2f round_over_lemon=%s round_gap=%.4f round_peak_mib=%d exponent=%.2f",
		d.Seconds, over, d.Gap, d.PeakKiB/1024, exponent(all))
}

// exponent is the slope of log(seconds) over log(members), by least squares, less 1: how the cost of one member grows.
func exponent(all []decided) float64 {
	var x, y, xx, xy float64
	for _, d := range all {
		a, b := math.Log(float64(d.Members)), math.Log(d.Seconds)
		x, y, xx, xy = x+a, y+b, xx+a*a, xy+a*b
	}
	n := float64(len(all))
	return (n*xy-x*y)/(n*xx-x*x) - 1
}
