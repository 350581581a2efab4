package main_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/api/client"
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
	report := h.importCSV(csv.String())
	require.EqualValues(h.t, len(addresses), report.Created)
	require.Zero(h.t, report.Rejected)
	ids := make([]int64, len(addresses)+1)
	for _, p := range h.people() {
		ids[index[*p.Email]] = p.ID
	}
	return ids
}

func (h *house) importCSV(csv string) client.ImportReport {
	h.t.Helper()
	r, err := h.client.ImportPeopleWithBodyWithResponse(h.t.Context(), nil, "text/csv", strings.NewReader(csv))
	ok(h.t, r, err)
	return *r.JSON200
}

// program makes a program of pairs of different teams, with some of its fields changed.
func (h *house) program(change ...func(*client.ProgramFields)) int64 {
	h.t.Helper()
	fields := client.ProgramFields{
		Name:              new("Random coffee"),
		Rules:             []client.Rule{{Kind: client.RuleKindNoRepeat}, {Kind: client.RuleKindDifferent, Attribute: new("team")}},
		VisibleAttributes: []string{"team"},
	}
	for _, f := range change {
		f(&fields)
	}
	r, err := h.client.CreateProgramWithResponse(h.t.Context(), nil, fields)
	ok(h.t, r, err)
	return r.JSON201.ID
}

const zone = "Europe/Paris"

// in is the wall clock in some time from now, to the second.
func (h *house) in(d time.Duration) string {
	loc, err := calendar.Zone(zone)
	require.NoError(h.t, err)
	return calendar.WallOf(time.Now().Add(d), loc).String()
}

// asking is a schedule that asks now, for a match at a wall clock.
func asking(match string) client.ScheduleFields {
	return client.ScheduleFields{Timezone: zone, OptIn: new("now"), Match: &match}
}

// schedule makes a schedule and returns the id of its first round.
func (h *house) schedule(program int64, fields client.ScheduleFields) int64 {
	h.t.Helper()
	r, err := h.client.CreateScheduleWithResponse(h.t.Context(), program, nil, fields)
	ok(h.t, r, err)
	return h.roundOf(r.JSON201.ID, 0)
}

// roundOf waits for the round of an occurrence.
func (h *house) roundOf(schedule, ordinal int64) (id int64) {
	h.t.Helper()
	await(h.t, patience, "the occurrence has its round", func() (bool, string) {
		r, err := h.client.GetOccurrenceWithResponse(h.t.Context(), schedule, ordinal)
		ok(h.t, r, err)
		if r.JSON200.RoundID != nil {
			id = *r.JSON200.RoundID
		}
		return id != 0, string(r.Body)
	})
	return id
}

// awaitPhase waits until a round is in a phase.
func (h *house) awaitPhase(id int64, phase client.RoundPhase) client.Round {
	h.t.Helper()
	return h.awaitRound(id, "phase "+string(phase), func(r client.Round) bool { return r.Phase == phase })
}

// awaitAsked waits until so many opt-in mails have arrived.
func (h *house) awaitAsked(id, people int64) {
	h.t.Helper()
	h.awaitRound(id, "everybody is asked", func(r client.Round) bool { return r.Delivered == people })
}

func (h *house) awaitRound(id int64, what string, holds func(client.Round) bool) (r client.Round) {
	h.t.Helper()
	await(h.t, patience, fmt.Sprintf("round %d: %s", id, what), func() (bool, string) {
		a, err := h.client.GetRoundWithResponse(h.t.Context(), id)
		if err := client.Check(a, err); err != nil { // the API may be down on purpose
			return false, err.Error()
		}
		r = *a.JSON200
		return holds(r), string(a.Body)
	})
	return r
}

// answers answers for people through the API, as an integration does.
func (h *house) answers(round int64, answer client.OptInAnswerAnswer, people ...int64) {
	h.t.Helper()
	for batch := range slices.Chunk(people, 500) {
		var body client.AnswerRoundInputBody
		for _, id := range batch {
			body.Answers = append(body.Answers, client.OptInAnswer{PersonID: id, Answer: answer, Key: new(fmt.Sprintf("%s-%d", answer, id))})
		}
		r, err := h.client.AnswerRoundWithResponse(h.t.Context(), round, nil, body)
		ok(h.t, r, err)
		require.EqualValues(h.t, len(batch), r.JSON200.Stored, "%+v", r.JSON200.Refused)
	}
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
