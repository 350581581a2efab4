package main

import (
	"math/rand/v2"
	"strconv"

	"rondo/activities/matching"
)

const companyRounds = 26

// attributes of company that are evenly spread, and how many values they have.
var attributes = []struct {
	name   string
	values int
}{{"office", 12}, {"floor", 8}, {"level", 5}, {"language", 3}, {"role", 20}, {"started", 10}}

// teamShares is how many in a hundred are in each team.
var teamShares = []int{40, 25, 15, 10, 10}

// company is a program of n members with 7 attributes, in whose earlier rounds everybody met somebody at random; for one
// member in a hundred there is somebody they must never meet.
func company(n int, seed uint64) matching.Problem {
	r := newRandom(seed, uint64(n))
	p := matching.Problem{GroupSize: 2, Seed: seed, Rules: []matching.Rule{
		{Kind: matching.KindNoRepeat},
		{Kind: matching.KindDifferent, Attribute: "team"},
		{Kind: matching.KindSame, Attribute: "office"},
	}}
	id := func(i int) matching.ID { return matching.ID(1 + i) }
	for i := range n {
		values := map[string]string{"team": strconv.Itoa(drawTeam(r, teamShares))}
		for _, a := range attributes {
			values[a.name] = strconv.Itoa(r.IntN(a.values))
		}
		p.Members = append(p.Members, matching.Member{ID: id(i), Attributes: values})
	}
	for ago := range companyRounds {
		order := r.Perm(n)
		for i := 0; i+1 < n; i += 2 {
			p.Met = append(p.Met, matching.Meeting{A: id(order[i]), B: id(order[i+1]), Times: 1, RoundsAgo: 1 + ago})
		}
	}
	for range n / 100 {
		if a, b := r.IntN(n), r.IntN(n); a != b {
			p.Never = append(p.Never, matching.Pair{A: id(a), B: id(b)})
		}
	}
	return p
}

// drawTeam draws a team, by shares that add up to 100.
func drawTeam(r *rand.Rand, shares []int) int {
	at := r.IntN(100)
	for team, share := range shares {
		if at < share {
			return team
		}
		at -= share
	}
	return 0
}
