package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api"
	"rondo/workflows"
)

// Review before sending: nobody is asked even in a program that asks; groups of all, which can be changed until the date
// that they are given, and then go out as they are.
func TestReviewFirst(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.importPeople(9)
	p := h.program(nil)
	id := h.schedule(p.ID, map[string]any{"kind": "review_first"})
	r := h.awaitPhase(id, patience, "review")
	require.Nil(t, r.Match)
	planning := get[struct{ Items []api.PlanningCard }](h, "/v1/rounds?program=%d", p.ID)
	require.Len(t, planning.Items, 1)
	require.True(t, planning.Items[0].Undated)
	require.Equal(t, []int{2, 2, 2, 3}, sizes(h.groups(id)))

	before := h.groups(id)
	a, b := before[0].Members[0].ID, before[1].Members[0].ID
	stale := h.call("GET", roundPath(id)+"/groups", nil).header.Get("ETag")
	h.editGroups(id, map[string]any{"kind": "swap", "a": a, "b": b})
	late := h.call("POST", roundPath(id)+"/groups/edit", map[string]any{"kind": "swap", "a": a, "b": b}, "If-Match", stale)
	require.Equal(t, http.StatusPreconditionFailed, late.status)
	h.edit("POST", roundPath(id), "/move", map[string]any{"match": h.in(time.Hour)})
	require.NotNil(t, h.round(id).Match)
	h.editGroups(id, map[string]any{"kind": "pin", "group": before[0].Group}) // still editable
	h.edit("POST", roundPath(id), "/move", map[string]any{"match": "now"})
	h.awaitPhase(id, patience, "sent")
	after := h.groups(id)
	require.NotEqual(t, memberIDs(before), memberIDs(after))
	h.requireGroupsMailed(id)
	for i := 1; i <= 9; i++ {
		require.Empty(t, h.simulator.inbox(addressOf(i), "are you in"))
	}
	h.requireReplays("review-first")
}

// Opt-in and review in one round: at the deadline the groups go out, or wait for approval.
func TestOptInAndReview(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(12)
	ids := map[string]int64{}
	for _, deadline := range []string{"send", "hold"} {
		p := h.program(map[string]any{"name": "At the deadline " + deadline})
		ids[deadline] = h.schedule(p.ID, map[string]any{
			"opt_in": "now", "match": h.in(time.Hour + 45*time.Second), "review": true, "answers_close_hours": 1, "at_deadline": deadline,
		})
	}
	for _, id := range ids {
		h.awaitPhase(id, patience, "open")
		h.answers(id, "yes", people[1:11]...)
	}
	for _, id := range ids {
		h.awaitPhase(id, patience, "review")
		require.Equal(t, []int{2, 2, 2, 2, 2}, sizes(h.groups(id)))
		require.Empty(t, h.mails(id, "match"))
		h.edit("POST", roundPath(id), "/move", map[string]any{"match": "now"})
	}
	h.awaitPhase(ids["send"], patience, "sent")
	h.requireGroupsMailed(ids["send"])

	await(t, patience, "the workflow knows that the deadline has passed, and holds", func() (bool, string) {
		plan := h.plan(ids["hold"])
		return plan.Hold && plan.MatchAt.Before(time.Now()), fmt.Sprintf("%+v", plan)
	})
	require.Equal(t, "review", h.round(ids["hold"]).Phase)
	require.Empty(t, h.mails(ids["hold"], "match"))
	h.edit("POST", roundPath(ids["hold"]), "/approve", nil)
	h.awaitPhase(ids["hold"], patience, "sent")
	h.requireGroupsMailed(ids["hold"])
	h.requireReplays("opt-in-and-review")
}

// Who declines after the groups are made leaves a group that is mended, and the round says what changed.
func TestLateDeclineRepairs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(10)
	p := h.program(nil)
	id := h.schedule(p.ID, map[string]any{
		"opt_in": "now", "match": h.in(time.Hour + 45*time.Second), "review": true, "answers_close_hours": 1,
	})
	h.awaitRound(id, patience, "everybody is asked", func(r api.Round) bool { return r.Delivered == 10 })
	h.answers(id, "yes", people[1:]...)
	page := h.link(h.awaitMail(addressOf(1), "are you in"), "a")
	h.awaitPhase(id, patience, "review")
	before := h.groups(id)
	require.Contains(t, h.open(page), "I cannot make it")
	h.submit(page, url.Values{"action": {"no"}})
	await(t, patience, "the group is mended", func() (bool, string) {
		return !slices.Contains(slices.Concat(memberIDs(h.groups(id))...), people[1]), fmt.Sprint(memberIDs(h.groups(id)))
	})
	after := h.groups(id)
	require.Equal(t, []int{2, 2, 2, 3}, sizes(after))
	kept := 0
	for _, g := range memberIDs(after) {
		if slices.ContainsFunc(memberIDs(before), func(b []int64) bool { return slices.Equal(b, g) }) {
			kept++
		}
	}
	require.Equal(t, 3, kept, "nobody else is moved:\n%v\n%v", memberIDs(before), memberIDs(after))
	edits := pages[api.GroupEdit](h, roundPath(id)+"/groups/edits?")
	require.Len(t, edits, 1)
	require.Equal(t, "repair", edits[0].Kind)
	var detail struct{ Left []int64 }
	require.NoError(t, json.Unmarshal(edits[0].Detail, &detail))
	require.Equal(t, []int64{people[1]}, detail.Left)
	h.edit("POST", roundPath(id), "/move", map[string]any{"match": "now"})
	h.awaitPhase(id, patience, "sent")
	h.requireGroupsMailed(id)
	require.Empty(t, h.simulator.inbox(addressOf(1), ": meet "))
	h.requireReplays("repair")
}

// editGroups saves an edit of the present groups.
func (h *house) editGroups(round int64, body map[string]any) {
	h.t.Helper()
	tag := h.call("GET", roundPath(round)+"/groups", nil).header.Get("ETag")
	a := h.call("POST", roundPath(round)+"/groups/edit", body, "If-Match", tag)
	require.Equal(h.t, http.StatusOK, a.status, "%s", a.body)
}

// plan is what the round's workflow acts on.
func (h *house) plan(round int64) (plan workflows.Plan) {
	h.t.Helper()
	answer, err := h.temporal.QueryWorkflow(h.t.Context(), workflows.RoundID(round), "", workflows.PlanQuery)
	require.NoError(h.t, err)
	require.NoError(h.t, answer.Get(&plan))
	return plan
}

func sizes(groups []api.Group) []int {
	var all []int
	for _, g := range groups {
		all = append(all, len(g.Members))
	}
	slices.Sort(all)
	return all
}

func memberIDs(groups []api.Group) [][]int64 {
	var all [][]int64
	for _, g := range groups {
		var ids []int64
		for _, m := range g.Members {
			ids = append(ids, m.ID)
		}
		slices.Sort(ids)
		all = append(all, ids)
	}
	return all
}
