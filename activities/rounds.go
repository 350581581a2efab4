package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"rondo/activities/fault"
	"rondo/activities/matching"
	"rondo/workflows"
)

// LoadRound reads the round again and clears its ring mark.
func (a *Activities) LoadRound(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	s, err := a.DB.HearRound(ctx, in.ID)
	if err != nil {
		return workflows.Plan{}, err
	}
	return planOf(s, a.UnknownAfter), nil
}

// OpenRound invites the audience, or lets the groups be made where nobody is asked.
func (a *Activities) OpenRound(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	defer heartbeat(ctx)()
	return a.left(ctx, in, a.DB.OpenRound(ctx, in.ID))
}

// InviteJoiners adds to an open round whoever has become eligible.
func (a *Activities) InviteJoiners(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	defer heartbeat(ctx)()
	return a.left(ctx, in, a.DB.InviteJoiners(ctx, in.ID))
}

// CloseAnswers ends the opt-in.
func (a *Activities) CloseAnswers(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	return a.left(ctx, in, a.DB.CloseAnswers(ctx, in.ID))
}

// MatchRound makes the groups. Killed, it is tried again from the same seed and the same problem.
func (a *Activities) MatchRound(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	return a.left(ctx, in, a.match(ctx, in.ID))
}

func (a *Activities) match(ctx context.Context, round int64) error {
	defer heartbeat(ctx)()
	problem, due, err := a.DB.BeginMatching(ctx, round)
	if err != nil || !due {
		return err
	}
	made, err := matching.Solve(ctx, problem)
	if errors.Is(err, matching.ErrInvalid) {
		// The rules may be mended while the round waits: the next attempt asks anew.
		if err := a.DB.DropProblem(ctx, round); err != nil {
			return err
		}
		return fault.Wrap(err, fault.Invalid, "matching_impossible", "the matching rules of round %d contradict each other", round)
	}
	if err != nil {
		return err
	}
	return a.DB.StoreGroups(ctx, round, made)
}

// RepairRound mends the groups that lost somebody.
func (a *Activities) RepairRound(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	defer heartbeat(ctx)()
	return a.left(ctx, in, a.DB.RepairRound(ctx, in.ID, matching.Repair))
}

// FreezeRound makes the groups final.
func (a *Activities) FreezeRound(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	defer heartbeat(ctx)()
	return a.left(ctx, in, a.DB.FreezeRound(ctx, in.ID))
}

// FinishSending says that everybody has been told.
func (a *Activities) FinishSending(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	return a.left(ctx, in, a.DB.FinishSending(ctx, in.ID))
}

// CloseRound ends the round.
func (a *Activities) CloseRound(ctx context.Context, in workflows.Ref) (workflows.Plan, error) {
	return a.left(ctx, in, a.DB.CloseRound(ctx, in.ID))
}

// left is the plan that a change left behind.
func (a *Activities) left(ctx context.Context, in workflows.Ref, err error) (workflows.Plan, error) {
	if err != nil {
		return workflows.Plan{}, err
	}
	s, err := a.DB.RoundState(ctx, in.ID)
	if err != nil {
		return workflows.Plan{}, err
	}
	return planOf(s, a.UnknownAfter), nil
}

// heartbeat tells the server every few seconds that this process is alive, until stopped: what a killed worker was at goes to
// another one after half a minute, not when it would have had to end.
func heartbeat(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(5 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				activity.RecordHeartbeat(ctx)
			case <-done:
				return
			}
		}
	}()
	return func() { close(done) }
}
