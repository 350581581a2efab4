package pairing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
)

// two are a pair of people with tickets and companies.
func two(typeA, typeB int64, companyA, companyB string) []Candidate {
	return []Candidate{
		{Person: 1, Type: typeA, Since: noon, Attributes: map[string]string{"company": companyA}},
		{Person: 2, Type: typeB, Since: noon, Attributes: map[string]string{"company": companyB}},
	}
}

func TestByDefaultNotAgainWithinFiveMinutesOfTheEndOfThePreviousMeeting(t *testing.T) {
	known := NewKnown()
	known.Meeting(2, 1, noon, true)
	people := two(1, 1, "", "")
	require.Empty(t, Pair(noon.Add(5*time.Minute-1), people, &Rules{}, known, 1))
	require.Equal(t, noon.Add(5*time.Minute), (&Rules{}).NextChange(noon, people, known))
	require.Equal(t, []Match{{People: []int64{1, 2}}}, sorted(Pair(noon.Add(5*time.Minute), people, &Rules{}, known, 1)))
	require.True(t, (&Rules{Types: [][2]int64{{1, 2}}}).NextChange(noon, people, known).IsZero(), "the end of the window is of no use")

	known.Meeting(1, 2, noon.Add(-time.Hour), false) // told late: the last one counts
	require.Empty(t, Pair(noon.Add(5*time.Minute-1), people, &Rules{}, known, 1))
}

func sorted(matches []Match) []Match {
	for _, m := range matches {
		if m.People[0] > m.People[1] {
			m.People[0], m.People[1] = m.People[1], m.People[0]
		}
	}
	return matches
}

func TestRepeatRules(t *testing.T) {
	for name, c := range map[string]struct {
		repeat   Repeat
		met      bool
		not, may time.Duration // after the end of the meeting; 0: at once, never
	}{
		"default":                                 {Repeat{}, true, 299 * time.Second, 300 * time.Second},
		"default, and one's media never came":     {Repeat{}, false, 299 * time.Second, 300 * time.Second},
		"a longer window":                         {Repeat{Seconds: 1200}, true, 1199 * time.Second, 1200 * time.Second},
		"allow matching with an existing match":   {Repeat{Kind: RepeatAllow}, true, 0, time.Nanosecond},
		"never again":                             {Repeat{Kind: RepeatNever}, true, 99 * time.Hour, 0},
		"never again, but they did not meet":      {Repeat{Kind: RepeatNever}, false, 299 * time.Second, 300 * time.Second},
		"never again, a window of their own":      {Repeat{Kind: RepeatNever, Seconds: 60}, false, 59 * time.Second, 60 * time.Second},
		"across sessions":                         {Repeat{Kind: RepeatAcross}, true, 99 * time.Hour, 0},
		"across sessions, but they did not meet":  {Repeat{Kind: RepeatAcross}, false, 299 * time.Second, 300 * time.Second},
		"allow, though they were in the same one": {Repeat{Kind: RepeatAllow}, false, 0, time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			rules, known, people := Rules{Repeat: c.repeat}, NewKnown(), two(1, 1, "", "")
			known.Meeting(1, 2, noon, c.met)
			if c.not > 0 {
				broken, ok := rules.Allowed(noon.Add(c.not), people[0], people[1], known)
				require.False(t, ok)
				require.Equal(t, []string{RepeatRule}, broken)
				require.Empty(t, Pair(noon.Add(c.not), people, &rules, known, 1))
			}
			if c.may > 0 {
				broken, ok := rules.Allowed(noon.Add(c.may), people[0], people[1], known)
				require.True(t, ok)
				require.Empty(t, broken)
				require.Len(t, Pair(noon.Add(c.may), people, &rules, known, 1), 1)
			}
		})
	}
}

func TestAdminsSetUpWhichTicketTypeCanBeMatchedWithWhich(t *testing.T) {
	rules := Rules{Types: [][2]int64{{1, 2}, {3, 3}}}
	for _, c := range []struct {
		a, b int64
		may  bool
	}{{1, 2, true}, {2, 1, true}, {1, 1, false}, {2, 2, false}, {3, 3, true}, {1, 3, false}, {4, 4, false}, {4, 1, false}} {
		_, ok := rules.Allowed(noon, two(c.a, c.b, "", "")[0], two(c.a, c.b, "", "")[1], nil)
		require.Equal(t, c.may, ok, "%v", c)
		require.Equal(t, c.may, len(Pair(noon, two(c.a, c.b, "", ""), &rules, nil, 1)) == 1, "%v", c)
		require.Len(t, Pair(noon, two(c.a, c.b, "", ""), &Rules{}, nil, 1), 1, "without such rules all may meet")
	}
}

