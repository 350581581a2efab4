package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"rondo/activities/fault"
	"rondo/activities/pairing"
	"rondo/activities/store"
)

// Bounds of a simulated session.
const (
	mostSimulated     = 5000 // people
	longestSimulated  = 3 * time.Hour
	simulatingTime    = 2 * solvingTime // a big session is a few seconds of work
	simulatedArriving = time.Minute
	peoplePerValue    = 10
)

func (s *Server) addNetworkingSimulate() {
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sessions/{id}/simulate", ID: "simulate-session", Tag: "networking", Scope: Read,
		Summary: "Simulate a networking session, before it begins", Description: simulateHelp,
	}, s.simulateSession)
}

const simulateHelp = "The whole session is played in simulated time with its own rules, times, length of meetings and seed, by the same lobby that will run it: people " +
	"arrive, get ready, are paired, meet until the time is up, think, and get ready again. Blocks hold, and meetings in other sessions count " +
	"where the rules say so. Nothing is kept.\n\n" +
	"Without `people` everybody comes who has a ticket now, with the attributes they have. With it as many come as it says: of each type who has a ticket " +
	"first, and then more who are like them.\n\n" +
	"What people do is drawn from the seed, so this is one course of many: the same seed gives the same answer until something changes. A wait " +
	"that the end cuts short counts for as long as it lasted. At least a quarter of a second passes until a room exists.\n\n" +
	"Of a session that lasts longer than three hours the first three are simulated. 422 `simulation_too_large`: more than 5,000 people. 422 `simulation_too_slow`: it " +
	"took more than 20 seconds."

type simulateInput struct {
	SessionPath
	Body struct {
		People         []SimulatedPeople `json:"people,omitempty" nullable:"false" maxItems:"100" doc:"How many come of each ticket type; of a type that is missing nobody does"`
		Values         []SimulatedValues `json:"values,omitempty" nullable:"false" maxItems:"20" doc:"How many different values attributes have among them, evenly spread. Missing: as they are; where nobody has a ticket, one for ten people"`
		Minutes        int               `json:"minutes,omitempty" minimum:"1" maximum:"180" doc:"So much of the session only"`
		ArriveSeconds  *int              `json:"arrive_seconds,omitempty" minimum:"0" maximum:"10800" doc:"From the start, people arrive and get ready evenly spread over so long; default 60"`
		ThinkSeconds   *int              `json:"think_seconds,omitempty" minimum:"0" maximum:"3600" doc:"What people take between a meeting and being ready again, on average; it is spread exponentially. Default 10"`
		ConnectSeconds *int              `json:"connect_seconds,omitempty" minimum:"0" maximum:"60" doc:"What their media take to come, give or take a half; default 2"`
		Extended       float64           `json:"extended,omitempty" minimum:"0" maximum:"1" doc:"Share of the meetings whose people want to extend them; default 0"`
		LeaveEarly     float64           `json:"leave_early,omitempty" minimum:"0" maximum:"1" doc:"Share of the people who leave networking at some time before the end; default 0"`
		NoMedia        float64           `json:"no_media,omitempty" minimum:"0" maximum:"1" doc:"Share of the people whose media never come; default 0"`
		Seed           *int64            `json:"seed,omitempty" doc:"Another one gives another course; default the session's"`
	}
}

// SimulatedPeople is how many people come with a type of ticket.
type SimulatedPeople struct {
	TypeID int64 `json:"type_id" minimum:"1" doc:"Of the ticket"`
	Count  int   `json:"count" minimum:"0" maximum:"5000"`
}

// SimulatedValues is how many values of an attribute there are among people.
type SimulatedValues struct {
	Attribute string `json:"attribute" minLength:"1" maxLength:"100" example:"company"`
	Values    int    `json:"values" minimum:"1" maximum:"5000"`
}

type simulateOutput struct{ Body SimulatedSession }

