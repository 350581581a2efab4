package mail

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sendgrid/rest"
	"github.com/stretchr/testify/require"
)

func TestReadOutcomes(t *testing.T) {
	now := time.Unix(1_780_000_000, 0)
	answer := func(status int, body string, headers ...string) *rest.Response {
		h := map[string][]string{}
		for i := 0; i < len(headers); i += 2 {
			h[http.CanonicalHeaderKey(headers[i])] = []string{headers[i+1]}
		}
		return &rest.Response{StatusCode: status, Body: body, Headers: h}
	}
	for name, c := range map[string]struct {
		response  *rest.Response
		connected bool
		want      Result
	}{
		"accepted":           {answer(202, "", "X-Message-Id", "abc"), true, Result{Outcome: Accepted, Code: "accepted", ProviderID: "abc"}},
		"no connection":      {nil, false, Result{Outcome: Later, Code: "unreachable"}},
		"no answer":          {nil, true, Result{Outcome: Doubtful, Code: "no_answer"}},
		"gateway timeout":    {answer(504, ""), true, Result{Outcome: Doubtful, Code: "status_504"}},
		"server error":       {answer(500, ""), true, Result{Outcome: Later, Code: "status_500"}},
		"key refused":        {answer(401, ""), true, Result{Outcome: Later, Code: "key_refused"}},
		"too large":          {answer(413, ""), true, Result{Outcome: TooLarge, Code: "status_413"}},
		"reset":              {answer(429, "", "X-RateLimit-Reset", "1780000007"), true, Result{Outcome: Later, Code: "status_429", Wait: 7 * time.Second}},
		"retry after":        {answer(429, "", "Retry-After", "3", "X-RateLimit-Reset", "1780000007"), true, Result{Outcome: Later, Code: "status_429", Wait: 3 * time.Second}},
		"retry after a date": {answer(503, "", "Retry-After", now.Add(time.Minute).UTC().Format(http.TimeFormat)), true, Result{Outcome: Later, Code: "status_503", Wait: time.Minute}},
		"reset far ahead":    {answer(429, "", "X-RateLimit-Reset", "9999999999"), true, Result{Outcome: Later, Code: "status_429", Wait: maxWait}},
		"names two": {
			answer(400, `{"errors":[{"field":"personalizations.3.to.0.email"},{"field":"personalizations.0.to"},{"field":"personalizations.3.to"},{"field":"personalizations.99.to"}]}`),
			true,
			Result{Outcome: Refused, Code: "status_400", Named: []int{3, 0}},
		},
		"names the shared part": {answer(400, `{"errors":[{"field":"from.email"}]}`), true, Result{Outcome: Rejected, Code: "status_400"}},
		"names nothing":         {answer(400, `{"errors":[{"field":null}]}`), true, Result{Outcome: Refused, Code: "status_400"}},
		"garbage":               {answer(400, `<html>`), true, Result{Outcome: Refused, Code: "status_400"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := resultOf(c.response, nil, c.connected, 5, now)
			got.Err = nil
			require.Equal(t, c.want, got)
		})
	}
}

func FuzzBlame(f *testing.F) {
	f.Add(`{"errors":[{"field":"personalizations.3.to.0.email"}]}`, 4)
	f.Fuzz(func(t *testing.T, body string, n int) {
		_, named := blame(body, n)
		for _, i := range named {
			require.True(t, 0 <= i && i < n)
		}
	})
}

func TestBody(t *testing.T) {
	s, err := NewSendGrid(SendGridOptions{URL: "http://127.0.0.1:1", Key: "k", From: "Rondo <hello@rondo.example>"})
	require.NoError(t, err)
	body, err := s.body(Post{FromName: "Tea\r\nBcc: x", Message: Message{Subject: "s", Text: "t", HTML: "<p>"}, To: []Addressee{
		{ID: 42, Email: "a@example.org", Name: "Doe, Jane", Unsubscribe: "https://r/u/x", Substitutions: map[string]string{"%r0%": "v"}},
	}})
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(body, &m))
	require.Equal(t, map[string]any{"name": "Tea Bcc: x", "email": "hello@rondo.example"}, m["from"])
	require.Equal(t, m["from"], m["reply_to"])
	require.NotContains(t, m, "categories")
	require.Equal(t, map[string]any{
		"to": []any{map[string]any{"email": "a@example.org"}}, "custom_args": map[string]any{"m": "42"},
		"headers": map[string]any{"List-Unsubscribe": "<https://r/u/x>"}, "substitutions": map[string]any{"%r0%": "v"},
	}, m["personalizations"].([]any)[0])
	require.Contains(t, string(body), "<p>")
}

// A call that is under way when the context ends is waited for: cutting it would leave its fate unknown.
func TestSendOutlivesItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		cancel()
		w.Header().Set("X-Message-Id", "id")
		w.WriteHeader(http.StatusAccepted)
	}))
	defer server.Close()
	s, err := NewSendGrid(SendGridOptions{URL: server.URL, Key: "k", From: "a@example.org"})
	require.NoError(t, err)
	r := s.Send(ctx, Post{Message: Message{Subject: "s", Text: "t"}, To: []Addressee{{ID: 1, Email: "b@example.org"}}})
	require.Equal(t, Accepted, r.Outcome)
	require.Equal(t, "id", r.ProviderID)

	server.Close()
	s, err = NewSendGrid(SendGridOptions{URL: server.URL, Key: "k", From: "a@example.org"}) // without a connection kept from before
	require.NoError(t, err)
	require.Equal(t, Later, s.Send(context.Background(), Post{}).Outcome)
}

func TestSendTimesOutInDoubt(t *testing.T) {
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer server.Close()
	defer close(stop)
	s, err := NewSendGrid(SendGridOptions{URL: server.URL, Key: "k", From: "a@example.org", Timeout: 50 * time.Millisecond})
	require.NoError(t, err)
	r := s.Send(context.Background(), Post{Message: Message{Subject: "s", Text: "t"}})
	require.Equal(t, Doubtful, r.Outcome)
}
