package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"rondo/workflows"
)

func TestSessionSendsJoinLinksWhenAsked(t *testing.T) {
	d := newDoors(t)
	for _, at := range []time.Duration{10 * time.Minute, 90 * time.Minute} {
		d.at(at, func() { d.plan.Invites = true; d.ring() })
	}
	d.lastMeeting(t, 3*time.Hour)
	d.run(t)
	require.Equal(t, []string{
		"send join 10m0s", "doors 1h0m0s", "lobby 1h0m0s", "send join 1h30m0s", "open 2h0m0s", "ending 3h0m0s", "closed 3h0m0s",
	}, d.seen)
}

// The provider takes no mail for three hours: doors open, signals are heard, and the session ends when the mail is through.
func TestSessionDoesNotWaitForItsMail(t *testing.T) {
	d := newDoors(t)
	d.plan.Invites = true
	d.sends = func(workflows.Purpose) error { return activity.ErrResultPending }
	d.at(150*time.Minute, func() { d.env.SignalWorkflow(workflows.ControlSignal, workflows.Control{Command: "pause"}) })
	d.lastMeeting(t, 182*time.Minute)
	d.at(185*time.Minute, func() {
		d.env.SignalWorkflow(workflows.TicketsSignal, workflows.Tickets{Tickets: make([]workflows.Ticket, 2)})
	})
	d.at(4*time.Hour, func() {
		d.sent(workflows.JoinMail)
		require.NoError(t, d.env.CompleteActivity(d.mail, workflows.Delivery{}, nil))
	})
	d.run(t)
	require.Equal(t, []string{
		"send join 0s", "doors 1h0m0s", "lobby 1h0m0s", "open 2h0m0s", "pause 2h30m0s", "ending 3h0m0s", "closed 3h2m0s", "2 tickets 3h5m0s",
	}, d.seen)
	require.Equal(t, d.start.Add(4*time.Hour), d.env.Now().UTC())
}

// What is in doubt after the session keeps the workflow until it has been decided.
func TestSessionSendsMatchesOnceItIsClosed(t *testing.T) {
	d := newDoors(t)
	d.lastMeeting(t, 3*time.Hour+4*time.Minute)
	d.at(3*time.Hour+3*time.Minute, func() { d.plan.Met = true }) // as of closing
	d.sends = func(p workflows.Purpose) error {
		if d.plan.Met { // the first time
			d.plan.DoubtAt, d.plan.Doubtful = d.env.Now().Add(6*time.Hour), p
			d.plan.Met = false
			return activity.ErrResultPending
		}
		return nil
	}
	d.at(3*time.Hour+5*time.Minute, func() { require.NoError(t, d.env.CompleteActivity(d.mail, workflows.Delivery{Unknown: 1}, nil)) })
	d.run(t)
	require.Equal(t, []string{
		"doors 1h0m0s", "lobby 1h0m0s", "open 2h0m0s", "ending 3h0m0s", "closed 3h4m0s", "send met 3h4m0s", "send met 9h4m0s",
	}, d.seen)
}

func TestSessionDecidesDoubtsWhileItRuns(t *testing.T) {
	d := newDoors(t)
	d.plan.DoubtAt, d.plan.Doubtful = d.start.Add(80*time.Minute), workflows.JoinMail
	d.lastMeeting(t, 3*time.Hour)
	d.run(t)
	require.Equal(t, []string{"doors 1h0m0s", "lobby 1h0m0s", "send join 1h20m0s", "open 2h0m0s", "ending 3h0m0s", "closed 3h0m0s"}, d.seen)
}

// A provider that does not accept the sender is tried again every hour and when the row changes, and holds up nothing.
func TestSessionGoesOnWithoutItsMail(t *testing.T) {
	d := newDoors(t)
	d.plan.Invites = true
	refused := true
	d.sends = func(workflows.Purpose) error {
		if refused {
			return temporal.NewNonRetryableApplicationError("no such sender", "mail_rejected", nil)
		}
		return nil
	}
	d.at(65*time.Minute, d.ring)
	d.at(70*time.Minute, func() { refused = false })
	d.lastMeeting(t, 3*time.Hour)
	d.run(t)
	require.ElementsMatch(t, []string{ // what happens at the same instant comes in any order
		"send join 0s", "doors 1h0m0s", "send join 1h0m0s", "lobby 1h0m0s", "send join 1h5m0s", "open 2h0m0s", "send join 2h0m0s", "ending 3h0m0s", "closed 3h0m0s",
	}, d.seen)
}
