package matching

import (
	"fmt"
	"maps"
	"slices"
)

// twins is a problem in which members take part several times, each time as another person.
type twins struct {
	in   *instance
	p    Problem
	of   map[ID][]ID // by member
	back []int32     // by twin, less 1: the member
	nth  []int       // by twin, less 1: which of the member's
}

const twinAttribute = "\x00twin"

// twins makes so many twins of each free member, of the given kinds. Never two of them meet.
func (in *instance) twins(count func(m int32) int, kind func(m int32, twin int) string) *twins {
	t := &twins{in: in, of: map[ID][]ID{}}
	t.p = Problem{GroupSize: in.p.GroupSize, Leftover: LeftoverOut, Rules: in.p.Rules, Seed: in.p.Seed, OddBefore: map[ID]int{}}
	attributes := make(map[ID]map[string]string, len(in.p.Members))
	for _, m := range in.p.Members {
		attributes[m.ID] = m.Attributes
	}
	for m, id := range in.ids {
		for twin := range count(int32(m)) {
			own := maps.Clone(attributes[id])
			if own == nil {
				own = map[string]string{}
			}
			own[twinAttribute] = kind(int32(m), twin)
			t.back, t.nth = append(t.back, int32(m)), append(t.nth, twin)
			as := ID(len(t.back))
			t.p.Members = append(t.p.Members, Member{ID: as, Attributes: own})
			for _, other := range t.of[id] {
				t.p.Never = append(t.p.Never, Pair{other, as})
			}
			t.of[id] = append(t.of[id], as)
			t.p.OddBefore[as] = in.p.OddBefore[id]
		}
	}
	for _, m := range in.p.Met {
		t.each(m.A, m.B, func(a, b ID) {
			t.p.Met = append(t.p.Met, Meeting{A: a, B: b, Times: m.Times, RoundsAgo: m.RoundsAgo})
		})
	}
	for _, pair := range slices.Concat(in.p.Never, in.p.Forbidden) {
		t.each(pair.A, pair.B, func(a, b ID) { t.p.Never = append(t.p.Never, Pair{a, b}) })
	}
	for _, e := range in.p.Exempt {
		for _, twin := range t.of[e.Member] {
			t.p.Exempt = append(t.p.Exempt, Exemption{twin, e.Rule})
		}
	}
	for _, w := range in.p.Wishes {
		t.each(w.From, w.To, func(a, b ID) {
			t.p.Wishes = append(t.p.Wishes, Wish{From: a, To: b, Rank: w.Rank, Avoid: w.Avoid})
		})
	}
	return t
}

func (t *twins) each(a, b ID, do func(a, b ID)) {
	for _, x := range t.of[a] {
		for _, y := range t.of[b] {
			do(x, y)
		}
	}
}

// rule puts a rule before all others.
func (t *twins) rule(r Rule) {
	t.p.Rules = append([]Rule{r}, t.p.Rules...)
	for i := range t.p.Exempt {
		t.p.Exempt[i].Rule++
	}
}

func (t *twins) member(id ID) int32 { return t.back[id-1] }

func (t *twins) twin(id ID) int { return t.nth[id-1] }

func (t *twins) instance() (*instance, error) {
	in, err := newInstance(&t.p)
	if err != nil {
		return nil, fmt.Errorf("twins: %w", err)
	}
	return in, nil
}
