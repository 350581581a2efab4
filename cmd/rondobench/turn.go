package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"strconv"

	"rondo/activities/matching"
)

// turn is a round as a model sees it.
type turn struct {
	*memory
	*rand.Rand
	number int     // of the round, from 1
	who    []int32 // who takes part
	teams  []int   // by person
	odd    []int   // by person: how often they were left out or in a group of three
	turns  []int   // odd as Rondo's ledger has it: newcomers begin with the least of the others
	seen   []bool  // by person: took part before
}

func (t *turn) same(a, b int32) bool { return t.teams[a] == t.teams[b] }

// shuffled is who takes part, in random order.
func (t *turn) shuffled() []int32 {
	order := slices.Clone(t.who)
	t.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	return order
}

// model says who meets whom; whoever is in no group is left out.
type model struct {
	name string
	pair func(context.Context, *turn) ([][]int32, error)
}

// inThrees lets the one who has no partner, where not all fit in pairs, join the pair that costs least: the peers' rules leave
// that person out.
func (m model) inThrees() model {
	return model{m.name + " in threes", func(ctx context.Context, t *turn) ([][]int32, error) {
		groups, err := m.pair(ctx, t)
		if err != nil || len(t.who)%2 == 0 {
			return groups, err
		}
		least, group, third := 1<<30, -1, int32(-1)
		seated := slices.Concat(groups...)
		for _, a := range t.who {
			if slices.Contains(seated, a) {
				continue
			}
			for at, g := range groups {
				if cost := t.cost(a, g[0]) + t.cost(a, g[1]); cost < least {
					least, group, third = cost, at, a
				}
			}
		}
		if group >= 0 {
			groups[group] = append(slices.Clone(groups[group]), third)
		}
		return groups, nil
	}}
}

// cost ranks repeats above teams.
func (t *turn) cost(a, b int32) int {
	cost := 4 * t.met(a, b)
	if t.same(a, b) {
		cost++
	}
	return cost
}

// models are Rondo, with turns ranked last, as the peers know none, and as it is by default; then the rules by which other
// tools pair, as read in their sources.
var models = []model{
	{"Rondo, turns last", rondo(matching.Rule{Kind: matching.KindFairTurns})},
	{"Rondo", rondo()},
	{"shuffle", shuffle},
	{"row-greedy", rowGreedy},
	{"edge-greedy", edgeGreedy},
	{"stable halves", stableHalves},
	{"beans", beans},
	{"soft blossom", softBlossom},
}

// welcome lets newcomers begin where those odd least often are.
func (t *turn) welcome() {
	least, found := 0, false
	for _, a := range t.who {
		if t.seen[a] && (!found || t.turns[a] < least) {
			least, found = t.turns[a], true
		}
	}
	for _, a := range t.who {
		if !t.seen[a] {
			t.seen[a] = true
			t.turns[a] += least
		}
	}
}

// Indexes in models.
const (
	ours      = 0
	firstPeer = 2
)

func rondo(more ...matching.Rule) func(context.Context, *turn) ([][]int32, error) {
	rules := append([]matching.Rule{{Kind: matching.KindNoRepeat}, {Kind: matching.KindDifferent, Attribute: "team"}}, more...)
	return func(ctx context.Context, t *turn) ([][]int32, error) { return t.solve(ctx, rules) }
}

func (t *turn) solve(ctx context.Context, rules []matching.Rule) ([][]int32, error) {
	p := matching.Problem{
		GroupSize: 2, Seed: t.Uint64(), OddBefore: map[matching.ID]int{}, Rules: rules,
	}
	for i, a := range t.who {
		id := matching.ID(a)
		p.Members = append(p.Members, matching.Member{ID: id, Attributes: map[string]string{"team": strconv.Itoa(t.teams[a])}})
		p.OddBefore[id] = t.turns[a]
		for _, b := range t.who[:i] {
			if times := t.met(a, b); times > 0 {
				p.Met = append(p.Met, matching.Meeting{A: id, B: matching.ID(b), Times: times, RoundsAgo: t.number - t.when(a, b)})
			}
		}
	}
	r, err := matching.Solve(ctx, p)
	if err != nil {
		return nil, err
	}
	groups := make([][]int32, len(r.Groups))
	for i, g := range r.Groups {
		for _, id := range g.Members {
			groups[i] = append(groups[i], int32(id))
		}
	}
	return groups, nil
}
