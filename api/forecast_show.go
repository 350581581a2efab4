package api

import "rondo/activities/matching"

// What a forecast lists of people at most; totals are beside.
const (
	mostStarving = 100
	mostInRound  = 20
)

// Forecast is what becomes of the next rounds of a program.
type Forecast struct {
	ProgramID         int64   `json:"program_id"`
	Engine            string  `json:"engine"`
	Seed              int64   `json:"seed"`
	Members           int     `json:"members" doc:"Who would be in a round that opened now"`
	Participation     float64 `json:"participation" doc:"How likely each of them takes part in a round"`
	ParticipationFrom string  `json:"participation_from" enum:"request,measured,assumed" doc:"measured: over the rounds sent so far"`

	FirstRepeat            int `json:"first_repeat,omitempty" doc:"The first round in which people meet again; missing: none"`
	FirstUnavoidableRepeat int `json:"first_unavoidable_repeat,omitempty" doc:"The first round in which that is proven unavoidable; missing: none"`
	OddLeast               int `json:"odd_least" doc:"How often those who took part were odd or left out, rounds before the forecast included: the least"`
	OddMost                int `json:"odd_most" doc:"And the most"`

	Starving      []StarvingPerson `json:"starving" nullable:"false" doc:"Who is left out, most often first: the first 100"`
	StarvingTotal int              `json:"starving_total"`
	Rounds        []ForecastRound  `json:"rounds" nullable:"false"`
}

// StarvingPerson is a member who is left out.
type StarvingPerson struct {
	GroupPerson
	TookPart  int `json:"took_part" doc:"Rounds"`
	Unmatched int `json:"unmatched" doc:"Of them, in no group"`
}

// ForecastRound is one simulated round.
type ForecastRound struct {
	Round              int                `json:"round" doc:"1 is the next"`
	Participants       int                `json:"participants"`
	Grouped            int                `json:"grouped"`
	Groups             int                `json:"groups"`
	Connections        int                `json:"connections" doc:"Every two people of a group"`
	Repeats            int                `json:"repeats" doc:"Connections of people who had met before in this program"`
	UnavoidableRepeats int                `json:"unavoidable_repeats" doc:"Of them, proven unavoidable: so many at least"`
	Exact              bool               `json:"exact" doc:"The groups are proven best"`
	Rules              []ForecastRule     `json:"rules" nullable:"false" doc:"Ranked"`
	Odd                []GroupPerson      `json:"odd" nullable:"false" doc:"Who is in a group that is not of the wanted size: the first 20"`
	OddTotal           int                `json:"odd_total"`
	Unmatched          []ForecastLeftOver `json:"unmatched" nullable:"false" doc:"Who is in no group: the first 20"`
	UnmatchedTotal     int                `json:"unmatched_total"`
}

// ForecastRule is how a rule fares in a simulated round.
type ForecastRule struct {
	Rule
	Broken int `json:"broken" doc:"Connections that break it"`
}

// ForecastLeftOver is somebody in no group of a simulated round.
type ForecastLeftOver struct {
	GroupPerson
	Code string `json:"code" enum:"alone,blocked,no_room,not_drawn,no_seat"`
	Text string `json:"text" doc:"Why, in English"`
}

func showForecast(p matching.Problem, f matching.Forecast) Forecast {
	out := Forecast{
		Engine: f.Engine, Members: len(p.Members), FirstRepeat: f.FirstRepeat, FirstUnavoidableRepeat: f.FirstUnavoidable,
		OddLeast: f.OddLeast, OddMost: f.OddMost, StarvingTotal: len(f.Starving), Starving: []StarvingPerson{}, Rounds: []ForecastRound{},
	}
	for _, s := range f.Starving[:min(len(f.Starving), mostStarving)] {
		out.Starving = append(out.Starving, StarvingPerson{GroupPerson{ID: s.ID}, s.TookPart, s.Unmatched})
	}
	for i, r := range f.Rounds {
		out.Rounds = append(out.Rounds, showForecastRound(i+1, p.Rules, r))
	}
	return out
}

func showForecastRound(no int, rules []matching.Rule, r matching.ForecastRound) ForecastRound {
	out := ForecastRound{
		Round: no, Participants: r.Participants, Grouped: r.Grouped, Groups: r.Groups, Connections: r.Pairs, Repeats: r.Repeats,
		UnavoidableRepeats: r.Unavoidable, Exact: r.Exact, OddTotal: len(r.Odd), UnmatchedTotal: len(r.Unmatched),
		Rules: []ForecastRule{}, Odd: []GroupPerson{}, Unmatched: []ForecastLeftOver{},
	}
	for i, rule := range rules {
		out.Rules = append(out.Rules, ForecastRule{Rule{
			Kind: string(rule.Kind), Attribute: rule.Attribute, Hard: rule.Hard, Value: rule.Value, Other: rule.Other, OtherValue: rule.OtherValue,
		}, r.Broken[i]})
	}
	for _, id := range r.Odd[:min(len(r.Odd), mostInRound)] {
		out.Odd = append(out.Odd, GroupPerson{ID: id})
	}
	for _, u := range r.Unmatched[:min(len(r.Unmatched), mostInRound)] {
		out.Unmatched = append(out.Unmatched, ForecastLeftOver{GroupPerson{ID: u.ID}, string(u.Code), u.Text()})
	}
	return out
}

// people are all who are listed, to be named.
func (f *Forecast) people() (all []*GroupPerson) {
	for i := range f.Starving {
		all = append(all, &f.Starving[i].GroupPerson)
	}
	for _, r := range f.Rounds {
		for i := range r.Odd {
			all = append(all, &r.Odd[i])
		}
		for i := range r.Unmatched {
			all = append(all, &r.Unmatched[i].GroupPerson)
		}
	}
	return all
}
