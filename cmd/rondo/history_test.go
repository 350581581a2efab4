package main_test

import (
	"context"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"rondo/workflows"
)

// runs lists every workflow run of the namespace.
func (h *house) runs() []*workflow.WorkflowExecutionInfo {
	h.t.Helper()
	var all []*workflow.WorkflowExecutionInfo
	for token := []byte(nil); ; {
		list, err := h.temporal.ListWorkflow(h.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{PageSize: 200, NextPageToken: token})
		require.NoError(h.t, err)
		all = append(all, list.GetExecutions()...)
		if token = list.GetNextPageToken(); len(token) == 0 {
			return all
		}
	}
}

// history is what Temporal remembers of a run.
func (h *house) history(workflow, run string) *history.History {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	var all history.History
	events := h.temporal.GetWorkflowHistory(ctx, workflow, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		require.NoError(h.t, err)
		all.Events = append(all.Events, e)
	}
	return &all
}

// signalAnswers answers through Temporal, as an integration with access to it does.
func (h *house) signalAnswers(round int64, answers ...workflows.Answer) {
	h.t.Helper()
	err := h.temporal.SignalWorkflow(h.t.Context(), workflows.RoundID(round), "", workflows.AnswersSignal, workflows.Answers{Answers: answers})
	require.NoError(h.t, err)
}

// requireNobody fails if a text names anybody, or gives a secret away.
func (h *house) requireNobody(where, text string) {
	h.t.Helper()
	for what, secret := range map[string]string{"a name": surname, "an address": domain, "the API key": h.key, "the provider's key": h.simulator.key} {
		if at := strings.Index(text, secret); at >= 0 {
			require.Fail(h.t, where+" holds "+what, "...%s...", text[max(0, at-200):min(len(text), at+200)])
		}
	}
}

// requirePrivate checks that nobody's name or address is in any workflow's history or in any process's log.
func (h *house) requirePrivate() {
	h.t.Helper()
	runs := h.runs()
	require.NotEmpty(h.t, runs)
	for _, run := range runs {
		id := run.GetExecution()
		for _, m := range []proto.Message{h.history(id.GetWorkflowId(), id.GetRunId()), run} {
			b, err := proto.Marshal(m) // the wire format holds texts, payloads too, as they are
			require.NoError(h.t, err)
			require.Contains(h.t, string(b), run.GetType().GetName())
			h.requireNobody("the history of "+id.GetWorkflowId(), string(b))
		}
	}
	for _, p := range append(h.workers, h.api) {
		require.Contains(h.t, p.output(), `"msg"`, "there is a log")
		h.requireNobody("the log of "+p.name, p.output())
	}
}
