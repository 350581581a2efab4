package workflows_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"rondo/workflows"
)

// taker is what TakeStep answers, turn by turn, and when it was asked.
type taker struct {
	env   *testsuite.TestWorkflowEnvironment
	turns []func(now time.Time) (workflows.Turn, error)
	asked []time.Duration // since the start
	start time.Time
}

func newTaker(t *testing.T, turns ...func(now time.Time) (workflows.Turn, error)) *taker {
	var suite testsuite.WorkflowTestSuite
	k := &taker{env: suite.NewTestWorkflowEnvironment(), turns: turns, start: time.Date(2026, 6, 4, 9, 0, 0, 0, time.UTC)}
	k.env.SetStartTime(k.start)
	k.env.RegisterActivityWithOptions(func(_ context.Context, in workflows.Ref) (workflows.Turn, error) {
		require.Equal(t, int64(7), in.ID)
		require.NotEmpty(t, k.turns, "asked once too often")
		k.asked = append(k.asked, k.env.Now().Sub(k.start))
		turn := k.turns[0]
		k.turns = k.turns[1:]
		return turn(k.env.Now())
	}, activity.RegisterOptions{Name: workflows.TakeStep.Name})
	return k
}

func due(after time.Duration) func(time.Time) (workflows.Turn, error) {
	return func(now time.Time) (workflows.Turn, error) {
		return workflows.Turn{DueAt: now.Add(after), State: "active", Step: 2}, nil
	}
}

func rung(time.Time) (workflows.Turn, error) { return workflows.Turn{State: "paused", Step: 2}, nil }

func over(time.Time) (workflows.Turn, error) {
	return workflows.Turn{Over: true, State: "unresponsive"}, nil
}

func TestContactWaitsForEachStep(t *testing.T) {
	k := newTaker(t, due(48*time.Hour), due(7*24*time.Hour), over)
	k.env.ExecuteWorkflow(workflows.Contact, workflows.Enrolled{ID: 7, DueAt: k.start.Add(time.Hour)})
	require.NoError(t, k.env.GetWorkflowError())
	require.Equal(t, []time.Duration{time.Hour, 49 * time.Hour, 49*time.Hour + 7*24*time.Hour}, k.asked, "woken early, it waits until it is due")
}

func TestContactHearsTheBell(t *testing.T) {
	k := newTaker(t, due(48*time.Hour), rung, over)
	k.env.RegisterDelayedCallback(func() { k.env.SignalWorkflow(workflows.Doorbell, workflows.Bell{}) }, 5*time.Hour)
	k.env.RegisterDelayedCallback(func() { k.env.SignalWorkflow(workflows.Doorbell, workflows.Bell{}) }, 1000*time.Hour)
	k.env.ExecuteWorkflow(workflows.Contact, workflows.Enrolled{ID: 7, DueAt: k.start})
	require.NoError(t, k.env.GetWorkflowError())
	require.Equal(t, []time.Duration{0, 5 * time.Hour, 1000 * time.Hour}, k.asked, "paused, it waits for the bell alone")
}

func TestContactThatCannotBeServedTriesAgain(t *testing.T) {
	fail := func(time.Time) (workflows.Turn, error) {
		return workflows.Turn{}, temporal.NewNonRetryableApplicationError("sender_unusable", "sender_unusable", nil)
	}
	k := newTaker(t, fail, fail, over)
	k.env.ExecuteWorkflow(workflows.Contact, workflows.Enrolled{ID: 7, DueAt: k.start})
	require.NoError(t, k.env.GetWorkflowError())
	require.Equal(t, []time.Duration{0, time.Hour, 2 * time.Hour}, k.asked)
}
