package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/quota"
)

type quotaCommand struct {
	Times   int    `default:"3" help:"How many runs of each line, the one of median time is told."`
	Senders int    `default:"100" help:"Among whom the contacts are dealt out."`
	Largest int    `default:"1000000" help:"Leave out lines of more contacts."`
	Seed    uint64 `default:"1" help:"Of the plans."`
}

// quotaStart is a Monday before the clocks change in most of the zones.
var quotaStart = time.Date(2026, 10, 5, 6, 0, 0, 0, time.UTC)

// workload is so many contacts, of whom each gets so many mails two sending days apart.
type workload struct {
	contacts, steps int
}

func (w workload) String() string {
	if w.steps == 1 {
		return fmt.Sprintf("%d first steps", w.contacts)
	}
	return fmt.Sprintf("%d sequences of %d steps", w.contacts, w.steps)
}

// planned is how a workload went.
type planned struct {
	workload
	seconds, floor float64
	first, last    time.Time
	violations     int
}

func (p planned) mails() int { return p.contacts * p.steps }

// growth is how the time grew with the mails: 1 is linearly.
func (p planned) growth(from planned) float64 {
	return math.Log(p.seconds/from.seconds) / math.Log(float64(p.mails())/float64(from.mails()))
}

// Run plans the workloads, has every sender's mails checked, and sorts as many instants as the floor.
func (c *quotaCommand) Run(ctx context.Context) error {
	if c.Times < 1 || c.Senders < 1 {
		return fmt.Errorf("times and senders must be at least 1")
	}
	senders, err := quotaSenders(c.Senders)
	if err != nil {
		return err
	}
	var all []planned
	for _, w := range []workload{{10_000, 1}, {100_000, 1}, {1_000_000, 1}, {100_000, 3}} {
		if w.contacts > c.Largest {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s ...\n", w)
		var runs []planned
		for range c.Times {
			if err := ctx.Err(); err != nil {
				return err
			}
			run, err := w.plan(senders, c.Seed)
			if err != nil {
				return fmt.Errorf("%s: %w", w, err)
			}
			runs = append(runs, run)
		}
		all = append(all, middle(runs, func(p planned) float64 { return p.seconds }))
	}
	return c.report(all)
}

// quotaSenders have 50 mails an hour and 400 a day, office hours in mixed zones, and a few holidays.
func quotaSenders(n int) ([]quota.Sender, error) {
	off := map[calendar.Date]bool{}
	for _, day := range []string{"2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25"} {
		d, err := calendar.ParseDate(day)
		if err != nil {
			return nil, err
		}
		off[d] = true
	}
	zones := strings.Fields("Europe/Paris America/New_York America/Los_Angeles Asia/Kolkata Asia/Tokyo Australia/Lord_Howe Europe/London America/St_Johns UTC Africa/Casablanca")
	senders := make([]quota.Sender, n)
	for i := range senders {
		zone, err := calendar.Zone(zones[i%len(zones)])
		if err != nil {
			return nil, err
		}
		senders[i] = quota.Sender{Zone: zone, From: 9, To: 18, Holidays: off, PerHour: 50, PerDay: 400}
	}
	return senders, nil
}

// plan gives every mail its instant and has them checked. Only making the plan and reserving are timed.
func (w workload) plan(senders []quota.Sender, seed uint64) (planned, error) {
	mails := make([][]quota.Taken, len(senders))
	start := time.Now()
	p := quota.NewPlan(quotaStart, quotaStart.AddDate(1, 0, 0), seed)
	for i, s := range senders {
		if err := p.AddSender(int64(i), s, nil); err != nil {
			return planned{}, err
		}
	}
	for n := range w.contacts {
		i := n % len(senders)
		a := quota.Ask{Sender: int64(i), NotBefore: quotaStart}
		for range w.steps {
			at, ok := p.Reserve(a)
			if !ok {
				return planned{}, fmt.Errorf("contact %d: no instant within a year", n)
			}
			mails[i] = append(mails[i], quota.Taken{At: at})
			a.NotBefore = senders[i].AfterDays(at, 2)
		}
	}
	run := planned{workload: w, seconds: time.Since(start).Seconds()}
	var instants []time.Time
	for i, s := range senders {
		run.violations += len(quota.Check(s, mails[i]))
		for _, m := range mails[i] {
			instants = append(instants, m.At)
		}
	}
	run.floor = sortAgain(instants, seed)
	run.first, run.last = instants[0], instants[len(instants)-1]
	return run, nil
}

// sortAgain sorts the instants from a random order and tells how long that took.
func sortAgain(instants []time.Time, seed uint64) float64 {
	rng := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a benchmark
	rng.Shuffle(len(instants), func(i, j int) { instants[i], instants[j] = instants[j], instants[i] })
	start := time.Now()
	slices.SortFunc(instants, time.Time.Compare)
	return time.Since(start).Seconds()
}

func (c *quotaCommand) report(all []planned) error {
	if len(all) == 0 {
		return fmt.Errorf("nothing has %d contacts or fewer", c.Largest)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%d senders, median of %d\tseconds\tµs a mail\tfloor: as many instants sorted\tratio\texponent\tfirst day\tlast day\tviolations\t\n",
		c.Senders, c.Times)
	violations, largest, exponent := 0, all[0], math.NaN()
	for i, p := range all {
		growth := "-"
		if i > 0 && p.steps == 1 {
			growth = fmt.Sprintf("%.2f", p.growth(all[i-1]))
			largest, exponent = p, p.growth(all[0])
		}
		violations += p.violations
		fmt.Fprintf(w, "%s\t%.3f\t%.2f\t%.3f\t%.2f\t%s\t%s\t%s\t%d\t\n", p, p.seconds, 1e6*p.seconds/float64(p.mails()), p.floor,
			p.seconds/p.floor, growth, p.first.Format(time.DateOnly), p.last.Format(time.DateOnly), p.violations)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("contacts=%d seconds=%.3f us_per_mail=%.2f ratio=%.2f exponent=%.2f violations=%d\n", largest.contacts, largest.seconds,
		1e6*largest.seconds/float64(largest.mails()), largest.seconds/largest.floor, exponent, violations)
	return nil
}
