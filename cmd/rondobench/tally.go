package main

import (
	"context"
	"fmt"
)

// tally is how a program went under one model. The pairs of a group of three are three.
type tally struct {
	pairs, repeats, same int
	places, left         int // of people in rounds; of them, those in no group
	oddRounds            int // in which not all fit in pairs
	above                int // odd turns of whom had most, above what is fair
	again                int // least rounds between two odd turns of one person; 0: nobody had two
}

// play takes a program through its rounds.
func play(ctx context.Context, r roster, m model, seed uint64) (tally, error) {
	people := len(r.teams)
	t := &turn{memory: newMemory(people), Rand: newRandom(seed, 1), teams: r.teams, odd: make([]int, people), turns: make([]int, people), seen: make([]bool, people)}
	var sum tally
	fair := fairness{chances: make([]int, people), last: make([]int, people)}
	for i, who := range r.rounds {
		t.number, t.who = i+1, who
		groups, err := m.pair(ctx, t)
		if err != nil {
			return tally{}, fmt.Errorf("%s, round %d: %w", m.name, t.number, err)
		}
		seated := make([]int, people) // size of their group
		for _, g := range groups {
			for at, a := range g {
				if seated[a] != 0 {
					return tally{}, fmt.Errorf("%s, round %d: somebody is in two groups", m.name, t.number)
				}
				seated[a] = len(g)
				for _, b := range g[:at] {
					sum.pairs++
					if t.met(a, b) > 0 {
						sum.repeats++
					}
					if t.same(a, b) {
						sum.same++
					}
					t.meet(a, b, t.number)
				}
			}
		}
		t.welcome()
		var odd []int32
		for _, a := range who {
			if seated[a] == 0 {
				sum.left++
			}
			if seated[a] != 2 {
				t.odd[a]++
				t.turns[a]++
				odd = append(odd, a)
			}
		}
		sum.places += len(who)
		sum.oddRounds += len(who) % 2
		fair.count(t.number, who, odd)
	}
	sum.above, sum.again = fair.above(t.odd), fair.again
	return sum, nil
}

// fairness is whose turn it was to be odd.
type fairness struct {
	chances []int // by person: rounds with odd turns in which they took part
	last    []int // by person: the round of their last odd turn
	turns   int
	again   int
}

func (f *fairness) count(round int, who, odd []int32) {
	if len(odd) == 0 {
		return
	}
	f.turns += len(odd)
	for _, a := range who {
		f.chances[a]++
	}
	for _, a := range odd {
		if gap := round - f.last[a]; f.last[a] > 0 && (f.again == 0 || gap < f.again) {
			f.again = gap
		}
		f.last[a] = round
	}
}

// above is how much more the most odd turns of one person are than if all turns had gone to whom had fewest: the least m so
// that m for each, or as many as they had chances, are enough.
func (f *fairness) above(odd []int) int {
	most := 0
	for _, n := range odd {
		most = max(most, n)
	}
	for m := 0; ; m++ {
		room := 0
		for _, n := range f.chances {
			room += min(m, n)
		}
		if room >= f.turns {
			return most - m
		}
	}
}

// add joins what another seed gave.
func (t *tally) add(o tally) {
	t.pairs += o.pairs
	t.repeats += o.repeats
	t.same += o.same
	t.places += o.places
	t.left += o.left
	t.oddRounds += o.oddRounds
	t.above = max(t.above, o.above)
	if o.again > 0 && (t.again == 0 || o.again < t.again) {
		t.again = o.again
	}
}
