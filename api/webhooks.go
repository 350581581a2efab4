package api

import (
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rondo/activities/mail"
)

// maxWebhook is several times what SendGrid posts at once.
const maxWebhook = 8 << 20

func (s *Server) addWebhooks() {
	plain(s, Route{
		Method: http.MethodPost, Path: "/webhooks/sendgrid/events", ID: "sendgrid-events", Tag: "webhooks", Scope: Public, Signed: true,
		MaxBody: maxWebhook,
		Summary: "Take SendGrid's signed event webhook",
		Description: "Posts have to be signed with the key that belongs to `RONDO_SENDGRID_WEBHOOK_KEY`. Answered with 204 once the events are " +
			"committed. Repeated, late and reordered events leave the same state, so a signature is good however old it is: " +
			"an event from before a recorded consent changes nothing about the person.",
		Document: func(op *huma.Operation) {
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				"application/json": {Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject}}},
			}}
			op.Responses = map[string]*huma.Response{
				"204": {Description: "The events are applied"}, "401": {Description: "The signature is missing or not SendGrid's"},
			}
		},
	}, s.sendGridEvents)
}

// signedBody reads a post that SendGrid has signed.
func (s *Server) signedBody(c *gin.Context) ([]byte, error) {
	if s.webhooks == nil {
		return nil, newProblem(http.StatusServiceUnavailable, "webhook_not_configured", "this server has no key to check signatures with")
	}
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return nil, fmt.Errorf("read webhook: %w", err)
	}
	if !mail.Signed(s.webhooks, c.Request.Header, body) {
		return nil, newProblem(http.StatusUnauthorized, "signature_invalid", "the signature does not belong to this body and the configured key")
	}
	return body, nil
}

func (s *Server) sendGridEvents(c *gin.Context) error {
	body, err := s.signedBody(c)
	if err != nil {
		return err
	}
	events, err := mail.ReadEvents(body)
	if err != nil {
		return newProblem(http.StatusBadRequest, "not_events", "the body is no list of events")
	}
	ctx := c.Request.Context()
	rings, err := s.store.ApplyEvents(ctx, events)
	if err != nil {
		return err
	}
	s.ring(ctx, rings)
	c.Status(http.StatusNoContent)
	return nil
}
