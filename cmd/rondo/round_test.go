package main_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api"
	"rondo/workflows"
)

// A whole round: people from a file, opt-in mails, answers on every way there is, groups, match mails; and then another.
func TestRoundEndToEnd(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(25)
	p := h.program(nil)
	loner := people[14]
	h.neverMatch(p.ID, loner, people)

	first := h.schedule(p.ID, map[string]any{"opt_in": "now", "match": h.in(45 * time.Second)})
	h.awaitRound(first, patience, "everybody is asked", func(r api.Round) bool { return r.Phase == "open" && r.Delivered == 25 })
	h.answerEveryWay(first, people)
	r := h.awaitPhase(first, patience, "sent")
	require.Equal(t, []int{25, 14, 6, 5}, []int{r.Invited, r.OptedIn, r.Declined, r.Unanswered})
	h.requireMatched(first, people, 1)
	h.requireReport(first)

	second := h.schedule(p.ID, map[string]any{"opt_in": "now", "match": h.in(time.Hour)})
	h.awaitRound(second, patience, "everybody is asked again", func(r api.Round) bool { return r.Delivered == 25 })
	h.answers(second, "yes", people[1:15]...)
	h.edit("POST", roundPath(second), "/move", map[string]any{"match": "now"})
	h.awaitPhase(second, patience, "sent")
	h.requireMatched(second, people, 2)
	require.Zero(t, get[api.RoundReport](h, "%s/report", roundPath(second)).Repeated)
	h.requirePlanned(p.ID, first, second)
	h.requirePrivate()
	h.requireReplays("end-to-end")
}

// neverMatch keeps somebody from being matched with anybody.
func (h *house) neverMatch(program, loner int64, people []int64) {
	h.t.Helper()
	var pairs []api.Pair
	for _, id := range people[1:] {
		if id != loner {
			pairs = append(pairs, api.Pair{A: loner, B: id})
		}
	}
	h.call("POST", fmt.Sprintf("/v1/programs/%d/never-pairs", program), map[string]any{"pairs": pairs})
}

// answerEveryWay lets 1 to 14 say yes and 15 to 20 say no: on their page, through the API, through Temporal. Who watches
// sees each answer at once.
func (h *house) answerEveryWay(round int64, people []int64) {
	h.t.Helper()
	w := h.watch(round)
	w.shows("the round", func(r api.Round) bool { return r.Phase == "open" && r.Unanswered == 25 })
	yes, no := 0, 0
	counted := func(answer string, n int) {
		h.t.Helper()
		if answer == "yes" {
			yes += n
		} else {
			no += n
		}
		w.shows(fmt.Sprintf("%d yes, %d no", yes, no), func(r api.Round) bool { return r.OptedIn == yes && r.Declined == no })
	}
	for i, answer := range map[int]string{1: "yes", 2: "yes", 3: "yes", 15: "no", 16: "no"} {
		page := h.link(h.awaitMail(addressOf(i), "are you in"), "a")
		require.Contains(h.t, h.open(page), "Are you in?")
		h.submit(page, url.Values{"action": {answer}})
		counted(answer, 1)
	}
	h.answers(round, "yes", people[4:10]...)
	counted("yes", 6)
	h.answers(round, "no", people[17])
	counted("no", 1)
	var batch []workflows.Answer
	for i := 10; i <= 14; i++ {
		batch = append(batch, workflows.Answer{PersonID: people[i], Answer: "yes", Key: fmt.Sprint("signal-", i)})
	}
	for i := 18; i <= 20; i++ {
		batch = append(batch, workflows.Answer{PersonID: people[i], Answer: "no", Key: fmt.Sprint("signal-", i)})
	}
	h.signalAnswers(round, batch...)
	h.signalAnswers(round, batch...) // a repetition counts once
	yes += 5
	counted("no", 3)
}

