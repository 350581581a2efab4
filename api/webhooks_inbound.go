package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rondo/activities/fault"
	"rondo/activities/mail/reply"
	"rondo/activities/store"
)

// maxInbound is what SendGrid takes of a mail with its attachments.
const maxInbound = 32 << 20

func (s *Server) addInbound() {
	plain(s, Route{
		Method: http.MethodPost, Path: "/webhooks/sendgrid/inbound", ID: "sendgrid-inbound", Tag: "webhooks", Scope: Public, Signed: true,
		MaxBody: maxInbound,
		Summary: "Take SendGrid's signed Inbound Parse webhook: answers to sequences",
		Description: "Give the parse setting a security policy with signature verification; its key is `RONDO_SENDGRID_WEBHOOK_KEY`. An answer finds its enrollment " +
			"by the signed address it was sent to, or by the mail it answers. A mail that answers nothing of ours is let go with 204, or it would come for three days.",
		Document: func(op *huma.Operation) {
			op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
				"multipart/form-data": {Schema: &huma.Schema{Type: huma.TypeObject}},
			}}
			op.Responses = map[string]*huma.Response{
				"204": {Description: "The answer is stored, or answers nothing of ours"}, "401": {Description: "The signature is missing or not SendGrid's"},
			}
		},
	}, s.sendGridInbound)
}

func (s *Server) sendGridInbound(c *gin.Context) error {
	body, err := s.signedBody(c)
	if err != nil {
		return err
	}
	m, err := inboundMail(c.GetHeader("Content-Type"), body)
	if err != nil {
		return newProblem(http.StatusBadRequest, "not_a_mail", "the body is no mail as Inbound Parse posts it")
	}
	ctx := c.Request.Context()
	if err := s.answered(ctx, m, body); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func inboundMail(contentType string, body []byte) (reply.Mail, error) {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return reply.Mail{}, fmt.Errorf("read content type: %w", err)
	}
	form, err := multipart.NewReader(bytes.NewReader(body), params["boundary"]).ReadForm(maxInbound)
	if err != nil {
		return reply.Mail{}, fmt.Errorf("read form: %w", err)
	}
	defer func() { _ = form.RemoveAll() }() // it fits in memory
	return reply.Read(form.Value)
}

// answered stores what came back, if it belongs to an enrollment.
func (s *Server) answered(ctx context.Context, m reply.Mail, body []byte) error {
	enrollment, ok := s.answersTo(m)
	if !ok {
		logger(ctx).InfoContext(ctx, "a mail came in that answers nothing of ours")
		return nil
	}
	verdict := reply.Classify(m, time.Now())
	key := m.MessageID
	if key == "" || len(key) > 255 {
		sum := sha256.Sum256(body)
		key = hex.EncodeToString(sum[:])
	}
	_, rings, err := s.store.Respond(ctx, store.Response{
		Enrollment: enrollment, Key: key, Kind: string(verdict.Kind), Until: verdict.Until, Subject: m.Subject, Text: m.Text,
	})
	if fault.From(err).Kind == fault.NotFound {
		return nil
	}
	s.ring(ctx, rings)
	return err
}

func (s *Server) answersTo(m reply.Mail) (int64, bool) {
	for _, address := range m.To {
		if id, ok := s.links.ReadReplyAddress(address); ok {
			return id, true
		}
	}
	for _, id := range m.InReplyTo {
		if enrollment, ok := s.links.ReadMessageID(id); ok {
			return enrollment, true
		}
	}
	return 0, false
}
