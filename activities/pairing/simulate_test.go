package pairing

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/fault"
)

func TestSimulate(t *testing.T) {
	t.Parallel()
	couples := Rules{Types: [][2]int64{{1, 2}}}
	strangers := Rules{Attributes: []AttributeRule{{"company", NeverSame}}, Odd: OddJoins, Guarantee: 30}
	quarrel := NewKnown()
	quarrel.Block(1, 2)
	for name, c := range map[string]struct {
		change func(*Scenario) // of half an hour of minutes: what people do takes no time
		check  func(*require.Assertions, Forecast)
	}{
		"ten investors for a hundred founders: founders wait for nine others": {
			func(s *Scenario) { s.Rules, s.People = couples, map[int64]int{1: 10, 2: 100} },
			func(is *require.Assertions, f Forecast) {
				investors, founders := f.Types[0], f.Types[1]
				is.Less(investors.Wait.P95, 2*time.Second)
				is.InDelta(9*60, founders.Wait.P50.Seconds(), 30)
				is.Equal(0, investors.Unmet+founders.Unmet)
				is.InDelta(3, founders.Each.Median, 1)
				is.InDelta(30, investors.Each.Median, 1)
				is.InDelta(0.9, founders.Waiting, 0.02)
				is.Equal(90, founders.Wait.Vain, "who waits when the end comes")
			},
		},
		"two people wait until their window is over": {
			func(s *Scenario) { s.People = map[int64]int{1: 2} },
			func(is *require.Assertions, f Forecast) {
				is.Equal([]int{5, 4}, []int{f.Meetings, f.Repeats})
				is.InDelta(300, f.Wait.P95.Seconds(), 1)
				is.InDelta(5.0/6, f.Waiting, 0.01)
			},
		},
		"or not, where repeats are allowed": {
			func(s *Scenario) { s.People, s.Rules.Repeat.Kind = map[int64]int{1: 2}, RepeatAllow },
			func(is *require.Assertions, f Forecast) {
				is.InDelta(30, f.Meetings, 1)
				is.Equal(SimulationTick, f.Wait.Max)
			},
		},
		"nobody twice: after all three others there is nobody": {
			func(s *Scenario) { s.People, s.Rules.Repeat.Kind = map[int64]int{1: 4}, RepeatNever },
			func(is *require.Assertions, f Forecast) {
				is.Equal([]int{6, 0, 4}, []int{f.Meetings, f.Repeats, f.Wait.Vain})
				is.Equal(Spread{3, 3, 3}, f.Each)
				is.InDelta(27*60, f.Wait.Max.Seconds(), 5)
			},
		},
		"the odd one of three waits for one of the others": {
			func(s *Scenario) { s.People, s.Rules.Repeat.Kind = map[int64]int{1: 3}, RepeatAllow },
			func(is *require.Assertions, f Forecast) {
				is.InDelta(2, f.PerMeeting, 0)
				is.InDelta(1.0/3, f.Waiting, 0.02)
				is.InDelta(60, f.Wait.Max.Seconds(), 2)
			},
		},
		"colleagues meet when they have waited enough, the third with them": {
			func(s *Scenario) {
				s.People, s.Values, s.Rules = map[int64]int{1: 3}, map[string]int{"company": 1}, strangers
			},
			func(is *require.Assertions, f Forecast) {
				is.InDelta(3, f.PerMeeting, 0)
				is.Equal(f.Meetings, f.Relaxed)
				is.GreaterOrEqual(f.Wait.P50, 30*time.Second)
			},
		},
		"a type that may meet nobody": {
			func(s *Scenario) { s.Rules, s.People = couples, map[int64]int{1: 4, 2: 4, 3: 1} },
			func(is *require.Assertions, f Forecast) {
				is.Equal([]int64{3}, f.Impossible)
				is.Equal([]int64{9}, f.Unmet)
				is.Equal(OfType{Type: 3, People: 1, Unmet: 1, Waiting: 1, Wait: Waits{1, 1, s30, s30, s30, s30}}, f.Types[2])
			},
		},
		"a block": {
			func(s *Scenario) { s.People, s.Known = map[int64]int{1: 2}, quarrel },
			func(is *require.Assertions, f Forecast) { is.Equal([]int64{1, 2}, f.Unmet) },
		},
		"media that never come": {
			func(s *Scenario) { s.People, s.Mute = map[int64]int{1: 10}, 1 },
			func(is *require.Assertions, f Forecast) {
				is.Zero(f.Met)
				is.NotZero(f.Meetings)
				is.Len(f.Unmet, 10)
			},
		},
		"all want more": {
			func(s *Scenario) { s.People, s.Extension = map[int64]int{1: 40}, 1 },
			func(is *require.Assertions, f Forecast) {
				is.InDelta(20, f.Each.Median, 1)
				is.InDelta(f.Met, f.Extended, 40, "the last ones would go beyond the end")
			},
		},
		"everybody leaves early": {
			func(s *Scenario) { s.People, s.Leave = map[int64]int{1: 200}, 1 },
			func(is *require.Assertions, f Forecast) {
				is.InDelta(15, f.Each.Median, 4)
				is.Less(f.Each.Min, 5)
			},
		},
		"who takes time": {
			func(s *Scenario) { s.People, s.Think, s.Connect = map[int64]int{1: 200}, 28*time.Second, 2*time.Second },
			func(is *require.Assertions, f Forecast) { is.InDelta(20, f.Each.Median, 1) },
		},
		"nobody": {
			func(*Scenario) {},
			func(is *require.Assertions, f Forecast) { is.Equal(Forecast{}, f) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := Scenario{Duration: s30, Length: time.Minute, Seed: 1}
			c.change(&s)
			f, err := Simulate(t.Context(), s)
			require.NoError(t, err)
			require.Empty(t, f.Violations)
			c.check(require.New(t), f)
		})
	}
}