// requireMatched checks groups and mails of a round in which 1 to 14 said yes, and 14 can meet nobody.
func (h *house) requireMatched(round int64, people []int64, rounds int) {
	h.t.Helper()
	number := map[int64]int{}
	for i, id := range people {
		number[id] = i
	}
	groups := h.groups(round)
	require.Len(h.t, groups, 6)
	var sizes, grouped []int
	for _, g := range groups {
		sizes = append(sizes, len(g.Members))
		for _, m := range g.Members {
			grouped = append(grouped, number[m.ID])
			mails := h.simulator.inbox(addressOf(number[m.ID]), ": meet ")
			require.Len(h.t, mails, rounds, "exactly one match mail a round")
			h.requireIntroduced(mails[rounds-1], g, m.ID, number)
		}
	}
	slices.Sort(sizes)
	slices.Sort(grouped)
	require.Equal(h.t, []int{2, 2, 2, 2, 2, 3}, sizes, "the odd one makes a group of three")
	require.Equal(h.t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, grouped)
	require.Len(h.t, h.simulator.inbox(addressOf(14), "no match for you"), rounds)
	for i := 14; i <= 25; i++ {
		require.Empty(h.t, h.simulator.inbox(addressOf(i), ": meet "))
		require.Equal(h.t, i == 14, len(h.simulator.inbox(addressOf(i), "no match for you")) > 0)
	}
	replay := into[struct {
		Same bool `json:"same"`
	}](h.t, h.call("POST", roundPath(round)+"/replay", nil))
	require.True(h.t, replay.Same)
}

// requireIntroduced checks that a mail names the others of the group, shows the program's attributes, and nobody else.
func (h *house) requireIntroduced(m message, g api.Group, reader int64, number map[int64]int) {
	h.t.Helper()
	named := map[int]bool{}
	for _, other := range g.Members {
		i := number[other.ID]
		named[i] = true
		if other.ID == reader {
			continue
		}
		for _, part := range []string{m.Text, m.HTML} {
			require.Contains(h.t, part, fmt.Sprintf("Member %d %s", i, surname))
			require.Contains(h.t, part, addressOf(i))
			require.Contains(h.t, part, fmt.Sprintf("team-%d", (i-1)%5))
		}
	}
	for i := 1; i <= 25; i++ {
		require.Equal(h.t, named[i] && i != number[reader], strings.Contains(m.Text, "<"+addressOf(i)+">"), "%d in:\n%s", i, m.Text)
	}
	require.Contains(h.t, h.open(h.link(m, "c")), "BEGIN:VEVENT")
	require.Contains(h.t, h.open(h.link(m, "m")), surname)
}

func (h *house) requireReport(round int64) {
	h.t.Helper()
	report := get[api.RoundReport](h, "%s/report?by=team", roundPath(round))
	require.Equal(h.t, []int{25, 14, 6, 5, 13, 1, 6, 8, 0}, []int{
		report.Invited, report.OptedIn, report.Declined, report.Unanswered, report.Grouped, report.Unmatched, report.Groups, report.Connections, report.Repeated,
	})
	require.Len(h.t, report.Participation, 5)
	csv := string(h.call("GET", roundPath(round)+"/export", nil).body)
	require.Equal(h.t, 26, strings.Count(csv, "\n"), "a header and a line per member:\n%s", csv)
}

// requirePlanned checks that both rounds are in the planning, and in its calendar.
func (h *house) requirePlanned(program int64, rounds ...int64) {
	h.t.Helper()
	planning := get[struct{ Items []api.PlanningCard }](h, "/v1/rounds?timezone=%s&program=%d", url.QueryEscape(zone), program)
	var listed []int64
	for _, c := range planning.Items {
		listed = append(listed, c.RoundID)
		require.Equal(h.t, "sent", c.Phase)
		require.Equal(h.t, zone, c.Match.Timezone)
	}
	require.ElementsMatch(h.t, rounds, listed)
	feed := into[struct{ URL string }](h.t, h.call("POST", "/v1/rounds/feed", map[string]any{"program_id": program}))
	require.Equal(h.t, len(rounds), strings.Count(h.open(feed.URL), "BEGIN:VEVENT"))
}
