package pairing

import (
	"slices"
	"time"
)

// Pair says who meets whom now. It wants, each before the next:
//
//  1. allowed pairs only: see [Rules.Allowed];
//  2. as many people matched as possible;
//  3. as many pairs as possible who never met;
//  4. those matched who have waited longest: the longest of all rather than everybody after them, and so on;
//  5. of the rules that prefer, the first held by as many pairs as possible, then the second, and so on;
//  6. chance, which the seed decides, and nothing but it where all else is equal.
//
// All of this is exact where no more than 11,175 pairs are allowed, which is all of 150 candidates: a matching of the
// greatest weight (package blossom) in which the wishes stand side by side. (They have room there for 255 candidates and
// eight rules that prefer, or 5,000 and three.) Above that the second is exact too, by Edmonds' search for augmenting paths.
// So is the third wherever those whom the largest matching of people who never met leaves can be matched with each other
// as well as with anybody; where not, some in a hundred fewer pairs are new than could be. The fourth and fifth are as
// good as exchanges between two pairs make them.
//
// With OddJoins, those left who have waited OddPatience each join a pair of this call in which both may meet them, if there
// is one; no pair gets two of them.
//
// The answer does not depend on the order of the candidates. Who is listed twice counts once. For n candidates it takes n²/4
// bytes and time in n²/64 for each rule, and then, in practice, no more: see BenchmarkPair.
func Pair(now time.Time, candidates []Candidate, r *Rules, k *Known, seed uint64) []Match {
	if len(candidates) < 2 {
		return nil
	}
	t := newTable(now, candidates, r, k, seed)
	mate, ok := t.exact()
	if !ok {
		mate = t.large()
	}
	return t.matches(mate, t.thirds(mate))
}

// matches gives places their people. third is by the first place of a pair.
func (t *table) matches(mate []int, third map[int]int) []Match {
	var all []Match
	for a, b := range mate {
		if b < a {
			continue // not matched, or named already
		}
		places := []int{a, b}
		if c, ok := third[a]; ok {
			places = append(places, c)
			slices.Sort(places)
		}
		m := Match{}
		for i, p := range places {
			m.People = append(m.People, t.people[p].Person)
			for _, q := range places[:i] {
				broken, _ := t.allowed(t.people[p], t.people[q])
				m.Relaxed = append(m.Relaxed, broken...)
			}
		}
		if len(places) > 2 && len(m.Relaxed) > 0 {
			slices.SortFunc(m.Relaxed, func(a, b string) int { return t.place(a) - t.place(b) })
			m.Relaxed = slices.Compact(m.Relaxed)
		}
		all = append(all, m)
	}
	return all
}
