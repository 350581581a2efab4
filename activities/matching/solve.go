package matching

import (
	"context"
	"fmt"
	"slices"
)

// Solve makes the groups. No members, or one, or nobody who may meet another, is an answer and no error; a problem
// that makes no sense is an error that is ErrInvalid; a cancelled context is its error.
func Solve(ctx context.Context, p Problem) (Result, error) {
	in, err := newInstance(&p)
	if err != nil {
		return Result{}, err
	}
	var made answer
	switch p.Mode {
	case ModeCompose:
		made, err = in.compose(ctx)
	case ModeLottery:
		made, err = in.lottery(ctx)
	case ModeMystery:
		made, err = in.mystery(ctx)
	default:
		made, err = in.solve(ctx, in.free())
	}
	if err != nil {
		return Result{}, fmt.Errorf("match %d members: %w", len(p.Members), err)
	}
	groups := append(made.groups, in.pins...)
	in.tidy(groups)
	res := in.result(groups, made.exact)
	for _, pin := range in.pins {
		made.bound.add(in.groupScore(pin))
	}
	if res.Bound = made.bound; res.Exact {
		res.Bound = res.Score
	}
	res.Gap = gap(res.Score, res.Bound)
	return res, nil
}

// tidy sorts people within groups, unless one gives to the other, and groups by their first person.
func (in *instance) tidy(groups [][]int32) {
	for i, g := range groups {
		groups[i] = slices.Clone(g)
		if in.p.Mode != ModeMystery {
			slices.Sort(groups[i])
		}
	}
	slices.SortFunc(groups, slices.Compare)
}

// solve groups the given people.
func (in *instance) solve(ctx context.Context, people []int32) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{}, err
	}
	switch {
	case in.p.GroupSize == 2 && len(people) <= maxDense:
		groups, exact, err := in.solvePairs(ctx, people)
		if err != nil {
			return answer{}, err
		}
		made := in.judged(groups, people, in.floor(people))
		made.exact = made.exact || exact
		return made, nil
	case in.p.GroupSize == 2:
		all := answer{exact: true, bound: in.zeroScore()}
		all.bound.Unmatched = len(people)
		for _, part := range in.parts(people) {
			made, err := in.solveMany(ctx, part)
			if err != nil {
				return answer{}, err
			}
			all.groups, all.exact = append(all.groups, made.groups...), all.exact && made.exact
			all.bound.add(made.bound)
			all.bound.Unmatched -= len(part)
		}
		return all, nil
	}
	if groups, ok := in.tryAll(people); ok {
		return answer{groups, true, in.floor(people)}, nil
	}
	floor := in.floor(people)
	groups, err := in.search(ctx, people, floor)
	if err != nil {
		return answer{}, err
	}
	return in.judged(groups, people, floor), nil
}

// tryAll makes groups exactly where all sets of people whom hard "same" rules keep apart are small.
func (in *instance) tryAll(people []int32) (groups [][]int32, ok bool) {
	if in.pack.lossy || in.p.Leftover == LeftoverOut {
		return nil, false
	}
	for _, part := range in.parts(people) {
		if len(part) > maxExhaust {
			return nil, false
		}
		if len(part) < 2 {
			continue
		}
		made := in.exhaust(part)
		if made == nil {
			return nil, false
		}
		groups = append(groups, made...)
	}
	return groups, true
}

// Constructions of which the best is taken, the first that breaks no rule ending it.
const (
	restarts      = 4
	restartsUntil = 300 // people
)

// search constructs groups and improves them, down to a floor of their score.
func (in *instance) search(ctx context.Context, people []int32, floor Score) (best [][]int32, err error) {
	times := uint64(1)
	if len(people) <= restartsUntil {
		times = restarts
	}
	var bestScore Score
	for stream := range times {
		rng := newRandom(in.p.Seed, 1+stream)
		s := newSeating(in, in.construct(people, rng), rng)
		if err := s.improve(ctx); err != nil {
			return nil, err
		}
		if changed, err := s.settle(ctx, people); err != nil {
			return nil, err
		} else if changed { // people who found a seat late may sit better elsewhere
			if err := s.improve(ctx); err != nil {
				return nil, err
			}
		}
		if times == 1 {
			return s.groups, nil
		}
		score := in.score(s.groups, people)
		if best == nil || score.Compare(bestScore) < 0 {
			best, bestScore = s.groups, score
		}
		if score.Compare(floor) <= 0 {
			break
		}
	}
	return best, nil
}

// score is what groups of some people cost.
func (in *instance) score(groups [][]int32, people []int32) Score {
	sum, seated := in.zeroScore(), map[int32]bool{}
	for _, g := range groups {
		sum.add(in.groupScore(g))
		for _, m := range g {
			seated[m] = true
		}
	}
	for _, m := range people {
		if !seated[m] {
			sum.Unmatched++
			sum.Odd += 1 + in.odd[m]
		}
	}
	return sum
}
