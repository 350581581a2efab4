package matching

import (
	"fmt"
	"math/rand/v2"

	"pgregory.net/rapid"
)

// drawProblem is a problem of up to most members with everything in it, and valid.
func drawProblem(t *rapid.T, most int, sizes ...int) Problem {
	n := rapid.IntRange(0, most).Draw(t, "members")
	p := Problem{
		GroupSize: rapid.SampledFrom(sizes).Draw(t, "size"), Seed: rapid.Uint64().Draw(t, "seed"), OddBefore: map[ID]int{},
	}
	values := rapid.SampledFrom([]int{1, 2, 3, 6}).Draw(t, "values")
	for i := range n {
		p.Members = append(p.Members, Member{ID: ID(10 + 3*i), Attributes: map[string]string{
			"team": fmt.Sprint(rapid.IntRange(0, values).Draw(t, "team")),
			"city": []string{"", "a", "b", "c"}[rapid.IntRange(0, 3).Draw(t, "city")],
			"tags": []string{"", "p", "p; q", "q;r;;s"}[rapid.IntRange(0, 3).Draw(t, "tags")],
		}})
		if rapid.Bool().Draw(t, "was odd") {
			p.OddBefore[p.Members[i].ID] = 1
		}
	}
	rules := rapid.Permutation([]Rule{
		{Kind: KindNoRepeat},
		{Kind: rapid.SampledFrom([]RuleKind{KindSame, KindDifferent}).Draw(t, "team rule"), Attribute: "team"},
		{Kind: rapid.SampledFrom([]RuleKind{KindSame, KindDifferent}).Draw(t, "city rule"), Attribute: "city"},
		{Kind: KindWishes},
		{Kind: rapid.SampledFrom([]RuleKind{KindWith, KindApart, KindBetween}).Draw(t, "value rule"), Attribute: "city", Value: "a", Other: "team", OtherValue: "1"},
		{Kind: KindFewShared, Attribute: "tags"},
		{Kind: KindFairTurns},
	}).Draw(t, "rules")
	p.Rules = rules[:rapid.IntRange(0, 7).Draw(t, "rules used")]
	for i := range p.Rules {
		p.Rules[i].Hard = rapid.IntRange(0, 3).Draw(t, "hard") == 0 && p.Rules[i].Kind != KindFairTurns
	}
	density := rapid.SampledFrom([]int{0, 2, 5, 8}).Draw(t, "density")
	some := func(label string, of int) bool { return rapid.IntRange(0, of).Draw(t, label) < density }
	for i := range n {
		for j := range i {
			a, b := p.Members[i].ID, p.Members[j].ID
			if some("met", 9) {
				p.Met = append(p.Met, Meeting{a, b, rapid.IntRange(0, 3).Draw(t, "times"), rapid.IntRange(1, 300).Draw(t, "ago")})
			}
			if some("never", 20) {
				p.Never = append(p.Never, Pair{b, a})
			}
			if some("forbidden", 40) {
				p.Forbidden = append(p.Forbidden, Pair{a, b})
			}
			if some("wish", 30) {
				p.Wishes = append(p.Wishes, Wish{From: a, To: b, Rank: rapid.IntRange(1, 12).Draw(t, "rank")})
			}
			if some("avoid", 30) {
				p.Wishes = append(p.Wishes, Wish{From: b, To: a, Avoid: true})
			}
		}
	}
	return p
}

// shuffled is the same problem with its lists in another order.
func shuffled(p Problem, seed uint64) Problem {
	rng := rand.New(rand.NewPCG(seed, 3))
	q := p
	q.Members = mixed(rng, p.Members)
	q.Met, q.Never, q.Forbidden = mixed(rng, p.Met), mixed(rng, p.Never), mixed(rng, p.Forbidden)
	q.Wishes, q.Pinned = mixed(rng, p.Wishes), mixed(rng, p.Pinned)
	for i, pair := range q.Never {
		q.Never[i] = Pair{pair.B, pair.A}
	}
	return q
}

func mixed[T any](rng *rand.Rand, s []T) []T {
	s = append([]T(nil), s...)
	rng.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return s
}
