package pairing

import (
	"cmp"
	"flag"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var small = worlds(0, 8)

func TestPairMatchesAsTryingAllMatchingsWould(t *testing.T) {
	often(t, func(t *rapid.T) {
		w := small.Draw(t, "world")
		require.NoError(t, w.rules.Validate())
		odd := w.rules.Odd
		w.rules.Odd = OddWaits
		alone := w.pair(rapid.Uint64().Draw(t, "seed"))
		w.check(t, alone)
		require.Equal(t, w.best(), w.goal(w.pairs(alone)))
		w.rules.Odd = odd
		w.check(t, w.pair(7))
	})
}

func TestPairDependsOnNothingButItsInputs(t *testing.T) {
	property := func(worlds *rapid.Generator[*world]) func(*rapid.T) {
		return func(t *rapid.T) {
			w := worlds.Draw(t, "world")
			seed := rapid.Uint64().Draw(t, "seed")
			first := w.pair(seed)
			w.check(t, first)
			w.people = rapid.Permutation(w.people).Draw(t, "order")
			require.Equal(t, first, w.pair(seed))
		}
	}
	rapid.Check(t, property(worlds(180, 200))) // more than are matched exactly, where the rules are lax
	often(t, property(rapid.OneOf(small, worlds(20, 40))))
}

func TestManyPeopleAreMatchedAsExactlyAsFew(t *testing.T) {
	often(t, func(t *rapid.T) {
		w := rapid.OneOf(small, worlds(9, 70)).Draw(t, "world")
		table := newTable(w.now, w.people, &w.rules, w.known(), rapid.Uint64().Draw(t, "seed"))
		best, ok := table.exact()
		require.True(t, ok)
		mate := table.large()
		w.rules.Odd = OddWaits
		w.check(t, table.matches(mate, nil))
		require.Equal(t, count(best), count(mate), "as many as possible")
		fresh := unmatched(len(mate))
		most(table.fresh, fresh, nil)
		require.LessOrEqual(t, table.news(mate), table.news(best))
		if count(fresh) == count(best) {
			require.Equal(t, count(best), table.news(mate), "all of them new")
		}
	})
}

// asked is how often the command line asks for properties to be checked, "" if it does not say.
var asked = sync.OnceValue(func() (checks string) {
	flag.Visit(func(f *flag.Flag) {
		if f.Name == "rapid.checks" {
			checks = f.Value.String()
		}
	})
	return checks
})

// often checks a property two thousand times, or as often as the command line asks.
func often(t *testing.T, property func(*rapid.T)) {
	was := flag.Lookup("rapid.checks").Value.String()
	require.NoError(t, flag.Set("rapid.checks", cmp.Or(asked(), "2000")))
	t.Cleanup(func() { _ = flag.Set("rapid.checks", was) })
	rapid.Check(t, property)
}

// count is how many pairs there are.
func count(mate []int) (n int) {
	for a, b := range mate {
		if a < b {
			n++
		}
	}
	return n
}

// news is how many pairs never met.
func (t *table) news(mate []int) (n int) {
	for a, b := range mate {
		if a < b && t.fresh.has(a, b) {
			n++
		}
	}
	return n
}

func TestAllowedIsWhatTheRulesSay(t *testing.T) {
	often(t, func(t *rapid.T) {
		w := worlds(2, 8).Draw(t, "world")
		known := w.known()
		table := newTable(w.now, w.people, &w.rules, known, 1)
		for i, a := range table.people {
			require.Equal(t, w.relaxed(a), nilIfEmpty(w.rules.RelaxedAfter(w.now.Sub(a.Since))))
			for j, b := range table.people {
				want, may := w.broken(a, b)
				got, ok := w.rules.Allowed(w.now, a, b, known)
				require.Equal(t, may, ok, "%v %v", a, b)
				require.Equal(t, may, table.may.has(i, j))
				require.Equal(t, may && !w.met(a.Person, b.Person), table.fresh.has(i, j))
				if !slices.Contains(want, BlocksRule) {
					require.ElementsMatch(t, want, got)
				}
			}
		}
	})
}

func nilIfEmpty(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	return s
}

func TestTheOddOneOutJoinsWhereAllMayMeet(t *testing.T) {
	joined := 0
	often(t, func(t *rapid.T) {
		w := rapid.OneOf(worlds(3, 8), worlds(9, 30)).Draw(t, "world")
		seed := rapid.Uint64().Draw(t, "seed")
		w.rules.Odd = OddWaits
		without := w.pair(seed)
		w.rules.Odd = OddJoins
		with := w.pair(seed)
		w.check(t, with)
		require.Len(t, with, len(without), "a third makes no meeting")
		in := map[int64]bool{}
		for _, m := range with {
			for _, id := range m.People {
				in[id] = true
			}
		}
		for _, pair := range without {
			i := slices.IndexFunc(with, func(m Match) bool { return slices.Contains(m.People, pair.People[0]) })
			require.GreaterOrEqual(t, i, 0)
			require.Subset(t, with[i].People, pair.People, "nobody loses a partner to a third")
			if len(with[i].People) < 3 {
				require.Equal(t, pair, with[i])
				for _, c := range w.people { // who is still alone could not join this one
					_, first := w.broken(c, w.person(pair.People[0]))
					_, second := w.broken(c, w.person(pair.People[1]))
					require.False(t, !in[c.Person] && first && second && w.now.Sub(c.Since) >= 10*time.Second, "%d could join %v", c.Person, pair)
				}
				continue
			}
			joined++
			for _, id := range with[i].People {
				if !slices.Contains(pair.People, id) {
					require.GreaterOrEqual(t, w.now.Sub(w.person(id).Since), 10*time.Second, "patience")
				}
			}
		}
	})
	require.Positive(t, joined)
}

func TestNothingChangesBeforeTheNextChange(t *testing.T) {
	changed := 0
	often(t, func(t *rapid.T) {
		w := worlds(2, 8).Draw(t, "world")
		next := w.rules.NextChange(w.now, w.people, w.known())
		before := w.allowed()
		require.True(t, next.IsZero() || next.After(w.now))
		from := w.now
		for at := from.Add(time.Second); at.Before(from.Add(11 * time.Minute)); at = at.Add(time.Second) { // all instants are whole seconds
			w.now = at
			if !next.IsZero() && !at.Before(next) {
				if !slices.Equal(w.allowed(), before) {
					changed++
				}
				return
			}
			require.Equal(t, before, w.allowed(), "at %v, before %v", at, next)
		}
	})
	require.Positive(t, changed, "and some time it does")
}

// allowed is which two people may meet, by their places.
func (w *world) allowed() (pairs [][2]int) {
	for i, a := range w.people {
		for j, b := range w.people[:i] {
			if _, ok := w.broken(a, b); ok {
				pairs = append(pairs, [2]int{j, i})
			}
		}
	}
	return pairs
}
