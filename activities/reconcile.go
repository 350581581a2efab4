package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"

	"rondo/activities/store"
	"rondo/workflows"
)

const (
	reconcileFor  = 15 * time.Second // of the activity's 25, for looking at workflows
	reconcileRows = 200              // of each kind in one pass: about 2 ms of Temporal each
)

// ReconcileRows repeats doorbells that were not heard, and starts the workflows that open rows lack: what a crash between
// a row and its workflow left behind. It also lists as in doubt what nobody looks after any more, and forgets idempotency
// keys that have had their day.
func (a *Activities) ReconcileRows(ctx context.Context, _ struct{}) (workflows.Reconciled, error) {
	var done workflows.Reconciled
	unheard, err := a.DB.Unheard(ctx, reconcileRows)
	if err != nil {
		return done, err
	}
	for _, r := range unheard {
		if err := a.Bell.All(ctx, []store.Ring{r}); err != nil {
			return done, err
		}
		done.Rung++
	}
	if done.Started, err = a.startMissing(ctx); err != nil {
		return done, err
	}
	if _, err := a.DB.DoubtOrphans(ctx); err != nil {
		return done, err
	}
	_, err = a.DB.CleanIdempotency(ctx)
	return done, err
}

// startMissing looks at the workflows seen longest ago, so that all come round in the end.
func (a *Activities) startMissing(ctx context.Context) (int, error) {
	rows, err := a.DB.LeastChecked(ctx, reconcileRows)
	if err != nil {
		return 0, err
	}
	look, cancel := context.WithTimeout(ctx, reconcileFor)
	defer cancel()
	started := 0
	for i, r := range rows {
		runs, err := a.runs(look, r)
		if err == nil && !runs {
			err = a.Bell.All(look, []store.Ring{r})
			started++
		}
		if err != nil {
			return started, errors.Join(err, a.DB.Checked(ctx, rows[:i]))
		}
	}
	return started, a.DB.Checked(ctx, rows)
}

// runs reports whether the workflow of a row is open.
func (a *Activities) runs(ctx context.Context, r store.Ring) (bool, error) {
	id := workflowID(r)
	d, err := a.Temporal.DescribeWorkflowExecution(ctx, id, "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("describe %s: %w", id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	if info.GetStatus() != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return false, nil
	}
	if r.Enrollment != 0 { // a person's run may be of an enrollment that is over
		var row int64
		err := converter.GetDefaultDataConverter().FromPayload(info.GetMemo().GetFields()["row"], &row)
		return err == nil && row == r.Enrollment, nil
	}
	return true, nil
}

func workflowID(r store.Ring) string {
	switch {
	case r.Round != 0:
		return workflows.RoundID(r.Round)
	case r.Schedule != 0:
		return workflows.ScheduleID(r.Schedule)
	case r.Batch != 0:
		return workflows.EngageID(r.Batch)
	case r.Session != 0:
		return workflows.SessionID(r.Session)
	}
	return workflows.ContactID(r.Person)
}
