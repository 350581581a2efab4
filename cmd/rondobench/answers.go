package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"rondo/activities/matching"
)

// answersOf is how many members the program has that a forecast and a review ask about.
const answersOf = 1_000

// reportAnswers measures what an admin waits for: the engine's part of a forecast and of a review.
func reportAnswers(ctx context.Context, times int, seed uint64) error {
	p := company(answersOf, seed)
	made, err := matching.Solve(ctx, p)
	if err != nil {
		return err
	}
	groups := make([][]matching.ID, len(made.Groups))
	broken := -1
	for i, g := range made.Groups {
		groups[i] = g.Members
		if slices.ContainsFunc(g.Reasons, func(r matching.Reason) bool { return !r.Held }) {
			broken = i
		}
	}
	if broken < 0 {
		return errors.New("no rule broke: there is nothing to price")
	}
	board, err := matching.NewBoard(p, groups)
	if err != nil {
		return err
	}
	over := p
	over.Members = append(slices.Clone(p.Members), matching.Member{ID: answersOf + 1})
	over.Leftover = matching.LeftoverOut
	left, err := matching.Solve(ctx, over)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%d members, median of %d\tms\t\n", answersOf, times)
	for _, ask := range []struct {
		name string
		do   func() error
	}{
		{"forecast of 12 rounds, 70 % take part", func() error {
			_, err := matching.Predict(ctx, p, matching.ForecastOptions{Rounds: 12, Participation: 0.7})
			return err
		}},
		{"regenerate", func() error { _, err := matching.Solve(ctx, p); return err }},
		{"score all groups", func() error { _, err := matching.Evaluate(p, groups); return err }},
		{"what one swap changes", func() error { _, err := board.Swap(groups[0][0], groups[1][0]); return err }},
		{"the ten best swaps of a person", func() error { _, err := board.Swaps(groups[0][0], 10); return err }},
		{"one drops out", func() error {
			_, _, err := matching.Repair(ctx, p, groups, groups[0][:1])
			return err
		}},
		{"price of a broken rule", func() error { _, err := matching.PriceOf(ctx, p, groups, broken); return err }},
		{"remedy for somebody left out", func() error {
			_, err := matching.RemedyOf(ctx, over, left.Score, left.Unmatched[0].ID)
			return err
		}},
	} {
		var took []float64
		for range times {
			start := time.Now()
			if err := ask.do(); err != nil {
				return fmt.Errorf("%s: %w", ask.name, err)
			}
			took = append(took, float64(time.Since(start).Microseconds())/1000)
		}
		fmt.Fprintf(w, "%s\t%.3f\t\n", ask.name, middle(took, func(ms float64) float64 { return ms }))
	}
	return w.Flush()
}
