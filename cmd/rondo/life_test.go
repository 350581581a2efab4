package main_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/sdk/v1"

	"rondo/api/client"
	"rondo/workflows"
)

// TestWholeLife takes a round on to its reminder, its check-in and its end. These are days apart, so the row is aged and
// marked; that nobody rings the workflow is what the reconcile schedule mends.
func TestWholeLife(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(6)
	id := h.schedule(h.program(), asking(h.in(48*time.Hour)))
	h.awaitAsked(id, 6)
	h.answers(id, "yes", people[1:4]...)
	h.age(id, `remind_at = now()`)
	for i := 4; i <= 6; i++ {
		h.submit(h.link(h.awaitMail(addressOf(i), "shall we count you in"), "a"), url.Values{"action": {"yes"}})
	}
	h.move(id, "now")
	h.awaitPhase(id, client.RoundPhaseSent)

	h.age(id, `check_in_at = now()`)
	for i, answer := range []string{1: "yes", 2: "planned", 3: "no"} {
		if answer != "" {
			page := h.link(h.awaitMail(addressOf(i), "did you meet"), "d")
			require.Contains(t, h.open(page), "Did you meet")
			require.Contains(t, h.submit(page, url.Values{"answer": {answer}, "note": {"a note"}}), "Thank you")
		}
	}
	require.Equal(t, client.MetCounts{Yes: 1, Planned: 1, No: 1}, h.report(id).Met)
	await(t, patience, "everybody was asked whether they met", func() (bool, string) {
		n := one[int](h, `SELECT count(*) FROM rounds WHERE id = $1 AND checked_in_at IS NOT NULL`, id)
		return n == 1, ""
	})

	h.age(id, `checked_in_at = now() - interval '8 days'`)
	h.awaitPhase(id, client.RoundPhaseClosed)
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
	p := h.program()
	h.exec(`UPDATE programs SET texts = '{"match": {"subject": "{{ nonsense }}"}}' WHERE id = $1`, p)
	id := h.schedule(p, asking(h.in(time.Hour)))
	h.awaitAsked(id, 5)
	h.answers(id, "yes", people[1:]...)
	h.move(id, "now")
	h.awaitPhase(id, client.RoundPhaseSending)
	await(t, patience, "the round says that it is stuck", func() (bool, string) {
		d, err := h.temporal.QueryWorkflow(t.Context(), workflows.RoundID(id), "", "__temporal_workflow_metadata")
		require.NoError(t, err)
		var shown sdk.WorkflowMetadata
		require.NoError(t, d.Get(&shown))
		return strings.Contains(shown.GetCurrentDetails(), "**Stuck**: text_invalid"), shown.GetCurrentDetails()
	})
	broken, err := h.client.GetProgramWithResponse(t.Context(), p)
	ok(t, broken, err)
	mended, err := h.client.UpdateProgramWithResponse(t.Context(), p, &client.UpdateProgramParams{IfMatch: broken.Headers200.ETag}, client.ProgramFields{
		Texts: map[string]client.Text{"match": {Subject: new("{{ program.name }}: meet somebody")}},
	})
	ok(t, mended, err)
	h.awaitPhase(id, client.RoundPhaseSent)
	require.Len(t, h.mails(id, "match"), 5)
	h.requireReplays("stuck")
}
