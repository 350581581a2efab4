package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

func (s *Server) addForecast() {
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/programs/{id}/forecast", ID: "forecast-program", Tag: "programs", Scope: Read,
		Summary:     "Simulate the next rounds of a program, before anything is scheduled",
		Description: forecastHelp,
	}, s.forecast)
}

const forecastHelp = "Round after round some members take part, groups are made as they would be, and who met and who was odd is remembered for the " +
	"next. People, rules, never-pairs and history are as they are now; rounds under way are not in the history yet. Nothing is kept.\n\n" +
	"Who takes part is drawn from the seed, so this is one course of many: the same seed gives the same forecast until something changes. " +
	"A repeat is unavoidable where it is proven that all groups that hold the rules ranked above no_repeat, leave as few out and are as " +
	"fair to odd ones have it too; it is proven for pairs, and in larger groups of who has met nearly everybody.\n\n" +
	"422 `forecast_too_large`: more than 260,000 members times rounds. 422 `forecast_too_slow`: it took the engine more than 10 seconds."

type forecastInput struct {
	ProgramPath
	Body struct {
		Rounds        int      `json:"rounds,omitempty" minimum:"1" maximum:"52" default:"12"`
		Participation *float64 `json:"participation,omitempty" exclusiveMinimum:"0" maximum:"1" doc:"How likely each member takes part in a round. Default: the share of the invited who took part in the rounds sent so far; before the first, 1 where nobody is asked and 0.7 otherwise"`
		Seed          int64    `json:"seed,omitempty" minimum:"0" doc:"Another one gives another course. Default 0"`
	}
}

type forecastOutput struct{ Body Forecast }

func (s *Server) forecast(ctx context.Context, in *forecastInput) (*forecastOutput, error) {
	p, err := s.store.Prospect(ctx, in.ID, in.Body.Rounds)
	if err != nil {
		return nil, err
	}
	p.Problem.Seed = uint64(in.Body.Seed)
	share, source := participation(in.Body.Participation, p.OptInRate, p.Asks)
	f, err := s.predict(ctx, p.Problem, matching.ForecastOptions{Rounds: in.Body.Rounds, Participation: share}, solvingTime)
	if err != nil {
		return nil, err
	}
	out := &forecastOutput{showForecast(p.Problem, f)}
	out.Body.ProgramID, out.Body.Seed, out.Body.Participation, out.Body.ParticipationFrom = in.ID, in.Body.Seed, share, source
	return out, s.nameAll(ctx, out.Body.people())
}

// participation is the share assumed and where it is from.
func participation(asked *float64, measured float64, asks bool) (share float64, source string) {
	switch {
	case asked != nil:
		return *asked, "request"
	case measured > 0:
		return measured, "measured"
	case asks:
		return 0.7, "assumed"
	default:
		return 1, "assumed"
	}
}

func (s *Server) predict(ctx context.Context, p matching.Problem, o matching.ForecastOptions, most time.Duration) (matching.Forecast, error) {
	slow := fault.BadField("forecast_too_slow", "body.rounds", "this forecast takes more than %s: ask for fewer rounds", most)
	return solving(ctx, s.solving, most, slow, func(ctx context.Context) (matching.Forecast, error) { return matching.Predict(ctx, p, o) })
}

func (s *Server) nameAll(ctx context.Context, people []*GroupPerson) error {
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	names, err := s.store.Names(ctx, ids)
	if err != nil {
		return err
	}
	for _, p := range people {
		p.Name = names[p.ID]
	}
	return nil
}
