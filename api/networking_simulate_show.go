package api

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rondo/activities/pairing"
	"rondo/activities/store"
)

// SimulatedSession is what became of a networking session that was only played.
type SimulatedSession struct {
	SessionID        int64           `json:"session_id"`
	Summary          string          `json:"summary" doc:"In words"`
	Seed             int64           `json:"seed"`
	Minutes          float64         `json:"minutes" doc:"Simulated, until no pairs were made any more"`
	People           int             `json:"people"`
	Meetings         int             `json:"meetings" doc:"Made"`
	Met              int             `json:"met" doc:"Of them, those in which all had media"`
	PeoplePerMeeting float64         `json:"people_per_meeting" doc:"2, or more where the odd one joins as third"`
	Extended         int             `json:"extended" doc:"Meetings"`
	Relaxed          int             `json:"relaxed" doc:"Meetings for which a rule did not hold, because somebody had waited so long"`
	Repeats          int             `json:"repeats" doc:"Times that two people had a meeting who had had one before in it"`
	Violations       int             `json:"violations" doc:"Of the rules, found by going over all meetings again: 0"`
	MetNobody        int             `json:"met_nobody" doc:"People"`
	Wait             SimulatedWait   `json:"wait"`
	MeetingsEach     SimulatedEach   `json:"meetings_each"`
	Types            []SimulatedType `json:"types" nullable:"false" doc:"By id"`
	Impossible       []TicketType    `json:"impossible" nullable:"false" doc:"Types of which nobody can meet anybody, by the rules and who comes"`
}

// SimulatedType is what became of the people with a type of ticket.
type SimulatedType struct {
	TypeID       int64         `json:"type_id"`
	Name         string        `json:"name"`
	People       int           `json:"people"`
	MetNobody    int           `json:"met_nobody"`
	Wait         SimulatedWait `json:"wait"`
	MeetingsEach SimulatedEach `json:"meetings_each"`
}

// SimulatedWait is how long people wait for a meeting, in seconds.
type SimulatedWait struct {
	P50   float64 `json:"p50" doc:"Seconds: half of the waits are no longer"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
	Share float64 `json:"share" doc:"Of the time that people are there, 0 to 1"`
	Vain  int     `json:"vain" doc:"Waits that the end cut short"`
}

// SimulatedEach is in how many meetings people met somebody.
type SimulatedEach struct {
	Min    int `json:"min"`
	Median int `json:"median"`
	Max    int `json:"max"`
}

func showSimulation(id int64, s pairing.Scenario, f pairing.Forecast, types []store.TicketType) SimulatedSession {
	name := func(id int64) string {
		i := slices.IndexFunc(types, func(t store.TicketType) bool { return t.ID == id })
		if i < 0 {
			return ""
		}
		return types[i].Name
	}
	out := SimulatedSession{
		SessionID: id, Seed: int64(s.Seed), Minutes: s.Duration.Minutes(), People: f.People, Meetings: f.Meetings, Met: f.Met,
		PeoplePerMeeting: f.PerMeeting, Extended: f.Extended, Relaxed: f.Relaxed, Repeats: f.Repeats, Violations: len(f.Violations),
		MetNobody: len(f.Unmet), Wait: showWait(f.Wait, f.Waiting), MeetingsEach: SimulatedEach(f.Each), Types: []SimulatedType{}, Impossible: []TicketType{},
	}
	for _, t := range f.Types {
		out.Types = append(out.Types, SimulatedType{
			TypeID: t.Type, Name: name(t.Type), People: t.People, MetNobody: t.Unmet, Wait: showWait(t.Wait, t.Waiting), MeetingsEach: SimulatedEach(t.Each),
		})
	}
	for _, t := range f.Impossible {
		out.Impossible = append(out.Impossible, TicketType{ID: t, Name: name(t)})
	}
	out.Summary = out.words()
	return out
}

func showWait(w pairing.Waits, share float64) SimulatedWait {
	return SimulatedWait{P50: w.P50.Seconds(), P95: w.P95.Seconds(), P99: w.P99.Seconds(), Max: w.Max.Seconds(), Share: share, Vain: w.Vain}
}

// words sums up what an organiser would want to change.
func (s *SimulatedSession) words() string {
	if s.People == 0 {
		return "Nobody comes."
	}
	said := []string{fmt.Sprintf("%d people have %d meetings in %s: each of them from %d to %d, in the middle %d.",
		s.People, s.Meetings, inWords(s.Minutes*60), s.MeetingsEach.Min, s.MeetingsEach.Max, s.MeetingsEach.Median)}
	if s.Meetings > 0 {
		said = append(said, fmt.Sprintf("Half of the waits are at most %s, 95 of 100 at most %s.", inWords(s.Wait.P50), inWords(s.Wait.P95)))
	}
	for _, t := range s.Types {
		possible := !slices.ContainsFunc(s.Impossible, func(i TicketType) bool { return i.ID == t.TypeID })
		switch {
		case !possible:
			said = append(said, fmt.Sprintf("Nobody with a ticket %s can meet anybody.", t.Name))
		case len(s.Types) > 1:
			said = append(said, fmt.Sprintf("%s: half wait at most %s, 95 of 100 at most %s.", t.Name, inWords(t.Wait.P50), inWords(t.Wait.P95)))
		}
	}
	if s.MetNobody > 0 {
		said = append(said, fmt.Sprintf("%d of %d people meet nobody.", s.MetNobody, s.People))
	}
	if s.Repeats > 0 {
		said = append(said, fmt.Sprintf("%d times people meet again.", s.Repeats))
	}
	if s.Relaxed > 0 {
		said = append(said, fmt.Sprintf("For %d meetings a rule is relaxed.", s.Relaxed))
	}
	return strings.Join(said, " ")
}

func inWords(seconds float64) string {
	switch d := time.Duration(seconds * float64(time.Second)); {
	case d < time.Second:
		return "a second"
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f seconds", d.Seconds())
	default:
		return fmt.Sprintf("%.0f minutes", d.Minutes())
	}
}
