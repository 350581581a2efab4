package setup

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rondo/workflows"
)

// probe runs a workflow on a task queue of its own, with a worker in this process, and waits until a query by search
// attributes finds it. What it proves, round workflows rely on.
func probe(ctx context.Context, c client.Client, _ string) error {
	name := "probe-" + strings.ToLower(rand.Text())
	w := sdk.New(c, name, sdk.Options{DisableRegistrationAliasing: true})
	w.RegisterWorkflowWithOptions(workflows.Probe, workflow.RegisterOptions{Name: workflows.ProbeWorkflow})
	if err := w.Start(); err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	defer w.Stop()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: name, TaskQueue: name, WorkflowExecutionTimeout: time.Minute,
		StaticSummary:         "Does this namespace take our search attributes?",
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.KindAttribute.ValueSet("probe")),
	}, workflows.ProbeWorkflow)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	if err := run.Get(ctx, nil); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return found(ctx, c, fmt.Sprintf("WorkflowId = '%s' AND %s = 'probe' AND %s = 'done'",
		name, workflows.KindAttribute.GetName(), workflows.PhaseAttribute.GetName()))
}

// found waits until visibility, which lags behind, lists a run.
func found(ctx context.Context, c client.Client, query string) error {
	for {
		list, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 1, Query: query})
		if err != nil {
			return fmt.Errorf("list by search attributes: %w", err)
		}
		if len(list.GetExecutions()) > 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the run was not listed by its search attributes: %w", ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
