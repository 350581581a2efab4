package bell

import (
	"context"
	"errors"

	"rondo/activities/store"
)

// All rings what a transaction marked. One failure does not keep the others from being heard; the rows stay marked, so
// whoever gets the error logs it and goes on.
func (b *Bell) All(ctx context.Context, rings []store.Ring) error {
	errs := make([]error, 0, len(rings))
	for _, r := range rings {
		if r.Round != 0 {
			errs = append(errs, b.Round(ctx, r.Round, r.Program, r.Version))
		} else {
			errs = append(errs, b.Schedule(ctx, r.Schedule, r.Program, r.Version))
		}
	}
	return errors.Join(errs...)
}
