package sendgrid

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	sendgridinbound "github.com/sendgrid/sendgrid-go/helpers/inbound"
	"github.com/stretchr/testify/require"
)

// parsed reads an inbound post with SendGrid's own helper.
func parsed(t *testing.T, p post) *sendgridinbound.ParsedEmail {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/inbound", bytes.NewReader(p.body))
	req.Header = p.header
	mail, err := sendgridinbound.ParseWithAttachments(req)
	require.NoError(t, err)
	return mail
}

func TestAReplyIsPostedAsInboundParse(t *testing.T) {
	s := start(t)
	id := s.send(with(personal(letter("x@example.com"), "to", []any{object{"email": "elie@example.com", "name": "Élie Ann"}}),
		"reply_to", object{"email": "conversation-7@in.example.com"}, "headers", object{"References": "<first@example.com>"}))
	m := s.only()
	var answer struct{ Delivered bool }
	s.api(http.MethodPost, fmt.Sprintf("/api/messages/%d/reply", m.ID), Reply{
		Text: "Out until Monday — Élie", HTML: "<p>Out</p>",
		Headers:     map[string]string{"Auto-Submitted": "auto-replied", "X-Evil": "a\r\nBcc: b"},
		Attachments: []File{{Filename: "note ü.txt", Type: "text/plain", Content: []byte("note")}},
	}, &answer)
	require.True(t, answer.Delivered)

	posts := s.receiver.all("/inbound")
	require.Len(t, posts, 1)
	mail := parsed(t, posts[0])
	require.Equal(t, "elie@example.com", mail.Envelope.From)
	require.Equal(t, []string{"conversation-7@in.example.com"}, mail.Envelope.To)
	require.Equal(t, "Out until Monday — Élie", mail.TextBody)
	require.Equal(t, "Élie Ann <elie@example.com>", mail.ParsedValues["from"])
	require.Equal(t, "conversation-7@in.example.com", mail.ParsedValues["to"])
	require.Equal(t, "Re: Hello", mail.ParsedValues["subject"])
	require.Equal(t, "<p>Out</p>", mail.ParsedValues["html"])
	require.Equal(t, "pass", mail.ParsedValues["SPF"])
	require.Equal(t, "{@example.com : pass}", mail.ParsedValues["dkim"])
	require.Equal(t, "1", mail.ParsedValues["attachments"])
	var charsets map[string]string
	require.NoError(t, json.Unmarshal([]byte(mail.ParsedValues["charsets"]), &charsets))
	require.Equal(t, "UTF-8", charsets["text"])
	require.Contains(t, mail.Headers["In-Reply-To"], id)
	require.True(t, strings.HasPrefix(mail.Headers["References"], "<first@example.com> <"+id))
	require.Equal(t, "auto-replied", mail.Headers["Auto-Submitted"])
	require.NotContains(t, mail.Headers, "Bcc")
	file := mail.ParsedAttachments["attachment1"]
	require.Equal(t, "note ü.txt", file.Filename)
	require.Equal(t, "text/plain", file.ContentType)
	content, err := io.ReadAll(file.File)
	require.NoError(t, err)
	require.Equal(t, "note", string(content))
}

func TestARefusedReplyComesAgain(t *testing.T) {
	s := start(t)
	var posts atomic.Int32
	s.receiver.mu.Lock()
	s.receiver.answer = func(p post) int {
		if p.path == "/inbound" && posts.Add(1) == 1 {
			return http.StatusBadGateway
		}
		return http.StatusOK
	}
	s.receiver.mu.Unlock()
	s.send(letter("ann@example.com"))
	var answer struct{ Delivered bool }
	s.api(http.MethodPost, fmt.Sprintf("/api/messages/%d/reply", s.only().ID), Reply{Text: "yes"}, &answer)
	require.False(t, answer.Delivered)
	s.await("the second try", func() bool { return len(s.receiver.all("/inbound")) == 2 })
	first, second := s.receiver.all("/inbound")[0], s.receiver.all("/inbound")[1]
	require.Equal(t, first.body, second.body)
}

func TestNoInboundWebhookNoReply(t *testing.T) {
	s := start(t)
	s.send(letter("ann@example.com"))
	s.api(http.MethodPut, "/api/settings", object{"inbound_webhook_url": ""}, nil)
	res, answer := s.call(http.MethodPost, fmt.Sprintf("/api/messages/%d/reply", s.only().ID), Reply{Text: "yes"})
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
	require.Contains(t, string(answer), errNoInbound.Error())
}

func TestReplyForm(t *testing.T) {
	s := start(t)
	s.send(letter("ann@example.com"))
	form := url.Values{"from": {"Someone Else <else@example.com>"}, "to": {"rondo@example.com"}, "subject": {"No"}, "text": {"No, thanks"}, "automatic": {"1"}}
	res, page := s.form(fmt.Sprintf("/messages/%d/reply", s.only().ID), form)
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Contains(t, page, notices["delivered"])
	mail := parsed(t, s.receiver.all("/inbound")[0])
	require.Equal(t, "else@example.com", mail.Envelope.From)
	require.Equal(t, "No, thanks", mail.TextBody)
	require.Equal(t, "auto-replied", mail.Headers["Auto-Submitted"])
}

// form posts a form as a browser would and follows the redirect.
func (s *stack) form(path string, values url.Values) (*http.Response, string) {
	s.Helper()
	res, err := http.PostForm(s.url+path, values)
	require.NoError(s, err)
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	require.NoError(s, err)
	return res, string(page)
}