const s30 = 30 * time.Minute

// scenarios are small, and nasty in all that can be said of one.
func scenarios(t *rapid.T) Scenario {
	number := func(most int, name string) int { return rapid.IntRange(0, most).Draw(t, name) }
	share := func(name string) float64 { return rapid.SampledFrom([]float64{0, 0, 0.1, 0.5}).Draw(t, name) }
	s := Scenario{
		Duration: time.Duration(1+number(25, "minutes")) * time.Minute, Length: time.Duration(20+number(100, "length")) * time.Second,
		Extension: share("extension"), Leave: share("leave"), Mute: share("mute"), Known: NewKnown(),
		People: map[int64]int{1: number(12, "ones"), 2: number(12, "twos"), 3: number(3, "threes")},
		Values: map[string]int{"company": 1 + number(5, "companies"), "city": 1 + number(3, "cities")},
		Arrive: time.Duration(number(60, "arrive")) * time.Second, Think: time.Duration(number(20, "think")) * time.Second,
		Connect: time.Duration(number(15, "connect")) * time.Second, Seed: rapid.Uint64().Draw(t, "seed"),
	}
	s.Rules = Rules{
		Repeat: Repeat{Kind: rapid.SampledFrom([]RepeatKind{"", RepeatWindow, RepeatNever, RepeatAcross, RepeatAllow}).Draw(t, "repeat"), Seconds: number(400, "window")},
		Odd:    rapid.SampledFrom([]Odd{OddWaits, OddJoins}).Draw(t, "odd"),
		Attributes: []AttributeRule{
			{"company", rapid.SampledFrom([]AttributeKind{NeverSame, OnlySame, PreferSame}).Draw(t, "company")},
			{"city", rapid.SampledFrom([]AttributeKind{PreferDifferent, PreferSame}).Draw(t, "city")},
		},
	}
	if rapid.Bool().Draw(t, "types") {
		s.Rules.Types = [][2]int64{{1, 2}, {2, 2}}
	}
	if rapid.Bool().Draw(t, "relax") {
		s.Rules.Relax = []string{RepeatRule, TicketTypesRule}
		s.Rules.Guarantee = number(90, "guarantee")
	}
	for range number(5, "blocks") {
		s.Known.Block(int64(1+number(26, "a")), int64(30+number(26, "b"))-30)
	}
	return s
}

// Whatever the scenario, no rule is broken, the same scenario has the same forecast, and its numbers agree with each other.
func TestSimulationsHoldTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios(t)
		f, err := Simulate(context.Background(), s)
		require.NoError(t, err)
		require.Empty(t, f.Violations)
		s.Guests = s.everybody()
		slices.Reverse(s.Guests)
		s.People, s.Values = nil, nil
		again, err := Simulate(context.Background(), s)
		require.NoError(t, err)
		require.Equal(t, f, again, "nor does the order of the guests matter")
		waits, people, unmet := 0, 0, 0
		for _, o := range f.Types {
			waits, people, unmet = waits+o.Wait.Count, people+o.People, unmet+o.Unmet
		}
		require.Equal(t, []int{f.Wait.Count, f.People, len(f.Unmet)}, []int{waits, people, unmet})
		require.InDelta(t, f.Wait.Count-f.Wait.Vain, f.PerMeeting*float64(f.Meetings), 1e-6, "each seat ends a wait")
		require.True(t, f.Wait.P50 <= f.Wait.P95 && f.Wait.P95 <= f.Wait.P99 && f.Wait.P99 <= f.Wait.Max)
		for _, kind := range f.Impossible {
			i := slices.IndexFunc(f.Types, func(o OfType) bool { return o.Type == kind })
			require.Equal(t, f.Types[i].People, f.Types[i].Unmet)
		}
	})
}

