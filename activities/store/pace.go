package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/quota"
)

// pacedBy is the batch whose pace the slot of a step counts against; none but that of a first step does.
func pacedBy(batch int64, step int) *int64 {
	if step != 1 {
		return nil
	}
	return &batch
}

// paceOf is how many contacts a batch begins, all senders together, with those it has begun or planned since a day before now,
// without one enrollment of them. It is nil where the batch has no pace. Whoever plans by it locks the batch, so that two
// senders do not take the same place.
func paceOf(ctx context.Context, q querier, batch, without int64, now time.Time, lock string) (*quota.Batch, error) {
	var name string
	var perHour, perDay int
	err := q.QueryRow(ctx, `SELECT timezone, per_hour, per_day FROM batches WHERE id = $1 AND (per_hour > 0 OR per_day > 0) `+lock, batch).
		Scan(&name, &perHour, &perDay)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the pace of batch %d: %w", batch, err)
	}
	zone, err := calendar.Zone(name)
	if err != nil {
		return nil, fmt.Errorf("batch %d: %w", batch, err)
	}
	rows, err := q.Query(ctx, `SELECT at FROM slots WHERE batch_id = $1 AND enrollment_id <> $2 AND at > $3::timestamptz - interval '26 hours'`, batch, without, now)
	if err != nil {
		return nil, fmt.Errorf("read the first slots of batch %d: %w", batch, err)
	}
	pace := quota.NewBatch(zone, perHour, perDay)
	var at time.Time
	_, err = pgx.ForEachRow(rows, []any{&at}, func() error {
		pace.Add(at)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the first slots of batch %d: %w", batch, err)
	}
	return pace, nil
}
