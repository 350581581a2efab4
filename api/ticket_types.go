package api

import (
	"context"
	"net/http"

	"rondo/activities/store"
)

func (s *Server) addTicketTypes() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/events/{id}/ticket-types", ID: "list-ticket-types", Tag: "networking", Scope: Read,
		Summary: "List the ticket types of an event",
	}, s.listTicketTypes)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/events/{id}/ticket-types", ID: "create-ticket-type", Tag: "networking", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Add a ticket type to an event",
		Description: "Rules of sessions say which types may meet which.",
	}, s.createTicketType)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/events/{id}/ticket-types/{type}", ID: "delete-ticket-type", Tag: "networking", Scope: Admin,
		Summary: "Delete a ticket type that nobody has and no session's rules name",
	}, s.deleteTicketType)
}

// TicketType is a kind of attendee.
type TicketType struct {
	ID   int64  `json:"id"`
	Name string `json:"name" example:"Investor"`
}

type (
	ticketTypesOutput struct{ Body Page[TicketType] }
	ticketTypeOutput  struct{ Body TicketType }
	ticketTypesInput  struct {
		LiveEventPath
		PageQuery
	}
	createTicketTypeInput struct {
		LiveEventPath
		Body struct {
			Name string `json:"name" minLength:"1" maxLength:"200" doc:"Unique within the event; not only digits" example:"Investor"`
		}
	}
	ticketTypeInput struct {
		LiveEventPath
		Type int64 `path:"type" minimum:"1"`
	}
)

func showTicketType(t store.TicketType) TicketType { return TicketType{ID: t.ID, Name: t.Name} }

func (s *Server) listTicketTypes(ctx context.Context, in *ticketTypesInput) (*ticketTypesOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.TicketTypes(ctx, in.ID, p)
	if err != nil {
		return nil, err
	}
	return &ticketTypesOutput{Body: newPage(in.PageQuery, rows, func(t store.TicketType) int64 { return t.ID }, showTicketType)}, nil
}

func (s *Server) createTicketType(ctx context.Context, in *createTicketTypeInput) (*ticketTypeOutput, error) {
	t, err := s.store.CreateTicketType(ctx, in.ID, in.Body.Name)
	return &ticketTypeOutput{showTicketType(t)}, err
}

func (s *Server) deleteTicketType(ctx context.Context, in *ticketTypeInput) (*struct{}, error) {
	return nil, s.store.DeleteTicketType(ctx, in.ID, in.Type)
}
