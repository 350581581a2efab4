package matching

import (
	"context"
	"slices"

	"rondo/activities/matching/blossom"
)

// Steps of improvement: each looks at one exchange of two people. Small rounds get more for each member.
const (
	leastSteps = 64        // for each member
	mostSteps  = 2_000     // for each member
	smallRound = 4_000_000 // steps for a round between
	tries      = 16        // in a row for one member
	wander     = 1_000     // steps for each member from which exchanges that cost the same are made as well
)

// improve exchanges people of groups that break rules with others while that costs less. It looks at no more than
// max(leastSteps*n, min(mostSteps*n, smallRound)) exchanges, whatever the time they take, and gives up after looking so
// often at each group in vain, or nearly: fewer than one in 1000 got better. It ends when no assignment costs less.
func (s *seating) improve(ctx context.Context) error {
	n := 0
	for _, g := range s.groups {
		n += len(g)
	}
	if len(s.groups) < 2 {
		return nil
	}
	pool := s.newPool(n)
	steps := leastSteps * n
	if s.in.p.GroupSize > 2 || n <= maxDense { // more pairs are left to the market
		steps = max(steps, min(mostSteps*n, smallRound))
	}
	var bad []int32
	for g := range s.groups {
		if !s.burden(int32(g)).IsZero() {
			bad = append(bad, int32(g))
		}
	}
	floor := s.floorBurden(pool.all)
	patience, least := steps/n/tries, 1
	if steps >= wander*n {
		least = 0
	}
	for idle := 0; len(bad) > 0 && steps > 0 && idle < patience && s.totalBurden() != floor; idle++ {
		s.rng.shuffle(bad)
		made := 0
		var next []int32
		for i, g := range bad {
			if i%256 == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			if steps <= 0 {
				break
			}
			if s.burden(g).IsZero() {
				continue
			}
			h, gain, used := s.improveGroup(g, pool, least)
			steps, made = steps-used, made+gain
			if h >= 0 && !s.burden(h).IsZero() {
				next = append(next, h)
			}
			if !s.burden(g).IsZero() {
				next = append(next, g)
			}
		}
		if made*1000 >= len(bad) {
			idle = 0
		}
		slices.Sort(next)
		bad = slices.Compact(next)
	}
	return nil
}

// totalBurden is what all pairs of all groups cost, twice.
func (s *seating) totalBurden() (sum wide) {
	for g := range s.groups {
		sum = sum.Add(s.burden(int32(g)))
	}
	return sum
}

// floorBurden is what totalBurden cannot get below: then nothing is left to improve.
func (s *seating) floorBurden(people []int32) (sum wide) {
	floor := s.in.floor(people)
	for l, from := range s.in.pack.level {
		sum = sum.Add(blossom.Shifted(uint64(2*floor.Costs[l]), from))
	}
	return sum
}

// improveGroup tries exchanges for each member of a group who costs something, and makes the first with at least the
// gain asked for: one of 0 improves nothing but may open a way. h is the other group of it, or -1.
func (s *seating) improveGroup(g int32, pool *pool, least int) (h int32, gain, used int) {
	for _, a := range s.groups[g] {
		if s.own[a].IsZero() {
			continue // their leaving would not help
		}
		for range tries {
			used++
			b := pool.draw(a, s.groups[g], s.rng)
			if s.at[b] == g {
				continue
			}
			if gain := s.gain(a, b); gain >= least {
				h = s.at[b]
				s.exchange(a, b)
				return h, gain, used
			}
		}
	}
	return -1, 0, used
}

// pool draws people who may improve a group: anybody, or for "same" rules somebody who shares a value.
type pool struct {
	all   []int32
	rules []int     // of kind same
	order [][]int32 // by rule: all, ordered by code
	start [][]int32 // by rule, by code: where its people start in order
	codes [][]int32
}

func (s *seating) newPool(n int) *pool {
	p := &pool{all: make([]int32, 0, n)}
	for _, g := range s.groups {
		p.all = append(p.all, g...)
	}
	slices.Sort(p.all)
	for r, rule := range s.in.p.Rules {
		if rule.Kind != KindSame {
			continue
		}
		codes := s.in.codes[r]
		most := int32(0)
		for _, c := range codes {
			most = max(most, c)
		}
		start := make([]int32, most+2)
		for _, m := range p.all {
			start[codes[m]+1]++
		}
		for c := range most + 1 {
			start[c+1] += start[c]
		}
		order, next := make([]int32, len(p.all)), slices.Clone(start)
		for _, m := range p.all {
			order[next[codes[m]]] = m
			next[codes[m]]++
		}
		p.rules, p.codes = append(p.rules, r), append(p.codes, codes)
		p.order, p.start = append(p.order, order), append(p.start, start)
	}
	return p
}

// draw is a candidate to take a's seat in the group: every other draw shares a value with somebody who stays.
func (p *pool) draw(a int32, group []int32, rng random) int32 {
	if len(p.rules) > 0 && rng.below(2) == 0 {
		i := rng.below(len(p.rules))
		stays := group[rng.below(len(group))]
		if code := p.codes[i][stays]; stays != a && code != 0 {
			from, to := p.start[i][code], p.start[i][code+1]
			return p.order[i][int(from)+rng.below(int(to-from))]
		}
	}
	return p.all[rng.below(len(p.all))]
}
