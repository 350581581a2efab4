package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addNetworkingLinks() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/join-links", ID: "list-join-links", Tag: "networking", Scope: Admin,
		Summary:     "List the join links of everybody who has a valid ticket",
		Description: "A link is its owner's: whoever has it takes part in their name. It works until 30 days after the session's end, as of now, or until the ticket is revoked.",
	}, s.listJoinLinks)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/join-links/{person}", ID: "get-join-link", Tag: "networking", Scope: Admin,
		Summary: "Read the join link of one person", Description: "404 `ticket_not_found`: everybody needs a ticket, admins too.",
	}, s.getJoinLink)
}

// JoinLink is where somebody takes part in a session.
type JoinLink struct {
	PersonID  int64     `json:"person_id"`
	Name      string    `json:"name" doc:"As others see it"`
	URL       string    `json:"url" doc:"Signed; a secret of this person"`
	ExpiresAt time.Time `json:"expires_at"`
}

type (
	joinLinksInput struct {
		SessionPath
		PageQuery
	}
	joinLinksOutput struct{ Body Page[JoinLink] }
	joinLinkOutput  struct{ Body JoinLink }
)

// joinLinks shows guests with their links to a session.
func (s *Server) joinLinks(n store.NetworkingSession) func(store.JoinLink) JoinLink {
	expires := n.LinksUntil()
	return func(g store.JoinLink) JoinLink {
		return JoinLink{PersonID: g.PersonID, Name: g.Name, URL: s.links.SessionURL(n.ID, g.PersonID, expires), ExpiresAt: expires}
	}
}

func (s *Server) listJoinLinks(ctx context.Context, in *joinLinksInput) (*joinLinksOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	n, err := s.store.Session(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.SessionGuests(ctx, in.ID, p)
	if err != nil {
		return nil, err
	}
	return &joinLinksOutput{newPage(in.PageQuery, rows, func(g store.JoinLink) int64 { return g.PersonID }, s.joinLinks(n))}, nil
}

func (s *Server) getJoinLink(ctx context.Context, in *attendeePathInput) (*joinLinkOutput, error) {
	n, err := s.store.Session(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	g, err := s.store.SessionGuest(ctx, in.ID, in.Person)
	if err != nil {
		return nil, err
	}
	return &joinLinkOutput{s.joinLinks(n)(g)}, nil
}
