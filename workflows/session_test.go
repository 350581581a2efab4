package workflows_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"rondo/workflows"
)

// doors plays the row of a session that opens its doors after 1 h, starts after 2 h and ends after 3 h, and its lobby, whose
// last meeting ends some minutes later.
type doors struct {
	env   *testsuite.TestWorkflowEnvironment
	start time.Time

	mu    sync.Mutex // activities run side by side; held by them and by what at lets happen
	plan  workflows.SessionPlan
	seen  []string // what was asked for, and when
	token []byte   // of the running lobby
	mail  []byte   // of the delivery under way
	// sends is what becomes of a delivery; nil: it is sent at once.
	sends func(p workflows.Purpose) error
}

func newDoors(t *testing.T) *doors {
	var suite testsuite.WorkflowTestSuite
	d := &doors{env: suite.NewTestWorkflowEnvironment(), start: time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC)}
	d.env.SetStartTime(d.start)
	d.env.SetTestTimeout(time.Minute)
	d.plan = workflows.SessionPlan{
		Phase: workflows.SessionPlanned, DoorsAt: d.start.Add(time.Hour), StartsAt: d.start.Add(2 * time.Hour), EndsAt: d.start.Add(3 * time.Hour),
	}
	does := func(name string, do any) {
		d.env.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	}
	does(workflows.AdvanceSession.Name, func(_ context.Context, in workflows.Ref) (workflows.SessionPlan, error) {
		defer d.alone()()
		require.Equal(t, int64(5), in.ID)
		d.advance()
		return d.plan, nil
	})
	does(workflows.RunLobby.Name, func(ctx context.Context, _ workflows.Ref) (workflows.LobbyEnd, error) {
		defer d.alone()()
		d.note("lobby")
		d.token = activity.GetInfo(ctx).TaskToken
		return workflows.LobbyEnd{}, activity.ErrResultPending
	})
	does(workflows.Deliver.Name, func(ctx context.Context, in workflows.DeliverInput) (workflows.Delivery, error) {
		defer d.alone()()
		require.Equal(t, workflows.DeliverInput{Session: 5, Purpose: in.Purpose}, in)
		d.note("send " + string(in.Purpose))
		d.mail = activity.GetInfo(ctx).TaskToken
		if d.sends != nil {
			if err := d.sends(in.Purpose); err != nil {
				return workflows.Delivery{}, err
			}
		}
		d.sent(in.Purpose)
		return workflows.Delivery{}, nil
	})
	does(workflows.CloseSession.Name, func(context.Context, workflows.Ref) (workflows.SessionPlan, error) {
		defer d.alone()()
		d.to(workflows.SessionClosed)
		return d.plan, nil
	})
	does(workflows.StoreTickets.Name, func(_ context.Context, in workflows.StoreTicketsInput) (workflows.StoredTickets, error) {
		defer d.alone()()
		d.note(fmt.Sprintf("%d tickets", len(in.Tickets)))
		return workflows.StoredTickets{}, temporal.NewNonRetryableApplicationError("event_not_found", "event_not_found", nil)
	})
	does(workflows.ControlSession.Name, func(_ context.Context, in workflows.ControlInput) (struct{}, error) {
		defer d.alone()()
		d.note(in.Command)
		if in.Command == "close" {
			d.plan.EndsAt = d.env.Now()
		}
		return struct{}{}, nil
	})
	return d
}

// alone keeps others away until what it returns is called.
func (d *doors) alone() (leave func()) {
	d.mu.Lock()
	return d.mu.Unlock
}

func (d *doors) note(what string) {
	d.seen = append(d.seen, fmt.Sprintf("%s %s", what, d.env.Now().Sub(d.start).Round(time.Second)))
}

func (d *doors) to(p workflows.SessionPhase) {
	if d.plan.Phase != p {
		d.plan.Phase = p
		d.note(string(p))
	}
}

// sent notes that a mailing has been at everybody, and decides their doubts.
func (d *doors) sent(p workflows.Purpose) {
	if d.plan.Doubtful == p {
		d.plan.DoubtAt, d.plan.Doubtful = time.Time{}, ""
	}
	switch p {
	case workflows.JoinMail:
		d.plan.Invites = false
	case workflows.MetMail:
		d.plan.Met = false
	}
}

