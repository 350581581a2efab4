package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addTickets() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/events/{id}/tickets", ID: "list-tickets", Tag: "networking", Scope: Read,
		Summary: "List the tickets of an event, revoked ones too",
	}, s.listTickets)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/events/{id}/tickets", ID: "register-tickets", Tag: "networking", Scope: Signal, Idempotent: true,
		Summary: "Give people tickets of an event, or tickets of another type",
		Description: "Everybody who is to take part in a session needs one, admins too. The same tickets again change nothing; a revoked ticket is valid again. " +
			"Somebody who is in a running session meets by the rules of the new type once their page is loaded again.\n\n" +
			"Lines with something wrong are refused, each with its reason, and the others kept; of several lines about the same person the first counts.",
	}, s.registerTickets)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/events/{id}/tickets/revoke", ID: "revoke-tickets", Tag: "networking", Scope: Signal,
		Summary:     "Revoke tickets",
		Description: "Who is in a running session is taken out of it, out of a meeting too. Doing it again changes nothing.",
	}, s.revokeTickets)
}

// Ticket admits a person to the sessions of an event.
type Ticket struct {
	ID          int64      `json:"id"`
	PersonID    int64      `json:"person_id"`
	Email       string     `json:"email,omitempty" doc:"Missing: erased"`
	Name        string     `json:"name"`
	DisplayName string     `json:"display_name,omitempty" doc:"What the attendee wants to be called instead of their name"`
	TypeID      int64      `json:"type_id"`
	Type        string     `json:"type" doc:"Its name"`
	RevokedAt   *time.Time `json:"revoked_at,omitempty"`
	CreatedAt   time.Time  `json:"created_at"`
}

func showTicket(t store.Ticket) Ticket {
	return Ticket{
		ID: t.ID, PersonID: t.PersonID, Email: t.Email, Name: t.Name, DisplayName: t.DisplayName, TypeID: t.TypeID, Type: t.Type,
		RevokedAt: t.RevokedAt, CreatedAt: t.CreatedAt,
	}
}

type (
	listTicketsInput struct {
		LiveEventPath
		PageQuery
		FilterQuery
		Type  int64  `query:"type" minimum:"0" doc:"Of this type only"`
		State string `query:"state" enum:"valid,revoked" doc:"Missing: either"`
	}
	ticketsOutput struct{ Body Page[Ticket] }
)

func (s *Server) listTickets(ctx context.Context, in *listTicketsInput) (*ticketsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	f := store.TicketFilter{Type: in.Type}
	if f.People, err = in.expr(); err != nil {
		return nil, err
	}
	if in.State != "" {
		f.Revoked = ptr(in.State == "revoked")
	}
	rows, err := s.store.Tickets(ctx, in.ID, f, p)
	if err != nil {
		return nil, err
	}
	return &ticketsOutput{newPage(in.PageQuery, rows, func(t store.Ticket) int64 { return t.ID }, showTicket)}, nil
}

// TicketLine asks for one ticket.
type TicketLine struct {
	PersonID int64  `json:"person_id,omitempty" minimum:"1" doc:"Or email"`
	Email    string `json:"email,omitempty" maxLength:"320" doc:"Of a person, instead of person_id"`
	Type     string `json:"type" maxLength:"200" doc:"The name of a ticket type, or its id" example:"Investor"`
	Key      string `json:"key,omitempty" maxLength:"255" doc:"Your own name for the line: its refusal repeats it. It is not kept"`
}

// RefusedTicket is a line for which there is no ticket.
type RefusedTicket struct {
	Line    int    `json:"line" doc:"From 1"`
	Key     string `json:"key,omitempty" doc:"As given"`
	Column  string `json:"column" enum:"person_id,email,type"`
	Code    string `json:"code" doc:"For programs; never changes" example:"person_not_found"`
	Message string `json:"message" doc:"What is wrong and what would be right"`
}

type (
	registerTicketsInput struct {
		LiveEventPath
		Body struct {
			Tickets []TicketLine `json:"tickets" minItems:"1" maxItems:"500" nullable:"false"`
		}
	}
	registerTicketsOutput struct {
		Body struct {
			Created   int             `json:"created"`
			Updated   int             `json:"updated" doc:"Of another type now, or valid again"`
			Unchanged int             `json:"unchanged"`
			Refused   []RefusedTicket `json:"refused" nullable:"false" doc:"In the order of the lines"`
		}
	}
)

func (s *Server) registerTickets(ctx context.Context, in *registerTicketsInput) (*registerTicketsOutput, error) {
	lines := make([]store.TicketLine, len(in.Body.Tickets))
	for i, l := range in.Body.Tickets {
		lines[i] = store.TicketLine(l)
	}
	done, err := s.store.RegisterTickets(ctx, in.ID, lines)
	if err != nil {
		return nil, err
	}
	out := &registerTicketsOutput{}
	out.Body.Created, out.Body.Updated, out.Body.Unchanged = done.Created, done.Updated, done.Unchanged
	out.Body.Refused = make([]RefusedTicket, len(done.Refused))
	for i, r := range done.Refused {
		out.Body.Refused[i] = RefusedTicket(r)
	}
	return out, nil
}

type (
	revokeTicketsInput struct {
		LiveEventPath
		Body struct {
			People []int64 `json:"people" minItems:"1" maxItems:"500" nullable:"false" doc:"Ids of people"`
		}
	}
	revokeTicketsOutput struct {
		Body struct {
			Revoked int     `json:"revoked" doc:"Tickets that were valid"`
			Unknown []int64 `json:"unknown" nullable:"false" doc:"People who have no ticket of this event"`
		}
	}
)

func (s *Server) revokeTickets(ctx context.Context, in *revokeTicketsInput) (*revokeTicketsOutput, error) {
	done, err := s.store.RevokeTickets(ctx, in.ID, in.Body.People)
	if err != nil {
		return nil, err
	}
	out := &revokeTicketsOutput{}
	out.Body.Revoked, out.Body.Unknown = done.Revoked, append([]int64{}, done.Unknown...)
	return out, nil
}
