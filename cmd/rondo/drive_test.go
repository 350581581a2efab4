package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/api"
)

// Names and addresses of everybody in a test begin so: what may not appear somewhere can be searched for.
const (
	surname = "Quixotesurname"
	domain  = "members.quixote.example"
)

func addressOf(i int) string { return fmt.Sprintf("m%d@%s", i, domain) }

// importPeople adds members 1 to n from a CSV file and returns their ids, the first at index 1.
func (h *house) importPeople(n int) []int64 {
	h.t.Helper()
	addresses := make([]string, n)
	for i := range addresses {
		addresses[i] = addressOf(i + 1)
	}
	return h.importAddresses(addresses...)
}

// importAddresses does the same with addresses in the members' domain.
func (h *house) importAddresses(addresses ...string) []int64 {
	h.t.Helper()
	var csv strings.Builder
	csv.WriteString("\ufeffEmail,name,timezone,team\r\n")
	index := map[string]int{}
	for i, address := range addresses {
		index[address] = i + 1
		fmt.Fprintf(&csv, "%s,\"Member %d %s\",%s,team-%d\r\n", address, i+1, surname, []string{"Europe/Paris", "America/New_York"}[i%2], i%5)
	}
	report := into[api.ImportReport](h.t, h.call("POST", "/v1/people/import", csv.String()))
	require.Equal(h.t, len(addresses), report.Created)
	require.Zero(h.t, report.Rejected)
	ids := make([]int64, len(addresses)+1)
	for _, p := range pages[api.Person](h, "/v1/people?filter="+url.QueryEscape("email contains "+domain)) {
		ids[index[p.Email]] = p.ID
	}
	return ids
}

// program makes a program of pairs of different teams; fields are added or replaced.
func (h *house) program(fields map[string]any) api.Program {
	h.t.Helper()
	body := map[string]any{
		"name": "Random coffee", "rules": []map[string]any{{"kind": "no_repeat"}, {"kind": "different", "attribute": "team"}},
		"visible_attributes": []string{"team"},
	}
	for k, v := range fields {
		body[k] = v
	}
	return into[api.Program](h.t, h.call("POST", "/v1/programs", body))
}

const zone = "Europe/Paris"

// in is the wall clock in some time from now, to the second.
func (h *house) in(d time.Duration) string {
	loc, err := calendar.Zone(zone)
	require.NoError(h.t, err)
	return calendar.WallOf(time.Now().Add(d), loc).String()
}

// schedule makes a schedule and returns the id of its first round.
func (h *house) schedule(program int64, fields map[string]any) int64 {
	h.t.Helper()
	body := map[string]any{"timezone": zone}
	for k, v := range fields {
		body[k] = v
	}
	s := into[api.Schedule](h.t, h.call("POST", fmt.Sprintf("/v1/programs/%d/schedules", program), body))
	return h.roundOf(s.ID, 0)
}

// roundOf waits for the round of an occurrence.
func (h *house) roundOf(schedule int64, ordinal int) (id int64) {
	h.t.Helper()
	await(h.t, patience, "the occurrence has its round", func() (bool, string) {
		o := get[api.Occurrence](h, "/v1/schedules/%d/occurrences/%d", schedule, ordinal)
		id = o.RoundID
		return id != 0, fmt.Sprintf("%+v", o)
	})
	return id
}

func roundPath(id int64) string { return fmt.Sprintf("/v1/rounds/%d", id) }

func (h *house) round(id int64) api.Round { return get[api.Round](h, "%s", roundPath(id)) }

// awaitPhase waits until a round is in one of the phases.
func (h *house) awaitPhase(id int64, within time.Duration, phases ...string) api.Round {
	h.t.Helper()
	return h.awaitRound(id, within, "phase "+strings.Join(phases, " or "), func(r api.Round) bool {
		for _, p := range phases {
			if r.Phase == p {
				return true
			}
		}
		return false
	})
}

func (h *house) awaitRound(id int64, within time.Duration, what string, holds func(api.Round) bool) (r api.Round) {
	h.t.Helper()
	await(h.t, within, fmt.Sprintf("round %d: %s", id, what), func() (bool, string) {
		a, err := h.try("GET", roundPath(id), nil)
		if err != nil || a.status != http.StatusOK { // the API may be down on purpose
			return false, fmt.Sprintf("%v %s", err, a.body)
		}
		r = into[api.Round](h.t, a)
		return holds(r), fmt.Sprintf("%+v", r)
	})
	return r
}

// answers answers for people through the API, as an integration does.
func (h *house) answers(round int64, answer string, people ...int64) {
	h.t.Helper()
	for len(people) > 0 {
		n := min(len(people), 500)
		batch := make([]api.OptInAnswer, n)
		for i, id := range people[:n] {
			batch[i] = api.OptInAnswer{PersonID: id, Answer: answer, Key: fmt.Sprintf("%s-%d", answer, id)}
		}
		people = people[n:]
		out := into[struct {
			Stored  int                 `json:"stored"`
			Refused []api.RefusedAnswer `json:"refused"`
		}](h.t, h.call("POST", roundPath(round)+"/answers", map[string]any{"answers": batch}))
		require.Equal(h.t, n, out.Stored, "%+v", out.Refused)
	}
}

func (h *house) members(round int64) []api.RoundMember {
	h.t.Helper()
	return pages[api.RoundMember](h, roundPath(round)+"/members?")
}

func (h *house) groups(round int64) []api.Group {
	h.t.Helper()
	return pages[api.Group](h, roundPath(round)+"/groups?")
}

// awaitMail waits for the first mail to an address whose subject contains a text.
func (h *house) awaitMail(address, subject string) (m message) {
	h.t.Helper()
	await(h.t, patience, "mail to "+address+" about "+subject, func() (bool, string) {
		got := h.simulator.inbox(address, subject)
		if len(got) > 0 {
			m = got[0]
		}
		return len(got) > 0, ""
	})
	return m
}

// link finds the first link in a mail that leads to a kind of page: "a" answers, "m" shows the match, and so on.
func (h *house) link(m message, kind string) string {
	h.t.Helper()
	found := regexp.MustCompile(regexp.QuoteMeta(h.url+"/"+kind+"/") + `[\w.-]+`).FindString(m.Text)
	require.NotEmpty(h.t, found, "no link to /%s/ in:\n%s", kind, m.Text)
	return found
}

// submit sends a page's form as a browser without scripts does, and returns the page that follows.
func (h *house) submit(page string, form url.Values) string {
	h.t.Helper()
	res, err := http.PostForm(page, form)
	require.NoError(h.t, err)
	return h.text(res, http.StatusOK)
}

// open opens a page.
func (h *house) open(page string) string {
	h.t.Helper()
	res, err := http.Get(page)
	require.NoError(h.t, err)
	return h.text(res, http.StatusOK)
}

func (h *house) text(res *http.Response, status int) string {
	h.t.Helper()
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	require.NoError(h.t, err)
	require.Equal(h.t, status, res.StatusCode, "%s", b)
	return string(b)
}
