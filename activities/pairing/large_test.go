package pairing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/matching/blossom"
)

// largest is how many pairs of a relation can be made, by the solver of groups, whose answer its certificate proves.
func largest(t testing.TB, m matrix, n int) int {
	var edges []blossom.Edge
	for i := range n {
		for j := range i {
			if m.has(i, j) {
				edges = append(edges, blossom.Edge{U: int32(i), V: int32(j), Weight: blossom.Int(1)})
			}
		}
	}
	g, err := blossom.NewGraph(n, edges)
	require.NoError(t, err)
	found, err := g.Match(context.Background(), nil)
	require.NoError(t, err)
	require.NoError(t, blossom.Verify(n, edges, found.Mate, found.Certificate))
	pairs := 0
	for _, u := range found.Mate {
		if u >= 0 {
			pairs++
		}
	}
	return pairs / 2
}

func TestSearchFindsTheLargestMatching(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for round := range 3000 {
		n := 1 + dice.IntN(150)
		m := newMatrix(n)
		link := func(i, j int) {
			if i != j {
				m.row(i).add(j)
				m.row(j).add(i)
			}
		}
		for range dice.IntN(2*n) + dice.IntN(1+n*dice.IntN(2)) { // around where long paths and blossoms in blossoms are
			link(dice.IntN(n), dice.IntN(n))
		}
		for range dice.IntN(4) { // odd circles
			size, at := 3+2*dice.IntN(5), dice.IntN(n)
			for i := range size {
				link((at+i)%n, (at+(i+1)%size)%n)
			}
		}
		mate := unmatched(n)
		if round%2 == 0 { // from any matching
			for i := range n {
				for j := range i {
					if m.has(i, j) && mate[i] < 0 && mate[j] < 0 && dice.IntN(2) == 0 {
						mate[i], mate[j] = j, i
					}
				}
			}
		}
		before := append([]int(nil), mate...)
		most(m, mate, nil)
		for v, u := range mate {
			require.False(t, before[v] >= 0 && u < 0, "who was matched stays so")
			require.True(t, u < 0 || mate[u] == v && m.has(v, u))
		}
		require.Equal(t, largest(t, m, n), count(mate), "round %d", round)
	}
}

func TestPairIsExactForAsManyAsItSays(t *testing.T) {
	attributes := func(n int) (rules []AttributeRule) {
		for i := range n {
			rules = append(rules, AttributeRule{string(rune('a' + i)), PreferSame})
		}
		return rules
	}
	for _, c := range []struct{ people, preferences, companies int }{{150, MaxPreferences, 1}, {255, MaxPreferences, 100}, {5000, 3, 2500}} {
		people := guests(c.people, 1, c.companies, 1)
		rules := Rules{Attributes: append(attributes(c.preferences), AttributeRule{"company", OnlySame})}
		_, ok := newTable(noon, people, &rules, nil, 1).exact()
		require.True(t, ok, "%v", c)
	}
	_, ok := newTable(noon, guests(151, 1, 1, 1), &Rules{}, nil, 1).exact()
	require.False(t, ok)
}

func TestManyPeopleAreMatchedAsManyAsPossible(t *testing.T) {
	for _, n := range []int{151, 500} {
		for name, p := range nasty(n) {
			t.Run(fmt.Sprintf("%s/%d", name, n), func(t *testing.T) {
				require.NoError(t, p.rules.Validate())
				table := newTable(noon, p.people, &p.rules, p.known, 3)
				matches := Pair(noon, p.people, &p.rules, p.known, 3)
				seen, fresh := map[int64]bool{}, 0
				for _, m := range matches {
					for _, id := range m.People {
						require.False(t, seen[id])
						seen[id] = true
					}
					a, b := m.People[0], m.People[1]
					_, ok := p.rules.Allowed(noon, p.people[a-1], p.people[b-1], p.known) // ids count from 1
					require.True(t, ok)
					if _, met := p.known.Last(a, b); !met {
						fresh++
					}
				}
				require.Len(t, matches, largest(t, table.may, len(p.people)))
				require.Equal(t, largest(t, table.fresh, len(p.people)), fresh, "of %d pairs", len(matches))
			})
		}
	}
}

func TestOfManyTheOneWhoCameLastIsLeft(t *testing.T) {
	for seed := range uint64(20) {
		people := guests(301, 1, 300, seed)
		last := people[0]
		for _, c := range people {
			if c.Since.After(last.Since) {
				last = c
			}
		}
		in := map[int64]bool{}
		for _, m := range Pair(noon, people, &Rules{}, meetings(301, 20, seed), seed) {
			in[m.People[0]], in[m.People[1]] = true, true
		}
		require.Len(t, in, 300)
		require.False(t, in[last.Person], "seed %d", seed)
	}
}

func TestExchangesBringWhatIsPreferred(t *testing.T) {
	var people []Candidate
	for i := range int64(4) {
		people = append(people, Candidate{Person: i, Since: noon.Add(time.Duration(i)), Attributes: map[string]string{"city": string(rune('a' + i%2))}})
	}
	table := newTable(noon, people, &Rules{Attributes: []AttributeRule{{"city", PreferSame}}}, nil, 1)
	mate := []int{1, 0, 3, 2}
	table.please(mate, newRandom(1))
	require.Equal(t, []int{2, 3, 0, 1}, mate)
}

func TestOfManyNearlyAsManyAreNewAsCanBe(t *testing.T) {
	best, found := 0, 0
	for seed := range uint64(40) {
		const n = 140
		table, dice := newTable(noon, guests(n, 1, 1, seed), &Rules{}, nil, seed), rand.New(rand.NewPCG(seed, 3))
		for i := range n { // eight partners for each, of whom nine in ten are known
			for j := range i {
				if dice.IntN(n) >= 8 {
					table.may.unlink(i, j)
				}
				if !table.may.has(i, j) || dice.IntN(10) > 0 {
					table.fresh.unlink(i, j)
				}
			}
		}
		mate, ok := table.exact()
		require.True(t, ok)
		best, found = best+table.news(mate), found+table.news(table.large())
	}
	t.Logf("%d of %d", found, best)
	require.Greater(t, found, best*93/100)
}

func TestOfManyMostGetWhatIsPreferred(t *testing.T) {
	people := guests(600, 1, 300, 1)
	for _, kind := range []AttributeKind{PreferSame, PreferDifferent} {
		rules := Rules{Attributes: []AttributeRule{{"city", kind}, {"company", PreferDifferent}}}
		held := 0
		for _, m := range Pair(noon, people, &rules, nil, 1) {
			same := people[m.People[0]-1].Attributes["city"] == people[m.People[1]-1].Attributes["city"]
			if same == (kind == PreferSame) {
				held++
			}
		}
		require.Greater(t, held, 295, "%s: of 300 pairs, as there are ten cities", kind)
	}
}
