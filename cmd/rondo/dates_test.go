package main_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api"
	"rondo/workflows"
)

// Nobody is asked: everybody is matched when the date has come.
func TestAutomatic(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.importPeople(11)
	p := h.program(map[string]any{"participation": "automatic", "group_size": 3})
	id := h.schedule(p.ID, map[string]any{"match": h.in(8 * time.Second)})
	r := h.awaitPhase(id, patience, "sent")
	require.Equal(t, []int{11, 11}, []int{r.Invited, r.OptedIn})
	require.Equal(t, []int{3, 4, 4}, sizes(h.groups(id)))
	h.requireGroupsMailed(id)
	require.Equal(t, 11, h.simulator.stats().Messages, "match mails and nothing else")
	h.requireReplays("automatic")
}

// The match date moves while answers come in: later, to the past, by somebody who has not seen the last change, to now.
func TestMoveMatchNow(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(6)
	id := h.schedule(h.program(nil).ID, map[string]any{"opt_in": "now", "match": h.in(time.Hour)})
	h.awaitRound(id, patience, "everybody is asked", func(r api.Round) bool { return r.Delivered == 6 })
	h.answers(id, "yes", people[1:]...)

	stale := h.call("GET", roundPath(id), nil).header.Get("ETag")
	h.edit("POST", roundPath(id), "/move", map[string]any{"match": h.in(2 * time.Hour)})
	late := h.call("POST", roundPath(id)+"/move", map[string]any{"match": "now"}, "If-Match", stale)
	require.Equal(t, http.StatusPreconditionFailed, late.status)
	require.Equal(t, "stale_version", late.code())
	past := h.call("POST", roundPath(id)+"/move", map[string]any{"match": h.in(-time.Hour)}, "If-Match", h.call("GET", roundPath(id), nil).header.Get("ETag"))
	require.Equal(t, "date_in_the_past", past.code())
	await(t, patience, "the workflow waits for the later date", func() (bool, string) {
		at := h.plan(id).AnswersCloseAt
		return at.After(time.Now().Add(90 * time.Minute)), at.String()
	})

	h.edit("POST", roundPath(id), "/move", map[string]any{"match": "now"})
	h.awaitPhase(id, patience, "sent")
	h.requireGroupsMailed(id)
	sent := h.call("POST", roundPath(id)+"/move", map[string]any{"match": "now"}, "If-Match", h.call("GET", roundPath(id), nil).header.Get("ETag"))
	require.Equal(t, "wrong_phase", sent.code())
	h.requireReplays("move")
}

// A cancelled round writes to nobody any more and ends its workflow; the schedule goes on with the next one.
func TestCancelWhileOpen(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(6)
	s := into[api.Schedule](t, h.call("POST", fmt.Sprintf("/v1/programs/%d/schedules", h.program(nil).ID), map[string]any{
		"opt_in": "now", "match": h.in(time.Hour), "timezone": zone, "every_weeks": 1,
	}))
	id := h.roundOf(s.ID, 0)
	h.awaitRound(id, patience, "everybody is asked", func(r api.Round) bool { return r.Delivered == 6 })
	h.answers(id, "yes", people[1:]...)
	page := h.link(h.awaitMail(addressOf(1), "are you in"), "a")
	h.edit("POST", roundPath(id), "/cancel", nil)
	h.awaitPhase(id, patience, "cancelled")
	await(t, patience, "the workflow ends", func() (bool, string) { return h.ended(workflows.RoundID(id)), "" })
	require.Contains(t, h.open(page), "does not take place")
	refused := into[struct{ Refused []api.RefusedAnswer }](t, h.call("POST", roundPath(id)+"/answers", map[string]any{
		"answers": []api.OptInAnswer{{PersonID: people[2], Answer: "no"}},
	}))
	require.Equal(t, []api.RefusedAnswer{{PersonID: people[2], Reason: "too_late"}}, refused.Refused)
	require.Equal(t, 6, h.simulator.stats().Messages, "opt-in mails and nothing else")
	require.Equal(t, "planned", h.round(h.roundOf(s.ID, 1)).Phase)
	h.requireReplays("cancel")
}

// Who joins the audience of an open round is asked too, once.
func TestJoinerIsInvited(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(4)
	id := h.schedule(h.program(map[string]any{"audience": "team != guest"}).ID, map[string]any{"opt_in": "now", "match": h.in(time.Hour)})
	h.awaitRound(id, patience, "everybody is asked", func(r api.Round) bool { return r.Delivered == 4 })
	file := "email,name,team\n"
	for i, team := range []string{5: "blue", 6: "guest", 7: "red"} {
		if team != "" {
			file += fmt.Sprintf("%s,Joiner %d %s,%s\n", addressOf(i), i, surname, team)
		}
	}
	require.Equal(t, 3, into[api.ImportReport](t, h.call("POST", "/v1/people/import", file)).Created)
	h.awaitMail(addressOf(5), "are you in")
	h.awaitMail(addressOf(7), "are you in")
	r := h.awaitRound(id, patience, "the joiners are counted", func(r api.Round) bool { return r.Delivered == 6 })
	require.Equal(t, 6, r.Invited)
	for i, want := range []int{1: 1, 2: 1, 3: 1, 4: 1, 5: 1, 6: 0, 7: 1} {
		require.Len(t, h.simulator.inbox(addressOf(i), ""), want, "member %d", i)
	}
	var joiner int64
	for _, m := range h.members(id) {
		if m.Email == addressOf(7) {
			joiner = m.PersonID
		}
	}
	h.answers(id, "yes", people[1], joiner)
	h.edit("POST", roundPath(id), "/move", map[string]any{"match": "now"})
	h.awaitPhase(id, patience, "sent")
	h.requireGroupsMailed(id)
	h.requireReplays("joiner")
}
