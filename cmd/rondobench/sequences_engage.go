package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"rondo/activities/bell"
	api "rondo/api/client"
	"rondo/workflows"
)

const (
	// floorStarts is how many workflows the floor starts side by side: as many as StartContacts does.
	floorStarts = 32
	// daysAhead is when batches begin: nothing is sent while contacts are started.
	daysAhead = 1
	// rest lets the server finish what a phase left behind: its visibility records.
	rest = 3 * time.Second
)

// engaged is a batch that was engaged, and its floor.
type engaged struct {
	batch       int64
	preview     time.Duration // the API's answer to the summary
	transaction time.Duration // its answer to engage
	starting    time.Duration // from then until the batch is engaged
	floor       time.Duration // as many workflows started by nothing but the client
	cpu         cpu
	floorCPU    cpu
}

func (e engaged) took() time.Duration { return e.transaction + e.starting }

// ratio is above 1 where engaging was faster than its floor.
func (e engaged) ratio() float64 { return e.floor.Seconds() / e.took().Seconds() }

// engageAhead engages a batch that begins tomorrow, and measures its floor before or after, in turn.
func (r *sequencesRun) engageAhead(ctx context.Context, nth int) error {
	var e engaged
	var err error
	if e.batch, err = r.draft(ctx, nth); err != nil {
		return err
	}
	ours := func() error {
		return e.cpu.of(func() error {
			if err := r.engage(ctx, &e); err != nil {
				return err
			}
			return r.awaitEngaged(ctx, &e)
		})
	}
	floor := func() error {
		return e.floorCPU.of(func() (err error) {
			e.floor, err = r.startBare(ctx, nth)
			return err
		})
	}
	phases := []func() error{ours, floor}
	if nth%2 == 1 {
		phases[0], phases[1] = floor, ours
	}
	for _, do := range phases {
		if err := pause(ctx, rest); err != nil {
			return err
		}
		if err := do(); err != nil {
			return err
		}
	}
	r.engages = append(r.engages, e)
	return nil
}

// engage does what an admin does: looks at the summary, and engages it.
func (r *sequencesRun) engage(ctx context.Context, e *engaged) error {
	fmt.Fprintf(os.Stderr, "engage batch %d ...\n", e.batch)
	begun := time.Now()
	seen, err := r.api.GetBatchSummaryWithResponse(ctx, e.batch)
	if err := api.Check(seen, err); err != nil {
		return err
	}
	e.preview = time.Since(begun)
	tag := `"v1"`
	begun = time.Now()
	done, err := r.api.EngageBatchWithResponse(ctx, e.batch, &api.EngageBatchParams{IfMatch: &tag},
		api.EngageInputBody{AsOf: seen.JSON200.AsOf, Digest: seen.JSON200.Digest})
	if err := api.Check(done, err); err != nil {
		return err
	}
	e.transaction = time.Since(begun)
	if int(done.JSON200.Engaged) != r.Contacts {
		return fmt.Errorf("%d of %d contacts were engaged, refused: %v", done.JSON200.Engaged, r.Contacts, done.JSON200.Refused)
	}
	return nil
}

func (r *sequencesRun) awaitEngaged(ctx context.Context, e *engaged) error {
	begun := time.Now()
	err := await(ctx, "all contacts are started", func() (is bool, err error) {
		err = r.db.QueryRow(ctx, `SELECT state = 'engaged' FROM batches WHERE id = $1`, e.batch).Scan(&is)
		return is, err
	})
	e.starting = time.Since(begun)
	return err
}

// startBare starts workflows that are to the server what those of contacts are, on a queue that nobody polls.
func (r *sequencesRun) startBare(ctx context.Context, nth int) (time.Duration, error) {
	fmt.Fprintln(os.Stderr, "floor: start workflows ...")
	begun := time.Now()
	due := begun.AddDate(0, 0, daysAhead).UTC()
	g, working := errgroup.WithContext(ctx)
	g.SetLimit(floorStarts)
	for i := range r.Contacts {
		g.Go(func() error {
			id := int64(1 + nth*r.Contacts + i)
			o := bell.ContactOptions(id, id, r.sequence)
			o.ID, o.TaskQueue, o.StartDelay = fmt.Sprint("bare-", id), "bare", time.Until(due)
			_, err := r.temporal.ExecuteWorkflow(working, o, workflows.ContactWorkflow, workflows.Enrolled{ID: id, DueAt: due})
			return err
		})
	}
	err := g.Wait()
	return time.Since(begun), err
}