func (s *Server) simulateSession(ctx context.Context, in *simulateInput) (*simulateOutput, error) {
	n, scenario, err := s.store.SessionScenario(ctx, in.ID, mostSimulated+1)
	if err != nil {
		return nil, err
	}
	types, err := s.store.TicketTypes(ctx, n.EventID, store.Page{Limit: store.MaxTicketTypes})
	if err != nil {
		return nil, err
	}
	if err := in.change(&scenario, n.Extension, types); err != nil {
		return nil, err
	}
	f, err := s.play(ctx, scenario, simulatingTime)
	if err != nil {
		return nil, err
	}
	return &simulateOutput{showSimulation(n.ID, scenario, f, types)}, nil
}

// change makes of a session as it is the one that is asked for.
func (in *simulateInput) change(s *pairing.Scenario, extension bool, types []store.TicketType) error {
	s.Duration = min(s.Duration, longestSimulated)
	if in.Body.Minutes > 0 {
		s.Duration = min(s.Duration, time.Duration(in.Body.Minutes)*time.Minute)
	}
	given := func(seconds *int, otherwise time.Duration) time.Duration {
		if seconds == nil {
			return otherwise
		}
		return time.Duration(*seconds) * time.Second
	}
	s.Arrive = min(given(in.Body.ArriveSeconds, simulatedArriving), s.Duration)
	s.Think, s.Connect = given(in.Body.ThinkSeconds, pairing.DefaultThink), given(in.Body.ConnectSeconds, pairing.DefaultConnect)
	s.Leave, s.Mute = in.Body.LeaveEarly, in.Body.NoMedia
	if extension {
		s.Extension = in.Body.Extended
	}
	if in.Body.Seed != nil {
		s.Seed = uint64(*in.Body.Seed)
	}
	if err := in.invite(s, types); err != nil {
		return err
	}
	return in.spread(s)
}

// invite lets as many people come as are asked for.
func (in *simulateInput) invite(s *pairing.Scenario, types []store.TicketType) error {
	if in.Body.People != nil {
		s.People = map[int64]int{}
	}
	total := 0
	for i, p := range in.Body.People {
		if !slices.ContainsFunc(types, func(t store.TicketType) bool { return t.ID == p.TypeID }) {
			return fault.BadField("ticket_type_not_found", fmt.Sprintf("body.people[%d].type_id", i), "the session's event has no ticket type %d", p.TypeID)
		}
		s.People[p.TypeID] += p.Count
		total += p.Count
	}
	if in.Body.People == nil {
		total = len(s.Guests)
	} else {
		s.Guests = slices.DeleteFunc(s.Guests, func(g pairing.Attendee) bool {
			s.People[g.Type]--
			return s.People[g.Type] < 0
		})
		maps.DeleteFunc(s.People, func(_ int64, n int) bool { return n <= 0 })
	}
	if total > mostSimulated {
		return fault.BadField("simulation_too_large", "body.people", "at most %d people can be simulated", mostSimulated)
	}
	if len(s.Guests) == 0 {
		s.Values = map[string]int{}
		for _, a := range s.Rules.Attributes {
			s.Values[a.Attribute] = max(total/peoplePerValue, 1)
		}
	}
	return nil
}

// spread takes the values that attributes are to have.
func (in *simulateInput) spread(s *pairing.Scenario) error {
	if s.Values == nil {
		s.Values = map[string]int{}
	}
	for i, v := range in.Body.Values {
		name := strings.ToLower(strings.TrimSpace(v.Attribute))
		if !slices.ContainsFunc(s.Rules.Attributes, func(a pairing.AttributeRule) bool { return a.Attribute == name }) {
			return fault.BadField("attribute_without_rule", fmt.Sprintf("body.values[%d].attribute", i), "the session has no rule about this attribute: its values make no difference")
		}
		s.Values[name] = v.Values
	}
	return nil
}

func (s *Server) play(ctx context.Context, scenario pairing.Scenario, most time.Duration) (pairing.Forecast, error) {
	slow := fault.BadField("simulation_too_slow", "body.minutes", "this simulation takes more than %s: ask for fewer minutes or people", most)
	return solving(ctx, s.solving, most, slow, func(ctx context.Context) (pairing.Forecast, error) { return pairing.Simulate(ctx, scenario) })
}
