package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"
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

func (r *roundsRun) report(ctx context.Context, worker *process) error {
	peak, err := worker.peakMiB()
	if err != nil {
		return err
	}
	events, err := r.historyEvents(ctx)
	if err != nil {
		return err
	}
	stats, err := r.simulator.stats(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "floor ...")
	posts, err := postAgain(ctx, r.simulator, 1, stats.AcceptedCalls)
	if err != nil {
		return err
	}
	copies, err := copyAgain(ctx, os.Getenv("RONDO_DATABASE_URL"))
	if err != nil {
		return err
	}
	var ours time.Duration
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "a round of %d members\tseconds\t\n", r.Members)
	for _, p := range r.phases {
		note := "not compared"
		if p.counts {
			ours, note = ours+p.took, ""
		}
		fmt.Fprintf(w, "%s\t%.2f\t%s\n", p.name, p.took.Seconds(), note)
	}
	floor := posts + copies
	fmt.Fprintf(w, "Rondo\t%.2f\t\n", ours.Seconds())
	fmt.Fprintf(w, "floor: the same %d bodies posted in a bare loop\t%.2f\t\n", stats.AcceptedCalls, posts.Seconds())
	fmt.Fprintf(w, "floor: the same rows copied\t%.2f\t\n", copies.Seconds())
	fmt.Fprintf(w, "floor\t%.2f\t\n", floor.Seconds())
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("ratio=%.2f history_events=%d provider_calls=%d peak_mib=%d\n", ours.Seconds()/floor.Seconds(), events, stats.AcceptedCalls, peak)
	return nil
}
