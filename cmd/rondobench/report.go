package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"text/tabwriter"
)

// setUp migrates both stores and makes an admin key.
func setUp(ctx context.Context) (string, error) {
	migrate := exec.CommandContext(ctx, os.Getenv("RONDO_BIN"), "migrate") //nolint:gosec // the binary under test
	if out, err := migrate.CombinedOutput(); err != nil {
		return "", fmt.Errorf("rondo migrate: %w: %s", err, out)
	}
	out, err := exec.CommandContext(ctx, os.Getenv("RONDO_BIN"), "keys", "create", "--name", "bench", "--scope", "admin").Output() //nolint:gosec // likewise
	if err != nil {
		return "", fmt.Errorf("rondo keys create: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], nil
}

// report tells the median of each line over the rounds, and as its last line key=value pairs.
func (r *roundsRun) report(worker *process) error {
	peak, err := worker.peakMiB()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(name string, seconds func(m measured) float64, note string) {
		fmt.Fprintf(w, "%s\t%.2f\t%s\n", name, r.median(seconds), note)
	}
	fmt.Fprintf(w, "a round of %d members, median of %d\tseconds\t\n", r.Members, len(r.done))
	fmt.Fprintf(w, "import\t%.2f\tnot compared\n", r.imported.Seconds())
	for i, p := range r.done[0].phases {
		note := ""
		if !p.counts {
			note = "not compared"
		}
		line(p.name, func(m measured) float64 { return m.phases[i].took.Seconds() }, note)
	}
	line("Rondo", measured.ours, "")
	line(fmt.Sprintf("floor: the same %d bodies posted in a bare loop", r.done[0].calls), func(m measured) float64 { return m.floor.posts.Seconds() }, "")
	line("floor: the same rows copied", func(m measured) float64 { return m.floor.copies.Seconds() }, "")
	line("floor", func(m measured) float64 { return m.floor.seconds() }, "")
	if err := w.Flush(); err != nil {
		return err
	}
	ratios := make([]string, len(r.done))
	var events int64
	calls := 0
	for i, m := range r.done {
		ratios[i] = fmt.Sprintf("%.2f / (%.2f posts + %.2f copies) = %.2f", m.ours(), m.floor.posts.Seconds(), m.floor.copies.Seconds(), m.ratio())
		events, calls = max(events, m.events), max(calls, m.calls)
	}
	last := r.done[len(r.done)-1]
	for _, p := range last.phases {
		if p.counts {
			fmt.Printf("CPU seconds of the last round, %s: %s\n", p.name, p.cpu)
		}
	}
	fmt.Println("CPU seconds of its floor, with reading the bodies and rows:", last.floorCPU)
	fmt.Println("Rondo / floor, round by round:", strings.Join(ratios, "; "))
	fmt.Printf("ratio=%.2f history_events=%d provider_calls=%d peak_mib=%d\n",
		r.median(measured.ratio), events, calls, peak)
	return nil
}

func (m measured) ours() (seconds float64) {
	for _, p := range m.phases {
		if p.counts {
			seconds += p.took.Seconds()
		}
	}
	return seconds
}

func (f floor) seconds() float64 { return (f.posts + f.copies).Seconds() }

func (m measured) ratio() float64 { return m.ours() / m.floor.seconds() }

func (r *roundsRun) median(of func(m measured) float64) float64 {
	values := make([]float64, len(r.done))
	for i, m := range r.done {
		values[i] = of(m)
	}
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}
