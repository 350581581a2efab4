// Package setup brings Temporal to what this binary needs: namespace, retention, search attributes, the reconcile schedule.
// All of it can be repeated, from many places at once.
package setup

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rondo/worker"
	"rondo/workflows"
)

// Temporal returns when a workflow with the search attributes has run and was found by them. Retention is how long closed
// runs can be read: a whole number of days, at least one.
func Temporal(ctx context.Context, at worker.Connection, retention time.Duration, log *slog.Logger) error {
	if err := namespace(ctx, at, retention, log); err != nil {
		return err
	}
	c, err := at.Dial(ctx, log, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	for _, step := range []struct {
		what string
		do   func(context.Context, client.Client, string) error
	}{
		{"search attributes", searchAttributes},
		{"reconcile schedule", reconcileSchedule},
		{"probe", probe},
	} {
		if err := settle(ctx, func() error { return step.do(ctx, c, at.Namespace) }); err != nil {
			return fmt.Errorf("temporal: %s: %w", step.what, err)
		}
		log.InfoContext(ctx, "temporal is set up", slog.String("step", step.what))
	}
	return nil
}

// settle repeats a step while Temporal's caches have not heard of the steps before: a new namespace takes some seconds to
// be known everywhere, new search attributes too.
func settle(ctx context.Context, step func() error) error {
	for {
		err := step()
		if err == nil || !unsettled(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func unsettled(err error) bool {
	var noNamespace *serviceerror.NamespaceNotFound
	var invalid *serviceerror.InvalidArgument
	var down *serviceerror.Unavailable
	var busy *serviceerror.ResourceExhausted
	return errors.As(err, &noNamespace) || errors.As(err, &down) || errors.As(err, &busy) ||
		errors.As(err, &invalid) && missingAttribute(invalid.Message)
}

// reconcileSchedule runs the reconcile workflow every 30 s; a run that was missed for longer than a minute is not made up.
func reconcileSchedule(ctx context.Context, c client.Client, _ string) error {
	spec := client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: 30 * time.Second}}}
	action := &client.ScheduleWorkflowAction{
		ID: "reconcile", Workflow: workflows.ReconcileWorkflow, TaskQueue: workflows.QueueRounds,
		WorkflowRunTimeout:    5 * time.Minute,
		StaticSummary:         "Repeat unheard doorbells",
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.KindAttribute.ValueSet("reconcile")),
	}
	policy := client.SchedulePolicies{Overlap: overlapSkip, CatchupWindow: time.Minute}
	_, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID: workflows.ReconcileSchedule, Spec: spec, Action: action, Overlap: policy.Overlap, CatchupWindow: policy.CatchupWindow,
	})
	if !errors.Is(err, temporal.ErrScheduleAlreadyRunning) {
		return err
	}
	return c.ScheduleClient().GetHandle(ctx, workflows.ReconcileSchedule).Update(ctx, client.ScheduleUpdateOptions{
		DoUpdate: func(in client.ScheduleUpdateInput) (*client.ScheduleUpdate, error) {
			s := in.Description.Schedule
			s.Spec, s.Action, s.Policy = &spec, action, &policy
			return &client.ScheduleUpdate{Schedule: &s}, nil
		},
	})
}
