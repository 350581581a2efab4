package sendgrid

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const testKey = "SG.test"

// A stack is a running stand-in with a webhook receiver of its own.
type stack struct {
	*testing.T
	url      string
	dir      string
	receiver *receiver
	server   *server
}

func start(t *testing.T) *stack { return startIn(t, t.TempDir()) }

func startIn(t *testing.T, dir string) *stack {
	t.Helper()
	r := newReceiver(t)
	s, err := newServer(Config{Dir: dir, APIKey: testKey, EventWebhookURL: r.URL + "/events", InboundWebhookURL: r.URL + "/inbound"})
	require.NoError(t, err)
	settings := s.settings.get()
	settings.EventDelay = Duration(time.Millisecond)
	s.settings.set(settings)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
		require.NoError(t, s.store.close())
	})
	return &stack{T: t, url: "http://" + listener.Addr().String(), dir: dir, receiver: r, server: s}
}

// A post is a webhook as it arrived.
type post struct {
	path   string
	header http.Header
	body   []byte
}

// A receiver keeps what is posted to it and answers 200, or what answer says.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []post
	answer func(p post) int
	wake   chan struct{}
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{wake: make(chan struct{}, 1)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		p := post{path: req.URL.Path, header: req.Header, body: body}
		r.mu.Lock()
		status := http.StatusOK
		if r.answer != nil {
			status = r.answer(p)
		}
		r.posts = append(r.posts, p)
		r.mu.Unlock()
		select {
		case r.wake <- struct{}{}:
		default:
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all(path string) []post {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []post
	for _, p := range r.posts {
		if p.path == path {
			list = append(list, p)
		}
	}
	return list
}

// events are all events posted so far, in order of arrival.
func (s *stack) events() []map[string]any {
	var list []map[string]any
	for _, p := range s.receiver.all("/events") {
		var events []map[string]any
		require.NoError(s, json.Unmarshal(p.body, &events))
		list = append(list, events...)
	}
	return list
}

// names are the events posted for an address.
func (s *stack) names(address string) []string {
	var list []string
	for _, e := range s.events() {
		if e["email"] == address {
			list = append(list, e["event"].(string))
		}
	}
	return list
}

// await waits for a condition that webhooks bring about.
func (s *stack) await(what string, met func() bool) {
	s.Helper()
	deadline := time.After(20 * time.Second)
	for !met() {
		select {
		case <-s.receiver.wake:
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			require.FailNow(s, "never came: "+what)
		}
	}
}

// call makes a request of the stand-in; body may be nil, bytes, or anything JSON can say.
func (s *stack) call(method, path string, body any, header ...string) (*http.Response, []byte) {
	s.Helper()
	encoded, ok := body.([]byte)
	if !ok && body != nil {
		var err error
		encoded, err = json.Marshal(body)
		require.NoError(s, err)
	}
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+path, bytes.NewReader(encoded))
	require.NoError(s, err)
	req.Header.Set("Authorization", "Bearer "+testKey)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(s, err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	require.NoError(s, err)
	return res, answer
}

// send posts a mail and wants it accepted; it returns the X-Message-Id.
func (s *stack) send(body any) string {
	s.Helper()
	res, answer := s.call(http.MethodPost, "/v3/mail/send", body)
	require.Equal(s, http.StatusAccepted, res.StatusCode, string(answer))
	require.Empty(s, answer)
	require.NotEmpty(s, res.Header.Get("X-Message-Id"))
	return res.Header.Get("X-Message-Id")
}

// api calls the JSON API and decodes its answer.
func (s *stack) api(method, path string, body, into any) {
	s.Helper()
	res, answer := s.call(method, path, body)
	require.Less(s, res.StatusCode, 300, "%s %s: %s", method, path, answer)
	if into != nil {
		require.NoError(s, json.Unmarshal(answer, into))
	}
}

// only is the single message kept.
func (s *stack) only() *Mail {
	s.Helper()
	var list MessageList
	s.api(http.MethodGet, "/api/messages", nil, &list)
	require.Len(s, list.Messages, 1)
	var m Mail
	s.api(http.MethodGet, fmt.Sprintf("/api/messages/%d", list.Messages[0].ID), nil, &m)
	return &m
}

type object = map[string]any

// letter is a minimal valid request to the addresses, one personalization each.
func letter(addresses ...string) object {
	var personalizations []any
	for _, a := range addresses {
		personalizations = append(personalizations, object{"to": []any{object{"email": a}}})
	}
	return object{
		"personalizations": personalizations,
		"from":             object{"email": "rondo@example.com", "name": "Rondo"},
		"subject":          "Hello",
		"content":          []any{object{"type": "text/plain", "value": "Hi"}},
	}
}

// with is o changed by pairs of name and value; a nil value removes the member.
func with(o object, pairs ...any) object {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == nil {
			delete(o, pairs[i].(string))
		} else {
			o[pairs[i].(string)] = pairs[i+1]
		}
	}
	return o
}

// personal changes the first personalization.
func personal(o object, pairs ...any) object {
	with(o["personalizations"].([]any)[0].(object), pairs...)
	return o
}
