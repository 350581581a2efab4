package api

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// fixture is a served API on a database of its own, with a key of each scope.
type fixture struct {
	t      *testing.T
	server *Server
	url    string
	keys   map[Scope]string
	log    *logBuffer
}

func setup(t *testing.T, change ...func(*Config)) *fixture {
	t.Helper()
	f := &fixture{t: t, keys: map[Scope]string{}, log: &logBuffer{}}
	c := Config{Log: slog.New(slog.NewJSONHandler(f.log, nil)), Secret: bytes.Repeat([]byte{7}, 32), PublicURL: "https://rondo.example.org"}
	for _, f := range change {
		f(&c)
	}
	if c.Store == nil {
		c.Store = storetest.New(t)
	}
	s, err := New(c)
	require.NoError(t, err)
	f.server = s
	for _, scope := range []Scope{Admin, Send, Read, Signal} {
		_, text, err := c.Store.CreateKey(t.Context(), store.KeyInput{Name: string(scope), Scopes: []string{string(scope)}})
		require.NoError(t, err)
		f.keys[scope] = text
	}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	t.Cleanup(s.CloseStreams)
	f.url = web.URL
	return f
}

var quiet = slog.New(slog.DiscardHandler)

// logBuffer is what the server logged.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *logBuffer) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.Reset()
}

// answer is a response, read.
type answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Problem Problem
}

// call makes a request with a key of the scope; headers come in pairs. Every failure has to be a problem.
func (f *fixture) call(scope Scope, method, path string, body any, headers ...string) answer {
	f.t.Helper()
	r := newRequest(f.t, method, f.url+path, body)
	if scope != Public {
		r.Header.Set("Authorization", "Bearer "+f.keys[scope])
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return do(f.t, r)
}

func newRequest(t *testing.T, method, url string, body any) *http.Request {
	t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = bytes.NewReader([]byte(b))
	default:
		encoded, err := json.Marshal(b)
		require.NoError(t, err)
		reader = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, reader)
	require.NoError(t, err)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func do(t *testing.T, r *http.Request) answer {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer res.Body.Close()
	a := answer{Status: res.StatusCode, Header: res.Header}
	a.Body, err = io.ReadAll(res.Body)
	require.NoError(t, err)
	if res.StatusCode >= 400 && res.Header.Get("Content-Type") == "application/problem+json" {
		require.NoError(t, json.Unmarshal(a.Body, &a.Problem), "%s", a.Body)
		require.Equal(t, res.StatusCode, a.Problem.Status)
		require.NotEmpty(t, a.Problem.Code)
		require.NotEmpty(t, a.Problem.Detail)
		if res.Header.Get("Idempotent-Replayed") == "" {
			require.Equal(t, res.Header.Get("X-Request-Id"), a.Problem.RequestID)
		}
	}
	return a
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