func TestAttributeRules(t *testing.T) {
	for _, c := range []struct {
		kind AttributeKind
		a, b string
		may  bool
	}{
		{NeverSame, "x", "x", false},
		{NeverSame, "x", "y", true},
		{NeverSame, "x", "", true},
		{NeverSame, "", "", true},
		{OnlySame, "x", "x", true},
		{OnlySame, "x", "y", false},
		{OnlySame, "x", "", false},
		{OnlySame, "", "", false},
		{PreferDifferent, "x", "x", true},
		{PreferSame, "x", "y", true},
	} {
		rules := Rules{Attributes: []AttributeRule{{"company", c.kind}}}
		require.Equal(t, c.may, len(Pair(noon, two(1, 1, c.a, c.b), &rules, nil, 1)) == 1, "%v", c)
	}
}

func TestABlockHoldsForEver(t *testing.T) {
	rules, known := Rules{Guarantee: 1, Relax: []string{RepeatRule, TicketTypesRule}, Repeat: Repeat{Kind: RepeatAllow}}, NewKnown()
	known.Block(2, 1)
	people := two(1, 1, "", "")
	broken, ok := rules.Allowed(noon.Add(1000*time.Hour), people[0], people[1], known)
	require.False(t, ok)
	require.Equal(t, []string{BlocksRule}, broken)
	require.Empty(t, Pair(noon.Add(1000*time.Hour), people, &rules, known, 1))
	require.True(t, rules.NextChange(noon.Add(time.Minute), people, known).IsZero())

	rules.Relax = []string{BlocksRule} // which is not valid
	_, ok = rules.Allowed(noon.Add(1000*time.Hour), people[0], people[1], known)
	require.False(t, ok)
	require.Empty(t, Pair(noon.Add(1000*time.Hour), people, &rules, known, 1))
}

func TestWaitingRelaxesRulesInTheirOrder(t *testing.T) {
	rules := Rules{
		Types: [][2]int64{{1, 2}}, Attributes: []AttributeRule{{"company", NeverSame}}, Guarantee: 30,
		Relax: []string{"attribute:company", RepeatRule, TicketTypesRule},
	}
	require.NoError(t, rules.Validate())
	require.Empty(t, rules.RelaxedAfter(30*time.Second-1))
	require.Empty(t, rules.RelaxedAfter(-time.Hour))
	require.Equal(t, []string{"attribute:company"}, rules.RelaxedAfter(30*time.Second))
	require.Equal(t, rules.Relax[:2], rules.RelaxedAfter(89*time.Second))
	require.Equal(t, rules.Relax, rules.RelaxedAfter(24*time.Hour))

	known, people := NewKnown(), two(1, 1, "acme", "acme")
	known.Meeting(1, 2, noon, true)
	people[1].Since = noon.Add(time.Hour) // one's wait is enough
	for at, next := range map[time.Duration]time.Duration{0: 30, 30: 60, 60: 90} {
		require.Empty(t, Pair(noon.Add((at+29)*time.Second), people, &rules, known, 1))
		require.Equal(t, noon.Add(next*time.Second), rules.NextChange(noon.Add(at*time.Second), people, known))
	}
	require.Equal(t, []Match{{People: []int64{1, 2}, Relaxed: rules.Relax}}, Pair(noon.Add(90*time.Second), people, &rules, known, 1))
	// What holds again is not named.
	require.Equal(t, []string{"attribute:company", TicketTypesRule}, Pair(noon.Add(300*time.Second), people, &rules, known, 1)[0].Relaxed)

	rules.Relax = nil
	require.Equal(t, []string{"attribute:company"}, rules.RelaxedAfter(time.Hour), "the attribute rules that forbid")
}

func TestWhoIsNewComesBeforeWhoWaitedLonger(t *testing.T) {
	known := NewKnown()
	known.Meeting(1, 2, noon.Add(-time.Hour), true)
	people := []Candidate{{Person: 1, Since: noon.Add(-2)}, {Person: 2, Since: noon.Add(-1)}, {Person: 3, Since: noon}}
	require.Equal(t, []Match{{People: []int64{1, 3}}}, Pair(noon, people, &Rules{}, known, 1))
}

