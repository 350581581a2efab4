package api

import (
	"context"
	"net/http"
)

func (s *Server) addNetworkingBot() {
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sessions/{id}/bot", ID: "add-session-bot", Tag: "networking", Scope: Admin,
		Summary: "Let a bot partner take part in a session, so that one person can test alone",
		Description: "It shows a moving picture, says nothing, and accepts connections and extensions. It is an attendee by the session's rules, except that it gets ready only " +
			"for somebody who has waited for three seconds: people are paired with each other first. It is a person to whom nobody ever writes, and is left out of the " +
			"session's report. Doing it again changes at most the ticket's type. 409 `session_over`, also once no pairs are made any more; 409 `removed` when it was " +
			"taken out like an attendee, for good.",
	}, s.addBot)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/sessions/{id}/bot", ID: "remove-session-bot", Tag: "networking", Scope: Admin,
		Summary:     "Take the bot partner out of a session",
		Description: "Out of a meeting too. Doing it again changes nothing. 409 `session_over`.",
	}, s.commandSession(s.store.RemoveBot))
}

type addBotInput struct {
	SessionPath
	Body *struct {
		Type string `json:"type,omitempty" maxLength:"200" doc:"The name of a ticket type, or its id; the event's first if missing" example:"Investor"`
	}
}

func (s *Server) addBot(ctx context.Context, in *addBotInput) (*sessionOutput, error) {
	kind := ""
	if in.Body != nil {
		kind = in.Body.Type
	}
	n, rings, err := s.store.AddBot(ctx, in.ID, kind)
	return s.answerSession(ctx, n, rings, err)
}
