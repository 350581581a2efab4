package pairing

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// evenly fails where counts differ by more than chance makes likely: beyond four standard deviations of chi-square.
func evenly(t *testing.T, counts map[int64]int, kinds int) {
	t.Helper()
	require.Len(t, counts, kinds)
	sum, chi := 0, 0.0
	for _, n := range counts {
		sum += n
	}
	mean := float64(sum) / float64(kinds)
	for _, n := range counts {
		chi += (float64(n) - mean) * (float64(n) - mean) / mean
	}
	free := float64(kinds - 1)
	require.Less(t, chi, free+4*math.Sqrt(2*free), "%v", counts)
}

func TestEachAllowedPartnerComesAboutAsOften(t *testing.T) {
	for name, n := range map[string]int{"few": 12, "many": 302} {
		t.Run(name, func(t *testing.T) {
			var people []Candidate
			for i := range int64(n) { // all waited differently: who meets whom does not follow from that
				people = append(people, Candidate{Person: i, Type: i % 2, Since: noon.Add(-time.Duration(i) * time.Second)})
			}
			rules := Rules{Types: [][2]int64{{0, 1}}, Repeat: Repeat{Kind: RepeatAllow}}
			partners := map[int64]map[int64]int{0: {}, int64(n / 2): {}, int64(n - 1): {}}
			for seed := range uint64(10 * n) {
				for _, m := range Pair(noon, people, &rules, nil, seed) {
					for i, id := range m.People {
						if of := partners[id]; of != nil {
							of[m.People[1-i]]++
						}
					}
				}
			}
			for _, of := range partners {
				evenly(t, of, n/2)
			}
		})
	}
}

func TestOfThoseWhoWaitedEquallyEachIsLeftAboutAsOften(t *testing.T) {
	for name, n := range map[string]int{"few": 7, "many": 151} {
		t.Run(name, func(t *testing.T) {
			var people []Candidate
			for i := range int64(n) {
				people = append(people, Candidate{Person: i, Since: noon})
			}
			left := map[int64]int{}
			for seed := range uint64(10 * n) {
				in := map[int64]bool{}
				for _, m := range Pair(noon, people, &Rules{}, nil, seed) {
					in[m.People[0]], in[m.People[1]] = true, true
				}
				for _, c := range people {
					if !in[c.Person] {
						left[c.Person]++
					}
				}
			}
			evenly(t, left, n)
		})
	}
}

func TestTheThirdJoinsEachPairAboutAsOften(t *testing.T) {
	rules := Rules{Odd: OddJoins}
	var people []Candidate
	for i := range int64(9) {
		people = append(people, Candidate{Person: i, Since: noon.Add(-time.Minute - time.Duration(i))})
	}
	with := map[int64]int{} // whom the last one to come is with
	for seed := range uint64(2000) {
		for _, m := range Pair(noon, people, &rules, nil, seed) {
			if len(m.People) == 3 {
				require.Equal(t, int64(0), m.People[2])
				with[m.People[0]]++
				with[m.People[1]]++
			}
		}
	}
	evenly(t, with, 8)
}

func TestTheThirdRatherJoinsPeopleWhomTheyNeverMet(t *testing.T) {
	rules, known := Rules{Odd: OddJoins}, NewKnown()
	var people []Candidate
	for i := range int64(7) {
		people = append(people, Candidate{Person: i, Since: noon.Add(-time.Minute - time.Duration(i))})
	}
	known.Meeting(0, 1, noon.Add(-time.Hour), true) // 0 came last
	for seed := range uint64(50) {
		for _, m := range Pair(noon, people, &rules, known, seed) {
			require.False(t, len(m.People) == 3 && slices.Contains(m.People, 1), "%v", m)
		}
	}
}