func TestTicketTypesThatCanMeetNobody(t *testing.T) {
	rules := Rules{Types: [][2]int64{{1, 2}, {3, 3}, {4, 5}}}
	counts := map[int64]int{1: 10, 2: 5, 3: 1, 4: 7, 5: 0, 6: 2}
	require.Equal(t, []int64{3, 4, 6}, Impossible(rules, counts))
	rules.Relax, rules.Guarantee = []string{TicketTypesRule}, 30
	require.Empty(t, Impossible(rules, counts), "waiting helps")
	require.Empty(t, Impossible(Rules{}, counts))
	require.Equal(t, []int64{6}, Impossible(Rules{}, map[int64]int{6: 1}), "alone")
}

func TestNobodyMeetsThemselves(t *testing.T) {
	c := Candidate{Person: 1, Since: noon}
	require.Empty(t, Pair(noon, []Candidate{c, c}, &Rules{}, nil, 1))
	twice := []Candidate{c, {Person: 2, Since: noon.Add(2)}, {Person: 1, Since: noon.Add(1)}}
	require.Equal(t, []Match{{People: []int64{1, 2}}}, sorted(Pair(noon, twice, &Rules{}, nil, 1)))
	_, ok := (&Rules{}).Allowed(noon, c, c, nil)
	require.False(t, ok)
	require.Empty(t, Pair(noon, nil, &Rules{}, nil, 1))
}

func TestValidateNamesEverythingThatIsWrong(t *testing.T) {
	require.NoError(t, (&Rules{}).Validate())
	many := Rules{}
	for i := range int64(MaxTypePairs + 1) {
		many.Types = append(many.Types, [2]int64{1, i + 1})
	}
	for range MaxPreferences + 1 {
		many.Attributes = append(many.Attributes, AttributeRule{string(rune('a' + len(many.Attributes))), PreferSame})
	}
	for name, c := range map[string]struct {
		rules Rules
		at    []string
	}{
		"kinds": {
			Rules{Attributes: []AttributeRule{{"x", "odd"}}, Repeat: Repeat{Kind: "odd"}, Odd: "odd"},
			[]string{"rules.attributes[0].kind", "rules.repeat.kind", "rules.odd"},
		},
		"attributes": {
			Rules{Attributes: []AttributeRule{{"x", NeverSame}, {" ", NeverSame}, {"X ", PreferSame}}},
			[]string{"rules.attributes[1].attribute", "rules.attributes[2].attribute"},
		},
		"types": {
			Rules{Types: [][2]int64{{1, 2}, {2, 1}, {0, 1}}},
			[]string{"rules.types[1]", "rules.types[2]"},
		},
		"numbers": {
			Rules{Repeat: Repeat{Seconds: -1}, Guarantee: -1},
			[]string{"rules.repeat.seconds", "rules.guarantee"},
		},
		"nothing to relax": {Rules{Guarantee: 30, Attributes: []AttributeRule{{"x", PreferSame}}}, []string{"rules.guarantee"}},
		"relax": {
			Rules{
				Attributes: []AttributeRule{{"x", NeverSame}, {"y", PreferSame}}, Guarantee: 30,
				Relax: []string{"repeat", "blocks", "attribute:z", "attribute:y", "x", "repeat", "attribute:x", "ticket_types"},
			},
			[]string{"rules.relax[1]", "rules.relax[2]", "rules.relax[3]", "rules.relax[4]", "rules.relax[5]"},
		},
		"too many": {many, []string{"rules.types", "rules.attributes[8].kind"}},
		"too much": {
			Rules{Attributes: make([]AttributeRule, MaxAttributeRules+1), Relax: make([]string, 30), Repeat: Repeat{Seconds: MaxWindow + 1}, Guarantee: MaxGuarantee + 1},
			[]string{"rules.attributes", "rules.repeat.seconds", "rules.guarantee", "rules.relax"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.rules.Validate()
			var at []string
			for _, f := range fault.From(err).Fields {
				at = append(at, f.Location)
			}
			require.Equal(t, "rules_invalid", fault.From(err).Code)
			require.Equal(t, c.at, at)
		})
	}
	err := (&Rules{Relax: []string{"blocks"}}).Validate()
	require.Contains(t, fault.From(err).Fields[0].Message, "a block holds for ever")
}
