package pairing

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// logged is a log without a fault: 1 and 2, who are colleagues, meet because 1 has waited half a minute; then 1 and 3.
func logged() (*Scenario, map[int64]Attendee, []call) {
	s := &Scenario{
		Rules:    Rules{Types: [][2]int64{{1, 1}}, Attributes: []AttributeRule{{"company", NeverSame}}, Guarantee: 30},
		Duration: 10 * time.Minute, Length: time.Minute, Starts: noon, Known: NewKnown(),
	}
	guests := map[int64]Attendee{}
	for id, company := range map[int64]string{1: "a", 2: "a", 3: "b", 4: "c"} {
		guests[id] = Attendee{Person: id, Type: 1, Attributes: map[string]string{"company": company}}
	}
	at := func(s int) time.Duration { return time.Duration(s) * time.Second }
	return s, guests, []call{
		{no: 1, proposed: at(40), made: at(41), started: at(42), relaxed: []string{"attribute:company"}, seats: []seat{{1, at(41), at(102)}, {2, at(1), at(102)}}},
		{no: 2, proposed: at(110), made: at(111), started: -1, seats: []seat{{1, at(5), at(131)}, {3, at(111), at(131)}}},
		{no: 3, proposed: at(502), made: at(503), started: at(504), seats: []seat{{1, at(303), -1}, {3, at(5), -1}}},
	}
}

func TestTheCheckerFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	s, guests, calls := logged()
	require.Empty(t, violations(s, guests, calls))
	for fault, plant := range map[string]func(s *Scenario, guests map[int64]Attendee, calls []call){
		"1 is in two meetings at once":                      func(_ *Scenario, _ map[int64]Attendee, calls []call) { calls[0].seats[0].left = 112 * time.Second },
		"2 and 1 may not meet: [attribute:company]":         func(_ *Scenario, _ map[int64]Attendee, calls []call) { calls[0].seats[0].waited = 30 * time.Second },
		"attribute:company is not held, and nobody is told": func(_ *Scenario, _ map[int64]Attendee, calls []call) { calls[0].relaxed = nil },
		"3 and 1 may not meet: [ticket_types]": func(_ *Scenario, guests map[int64]Attendee, _ []call) {
			g := guests[3]
			g.Type = 2
			guests[3] = g
		},
		"3 and 1 meet again after 4m59s": func(_ *Scenario, _ map[int64]Attendee, calls []call) {
			calls[1].seats[0].left, calls[1].seats[1].left = 203*time.Second, 204*time.Second
		},
		"3 and 1 may not meet: [repeat]": func(_ *Scenario, _ map[int64]Attendee, calls []call) {
			calls[1].seats[0].left, calls[1].seats[1].left = 204*time.Second, 203*time.Second
		},
		"3 and 1 meet twice": func(s *Scenario, _ map[int64]Attendee, calls []call) {
			s.Rules.Repeat.Kind, calls[1].started = RepeatNever, 112*time.Second
		},
		"3 and 1 meet over a block":    func(s *Scenario, _ map[int64]Attendee, _ []call) { s.Known.Block(1, 3) },
		"a pair is made after the end": func(s *Scenario, _ map[int64]Attendee, _ []call) { s.Duration = 503 * time.Second },
		"1 people meet":                func(_ *Scenario, _ map[int64]Attendee, calls []call) { calls[2].seats = calls[2].seats[:1] },
		"3 people meet": func(_ *Scenario, _ map[int64]Attendee, calls []call) {
			calls[2].seats = append(calls[2].seats, seat{4, 0, -1})
		},
		"1 and 1 may not meet: [attribute:company]": func(_ *Scenario, _ map[int64]Attendee, calls []call) { calls[2].seats[1].person = 1 },
	} {
		s, guests, calls := logged()
		plant(s, guests, calls)
		var found []string
		for _, v := range violations(s, guests, calls) {
			found = append(found, v.What)
		}
		require.Contains(t, found, fault)
	}
}

// A lobby with a fault does not get away with it.
func TestASimulationOfABrokenLobbyIsFullOfViolations(t *testing.T) {
	t.Parallel()
	for name, sabotage := range map[string]func(p *play){
		"it does not know the rule":    func(p *play) { p.lobby.settings.Rules = Rules{} },
		"it remembers nobody's block":  func(p *play) { p.lobby.known = NewKnown() },
		"it relaxes where nobody said": func(p *play) { p.lobby.settings.Rules.Guarantee = 1 },
		"it is not told of the end":    func(p *play) { p.lobby.settings.EndsAt = p.lobby.settings.EndsAt.Add(time.Minute) },
		"it thinks windows are short":  func(p *play) { p.lobby.settings.Rules.Repeat.Seconds = 1 },
	} {
		s := crowd(12)
		s.Starts, s.Known = noon, NewKnown()
		s.Values["company"] = 3
		s.Guests = s.everybody()
		for _, g := range s.Guests[1:] {
			if g.Attributes["company"] != s.Guests[0].Attributes["company"] {
				s.Known.Block(1, g.Person)
			}
		}
		p := newPlay(s)
		sabotage(p)
		require.NoError(t, p.run(t.Context()))
		require.NotEmpty(t, p.forecast().Violations, name)
	}
}
