package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Activity is something workflows ask for: its name on the wire, the task queue that does it, its input and output types
// and how long and how often it may be tried. Package activities implements each; the compiler checks the types where
// they are bound, and a test checks that none is missing.
type Activity[In, Out any] struct {
	Name  string
	Queue string
	// StartToClose bounds one attempt. ScheduleToClose bounds all attempts together; zero means retried until it works,
	// which is right for whatever must happen in the end.
	StartToClose, ScheduleToClose time.Duration
	// Heartbeat is how long a worker may be silent before another attempt starts; zero for short activities.
	Heartbeat time.Duration
}

// retry is the policy of every activity: quick at first, then once a minute. Permanent faults are marked non-retryable by
// the activity itself; a provider's Retry-After overrides the interval.
var retry = temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute}

// do runs the activity and waits for it. The summary is what the Temporal UI shows beside it.
func (a Activity[In, Out]) do(ctx workflow.Context, in In, summary string) (Out, error) {
	var out Out
	err := a.start(ctx, in, summary).Get(ctx, &out)
	return out, err
}

// start runs the activity beside what the workflow does meanwhile.
func (a Activity[In, Out]) start(ctx workflow.Context, in In, summary string) workflow.Future {
	policy := retry
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              a.Queue,
		StartToCloseTimeout:    a.StartToClose,
		ScheduleToCloseTimeout: a.ScheduleToClose,
		HeartbeatTimeout:       a.Heartbeat,
		WaitForCancellation:    true,
		RetryPolicy:            &policy,
		Summary:                summary,
	})
	return workflow.ExecuteActivity(ctx, a.Name, in)
}
