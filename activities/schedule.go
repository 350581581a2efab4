package activities

import (
	"context"
	"time"

	"rondo/workflows"
)

// PlanRound makes sure that a schedule's next occurrence has its round and the round its workflow.
func (a *Activities) PlanRound(ctx context.Context, in workflows.Ref) (workflows.NextRound, error) {
	next, rings, err := a.DB.PlanNext(ctx, in.ID)
	if err != nil {
		return workflows.NextRound{}, err
	}
	a.ring(ctx, rings)
	out := workflows.NextRound{Round: next.Round, OpensAt: next.OpensAt.UTC(), Ended: next.Ended}
	if next.More {
		out.OpensAt = time.Unix(0, 0).UTC() // due: the workflow asks again at once
	}
	return out, nil
}
