package api

import (
	"context"
	"net/http"

	"rondo/activities/store"
)

func (s *Server) addWishes() {
	const confidential = "Wishes are the person's secret: show them to nobody else. The ETag is the person's."
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/people/{id}/wishes", ID: "get-wishes", Tag: "people", Scope: Admin,
		Summary: "Read whom a person wants to meet or avoid", Description: confidential,
	}, s.getWishes)
	handle(s, Route{
		Method: http.MethodPut, Path: "/v1/people/{id}/wishes", ID: "put-wishes", Tag: "people", Scope: Admin,
		Summary: "Replace whom a person wants to meet or avoid", Description: confidential,
	}, s.putWishes)
}

// Wishes are people by id.
type Wishes struct {
	Meet  []int64 `json:"meet" maxItems:"100" nullable:"false" doc:"The first is wanted most"`
	Avoid []int64 `json:"avoid" maxItems:"100" nullable:"false"`
}

type wishesOutput struct {
	ETag ETag `header:"ETag"`
	Body Wishes
}

func (s *Server) getWishes(ctx context.Context, in *PersonPath) (*wishesOutput, error) {
	w, version, err := s.store.Wishes(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &wishesOutput{ETag: etag(version), Body: Wishes(w)}, nil
}

type putWishesInput struct {
	PersonPath
	IfMatch
	Body Wishes
}

func (s *Server) putWishes(ctx context.Context, in *putWishesInput) (*wishesOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	version, err = s.store.PutWishes(ctx, in.ID, version, store.Wishes(in.Body))
	if err != nil {
		return nil, err
	}
	return &wishesOutput{ETag: etag(version), Body: in.Body}, nil
}
