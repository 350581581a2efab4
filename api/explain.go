package api

import (
	"context"
	"net/http"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

func (s *Server) addExplain() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/groups/{group}/prices", ID: "price-group", Tag: "review", Scope: Read,
		Summary: "Say what it would cost that the rules a group breaks held in it", Description: pricesHelp,
	}, s.priceGroup)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/people/{person}/remedy", ID: "remedy-unmatched", Tag: "review", Scope: Read,
		Summary: "Find the smallest change that would match somebody who is in no group", Description: remedyHelp,
	}, s.remedy)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds/{id}/people/{person}/swaps", ID: "list-swaps", Tag: "review", Scope: Read,
		Summary: "List the best exchanges of a person with somebody of another group", Description: swapsHelp,
	}, s.listSwaps)
}

const (
	pricesHelp = "For each rule that the group breaks all groups are made again with those of its people who break it kept apart; the difference " +
		"says what that costs elsewhere. Pinned groups stay. 422 `explaining_too_slow`: it took the engine more than 10 seconds."
	remedyHelp = "Changes are tried from the smallest up, each by making all groups again: only solving again, lifting one never-together or forbidden pair, " +
		"freeing the person of one hard rule, of all of them, one more person. 409 `person_matched`: the person is in a group."
	swapsHelp = "The best first, none that breaks a hard rule; people of pinned groups stay. Exchange two with the edit `swap`. " +
		"409 `no_swaps`: in modes composer and mystery, where people can be in several groups."
)

var errExplainingSlow = fault.New(fault.Invalid, "explaining_too_slow", "this takes more than %s in a round of this size", solvingTime)

// RoundPersonPath names somebody who takes part in a round.
type RoundPersonPath struct {
	RoundPath
	Person int64 `path:"person" minimum:"1"`
}

type (
	roundGroupPath struct {
		RoundPath
		Group int `path:"group" minimum:"1" doc:"Its number in the round"`
	}
	swapsInput struct {
		RoundPersonPath
		Limit int `query:"limit" minimum:"1" maximum:"100" default:"10"`
	}
)

// Price is what it would cost that a rule held in a group.
type Price struct {
	Kind       string         `json:"kind"`
	Attribute  string         `json:"attribute,omitempty"`
	Difference matching.Score `json:"difference" doc:"The best groups with the rule held here, less the groups as they are"`
	Exact      bool           `json:"exact" doc:"Proven: nothing costs less"`
	Text       string         `json:"text"`
}

type pricesOutput struct {
	Body struct {
		Prices []Price `json:"prices" nullable:"false"`
	}
}

func (s *Server) priceGroup(ctx context.Context, in *roundGroupPath) (*pricesOutput, error) {
	now, err := s.store.Standing(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	at, err := now.Group(in.Group)
	if err != nil {
		return nil, err
	}
	prices, err := solving(ctx, s.solving, solvingTime, errExplainingSlow, func(ctx context.Context) ([]matching.Price, error) {
		return matching.PriceOf(ctx, now.Problem, now.Groups, at)
	})
	if err != nil {
		return nil, err
	}
	out := &pricesOutput{}
	out.Body.Prices = make([]Price, len(prices))
	for i, p := range prices {
		out.Body.Prices[i] = Price{Kind: string(p.Kind), Attribute: p.Attribute, Difference: p.Change, Exact: p.Exact, Text: p.Text(now.Problem.Rules)}
	}
	return out, nil
}

// Remedy is the smallest change that would match somebody.
type Remedy struct {
	Kind      string         `json:"kind" enum:"solve,pair,exempt,all,one_more,none"`
	Rule      string         `json:"rule,omitempty" doc:"Of exempt: the kind of the rule"`
	Attribute string         `json:"attribute,omitempty"`
	With      *GroupPerson   `json:"with,omitempty" doc:"Of pair: the other person"`
	Score     matching.Score `json:"score" doc:"Of all groups with that change"`
	Text      string         `json:"text"`
}

type remedyOutput struct{ Body Remedy }

func (s *Server) remedy(ctx context.Context, in *RoundPersonPath) (*remedyOutput, error) {
	now, err := s.store.Standing(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if grouped, err := now.Member(in.Person); err != nil {
		return nil, err
	} else if grouped {
		return nil, fault.New(fault.Conflict, "person_matched", "person %d is in a group", in.Person)
	}
	r, err := solving(ctx, s.solving, solvingTime, errExplainingSlow, func(ctx context.Context) (matching.Remedy, error) {
		is, err := matching.Evaluate(now.Problem, now.Groups)
		if err != nil {
			return matching.Remedy{}, err
		}
		return matching.RemedyOf(ctx, now.Problem, is.Score, in.Person)
	})
	if err != nil {
		return nil, err
	}
	out := &remedyOutput{Remedy{Kind: string(r.Kind), Rule: string(r.RuleKind), Attribute: r.Attribute, Score: r.Score, Text: r.Text()}}
	if r.With == 0 {
		return out, nil
	}
	out.Body.With = &GroupPerson{ID: r.With}
	return out, s.nameAll(ctx, []*GroupPerson{out.Body.With})
}

// Swap is an exchange of two people and what it changes.
type Swap struct {
	With       GroupPerson    `json:"with"`
	Difference matching.Score `json:"difference" doc:"Negative is better"`
	Better     bool           `json:"better"`
}

type swapsOutput struct {
	Body struct {
		Swaps []Swap `json:"swaps" nullable:"false"`
	}
}

func (s *Server) listSwaps(ctx context.Context, in *swapsInput) (*swapsOutput, error) {
	now, err := s.store.Standing(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := now.Member(in.Person); err != nil {
		return nil, err
	}
	if now.Problem.Several() {
		return nil, fault.New(fault.Conflict, "no_swaps", "people can be in several groups of this round")
	}
	offers, err := solving(ctx, s.solving, solvingTime, errExplainingSlow, func(context.Context) ([]matching.Offer, error) {
		board, err := matching.NewBoard(now.Problem, now.Groups)
		if err != nil {
			return nil, err
		}
		return board.Swaps(in.Person, in.Limit)
	})
	if err != nil {
		return nil, err
	}
	out, people := &swapsOutput{}, make([]*GroupPerson, len(offers))
	out.Body.Swaps = make([]Swap, len(offers))
	none := matching.Score{Costs: make([]int64, len(matching.Levels(now.Problem.Rules)))}
	for i, o := range offers {
		out.Body.Swaps[i] = Swap{With: GroupPerson{ID: o.With}, Difference: o.Change, Better: o.Change.Compare(none) < 0}
		people[i] = &out.Body.Swaps[i].With
	}
	return out, s.nameAll(ctx, people)
}
