package main_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rondo/workflows"
)

// With -update the histories of a run are kept in workflows/testdata, where a test replays them against later code.
var update = flag.Bool("update", false, "write the histories of workflows to workflows/testdata")

// keepsAll are the variants of which other workflows than rounds are kept too; elsewhere they are the same.
var keepsAll = map[string]bool{"life": true, "cancel": true}

var keepsOwn = map[string]bool{workflows.ContactWorkflow: true, workflows.EngageWorkflow: true, workflows.SessionWorkflow: true}

// requireReplays replays every workflow of the house against this code: what was decided once is decided the same again.
// With -update it keeps the rounds of the variant, if that has a name.
func (h *house) requireReplays(variant string) {
	h.t.Helper()
	all := map[string]any{
		workflows.RoundWorkflow: workflows.Round, workflows.ScheduleWorkflow: workflows.Schedule,
		workflows.ReconcileWorkflow: workflows.Reconcile, workflows.ProbeWorkflow: workflows.Probe,
		workflows.ContactWorkflow: workflows.Contact, workflows.EngageWorkflow: workflows.Engage, workflows.SessionWorkflow: workflows.Session,
	}
	r := worker.NewWorkflowReplayer()
	for name, w := range all {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name})
	}
	seen := map[string]int{}
	for _, run := range h.runs() {
		id, kind := run.GetExecution(), run.GetType().GetName()
		if all[kind] == nil {
			continue // Temporal's own
		}
		past := h.history(id.GetWorkflowId(), id.GetRunId())
		require.NoError(h.t, r.ReplayWorkflowHistory(nil, past), "%s %s", id.GetWorkflowId(), id.GetRunId())
		if seen[kind]++; *update && (kind == workflows.RoundWorkflow && variant != "" || keepsAll[variant] || keepsOwn[kind] && variant != "") {
			h.keep(fmt.Sprintf("%s-%s-%d.json", variant, strings.ToLower(kind), seen[kind]), past)
		}
	}
	require.Positive(h.t, seen[workflows.RoundWorkflow]+seen[workflows.ContactWorkflow]+seen[workflows.SessionWorkflow])
}

var identities = regexp.MustCompile(`"identity":\s*"[^"]*"`)

// keep writes a history without what belongs to this machine.
func (h *house) keep(name string, past *history.History) {
	h.t.Helper()
	b, err := temporalproto.CustomJSONMarshalOptions{Indent: " "}.Marshal(past)
	require.NoError(h.t, err)
	host, err := os.Hostname()
	require.NoError(h.t, err)
	text := identities.ReplaceAllString(string(b), `"identity": "rondo"`)
	text = strings.NewReplacer(h.name, "rondo", `"`+host+":", `"host:`).Replace(text)
	dir := filepath.Join("..", "..", "workflows", "testdata")
	require.NoError(h.t, os.MkdirAll(dir, 0o755))
	require.NoError(h.t, os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o644))
}