func TestAnotherSeedIsAnotherCourse(t *testing.T) {
	t.Parallel()
	s := crowd(60)
	one, err := Simulate(t.Context(), s)
	require.NoError(t, err)
	s.Seed++
	other, err := Simulate(t.Context(), s)
	require.NoError(t, err)
	require.NotEqual(t, one, other)
}

// Who is not known yet is like those who are.
func TestEverybody(t *testing.T) {
	t.Parallel()
	s := Scenario{
		Guests: []Attendee{{Person: 7, Type: 1, Attributes: map[string]string{"company": "a"}}, {Person: 3, Type: 2, Attributes: map[string]string{"company": "b"}}, {Person: 5, Type: 2}},
		People: map[int64]int{1: 2, 3: 300}, Values: map[string]int{"city": 4},
	}
	var companies, cities []string
	for i, g := range s.everybody() {
		switch {
		case i == 3 || i == 4:
			require.Equal(t, []any{int64(i + 5), int64(1), "a"}, []any{g.Person, g.Type, g.Attributes["company"]})
		case i > 4:
			require.Equal(t, int64(3), g.Type)
			companies = append(companies, g.Attributes["company"])
		}
		cities = append(cities, g.Attributes["city"])
	}
	count := func(of []string, v string) (n int) {
		for _, x := range of {
			if x == v {
				n++
			}
		}
		return n
	}
	require.Len(t, companies, 300)
	for _, company := range []string{"a", "b", ""} {
		require.InDelta(t, 100, count(companies, company), 40, "%q", company)
	}
	for _, city := range []string{"1", "2", "3", "4"} {
		require.InDelta(t, 305.0/4, count(cities, city), 1)
	}
	require.Nil(t, s.Guests[2].Attributes, "nothing of the scenario is changed")
}

func TestSimulateRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Scenario)
		code   string
	}{
		"rules":      {func(s *Scenario) { s.Rules.Guarantee = -1 }, "rules_invalid"},
		"no time":    {func(s *Scenario) { s.Duration = 0 }, "scenario_invalid"},
		"no length":  {func(s *Scenario) { s.Length = 0 }, "scenario_invalid"},
		"too late":   {func(s *Scenario) { s.Arrive = s.Duration + 1 }, "scenario_invalid"},
		"negative":   {func(s *Scenario) { s.Think = -1 }, "scenario_invalid"},
		"a share":    {func(s *Scenario) { s.Mute = 1.1 }, "scenario_invalid"},
		"people":     {func(s *Scenario) { s.People[1] = -1 }, "scenario_invalid"},
		"values":     {func(s *Scenario) { s.Values["company"] = 0 }, "scenario_invalid"},
		"same guest": {func(s *Scenario) { s.Guests = []Attendee{{Person: 1}, {Person: 1}} }, "scenario_invalid"},
	} {
		s := crowd(2)
		c.change(&s)
		_, err := Simulate(t.Context(), s)
		var f *fault.Error
		require.ErrorAs(t, err, &f, name)
		require.Equal(t, c.code, f.Code, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Simulate(ctx, crowd(2))
	require.ErrorIs(t, err, context.Canceled)
}

func TestWhims(t *testing.T) {
	t.Parallel()
	const n = 100_000
	w, sum, beyond, happened := whim{seed: 1, person: 1}, time.Duration(0), 0, 0
	for range n {
		x := w.exponential(10 * time.Second)
		sum += x
		if x > 20*time.Second {
			beyond++
		}
		if w.happens(0.3) {
			happened++
		}
	}
	require.InDelta(t, 10, sum.Seconds()/n, 0.15)
	require.InDelta(t, 0.1353, float64(beyond)/n, 0.005, "e^-2 think twice as long as the mean")
	require.InDelta(t, 0.3, float64(happened)/n, 0.005)
	require.False(t, w.happens(0))
	require.True(t, w.happens(1))
	require.Zero(t, w.exponential(0)+w.within(0))
}
