package pairing

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// guests is n people who wait for up to a minute, of so many ticket types and companies.
func guests(n, types, companies int, seed uint64) []Candidate {
	dice := rand.New(rand.NewPCG(seed, 1))
	all := make([]Candidate, n)
	for i := range all {
		all[i] = Candidate{
			Person: int64(i + 1), Type: int64(1 + dice.IntN(types)), Since: noon.Add(-time.Duration(dice.IntN(60_000)) * time.Millisecond),
			Attributes: map[string]string{"company": fmt.Sprint("c", dice.IntN(companies)), "city": fmt.Sprint("t", dice.IntN(10))},
		}
	}
	return all
}

// meetings is so many rounds behind a guests, in which everybody met a random other.
func meetings(n, rounds int, seed uint64) *Known {
	dice, k := rand.New(rand.NewPCG(seed, 2)), NewKnown()
	for round := range rounds {
		order := dice.Perm(n)
		for i := 0; i+1 < n; i += 2 {
			k.Meeting(int64(order[i]+1), int64(order[i+1]+1), noon.Add(-time.Duration(round)*time.Minute), true)
		}
	}
	return k
}

// party is inputs of Pair.
type party struct {
	rules  Rules
	people []Candidate
	known  *Known
}

// nasty is parties that are hard to pair, by what makes them so.
func nasty(n int) map[string]party {
	popular := guests(n, 1, 500, 1)
	for i := range popular {
		popular[i].Type = 1
		if i%5 == 0 {
			popular[i].Type = 2
		}
	}
	ring := Rules{}
	for i := range int64(50) {
		ring.Types = append(ring.Types, [2]int64{i + 1, (i+1)%50 + 1})
	}
	everybody := NewKnown()
	few := min(n, 1000)
	for a := range int64(few) {
		for b := range a {
			everybody.Meeting(a+1, b+1, noon.Add(-time.Hour), true)
		}
	}
	// Each may meet about five others only.
	scarce := guests(n, 1, n/6+1, 1)
	prefers := Rules{Attributes: []AttributeRule{{"company", NeverSame}, {"city", PreferDifferent}}, Guarantee: 30}
	return map[string]party{
		"ring of 50 types":               {ring, guests(n, 50, 500, 1), meetings(n, 30, 1)},
		"one popular type":               {Rules{Types: [][2]int64{{1, 2}}}, popular, meetings(n, 30, 1)},
		"everybody met everybody":        {Rules{}, guests(few, 1, 500, 1), everybody},
		"never again, after everybody":   {Rules{Repeat: Repeat{Kind: RepeatNever}}, guests(few, 1, 500, 1), everybody},
		"same company only":              {Rules{Attributes: []AttributeRule{{"company", OnlySame}}}, scarce, meetings(n, 30, 1)},
		"never again, sparse companies":  {Rules{Attributes: []AttributeRule{{"company", OnlySame}}, Repeat: Repeat{Kind: RepeatNever}}, scarce, meetings(n, 30, 1)},
		"companies, cities, a guarantee": {prefers, guests(n, 1, 500, 1), meetings(n, 30, 1)},
	}
}

func BenchmarkPair(b *testing.B) {
	run := func(name string, p party) {
		b.Run(name, func(b *testing.B) {
			seed, pairs := uint64(0), 0
			for b.Loop() {
				seed++
				pairs = len(Pair(noon, p.people, &p.rules, p.known, seed))
			}
			require.LessOrEqual(b, 2*pairs, len(p.people))
			b.ReportMetric(float64(pairs), "pairs")
		})
	}
	for _, n := range []int{2, 50, 150, 151, 500, 5000} {
		run(fmt.Sprintf("n=%d", n), party{Rules{}, guests(n, 4, 500, 1), meetings(n, 30, 1)})
	}
	for _, n := range []int{50, 5000} {
		for name, p := range nasty(n) {
			run(fmt.Sprintf("%s/n=%d", name, len(p.people)), p)
		}
	}
}
