package api

import (
	"context"
	"errors"
	"time"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

const (
	// maxSolving is how many requests solve in one process at once, each on one core; the others wait.
	maxSolving = 2
	// solvingTime bounds the engine's work for one request.
	solvingTime = 10 * time.Second
)

// solving does the engine's work for a request. What takes longer than most is the problem tooSlow.
func solving[T any](ctx context.Context, slots chan struct{}, most time.Duration, tooSlow error, solve func(context.Context) (T, error)) (T, error) {
	var none T
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return none, ctx.Err()
	}
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	made, err := solve(limited)
	switch {
	case errors.Is(err, matching.ErrInvalid):
		return none, fault.Wrap(err, fault.Invalid, "matching_impossible", "the matching rules of the program contradict each other")
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return none, tooSlow
	}
	return made, err
}
