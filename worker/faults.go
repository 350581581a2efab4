package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"rondo/activities/store"
)

// faults is where errors and panics of activities become what a history may hold: a code. What a driver or provider said,
// with the names and addresses in it, goes to the log.
type faults struct {
	interceptor.WorkerInterceptorBase
	log *slog.Logger
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (f *faults) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &faultsInbound{interceptor.ActivityInboundInterceptorBase{Next: next}, f.log}
}

type faultsInbound struct {
	interceptor.ActivityInboundInterceptorBase
	log *slog.Logger
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (f *faultsInbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (out any, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
		if err != nil {
			out, err = nil, f.tell(ctx, err)
		}
	}()
	return f.Next.ExecuteActivity(ctx, in)
}

// tell logs the error and gives Temporal its code. A permanent fault is not retried; a limit says when to try again.
func (f *faultsInbound) tell(ctx context.Context, err error) error {
	if errors.Is(err, activity.ErrResultPending) {
		return activity.ErrResultPending
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	info := activity.GetInfo(ctx)
	fault := store.AsFault(err)
	f.log.LogAttrs(ctx, slog.LevelWarn, "activity failed",
		slog.String("activity", info.ActivityType.Name), slog.String("workflow_id", info.WorkflowExecution.ID),
		slog.Int("attempt", int(info.Attempt)), slog.String("code", fault.Code), slog.Any("error", err))
	return temporal.NewApplicationErrorWithOptions(fault.Code, fault.Code, temporal.ApplicationErrorOptions{
		NonRetryable: fault.Permanent(), NextRetryDelay: fault.RetryAfter,
	})
}
