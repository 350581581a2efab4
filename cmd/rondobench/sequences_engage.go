package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"go.temporal.io/api/workflowservice/v1"
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
)

// engaged is a batch that was engaged, and its floor.
type engaged struct {
	batch       int64
	preview     time.Duration // the API's answer to the summary
	transaction time.Duration // its answer to engage
	starting    time.Duration // from then until the batch is engaged
	floor       time.Duration // the mean of the floors before and after it
	cpu         cpu
}

func (e engaged) took() time.Duration { return e.transaction + e.starting }

// ratio is above 1 where engaging was faster than its floor.
func (e engaged) ratio() float64 { return e.floor.Seconds() / e.took().Seconds() }

// engageAhead engages batches that begin tomorrow, each between two runs of the floor: a server whose tables grow, and a machine
// that slows down, cost both the same.
func (r *sequencesRun) engageAhead(ctx context.Context) error {
	before, err := r.startBare(ctx)
	if err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	for nth := range r.Times {
		var e engaged
		if e.batch, err = r.draft(ctx, nth); err != nil {
			return fmt.Errorf("draft: %w", err)
		}
		if err := r.settle(ctx); err != nil {
			return err
		}
		err = e.cpu.of(func() error {
			if err := r.engage(ctx, &e); err != nil {
				return err
			}
			return r.awaitEngaged(ctx, &e)
		})
		if err != nil {
			return fmt.Errorf("engage: %w", err)
		}
		after, err := r.startBare(ctx)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		e.floor = (before + after) / 2
		before = after
		r.engages = append(r.engages, e)
		fmt.Fprintf(os.Stderr, "engaged in %.1f s, the floor in %.1f s\n", e.took().Seconds(), e.floor.Seconds())
	}
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
	r.started += r.Contacts
	return err
}

// settle waits until the server has done what it leaves for later, the visibility records of workflows that were started.
func (r *sequencesRun) settle(ctx context.Context) error {
	return await(ctx, "all workflows can be listed", func() (bool, error) {
		listed, err := r.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Query: "WorkflowType = '" + workflows.ContactWorkflow + "'"})
		return err == nil && int(listed.GetCount()) == r.started, err
	})
}

// startBare starts as many workflows that are to the server what those of contacts are, on a queue that nobody polls.
func (r *sequencesRun) startBare(ctx context.Context) (took time.Duration, err error) {
	if err := r.settle(ctx); err != nil {
		return 0, err
	}
	fmt.Fprintln(os.Stderr, "floor: start workflows ...")
	err = r.floorCPU.of(func() error {
		begun := time.Now()
		due := begun.AddDate(0, 0, daysAhead).UTC()
		g, working := errgroup.WithContext(ctx)
		g.SetLimit(floorStarts)
		for range r.Contacts {
			r.started++
			id := int64(r.started)
			g.Go(func() error {
				o := bell.ContactOptions(id, id, r.sequence)
				o.ID, o.TaskQueue, o.StartDelay = fmt.Sprint("bare-", id), "bare", time.Until(due)
				_, err := r.temporal.ExecuteWorkflow(working, o, workflows.ContactWorkflow, workflows.Enrolled{ID: id, DueAt: due})
				return err
			})
		}
		err := g.Wait()
		took = time.Since(begun)
		return err
	})
	return took, err
}
