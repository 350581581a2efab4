package pairing

import (
	"context"
	"time"

	"rondo/activities/fault"
)

// What people do whom nobody has observed yet.
const (
	DefaultThink   = 10 * time.Second // between a meeting and the next readiness
	DefaultConnect = 2 * time.Second  // until somebody's media has come to a meeting
	// SimulationTick is how finely the time of a simulation is divided. A room takes one.
	SimulationTick = 250 * time.Millisecond
)

// Scenario is a networking session that has not been yet. Its durations are taken as they are: zero is at once.
type Scenario struct {
	Rules     Rules
	Starts    time.Time     // zero: any
	Duration  time.Duration // until no pairs are made any more
	Length    time.Duration // of a meeting
	Extension float64       // share of the meetings that last half as long again, because all in them want to: 0..1
	Known     *Known        // what guests have behind them; nil: nothing. It is left as it is

	Guests []Attendee     // who comes: Person, Type and Attributes of each
	People map[int64]int  // how many more of each ticket type, who are like guests of it drawn at random, or like any if there are none
	Values map[string]int // how many different values an attribute has among all of them, spread evenly, whatever guests have

	Arrive  time.Duration // they come, and get ready, evenly spread over this long
	Think   time.Duration // what they take between a meeting and the next readiness: the mean of an exponential distribution
	Connect time.Duration // what their media take to come, give or take a half
	Leave   float64       // share of the people who leave networking early, at any time: 0..1
	Mute    float64       // share of the people whose media never come: 0..1
	Seed    uint64
}

// Simulate plays a whole session with the lobby and the pairs of real ones, in simulated time: attendees come, get ready, meet
// until the time is up, think and get ready again. What they do is drawn from the seed, so this is one course of many; the same
// scenario has the same forecast.
//
// 5,000 people who meet for a minute each take two seconds of work for half an hour: see BenchmarkSimulate. The error is a
// [fault.Error] about the scenario, with the code "rules_invalid" or "scenario_invalid", or that of the context.
func Simulate(ctx context.Context, s Scenario) (Forecast, error) {
	if err := s.validate(); err != nil {
		return Forecast{}, err
	}
	if s.Starts.IsZero() {
		s.Starts = time.Unix(0, 0).UTC()
	}
	if s.Known == nil {
		s.Known = NewKnown()
	}
	s.Guests = s.everybody()
	p := newPlay(s)
	if err := p.run(ctx); err != nil {
		return Forecast{}, err
	}
	return p.forecast(), nil
}

func (s *Scenario) validate() error {
	if err := s.Rules.Validate(); err != nil {
		return err
	}
	share := func(x float64) bool { return x >= 0 && x <= 1 }
	wrong := ""
	switch {
	case s.Duration < SimulationTick || s.Length < time.Second:
		wrong = "the session or its meetings are too short"
	case s.Arrive > s.Duration:
		wrong = "somebody comes after the end"
	case s.Arrive < 0 || s.Think < 0 || s.Connect < 0:
		wrong = "a duration is negative"
	case !share(s.Extension) || !share(s.Leave) || !share(s.Mute):
		wrong = "a share is not from 0 to 1"
	}
	for _, n := range s.People {
		if n < 0 {
			wrong = "a number of people is negative"
		}
	}
	for _, n := range s.Values {
		if n < 1 {
			wrong = "an attribute has at least one value"
		}
	}
	seen := map[int64]bool{}
	for _, g := range s.Guests {
		if seen[g.Person] {
			wrong = "somebody comes twice"
		}
		seen[g.Person] = true
	}
	if wrong != "" {
		return fault.New(fault.Invalid, "scenario_invalid", "%s", wrong)
	}
	return nil
}