// ring says that the row changed.
func (d *doors) ring() { d.env.SignalWorkflow(workflows.Doorbell, workflows.Bell{Version: 2}) }

// advance is what the database does by its clock.
func (d *doors) advance() {
	now := d.env.Now()
	if d.plan.Phase == workflows.SessionPlanned && !now.Before(d.plan.EndsAt) {
		d.to(workflows.SessionClosed)
		return
	}
	if d.plan.Phase == workflows.SessionPlanned && !now.Before(d.plan.DoorsAt) {
		d.to(workflows.SessionDoors)
	}
	if d.plan.Phase == workflows.SessionDoors && !now.Before(d.plan.StartsAt) {
		d.to(workflows.SessionOpen)
	}
	if d.plan.Phase == workflows.SessionOpen && !now.Before(d.plan.EndsAt) {
		d.to(workflows.SessionEnding)
	}
}

// at lets something happen so long after the start.
func (d *doors) at(after time.Duration, do func()) {
	d.env.RegisterDelayedCallback(func() {
		defer d.alone()()
		do()
	}, after)
}

// lastMeeting lets the lobby be over.
func (d *doors) lastMeeting(t *testing.T, after time.Duration) {
	d.at(after, func() { require.NoError(t, d.env.CompleteActivity(d.token, workflows.LobbyEnd{Meetings: 3}, nil)) })
}

func (d *doors) run(t *testing.T) {
	t.Helper()
	d.env.ExecuteWorkflow(workflows.Session, workflows.Ref{ID: 5})
	require.True(t, d.env.IsWorkflowCompleted())
	require.NoError(t, d.env.GetWorkflowError())
}

func TestSessionKeepsItsDoors(t *testing.T) {
	d := newDoors(t)
	d.lastMeeting(t, 3*time.Hour+4*time.Minute)
	d.run(t)
	require.Equal(t, []string{"doors 1h0m0s", "lobby 1h0m0s", "open 2h0m0s", "ending 3h0m0s", "closed 3h4m0s"}, d.seen)
}

func TestSessionThatHasBegunOpensAtOnce(t *testing.T) {
	d := newDoors(t)
	d.plan.DoorsAt, d.plan.StartsAt = d.start.Add(-time.Minute), d.start.Add(-time.Minute)
	d.lastMeeting(t, 3*time.Hour)
	d.run(t)
	require.Equal(t, []string{"doors 0s", "open 0s", "lobby 0s", "ending 3h0m0s", "closed 3h0m0s"}, d.seen)
}

func TestSessionWhoseEndHasPassedCloses(t *testing.T) {
	d := newDoors(t)
	d.plan.EndsAt = d.start.Add(-time.Minute)
	d.run(t)
	require.Equal(t, []string{"closed 0s"}, d.seen)
}

func TestSessionTakesSignalsOfIntegrations(t *testing.T) {
	d := newDoors(t)
	d.at(30*time.Minute, func() {
		d.env.SignalWorkflow(workflows.TicketsSignal, workflows.Tickets{Tickets: make([]workflows.Ticket, 2)})
	})
	d.at(150*time.Minute, func() { d.env.SignalWorkflow(workflows.ControlSignal, workflows.Control{Command: "close"}) })
	d.lastMeeting(t, 153*time.Minute)
	d.run(t)
	require.Equal(t, []string{
		"2 tickets 30m0s", "doors 1h0m0s", "lobby 1h0m0s", "open 2h0m0s", "close 2h30m0s", "ending 2h30m0s", "closed 2h33m0s",
	}, d.seen, "tickets that cannot be stored stop nothing")
}

func TestSessionIsMovedByItsRow(t *testing.T) {
	d := newDoors(t)
	d.at(10*time.Minute, func() {
		d.plan.DoorsAt = d.start.Add(90 * time.Minute)
		d.env.SignalWorkflow(workflows.Doorbell, workflows.Bell{Version: 2})
	})
	d.at(100*time.Minute, func() {
		d.to(workflows.SessionCancelled)
		d.env.SignalWorkflow(workflows.Doorbell, workflows.Bell{Version: 3})
	})
	d.lastMeeting(t, 101*time.Minute)
	d.run(t)
	require.Equal(t, []string{"doors 1h30m0s", "lobby 1h30m0s", "cancelled 1h40m0s"}, d.seen)
}
