package matching

import (
	"context"
	"fmt"
	"slices"
)

// MaxExact is how many members are matched in pairs exactly. Above it, and for groups, the answer is constructed and
// then improved by a stated number of steps.
const MaxExact = 1000

// Solve makes the groups. No members, or one, or nobody who may meet another, is an answer and no error; a problem
// that makes no sense is an error that is ErrInvalid; a cancelled context is its error.
func Solve(ctx context.Context, p Problem) (Result, error) {
	in, err := newInstance(&p)
	if err != nil {
		return Result{}, err
	}
	groups, exact, err := in.solve(ctx, in.free())
	if err != nil {
		return Result{}, fmt.Errorf("match %d members: %w", len(p.Members), err)
	}
	groups = append(groups, in.pins...)
	tidy(groups)
	return in.result(groups, exact), nil
}

// tidy sorts people within groups and groups by their first person.
func tidy(groups [][]int32) {
	for i, g := range groups {
		groups[i] = slices.Clone(g)
		slices.Sort(groups[i])
	}
	slices.SortFunc(groups, func(a, b []int32) int { return int(a[0]) - int(b[0]) })
}

// solve groups the given people.
func (in *instance) solve(ctx context.Context, people []int32) (groups [][]int32, exact bool, err error) {
	if in.p.GroupSize == 2 && len(people) <= MaxExact {
		return in.solvePairs(ctx, people)
	}
	groups, err = in.search(ctx, people)
	return groups, false, err
}

// search constructs groups and improves them.
func (in *instance) search(ctx context.Context, people []int32) ([][]int32, error) {
	rng := newRandom(in.p.Seed, 1)
	s := newSeating(in, in.construct(people, rng), rng)
	for range 2 { // people who find a seat late may sit better elsewhere
		if err := s.improve(ctx); err != nil {
			return nil, err
		}
		if err := s.settle(ctx, people); err != nil {
			return nil, err
		}
	}
	return s.groups, nil
}
