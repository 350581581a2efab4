package pairing

import (
	"slices"
	"time"

	"github.com/stretchr/testify/require"
)

// meeting and block are what a world remembers; the oracle reads them, the code under test a Known made from them.
type meeting struct {
	a, b int64
	end  time.Time
	met  bool
}

type world struct {
	now    time.Time
	rules  Rules
	people []Candidate
	past   []meeting
	blocks [][2]int64
}

func (w *world) known() *Known {
	k := NewKnown()
	for _, m := range w.past {
		k.Meeting(m.a, m.b, m.end, m.met)
	}
	for _, b := range w.blocks {
		k.Block(b[0], b[1])
	}
	return k
}

func (w *world) pair(seed uint64) []Match { return Pair(w.now, w.people, &w.rules, w.known(), seed) }

func (w *world) person(id int64) Candidate {
	return w.people[slices.IndexFunc(w.people, func(c Candidate) bool { return c.Person == id })]
}

// relaxed counts guarantees as the clock would, one after another.
func (w *world) relaxed(c Candidate) (names []string) {
	order := slices.Clone(w.rules.Relax)
	if len(order) == 0 {
		for _, a := range w.rules.Attributes {
			if a.Kind == NeverSame || a.Kind == OnlySame {
				order = append(order, "attribute:"+a.Attribute)
			}
		}
	}
	if w.rules.Guarantee == 0 {
		return nil
	}
	for at := c.Since; len(order) > 0; order = order[1:] {
		if at = at.Add(time.Duration(w.rules.Guarantee) * time.Second); at.After(w.now) {
			break
		}
		names = append(names, order[0])
	}
	return names
}

func together(a, b int64, x, y int64) bool { return a == x && b == y || a == y && b == x }

// met says whether two people ever did.
func (w *world) met(a, b int64) bool {
	return slices.ContainsFunc(w.past, func(m meeting) bool { return m.met && together(m.a, m.b, a, b) })
}

// broken is the rules that a meeting of two people breaks, and whether it may be all the same. It shares nothing with the
// code under test.
func (w *world) broken(a, b Candidate) (names []string, ok bool) {
	for _, x := range w.blocks {
		if together(x[0], x[1], a.Person, b.Person) {
			return []string{"blocks"}, false
		}
	}
	if len(w.rules.Types) > 0 && !slices.ContainsFunc(w.rules.Types, func(t [2]int64) bool { return together(t[0], t[1], a.Type, b.Type) }) {
		names = append(names, "ticket_types")
	}
	repeats := false
	for _, m := range w.past {
		if !together(m.a, m.b, a.Person, b.Person) {
			continue
		}
		seconds := time.Duration(w.rules.Repeat.Seconds)
		if seconds == 0 {
			seconds = 300
		}
		soon := m.end.Add(seconds * time.Second).After(w.now)
		switch w.rules.Repeat.Kind {
		case "", "window":
			repeats = repeats || soon
		case "never", "across":
			repeats = repeats || soon || m.met
		}
	}
	if repeats {
		names = append(names, "repeat")
	}
	for _, r := range w.rules.Attributes {
		v, w := a.Attributes[r.Attribute], b.Attributes[r.Attribute]
		if r.Kind == "never_same" && v == w && v != "" || r.Kind == "only_same" && (v != w || v == "") {
			names = append(names, "attribute:"+r.Attribute)
		}
	}
	ok = a.Person != b.Person
	for _, name := range names {
		ok = ok && (slices.Contains(w.relaxed(a), name) || slices.Contains(w.relaxed(b), name))
	}
	return names, ok
}

// check fails unless matches are allowed and well formed.
func (w *world) check(t require.TestingT, matches []Match) {
	seen := map[int64]bool{}
	for _, m := range matches {
		var relaxed []string
		for i, id := range m.People {
			require.False(t, seen[id], "%d is in two meetings", id)
			seen[id] = true
			for _, other := range m.People[:i] {
				broken, ok := w.broken(w.person(id), w.person(other))
				require.True(t, ok, "%d and %d break %v", id, other, broken)
				relaxed = append(relaxed, broken...)
				require.False(t, w.person(id).Since.Before(w.person(other).Since), "who waited longest comes first")
			}
		}
		slices.Sort(relaxed)
		require.ElementsMatch(t, slices.Compact(relaxed), m.Relaxed)
		switch len(m.People) {
		case 2:
		case 3:
			require.Equal(t, OddJoins, w.rules.Odd)
		default:
			require.Fail(t, "a meeting of a strange size", "%v", m)
		}
	}
}

// goal is what Pair wants of a matching, the first number before the next: people, pairs who never met, those matched of
// each instant since which somebody waits, pairs for each preference.
func (w *world) goal(pairs [][2]Candidate) []int {
	since := map[int64]int{} // matched by instant
	for _, c := range w.people {
		since[c.Since.UnixNano()] += 0
	}
	fresh := 0
	var preferences []int
	for _, p := range pairs {
		if !w.met(p[0].Person, p[1].Person) {
			fresh++
		}
		since[p[0].Since.UnixNano()]++
		since[p[1].Since.UnixNano()]++
	}
	for _, r := range w.rules.Attributes {
		held := 0
		for _, p := range pairs {
			v, w := p[0].Attributes[r.Attribute], p[1].Attributes[r.Attribute]
			if v != "" && w != "" && (r.Kind == "prefer_same" && v == w || r.Kind == "prefer_different" && v != w) {
				held++
			}
		}
		preferences = append(preferences, held)
	}
	goal := []int{len(pairs), fresh}
	for _, at := range sortedKeys(since) {
		goal = append(goal, since[at])
	}
	return append(goal, preferences...)
}

func sortedKeys(m map[int64]int) (keys []int64) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// best is the best goal of all matchings, by trying them.
func (w *world) best() []int {
	var best []int
	var try func(left []Candidate, pairs [][2]Candidate)
	try = func(left []Candidate, pairs [][2]Candidate) {
		if len(left) == 0 {
			if goal := w.goal(pairs); best == nil || slices.Compare(goal, best) > 0 {
				best = goal
			}
			return
		}
		try(left[1:], pairs)
		for i := 1; i < len(left); i++ {
			if _, ok := w.broken(left[0], left[i]); ok {
				try(slices.Concat(left[1:i], left[i+1:]), append(slices.Clone(pairs), [2]Candidate{left[0], left[i]}))
			}
		}
	}
	try(w.people, nil)
	return best
}

// pairs is the meetings of two; of three, the two who are not third: who can be is found by trying.
func (w *world) pairs(matches []Match) (pairs [][2]Candidate) {
	for _, m := range matches {
		pairs = append(pairs, [2]Candidate{w.person(m.People[0]), w.person(m.People[1])})
	}
	return pairs
}
