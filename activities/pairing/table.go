package pairing

import (
	"cmp"
	"slices"
	"time"
)

// table is who may meet whom among the candidates, as sets: each rule is applied to all of them at once.
type table struct {
	*judge
	seed   uint64
	people []Candidate // each once, who waits longest first, equals in random order: what follows is by the place in it
	level  []int
	may    matrix   // allowed pairs
	fresh  matrix   // of them, those who never met
	tastes []*taste // at most MaxPreferences
	spare  bits
}

// newTable takes time in n² / 64 for each rule, and linear in what is known of the n candidates.
func newTable(now time.Time, candidates []Candidate, r *Rules, k *Known, seed uint64) *table {
	t := &table{judge: newJudge(now, r, k), seed: seed, people: slices.Clone(candidates)}
	slices.SortFunc(t.people, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Person, b.Person), a.Since.Compare(b.Since), cmp.Compare(a.Type, b.Type))
	})
	t.people = slices.CompactFunc(t.people, func(a, b Candidate) bool { return a.Person == b.Person })
	slices.SortStableFunc(t.people, func(a, b Candidate) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(draw(seed, a.Person, 0), draw(seed, b.Person, 0)))
	})
	n := len(t.people)
	t.level = make([]int, n)
	for i, c := range t.people {
		t.level[i] = t.judge.level(c)
	}
	t.may, t.spare = newMatrix(n), newBits(n)
	for i := range n {
		t.may.row(i).fill(n)
		t.may.row(i).drop(i)
	}
	t.applyTypes()
	for _, a := range r.Attributes {
		t.applyAttribute(a)
	}
	t.fresh = matrix{t.may.words, slices.Clone(t.may.bits)}
	t.applyKnown()
	return t
}

func (t *table) applyTypes() {
	if len(t.Types) == 0 {
		return
	}
	groups := map[int64][]int{}
	for i, c := range t.people {
		groups[c.Type] = append(groups[c.Type], i)
	}
	for kind, members := range groups {
		set := newBits(len(t.people))
		for other, theirs := range groups {
			if t.types[[2]int64{kind, other}] {
				set.addAll(theirs)
			}
		}
		t.only(set, members, TicketTypesRule)
	}
}

func (t *table) applyAttribute(a AttributeRule) {
	groups := map[string][]int{}
	for i, c := range t.people {
		groups[c.Attributes[a.Attribute]] = append(groups[c.Attributes[a.Attribute]], i)
	}
	if !a.forbids() && len(t.tastes) == MaxPreferences {
		return
	}
	if !a.forbids() {
		t.tastes = append(t.tastes, newTaste(a.Kind == PreferSame, len(t.people), groups))
		return
	}
	for value, members := range groups {
		set := newBits(len(t.people))
		switch {
		case a.Kind == OnlySame && value != "":
			set.addAll(members)
		case a.Kind == NeverSame:
			if value == "" {
				continue
			}
			set.fill(len(t.people))
			for _, i := range members {
				set.drop(i)
			}
		}
		t.only(set, members, AttributePrefix+a.Attribute)
	}
}

// only leaves some members no partners but those of a set, and those for whom the rule does not hold; members for whom it
// does not hold themselves keep theirs. It spoils the set.
func (t *table) only(set bits, members []int, rule string) {
	place := t.place(rule)
	if place < t.loose {
		for i, level := range t.level {
			if level > place {
				set.add(i)
			}
		}
	}
	for _, i := range members {
		if place >= t.loose || t.level[i] <= place {
			t.may.row(i).and(set)
		}
	}
}

// applyKnown takes out blocks and repetitions, and notes who has met.
func (t *table) applyKnown() {
	index := make(map[int64]int, len(t.people))
	for i, c := range t.people {
		index[c.Person] = i
	}
	repeat := t.place(RepeatRule)
	for i, c := range t.people {
		for _, known := range t.known.of[c.Person] {
			if known.a != c.Person {
				continue // comes with the other one
			}
			j, here := index[known.b]
			switch {
			case !here:
			case known.blocked, t.tooSoon(known) && max(t.level[i], t.level[j]) <= repeat:
				t.may.unlink(i, j)
				t.fresh.unlink(i, j)
			case known.met:
				t.fresh.unlink(i, j)
			}
		}
	}
}
