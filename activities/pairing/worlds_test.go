package pairing

import (
	"time"

	"pgregory.net/rapid"
)

var attributeKinds = rapid.SampledFrom([]AttributeKind{NeverSame, OnlySame, PreferDifferent, PreferSame, PreferDifferent, PreferSame})

// between draws each number as often; rapid's own prefers the small.
func between(least, most int) *rapid.Generator[int] {
	var all []int
	for i := least; i <= most; i++ {
		all = append(all, i)
	}
	return rapid.SampledFrom(all)
}

// worlds of so many people, with ties in everything.
func worlds(fewest, most int) *rapid.Generator[*world] {
	return rapid.Custom(func(t *rapid.T) *world {
		w := &world{now: noon}
		waits := rapid.SampledFrom([]int{-5, 0, 5, 9, 10, 11, 15, 19, 20, 30, 45})
		values := rapid.SampledFrom([]string{"", "x", "y", "z"})
		for i := range between(fewest, most).Draw(t, "people") {
			w.people = append(w.people, Candidate{
				Person: int64(10 + (700*i)%1009), Type: rapid.SampledFrom([]int64{1, 2, 3}).Draw(t, "type"),
				Since:      noon.Add(-time.Duration(waits.Draw(t, "wait")) * time.Second),
				Attributes: map[string]string{"a": values.Draw(t, "a"), "b": values.Draw(t, "b"), "c": values.Draw(t, "c")},
			})
		}
		for a := range int64(3) {
			for b := range a + 1 {
				if rapid.Bool().Draw(t, "may meet") {
					w.rules.Types = append(w.rules.Types, [2]int64{a + 1, b + 1})
				}
			}
		}
		if rapid.Bool().Draw(t, "any type") {
			w.rules.Types = nil
		}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID).Draw(t, "attributes") {
			w.rules.Attributes = append(w.rules.Attributes, AttributeRule{name, attributeKinds.Draw(t, "kind")})
		}
		w.rules.Repeat.Kind = rapid.SampledFrom([]RepeatKind{"", RepeatWindow, RepeatNever, RepeatAcross, RepeatAllow}).Draw(t, "repeat")
		w.rules.Repeat.Seconds = rapid.SampledFrom([]int{0, 0, 60}).Draw(t, "seconds")
		w.rules.Odd = rapid.SampledFrom([]Odd{"", OddWaits, OddJoins}).Draw(t, "odd")
		w.drawGuarantee(t)
		w.drawPast(t)
		return w
	})
}

func (w *world) drawGuarantee(t *rapid.T) {
	if rapid.Bool().Draw(t, "relaxes") {
		names := []string{TicketTypesRule, RepeatRule}
		for _, a := range w.rules.Attributes {
			if a.Kind == NeverSame || a.Kind == OnlySame {
				names = append(names, AttributePrefix+a.Attribute)
			}
		}
		w.rules.Relax = rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, len(names), rapid.ID).Draw(t, "relax")
	}
	if len(w.rules.order()) > 0 {
		w.rules.Guarantee = rapid.SampledFrom([]int{0, 10, 20}).Draw(t, "guarantee")
	}
}

func (w *world) drawPast(t *rapid.T) {
	if len(w.people) < 2 {
		return
	}
	two := rapid.SliceOfNDistinct(between(0, len(w.people)-1), 2, 2, rapid.ID)
	for range between(0, 2*len(w.people)).Draw(t, "meetings") {
		p := two.Draw(t, "meeting of")
		ago := rapid.SampledFrom([]int{0, 59, 60, 61, 299, 300, 301, 5000}).Draw(t, "ago")
		w.past = append(w.past, meeting{w.people[p[0]].Person, w.people[p[1]].Person, noon.Add(-time.Duration(ago) * time.Second), rapid.Bool().Draw(t, "met")})
	}
	for range between(0, 2).Draw(t, "blocks") {
		p := two.Draw(t, "block of")
		w.blocks = append(w.blocks, [2]int64{w.people[p[0]].Person, w.people[p[1]].Person})
	}
}
