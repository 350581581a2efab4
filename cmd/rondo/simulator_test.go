package main_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var quiet = slog.New(slog.DiscardHandler)

// simulator is a SendGrid of the test's own, served by the dev stack's binary.
type simulator struct {
	t         *testing.T
	url       string
	key       string
	publicKey string
}

func startSimulator(t *testing.T) *simulator {
	t.Helper()
	dir, listen := t.TempDir(), freeAddress(t)
	s := &simulator{t: t, url: "http://" + listen, key: "SG.full-stack-test"}
	settings, err := json.Marshal(map[string]string{"Listen": listen, "Dir": dir, "APIKey": s.key})
	require.NoError(t, err)
	start(t, "sendgrid", devstack(t), os.Environ(), settings, "serve", "sendgrid")
	await(t, patience, "the simulator is ready", func() (bool, string) {
		res, err := http.Get(s.url + "/api/stats")
		if err != nil {
			return false, err.Error()
		}
		return res.Body.Close() == nil, ""
	})
	s.publicKey = publicKey(t, filepath.Join(dir, "event-webhook-key.der"))
	return s
}

// devstack is the binary of the dev stack, built beside Rondo's.
func devstack(t *testing.T) string {
	t.Helper()
	path := filepath.Join(filepath.Dir(os.Getenv("RONDO_BIN")), "devstack")
	_, err := os.Stat(path)
	require.NoError(t, err, "`make test` builds it")
	return path
}

// publicKey is what SendGrid shows of the key that signs its events.
func publicKey(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	key, err := x509.ParseECPrivateKey(b)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}

type settings struct {
	EventWebhookURL string `json:"event_webhook_url"`
	Events          bool   `json:"events"`
	EventDelay      string `json:"event_delay"`
}

func (s *simulator) set(to settings) { s.call("PUT", "/api/settings", to, nil) }

// faults makes the simulator misbehave by these rules, drawn from the seed.
func (s *simulator) faults(seed uint64, rules ...map[string]any) {
	s.call("PUT", "/api/faults", map[string]any{"seed": seed, "rules": rules}, nil)
}

type stats struct {
	Calls          int            `json:"calls"`
	Statuses       map[string]int `json:"statuses"`
	Messages       int            `json:"messages"`
	PerAddress     map[string]int `json:"per_address"`
	RefusedPosts   int            `json:"refused_event_posts"`
	EventsPosted   int            `json:"events_posted"`
	EventsPending  int            `json:"events_pending"`
	BatchesPending int            `json:"batches_pending"`
}

func (s *simulator) stats() stats {
	var to stats
	s.call("GET", "/api/stats", nil, &to)
	return to
}

// message is one mail as its recipient gets it.
type message struct {
	ID int `json:"id"`
	To []struct {
		Email string `json:"email"`
	} `json:"to"`
	From struct {
		Email, Name string
	} `json:"from"`
	Subject    string            `json:"subject"`
	Text       string            `json:"text"`
	HTML       string            `json:"html"`
	Headers    map[string]string `json:"headers"`
	CustomArgs map[string]string `json:"custom_args"`
	Events     []struct {
		Event, Webhook string
	} `json:"events"`
}

func (m message) to() string { return strings.ToLower(m.To[0].Email) }

// row is the row of the ledger that a message belongs to.
func (m message) row() int64 {
	id, _ := strconv.ParseInt(m.CustomArgs["m"], 10, 64)
	return id
}

// after lists the messages that came after one, newest first, without their contents.
func (s *simulator) after(id int) []message {
	var all []message
	for before := 0; ; {
		q := url.Values{"limit": {"5000"}, "after": {strconv.Itoa(id)}}
		if before > 0 {
			q.Set("before", strconv.Itoa(before))
		}
		var page struct {
			Messages []message
			Next     int
		}
		s.call("GET", "/api/messages?"+q.Encode(), nil, &page)
		all = append(all, page.Messages...)
		if before = page.Next; before == 0 {
			return all
		}
	}
}

// last is the number of the newest message: how many there have been.
func (s *simulator) last() int {
	var page struct{ Messages []message }
	s.call("GET", "/api/messages?limit=1", nil, &page)
	if len(page.Messages) == 0 {
		return 0
	}
	return page.Messages[0].ID
}

// inbox is what an address has got whose subject contains a text, oldest first, with contents.
func (s *simulator) inbox(address, subject string) []message {
	var page struct{ Messages []message }
	s.call("GET", "/api/messages?"+url.Values{"to": {address}, "subject": {subject}, "limit": {"100"}}.Encode(), nil, &page)
	all := make([]message, 0, len(page.Messages))
	for i := len(page.Messages) - 1; i >= 0; i-- {
		var m message
		s.call("GET", fmt.Sprintf("/api/messages/%d", page.Messages[i].ID), nil, &m)
		if m.to() == address {
			all = append(all, m)
		}
	}
	return all
}

// settled returns when every event has been posted.
func (s *simulator) settled() {
	s.t.Helper()
	await(s.t, patience, "all events are posted", func() (bool, string) {
		now := s.stats()
		return now.EventsPending+now.BatchesPending == 0, fmt.Sprintf("%+v", now)
	})
}

func (s *simulator) call(method, path string, in, out any) {
	s.t.Helper()
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		require.NoError(s.t, err)
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	require.NoError(s.t, err)
	res, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.Less(s.t, res.StatusCode, 300, "%s %s: %s", method, path, b)
	if out != nil {
		require.NoError(s.t, json.Unmarshal(b, out), "%s %s: %s", method, path, b)
	}
}
