package main_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api/client"
	"rondo/workflows"
)

// A whole round: people from a file, opt-in mails, answers on every way there is, groups, match mails; and then another.
func TestRoundEndToEnd(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(25)
	p := h.program()
	loner := people[14]
	h.neverMatch(p, loner, people)

	first := h.schedule(p, asking(h.in(45*time.Second)))
	h.awaitAsked(first, 25)
	h.answerEveryWay(first, people)
	r := h.awaitPhase(first, client.RoundPhaseSent)
	require.Equal(t, []int64{25, 14, 6, 5}, []int64{r.Invited, r.OptedIn, r.Declined, r.Unanswered})
	h.requireMatched(first, people, 1)
	h.requireReport(first)

	second := h.schedule(p, asking(h.in(time.Hour)))
	h.awaitAsked(second, 25)
	h.answers(second, "yes", people[1:15]...)
	h.move(second, "now")
	h.awaitPhase(second, client.RoundPhaseSent)
	h.requireMatched(second, people, 2)
	require.Zero(t, h.report(second).Repeated)
	h.requirePlanned(p, first, second)
	h.requirePrivate()
	h.requireReplays("end-to-end")
}

// neverMatch keeps somebody from being matched with anybody.
func (h *house) neverMatch(program, loner int64, people []int64) {
	h.t.Helper()
	var never client.PairsInputBody
	for _, id := range people[1:] {
		if id != loner {
			never.Pairs = append(never.Pairs, client.Pair{A: loner, B: id})
		}
	}
	r, err := h.client.AddNeverPairsWithResponse(h.t.Context(), program, nil, never)
	ok(h.t, r, err)
}

// answerEveryWay lets 1 to 14 say yes and 15 to 20 say no: on their page, through the API, through Temporal. Who watches
// sees each answer at once.
func (h *house) answerEveryWay(round int64, people []int64) {
	h.t.Helper()
	w := h.watch(round)
	w.shows("the round", func(r client.Round) bool { return r.Phase == "open" && r.Unanswered == 25 })
	var yes, no int64
	counted := func(answer string, n int64) {
		h.t.Helper()
		if answer == "yes" {
			yes += n
		} else {
			no += n
		}
		w.shows(fmt.Sprintf("%d yes, %d no", yes, no), func(r client.Round) bool { return r.OptedIn == yes && r.Declined == no })
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
	replay, err := h.client.ReplayRoundWithResponse(h.t.Context(), round)
	ok(h.t, replay, err)
	require.True(h.t, replay.JSON200.Same)
}

// requireIntroduced checks that a mail names the others of the group, shows the program's attributes, and nobody else.
func (h *house) requireIntroduced(m message, g client.Group, reader int64, number map[int64]int) {
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
	report := h.report(round)
	require.Equal(h.t, []int64{25, 14, 6, 5, 13, 1, 6, 8, 0}, []int64{
		report.Invited, report.OptedIn, report.Declined, report.Unanswered, report.Grouped, report.Unmatched, report.Groups, report.Connections, report.Repeated,
	})
	require.Len(h.t, report.Participation, 5)
	csv, err := h.client.ExportRoundWithResponse(h.t.Context(), round)
	ok(h.t, csv, err)
	require.Equal(h.t, 26, strings.Count(string(csv.Body), "\n"), "a header and a line per member:\n%s", csv.Body)
}

// requirePlanned checks that both rounds are in the planning, and in its calendar.
func (h *house) requirePlanned(program int64, rounds ...int64) {
	h.t.Helper()
	var listed []int64
	for _, c := range h.planning(program) {
		listed = append(listed, *c.RoundID)
		require.Equal(h.t, client.PlanningCardPhaseSent, c.Phase)
		require.Equal(h.t, zone, c.Match.Timezone)
	}
	require.ElementsMatch(h.t, rounds, listed)
	feed, err := h.client.CreatePlanningFeedWithResponse(h.t.Context(), client.CreateFeedInputBody{ProgramID: &program})
	ok(h.t, feed, err)
	require.Equal(h.t, len(rounds), strings.Count(h.open(feed.JSON200.URL), "BEGIN:VEVENT"))
}
