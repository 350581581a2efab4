// Package bell rings workflows: the second half of the two-store rule. A command commits its row with a ring mark; the bell
// then starts the workflow or signals the running one, in a single call, and clears the mark. What a crash
// leaves in between, the reconcile activity rings again.
package bell

import (
	"context"
	"fmt"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"rondo/activities/store"
	"rondo/workflows"
)

// Bell starts or signals the workflow of a row.
type Bell struct {
	temporal client.Client
}

// New uses a connected client; the caller closes it.
func New(c client.Client) *Bell { return &Bell{temporal: c} }

// Round makes sure that the round's workflow runs and will read the row again. Ringing twice is harmless. The row decides
// whether there is anything to do: for one that is over, the workflow ends at once.
func (b *Bell) Round(ctx context.Context, id, program, version int64) error {
	return b.ringRow(ctx, workflows.RoundWorkflow, id, version, client.StartWorkflowOptions{
		ID: workflows.RoundID(id), TaskQueue: workflows.QueueRounds,
		StaticSummary: fmt.Sprintf("Round %d of program %d", id, program),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.KindAttribute.ValueSet("round"),
			workflows.ProgramAttribute.ValueSet(fmt.Sprint(program)),
		),
	})
}

// Schedule does the same for a schedule.
func (b *Bell) Schedule(ctx context.Context, id, program, version int64) error {
	return b.ringRow(ctx, workflows.ScheduleWorkflow, id, version, client.StartWorkflowOptions{
		ID: workflows.ScheduleID(id), TaskQueue: workflows.QueueRounds,
		StaticSummary: fmt.Sprintf("Schedule %d of program %d", id, program),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.KindAttribute.ValueSet("schedule"),
			workflows.ProgramAttribute.ValueSet(fmt.Sprint(program)),
		),
	})
}

// Batch makes sure that the contacts of an engaged batch get started.
func (b *Bell) Batch(ctx context.Context, id, version int64) error {
	return b.ringRow(ctx, workflows.EngageWorkflow, id, version, client.StartWorkflowOptions{
		ID: workflows.EngageID(id), TaskQueue: workflows.QueueSequences,
		StaticSummary:         fmt.Sprintf("Batch %d", id),
		TypedSearchAttributes: temporal.NewSearchAttributes(workflows.KindAttribute.ValueSet("batch")),
	})
}

// Session makes sure that the workflow of a networking session runs and reads its row.
func (b *Bell) Session(ctx context.Context, id, version int64) error {
	return b.ringRow(ctx, workflows.SessionWorkflow, id, version, client.StartWorkflowOptions{
		ID: workflows.SessionID(id), TaskQueue: workflows.QueueLobby,
		StaticSummary: fmt.Sprintf("Networking session %d", id),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.KindAttribute.ValueSet("session"), workflows.SessionAttribute.ValueSet(fmt.Sprint(id)),
		),
	})
}

// Enrollment makes sure that a contact's workflow runs and reads the enrollment. A run of another enrollment of the same
// person, which is over, ends by it: then the mark stays, and reconcile rings again.
func (b *Bell) Enrollment(ctx context.Context, r store.Ring) error {
	o := ContactOptions(r.Person, r.Enrollment, r.Sequence)
	return b.ring(ctx, o, r.Version, workflows.ContactWorkflow, workflows.Enrolled{ID: r.Enrollment})
}

// ContactOptions are how the workflow of an enrollment starts.
func ContactOptions(person, enrollment, sequence int64) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID: workflows.ContactID(person), TaskQueue: workflows.QueueSequences,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		Memo:                                     map[string]any{"row": enrollment},
		StaticSummary:                            fmt.Sprintf("Enrollment %d in sequence %d", enrollment, sequence),
		TypedSearchAttributes: temporal.NewSearchAttributes(
			workflows.KindAttribute.ValueSet("contact"),
			workflows.SequenceAttribute.ValueSet(fmt.Sprint(sequence)),
		),
	}
}

// ringRow rings the workflow whose input is the id of its row.
func (b *Bell) ringRow(ctx context.Context, workflow string, id, version int64, o client.StartWorkflowOptions) error {
	o.WorkflowIDReusePolicy = enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
	o.Memo = map[string]any{"row": id}
	return b.ring(ctx, o, version, workflow, workflows.Ref{ID: id})
}

// ring is atomic on the server: the workflow id is the row's key, so whichever run is open is the right one.
func (b *Bell) ring(ctx context.Context, o client.StartWorkflowOptions, version int64, workflow string, input any) error {
	_, err := b.temporal.SignalWithStartWorkflow(ctx, o.ID, workflows.Doorbell, workflows.Bell{Version: version}, o, workflow, input)
	if err != nil {
		return fmt.Errorf("ring %s: %w", o.ID, err)
	}
	return nil
}
