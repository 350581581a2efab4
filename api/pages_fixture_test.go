package api

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rondo/activities/bell"
	"rondo/activities/mail"
)

// people of a pageKit, in the order of their ids.
const (
	ana = int64(iota + 1)
	bo
	cy
	dee
	zed // in no round of the program
)

// pageKit is a served API with a program, an open round of four people, and links to its pages.
type pageKit struct {
	*fixture
	bell    *doorbell
	program int64
	round   int64
	expires time.Time
}

// doorbell is Temporal as far as a bell needs it.
type doorbell struct {
	client.Client
	rung []string
}

func (d *doorbell) SignalWithStartWorkflow(_ context.Context, id, _ string, _ any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	d.rung = append(d.rung, id)
	return nil, nil
}

func setupPages(t *testing.T, change ...func(*Config)) *pageKit {
	t.Helper()
	k := &pageKit{bell: &doorbell{}, expires: time.Now().Add(time.Hour)}
	k.fixture = setup(t, append(change, generous, func(c *Config) { c.Bell = bell.New(k.bell) })...)
	k.exec(`INSERT INTO people (email, name, timezone, attributes) VALUES
		('ana@example.org', 'Ana López', 'Europe/Paris', '{"team": "Design", "city": "Lyon", "salary": "1"}'),
		('bo@example.org', 'Bo O''Brien', '', '{"team": "Sales", "city": "Cork", "salary": "2"}'),
		('cy@example.org', 'Cy Young', 'America/New_York', '{"team": "Legal"}'),
		('dee@example.org', 'Dee Zoë', '', '{}'),
		('zed@example.org', 'Zed Young', '', '{}')`)
	k.program = k.id(`INSERT INTO programs (name, color, visible_attributes) VALUES ('Coffee', '#0072b2', '{team,city}') RETURNING id`)
	schedule := k.id(`INSERT INTO schedules (program_id, kind, anchor_wall, opt_in_wall, match_wall, timezone, every_weeks)
		VALUES ($1, 'automatic', '2026-06-04 10:00', '2026-06-04 10:00', '2026-06-10 10:00', 'Europe/Paris', 1) RETURNING id`, k.program)
	k.round = k.id(`INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone,
			opens_at, remind_at, answers_close_at, match_at, check_in_at)
		VALUES ($1, $2, 0, 'open', 'automatic', 'ask', false, 'send', 'Europe/Paris',
			now() - interval '1 minute', now() + interval '1 day', now() + interval '2 days', now() + interval '3 days', now() + interval '6 days')
		RETURNING id`, k.program, schedule)
	k.exec(`INSERT INTO round_counts (round_id, invited) VALUES ($1, 4)`, k.round)
	k.exec(`INSERT INTO round_members (round_id, person_id) SELECT $1, generate_series(1, 4)`, k.round)
	return k
}

func (k *pageKit) exec(sql string, args ...any) {
	k.t.Helper()
	_, err := k.server.store.Pool().Exec(context.Background(), sql, args...)
	require.NoError(k.t, err)
}

func (k *pageKit) id(sql string, args ...any) int64 {
	k.t.Helper()
	var id int64
	require.NoError(k.t, k.server.store.Pool().QueryRow(context.Background(), sql, args...).Scan(&id))
	return id
}

func (k *pageKit) text(sql string, args ...any) string {
	k.t.Helper()
	var s string
	require.NoError(k.t, k.server.store.Pool().QueryRow(context.Background(), sql, args...).Scan(&s))
	return s
}

// everybodyIn lets the four take part, and groups Ana with Bo and Cy; Dee is left over.
func (k *pageKit) everybodyIn(phase string) {
	k.t.Helper()
	k.exec(`UPDATE rounds SET phase = $2, matched_at = '2026-06-09 10:00Z', match_at = '2026-06-10 08:00Z' WHERE id = $1`, k.round, phase)
	k.exec(`UPDATE round_members SET answer = 'yes', answered_at = now(), answer_source = 'page' WHERE round_id = $1`, k.round)
	k.exec(`UPDATE round_members SET unmatched = '{"id": 4, "code": "alone"}' WHERE round_id = $1 AND person_id = 4`, k.round)
	k.exec(`INSERT INTO round_groups (round_id, no, score, reasons) VALUES ($1, 1, '{}', '[]')`, k.round)
	k.exec(`INSERT INTO group_members (round_id, group_no, person_id) SELECT $1, 1, generate_series(1, 3)`, k.round)
}

// link is the path of a person's page.
func (k *pageKit) link(purpose mail.LinkPurpose, person int64) string {
	l := mail.Link{Purpose: purpose, Person: person, Round: k.round, Expires: k.expires}
	if purpose == mail.LinkPreferences {
		l.Round, l.Program = 0, k.program
	}
	if purpose == mail.LinkCalendar {
		return k.path(l) + ".ics"
	}
	return k.path(l)
}

func (k *pageKit) path(l mail.Link) string {
	return strings.TrimPrefix(k.server.links.URL(l), k.server.publicURL)
}

// shown is a page, read.
type shown struct {
	Status int
	Header http.Header
	Body   string
}

func (k *pageKit) open(path string) shown { return k.fetch(http.MethodGet, path, nil) }

// send posts a form as a browser does from the page itself, without following where that leads.
func (k *pageKit) send(path string, fields ...string) shown {
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return k.fetch(http.MethodPost, path, strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin")
}

var stay = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func (k *pageKit) fetch(method, path string, body io.Reader, headers ...string) shown {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), method, k.url+path, body)
	require.NoError(k.t, err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := stay.Do(r)
	require.NoError(k.t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(k.t, err)
	return shown{Status: res.StatusCode, Header: res.Header, Body: string(b)}
}

// done sends a form that has to work and opens the page it leads to.
func (k *pageKit) done(path string, fields ...string) shown {
	k.t.Helper()
	s := k.send(path, fields...)
	require.Equal(k.t, http.StatusSeeOther, s.Status, "%s", s.Body)
	require.True(k.t, strings.HasPrefix(s.Header.Get("Location"), path))
	s = k.open(s.Header.Get("Location"))
	require.Equal(k.t, http.StatusOK, s.Status, "%s", s.Body)
	return s
}

func (s shown) has(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		require.Contains(t, s.Body, text)
	}
}

func (s shown) lacks(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		require.NotContains(t, s.Body, text)
	}
}

// anotherRound copies the open round.
func (k *pageKit) anotherRound() int64 {
	k.t.Helper()
	id := k.id(`INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone, opens_at, answers_close_at, match_at)
		SELECT program_id, schedule_id, (SELECT count(*) FROM rounds), phase, kind, participation, review, at_deadline, timezone, opens_at, answers_close_at, match_at
		FROM rounds WHERE id = $1 RETURNING id`, k.round)
	k.exec(`INSERT INTO round_counts (round_id, invited) VALUES ($1, 4)`, id)
	k.exec(`INSERT INTO round_members (round_id, person_id) SELECT $1, generate_series(1, 4)`, id)
	return id
}
