package workflows_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rondo/workflows"
)

// TestRecordedHistories replays workflows as they ran when they were recorded, round by round and variant by variant. A change
// that decides differently in the middle of a running workflow fails here: guard it with workflow.GetVersion, and record
// anew only what nobody can be running.
//
//	bin/devstack run -- env RONDO_BIN=$PWD/bin/rondo go test ./cmd/rondo -update
func TestRecordedHistories(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.json"))
	require.NoError(t, err)
	all := map[string]any{
		workflows.RoundWorkflow: workflows.Round, workflows.ScheduleWorkflow: workflows.Schedule,
		workflows.ReconcileWorkflow: workflows.Reconcile, workflows.ProbeWorkflow: workflows.Probe,
		workflows.ContactWorkflow: workflows.Contact, workflows.EngageWorkflow: workflows.Engage, workflows.SessionWorkflow: workflows.Session,
	}
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	r := worker.NewWorkflowReplayer()
	for name, w := range all {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
	replayed := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f, err := os.Open(file)
			require.NoError(t, err)
			defer f.Close()
			past, err := client.HistoryFromJSON(f, client.HistoryJSONOptions{})
			require.NoError(t, err)
			require.NoError(t, r.ReplayWorkflowHistory(quiet, past))
			replayed[past.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName()] = true
		})
	}
	for name := range all {
		require.True(t, replayed[name], "no history of %s is recorded", name)
	}
}
