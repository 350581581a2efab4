package activities_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"rondo/activities"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
	"rondo/workflows"
)

// post is a round in a database of its own, and a provider: the simulator behind a proxy that makes this test's faults.
// The simulator is shared, so a test counts what arrived at its own domain only.
type post struct {
	*store.DB
	t        testing.TB
	a        *activities.Activities
	round    int64
	domain   string
	provider *httptest.Server
	real     string
	calls    atomic.Int64
	told     *prometheus.Registry // what the calls came to
	// fault, if set, may answer a call instead of the provider, or spoil the answer of the provider.
	fault func(w http.ResponseWriter, r *http.Request, body []byte, forward func()) bool
}

func setupPost(t testing.TB, members int) *post {
	real := os.Getenv("RONDO_SENDGRID_URL")
	if real == "" {
		t.Skip("RONDO_SENDGRID_URL is not set: run `make test`, which starts a SendGrid simulator")
	}
	p := &post{DB: storetest.New(t), t: t, real: real, domain: "d" + uuid.NewString()[:8] + ".example.com"}
	target, err := url.Parse(real)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	p.provider = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.calls.Add(1)
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if p.fault == nil || !p.fault(w, r, body, func() { proxy.ServeHTTP(httptest.NewRecorder(), r) }) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(p.provider.Close)
	links, err := mail.NewLinks(make([]byte, 32), "https://rondo.example")
	require.NoError(t, err)
	p.a = &activities.Activities{DB: p.DB, Links: links, UnknownAfter: time.Hour}
	p.connect(p.provider.URL, 5*time.Second)
	p.exec(`INSERT INTO people (email, name, attributes) SELECT 'p' || i || '@' || $2, 'Person <' || i || '>', jsonb_build_object('team', 't' || i % 20)
		FROM generate_series(1, $1::int) i`, members, p.domain)
	p.exec(`INSERT INTO programs (name, color, sender_name, visible_attributes) VALUES ('Coffee & more', '#0072b2', 'Coffee team', '{team}')`)
	p.exec(`INSERT INTO schedules (program_id, kind, anchor_wall, opt_in_wall, match_wall, timezone, every_weeks)
		VALUES (1, 'automatic', '2026-06-04 10:00', '2026-06-04 10:00', '2026-06-10 10:00', 'Europe/Paris', 1)`)
	p.exec(`INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone, opens_at, answers_close_at, match_at)
		VALUES (1, 1, 0, 'open', 'automatic', 'ask', false, 'send', 'Europe/Paris', now(), now() + interval '1 day', now() + interval '1 day')`)
	p.exec(`INSERT INTO round_members (round_id, person_id) SELECT 1, id FROM people`)
	p.round = 1
	return p
}

func (p *post) connect(address string, timeout time.Duration) {
	p.told = prometheus.NewRegistry()
	var err error
	p.a.Mail, err = mail.NewSendGrid(mail.SendGridOptions{
		URL: address, Key: os.Getenv("RONDO_SENDGRID_API_KEY"), From: "coffee@rondo.example", Timeout: timeout, Metrics: p.told,
	})
	require.NoError(p.t, err)
}

// tried is how many calls have had their answer, or found that there is none.
func (p *post) tried() (n float64) {
	p.t.Helper()
	all, err := p.told.Gather()
	require.NoError(p.t, err)
	for _, family := range all {
		for _, m := range family.GetMetric() {
			n += m.GetCounter().GetValue()
		}
	}
	return n
}

func (p *post) exec(sql string, args ...any) {
	p.t.Helper()
	_, err := p.Pool().Exec(context.Background(), sql, args...)
	require.NoError(p.t, err)
}

func (p *post) count(sql string, args ...any) (n int) {
	p.t.Helper()
	require.NoError(p.t, p.Pool().QueryRow(context.Background(), `SELECT count(*) FROM `+sql, args...).Scan(&n))
	return n
}

// groups puts everybody in pairs that are being sent.
func (p *post) groups() {
	p.exec(`UPDATE rounds SET phase = 'sending'`)
	p.exec(`INSERT INTO round_groups (round_id, no, score, reasons) SELECT DISTINCT 1, (id + 1) / 2, '{}'::jsonb, '[]'::jsonb FROM people`)
	p.exec(`INSERT INTO group_members SELECT 1, (id + 1) / 2, id FROM people`)
}

// deliver runs the activity as a worker would; stop, if not nil, is the worker's stop channel.
func (p *post) deliver(purpose workflows.Purpose, stop chan struct{}) (workflows.Delivery, error) {
	return p.deliverTo(workflows.DeliverInput{Round: p.round, Purpose: purpose}, stop)
}

func (p *post) deliverTo(in workflows.DeliverInput, stop chan struct{}) (workflows.Delivery, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(2 * time.Minute)
	if stop != nil {
		env.SetWorkerStopChannel(stop)
	}
	env.RegisterActivity(p.a.Deliver)
	value, err := env.ExecuteActivity(p.a.Deliver, in)
	var out workflows.Delivery
	if err == nil {
		err = value.Get(&out)
	}
	return out, err
}

// arrived is how many messages of this test the provider has for each address.
func (p *post) arrived() map[string]int {
	p.t.Helper()
	var stats struct {
		PerAddress map[string]int `json:"per_address"`
	}
	p.get("/api/stats", &stats)
	got := map[string]int{}
	for address, n := range stats.PerAddress {
		if strings.HasSuffix(address, "@"+p.domain) {
			got[strings.TrimSuffix(address, "@"+p.domain)] = n
		}
	}
	return got
}

// letter is a message as somebody reads it.
type letter struct{ Subject, Text, HTML string }

// latest is the last message to somebody.
func (p *post) latest(name string) (m letter) {
	p.t.Helper()
	var list struct {
		Messages []struct {
			ID int `json:"id"`
		} `json:"messages"`
	}
	p.get("/api/messages?to="+name+"@"+p.domain, &list)
	require.NotEmpty(p.t, list.Messages)
	last := 0
	for _, x := range list.Messages {
		last = max(last, x.ID)
	}
	p.get("/api/messages/"+strconv.Itoa(last), &m)
	return m
}

func (p *post) get(path string, to any) {
	p.t.Helper()
	response, err := http.Get(p.real + path)
	require.NoError(p.t, err)
	defer response.Body.Close()
	require.Equal(p.t, http.StatusOK, response.StatusCode)
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(to))
}

// each says that everybody from p1 to pN got n messages.
func each(people, n int) map[string]int {
	want := map[string]int{}
	for i := 1; i <= people; i++ {
		want[fmt.Sprintf("p%d", i)] = n
	}
	return want
}

// personalizations counts those of a call.
func personalizations(body []byte) int {
	var call struct {
		Personalizations []json.RawMessage `json:"personalizations"`
	}
	if json.Unmarshal(body, &call) != nil {
		return 0
	}
	return len(call.Personalizations)
}

func answer(w http.ResponseWriter, status int, body string) bool {
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
	return true
}
