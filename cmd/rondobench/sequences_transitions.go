package main

import (
	"context"
	"fmt"
	"os"

	"rondo/workflows"
)

// transitions is what Temporal itself says it has cost to take a sample of contacts to where they are, in the order of the
// sample.
type transitions struct {
	states, events []int64
}

// transitions asks about every so many-th contact of the batch that is sent, once its workflow does nothing but wait.
func (r *sequencesRun) transitions(ctx context.Context) (t transitions, err error) {
	fmt.Fprintln(os.Stderr, "count state transitions ...")
	first, every := r.Times*r.Contacts+1, max(1, r.Contacts/r.Sample)
	for person := first; person < first+r.Contacts; person += every {
		id := workflows.ContactID(int64(person))
		err := await(ctx, id+" waits", func() (bool, error) {
			d, err := r.temporal.DescribeWorkflowExecution(ctx, id, "")
			if err != nil || len(d.GetPendingActivities()) > 0 || d.GetPendingWorkflowTask() != nil {
				return false, err
			}
			t.states = append(t.states, d.GetWorkflowExecutionInfo().GetStateTransitionCount())
			t.events = append(t.events, d.GetWorkflowExecutionInfo().GetHistoryLength())
			return true, nil
		})
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// perMail is the mean of what a mail adds to a contact's count: from waiting for it to waiting for what comes after it.
// What start and first mail cost together is another figure.
func perMail(before, after []int64) (mean float64, most int64) {
	for i := range after {
		d := after[i] - before[i]
		mean += float64(d) / float64(len(after))
		most = max(most, d)
	}
	return mean, most
}
