package api

import (
	"context"

	"rondo/activities/fault"
)

// Pair names two people, in any order.
type Pair struct {
	A int64 `json:"a" minimum:"1" doc:"A person's id"`
	B int64 `json:"b" minimum:"1" doc:"Another person's id"`
}

type (
	pairsOutput struct {
		Body struct {
			Items []Pair `json:"items" nullable:"false"`
		}
	}
	pairsInput struct {
		ProgramPath
		Body struct {
			Pairs []Pair `json:"pairs" minItems:"1" maxItems:"1000" nullable:"false"`
		}
	}
)

func (s *Server) listNeverPairs(ctx context.Context, in *ProgramPath) (*pairsOutput, error) {
	pairs, err := s.store.NeverPairs(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &pairsOutput{}
	out.Body.Items = make([]Pair, len(pairs))
	for i, p := range pairs {
		out.Body.Items[i] = Pair{A: p[0], B: p[1]}
	}
	return out, nil
}

func (s *Server) addNeverPairs(ctx context.Context, in *pairsInput) (*pairsOutput, error) {
	pairs, err := in.pairs()
	if err != nil {
		return nil, err
	}
	if err := s.store.AddNeverPairs(ctx, in.ID, pairs); err != nil {
		return nil, err
	}
	return s.listNeverPairs(ctx, &in.ProgramPath)
}

func (s *Server) removeNeverPairs(ctx context.Context, in *pairsInput) (*pairsOutput, error) {
	pairs, err := in.pairs()
	if err != nil {
		return nil, err
	}
	if err := s.store.RemoveNeverPairs(ctx, in.ID, pairs); err != nil {
		return nil, err
	}
	return s.listNeverPairs(ctx, &in.ProgramPath)
}

// pairs orders each pair: the smaller id first.
func (in *pairsInput) pairs() ([][2]int64, error) {
	out := make([][2]int64, 0, len(in.Body.Pairs))
	for i, p := range in.Body.Pairs {
		if p.A == p.B {
			return nil, fault.BadField("pair_of_one", "body.pairs["+itoa(i)+"]", "a pair is two different people")
		}
		out = append(out, [2]int64{min(p.A, p.B), max(p.A, p.B)})
	}
	return out, nil
}
