package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addLists() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/lists", ID: "list-lists", Tag: "lists", Scope: Read, Summary: "List lists",
		Description: "Their people: `GET /v1/people?filter=list = \"name\"`.",
	}, s.listLists)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/lists", ID: "create-list", Tag: "lists", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Create an empty list",
	}, s.createList)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/lists/{id}", ID: "get-list", Tag: "lists", Scope: Read, Summary: "Read a list",
	}, s.getList)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/lists/{id}", ID: "rename-list", Tag: "lists", Scope: Admin, Summary: "Rename a list",
		Description: "Filters go by the name of a list: those that name the old one select nobody by it any more.",
	}, s.renameList)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/lists/{id}", ID: "delete-list", Tag: "lists", Scope: Admin,
		Summary: "Delete a list, not its people",
	}, s.deleteList)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/lists/{id}/people", ID: "add-to-list", Tag: "lists", Scope: Admin, Idempotent: true,
		Summary: "Put people on a list, by id or by filter", Description: "Who is on it already stays. An id of nobody: nobody is added.",
	}, s.addToList)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/lists/{id}/people/remove", ID: "remove-from-list", Tag: "lists", Scope: Admin,
		Summary: "Take people off a list, by id or by filter",
	}, s.removeFromList)
}

// List is a named set of people.
type List struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	People    int64     `json:"people" doc:"How many are on it"`
	CreatedAt time.Time `json:"created_at"`
}

// ListPath is embedded by inputs about one list.
type ListPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	listsOutput struct{ Body Page[List] }
	listOutput  struct {
		ETag ETag `header:"ETag"`
		Body List
	}
)

func showList(l store.List) List {
	return List{ID: l.ID, Name: l.Name, People: l.People, CreatedAt: l.CreatedAt}
}

func (s *Server) answerList(ctx context.Context, l store.List, rings []store.Ring, err error) (*listOutput, error) {
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	return &listOutput{ETag: etag(l.Version), Body: showList(l)}, nil
}

func (s *Server) listLists(ctx context.Context, in *PageQuery) (*listsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Lists(ctx, p)
	if err != nil {
		return nil, err
	}
	return &listsOutput{Body: newPage(*in, rows, func(l store.List) int64 { return l.ID }, showList)}, nil
}

type listFields struct {
	Name string `json:"name" minLength:"1" maxLength:"200" doc:"Unique"`
}

type createListInput struct {
	Body listFields
}

func (s *Server) createList(ctx context.Context, in *createListInput) (*listOutput, error) {
	l, err := s.store.CreateList(ctx, in.Body.Name)
	return s.answerList(ctx, l, nil, err)
}

func (s *Server) getList(ctx context.Context, in *ListPath) (*listOutput, error) {
	l, err := s.store.List(ctx, in.ID)
	return s.answerList(ctx, l, nil, err)
}

type renameListInput struct {
	ListPath
	IfMatch
	Body listFields
}

func (s *Server) renameList(ctx context.Context, in *renameListInput) (*listOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	l, rings, err := s.store.RenameList(ctx, in.ID, version, in.Body.Name)
	return s.answerList(ctx, l, rings, err)
}

type deleteListInput struct {
	ListPath
	IfMatch
}

func (s *Server) deleteList(ctx context.Context, in *deleteListInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	rings, err := s.store.DeleteList(ctx, in.ID, version)
	s.ring(ctx, rings)
	return nil, err
}

type listPeopleOnInput struct {
	ListPath
	Body struct {
		People []int64 `json:"people,omitempty" minItems:"1" maxItems:"10000" nullable:"false" doc:"By id"`
		Filter *string `json:"filter,omitempty" maxLength:"10000" doc:"Instead of ids: whom it selects; empty: everybody"`
	}
}

func (in *listPeopleOnInput) selection() (store.Selection, error) {
	if (len(in.Body.People) > 0) == (in.Body.Filter != nil) {
		return store.Selection{}, fault.BadField("people_or_filter", "body", "name either people or a filter")
	}
	if in.Body.Filter == nil {
		return store.Selection{IDs: in.Body.People}, nil
	}
	e, err := parseFilter("body.filter", *in.Body.Filter)
	return store.Selection{Filter: e}, err
}

type listChangedOutput struct {
	Body struct {
		Changed int64 `json:"changed" doc:"How many were put on the list, or taken off it"`
	}
}

func (s *Server) addToList(ctx context.Context, in *listPeopleOnInput) (*listChangedOutput, error) {
	return s.changeList(ctx, in, s.store.AddToList)
}

func (s *Server) removeFromList(ctx context.Context, in *listPeopleOnInput) (*listChangedOutput, error) {
	return s.changeList(ctx, in, s.store.RemoveFromList)
}

func (s *Server) changeList(
	ctx context.Context, in *listPeopleOnInput, change func(context.Context, int64, store.Selection) (int64, []store.Ring, error),
) (*listChangedOutput, error) {
	who, err := in.selection()
	if err != nil {
		return nil, err
	}
	n, rings, err := change(ctx, in.ID, who)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	out := &listChangedOutput{}
	out.Body.Changed = n
	return out, nil
}
