package bell

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"rondo/activities/store"
)

// atATime is how many workflows are rung side by side.
const atATime = 16

// All rings what a transaction marked. One failure does not keep the others from being heard; the rows stay marked, so
// whoever gets the error logs it and goes on.
func (b *Bell) All(ctx context.Context, rings []store.Ring) error {
	var mu sync.Mutex
	var errs []error
	var g errgroup.Group
	g.SetLimit(atATime)
	for _, r := range rings {
		g.Go(func() error {
			if err := b.one(ctx, r); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
			return nil
		})
	}
	_ = g.Wait() // none fails: errors are collected
	return errors.Join(errs...)
}

func (b *Bell) one(ctx context.Context, r store.Ring) error {
	switch {
	case r.Round != 0:
		return b.Round(ctx, r.Round, r.Program, r.Version)
	case r.Schedule != 0:
		return b.Schedule(ctx, r.Schedule, r.Program, r.Version)
	case r.Batch != 0:
		return b.Batch(ctx, r.Batch, r.Version)
	case r.Session != 0:
		return b.Session(ctx, r.Session, r.Version)
	default:
		return b.Enrollment(ctx, r)
	}
}
