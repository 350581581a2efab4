package main_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api/client"
	"rondo/workflows"
)

// Review before sending: nobody is asked even in a program that asks; groups of all, which can be changed until the date
// that they are given, and then go out as they are.
func TestReviewFirst(t *testing.T) {
	t.Parallel()
	h := setup(t)
	h.importPeople(9)
	p := h.program()
	id := h.schedule(p, client.ScheduleFields{Timezone: zone, Kind: new(client.ScheduleFieldsKindReviewFirst)})
	require.Nil(t, h.awaitPhase(id, client.RoundPhaseReview).Match)
	planning := h.planning(p)
	require.Len(t, planning, 1)
	require.True(t, planning[0].Undated)
	require.Equal(t, []int{2, 2, 2, 3}, sizes(h.groups(id)))

	before := h.groups(id)
	a, b := before[0].Members[0].ID, before[1].Members[0].ID
	swap := client.EditGroupsInputBody{Kind: client.EditGroupsInputBodyKindSwap, A: &a, B: &b}
	stale := h.groupsTag(id)
	h.editGroups(id, swap)
	late, err := h.client.EditGroupsWithResponse(t.Context(), id, &client.EditGroupsParams{IfMatch: stale}, swap)
	require.Equal(t, "stale_version", refused(t, late, err))
	h.move(id, h.in(time.Hour))
	require.NotNil(t, h.round(id).Match)
	h.editGroups(id, client.EditGroupsInputBody{Kind: client.EditGroupsInputBodyKindPin, Group: &before[0].Group}) // still editable
	h.move(id, "now")
	h.awaitPhase(id, client.RoundPhaseSent)
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
	ids := map[client.ScheduleFieldsAtDeadline]int64{}
	for _, deadline := range []client.ScheduleFieldsAtDeadline{"send", "hold"} {
		p := h.program(func(f *client.ProgramFields) { f.Name = new("At the deadline " + string(deadline)) })
		fields := h.reviewed()
		fields.AtDeadline = &deadline
		ids[deadline] = h.schedule(p, fields)
	}
	for _, id := range ids {
		h.awaitPhase(id, client.RoundPhaseOpen)
		h.answers(id, "yes", people[1:11]...)
	}
	for _, id := range ids {
		h.awaitPhase(id, client.RoundPhaseReview)
		require.Equal(t, []int{2, 2, 2, 2, 2}, sizes(h.groups(id)))
		require.Empty(t, h.mails(id, "match"))
		h.move(id, "now")
	}
	h.awaitPhase(ids["send"], client.RoundPhaseSent)
	h.requireGroupsMailed(ids["send"])

	await(t, patience, "the workflow knows that the deadline has passed, and holds", func() (bool, string) {
		plan := h.plan(ids["hold"])
		return plan.Hold && plan.MatchAt.Before(time.Now()), fmt.Sprintf("%+v", plan)
	})
	require.Equal(t, client.RoundPhaseReview, h.round(ids["hold"]).Phase)
	require.Empty(t, h.mails(ids["hold"], "match"))
	h.edit(ids["hold"], func(ctx context.Context, tag *string) (client.Answer, error) {
		return h.client.ApproveRoundWithResponse(ctx, ids["hold"], &client.ApproveRoundParams{IfMatch: tag})
	})
	h.awaitPhase(ids["hold"], client.RoundPhaseSent)
	h.requireGroupsMailed(ids["hold"])
	h.requireReplays("opt-in-and-review")
}

// Who declines after the groups are made leaves a group that is mended, and the round says what changed.
func TestLateDeclineRepairs(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(10)
	id := h.schedule(h.program(), h.reviewed())
	h.awaitAsked(id, 10)
	h.answers(id, "yes", people[1:]...)
	page := h.link(h.awaitMail(addressOf(1), "are you in"), "a")
	h.awaitPhase(id, client.RoundPhaseReview)
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
	edits, err := h.client.ListGroupEditsWithResponse(t.Context(), id, nil)
	ok(t, edits, err)
	require.Len(t, edits.JSON200.Items, 1)
	require.Equal(t, client.GroupEditKindRepair, edits.JSON200.Items[0].Kind)
	require.Equal(t, []any{float64(people[1])}, edits.JSON200.Items[0].Detail.(map[string]any)["left"])
	h.move(id, "now")
	h.awaitPhase(id, client.RoundPhaseSent)
	h.requireGroupsMailed(id)
	require.Empty(t, h.simulator.inbox(addressOf(1), ": meet "))
	h.requireReplays("repair")
}

// reviewed is a schedule that asks now, closes answers soon, and sends in an hour unless somebody moves it.
func (h *house) reviewed() client.ScheduleFields {
	fields := asking(h.in(time.Hour + 45*time.Second))
	fields.Review, fields.AnswersCloseHours = new(true), new(int64(1))
	return fields
}

// editGroups saves an edit of the present groups.
func (h *house) editGroups(round int64, edit client.EditGroupsInputBody) {
	h.t.Helper()
	r, err := h.client.EditGroupsWithResponse(h.t.Context(), round, &client.EditGroupsParams{IfMatch: h.groupsTag(round)}, edit)
	ok(h.t, r, err)
}

// groupsTag is the ETag of the groups of a round as they are now.
func (h *house) groupsTag(round int64) *string {
	h.t.Helper()
	r, err := h.client.ListGroupsWithResponse(h.t.Context(), round, nil)
	ok(h.t, r, err)
	return r.Headers200.ETag
}

// plan is what the round's workflow acts on.
func (h *house) plan(round int64) (plan workflows.Plan) {
	h.t.Helper()
	answer, err := h.temporal.QueryWorkflow(h.t.Context(), workflows.RoundID(round), "", workflows.PlanQuery)
	require.NoError(h.t, err)
	require.NoError(h.t, answer.Get(&plan))
	return plan
}

func sizes(groups []client.Group) []int {
	var all []int
	for _, g := range groups {
		all = append(all, len(g.Members))
	}
	slices.Sort(all)
	return all
}

func memberIDs(groups []client.Group) [][]int64 {
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
