package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report tells medians over the engaged batches, how sending went, and as its last line key=value pairs.
func (r *sequencesRun) report() error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	rate := func(took time.Duration) float64 { return float64(r.Contacts) / took.Seconds() }
	seconds := func(of func(e engaged) time.Duration) float64 {
		return r.median(func(e engaged) float64 { return of(e).Seconds() })
	}
	timed := func(name string, of func(e engaged) time.Duration, note string) {
		fmt.Fprintf(w, "%s\t%.2f\t%.0f\t%s\n", name, seconds(of), float64(r.Contacts)/seconds(of), note)
	}
	fmt.Fprintf(w, "engaging %d contacts, median of %d\tseconds\ta second\t\n", r.Contacts, len(r.engages))
	timed("the API shows the summary", func(e engaged) time.Duration { return e.preview }, "  not compared")
	timed("the API engages: plan, enrollments, slots", func(e engaged) time.Duration { return e.transaction }, "")
	timed("the worker starts the contacts", func(e engaged) time.Duration { return e.starting }, "")
	timed("Rondo", engaged.took, "")
	timed("floor: as many delayed workflows started by a bare client", func(e engaged) time.Duration { return e.floor }, "")
	s := r.sending
	fmt.Fprintf(w, "\t\t\t\nmails to %d contacts, all due at once\tseconds\ta second\t\n", r.Contacts)
	sent := time.Duration(0)
	for i, b := range s.bursts {
		sent += b.took()
		fmt.Fprintf(w, "step %d, first to last claim\t%.2f\t%.0f\t  first claim %.2f s after it was due\n", i+1, b.took().Seconds(), rate(b.took()), b.first.Sub(s.due[i]).Seconds())
	}
	fmt.Fprintf(w, "Rondo\t%.2f\t%.0f\t\n", sent.Seconds(), steps*rate(sent))
	fmt.Fprintf(w, "floor: the same %d bodies posted by a bare client\t%.2f\t%.0f\t\n", steps*r.Contacts, s.posts.Seconds(), steps*rate(s.posts))
	if err := w.Flush(); err != nil {
		return err
	}
	begun, _ := perMail(make([]int64, len(s.counts[0].states)), s.counts[0].states)
	mean, most := perMail(s.counts[0].states, s.counts[1].states)
	events, _ := perMail(s.counts[0].events, s.counts[1].events)
	fmt.Printf("state transitions of %d contacts, by Temporal's own count: %.2f at the end of the first mail, start included; a mail more adds %.2f (%d at most), %.1f events\n",
		len(s.counts[0].states), begun, mean, most, events)
	last := r.engages[len(r.engages)-1]
	fmt.Println("CPU seconds of the last batch engaged:", last.cpu)
	fmt.Println("CPU seconds of the last floor:", r.floorCPU)
	fmt.Println("CPU seconds of the mails of step 2:", s.bursts[1].cpu)
	ratios := make([]string, len(r.engages))
	for i, e := range r.engages {
		ratios[i] = fmt.Sprintf("%.2f", e.ratio())
	}
	fmt.Println("engage rate / floor, batch by batch:", strings.Join(ratios, " "))
	fmt.Printf("contacts=%d engage_per_second=%.0f floor_per_second=%.0f ratio=%.2f transitions_per_mail=%.2f mails_per_second=%.0f mail_floor_per_second=%.0f mail_ratio=%.3f peak_mib=%d\n",
		r.Contacts, float64(r.Contacts)/seconds(engaged.took), float64(r.Contacts)/seconds(func(e engaged) time.Duration { return e.floor }),
		r.median(engaged.ratio), mean, steps*rate(sent), steps*rate(s.posts), s.posts.Seconds()/sent.Seconds(), r.peak)
	return nil
}

// median is of the middle one of the engaged batches.
func (r *sequencesRun) median(of func(e engaged) float64) float64 {
	return of(middle(slices.Clone(r.engages), of))
}
