package main_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/sdk/v1"

	"rondo/api"
	"rondo/workflows"
)

// TestWholeLife takes a round on to its reminder, its check-in and its end. These are days apart, so the row is aged and
// marked; that nobody rings the workflow is what the reconcile schedule mends.
func TestWholeLife(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(6)
	id := h.schedule(h.program(nil).ID, map[string]any{"opt_in": "now", "match": h.in(48 * time.Hour)})
	h.awaitRound(id, patience, "everybody is asked", func(r api.Round) bool { return r.Delivered == 6 })
	h.answers(id, "yes", people[1:4]...)
	h.age(id, `remind_at = now()`)
	for i := 4; i <= 6; i++ {
		h.submit(h.link(h.awaitMail(addressOf(i), "shall we count you in"), "a"), url.Values{"action": {"yes"}})
	}
	h.edit("POST", roundPath(id), "/move", map[string]any{"match": "now"})
	h.awaitPhase(id, patience, "sent")

	h.age(id, `check_in_at = now()`)
	for i, answer := range []string{1: "yes", 2: "planned", 3: "no"} {
		if answer != "" {
			page := h.link(h.awaitMail(addressOf(i), "did you meet"), "d")
			require.Contains(t, h.open(page), "Did you meet")
			require.Contains(t, h.submit(page, url.Values{"answer": {answer}, "note": {"a note"}}), "Thank you")
		}
	}
	require.Equal(t, api.MetCounts{Yes: 1, Planned: 1, No: 1}, get[api.RoundReport](h, "%s/report", roundPath(id)).Met)
	await(t, patience, "everybody was asked whether they met", func() (bool, string) {
		n := one[int](h, `SELECT count(*) FROM rounds WHERE id = $1 AND checked_in_at IS NOT NULL`, id)
		return n == 1, ""
	})

	h.age(id, `checked_in_at = now() - interval '8 days'`)
	h.awaitPhase(id, patience, "closed")
	await(t, patience, "the workflow ends", func() (bool, string) { return h.ended(workflows.RoundID(id)), "" })
	for i := 1; i <= 6; i++ {
		want := map[bool]int{true: 3, false: 4}[i <= 3] // opt-in, match, check-in; and a reminder for who had not answered
		require.Len(t, h.simulator.inbox(addressOf(i), ""), want, "member %d", i)
	}
	h.requirePrivate()
	h.requireReplays("life")
}

// age changes a round behind Rondo's back, as time would, and leaves the mark of a doorbell that nobody heard.
func (h *house) age(round int64, set string) {
	h.t.Helper()
	h.exec(`UPDATE rounds SET `+set+`, version = version + 1, ring_since = now() - interval '1 minute' WHERE id = $1`, round)
}

// ended reports whether a workflow has come to its end in order.
func (h *house) ended(workflow string) bool {
	h.t.Helper()
	d, err := h.temporal.DescribeWorkflowExecution(h.t.Context(), workflow, "")
	require.NoError(h.t, err)
	status := d.GetWorkflowExecutionInfo().GetStatus()
	return status == enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
}

// TestStuckRoundTriesAgain breaks the text of a program in a way that the API refuses. The round says that it is stuck, goes
// on taking answers, and goes on as soon as somebody mends the program.
func TestStuckRoundTriesAgain(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(5)
	p := h.program(nil)
	h.exec(`UPDATE programs SET texts = '{"match": {"subject": "{{ nonsense }}"}}' WHERE id = $1`, p.ID)
	id := h.schedule(p.ID, map[string]any{"opt_in": "now", "match": h.in(time.Hour)})
	h.awaitRound(id, patience, "everybody is asked", func(r api.Round) bool { return r.Delivered == 5 })
	h.answers(id, "yes", people[1:]...)
	h.edit("POST", roundPath(id), "/move", map[string]any{"match": "now"})
	h.awaitPhase(id, patience, "sending")
	await(t, patience, "the round says that it is stuck", func() (bool, string) {
		d, err := h.temporal.QueryWorkflow(t.Context(), workflows.RoundID(id), "", "__temporal_workflow_metadata")
		require.NoError(t, err)
		var shown sdk.WorkflowMetadata
		require.NoError(t, d.Get(&shown))
		return strings.Contains(shown.GetCurrentDetails(), "**Stuck**: text_invalid"), shown.GetCurrentDetails()
	})
	h.edit("PATCH", fmt.Sprintf("/v1/programs/%d", p.ID), "", map[string]any{"texts": map[string]any{}})
	h.awaitPhase(id, patience, "sent")
	h.requireGroupsMailed(id)
	h.requireReplays("stuck")
}
