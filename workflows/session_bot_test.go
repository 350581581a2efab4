package workflows_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"rondo/workflows"
)

// player is the bot of a session behind doors. It plays until it is told how it ends.
type player struct {
	*doors
	played []string // when it came and went
	token  []byte
}

func newPlayer(t *testing.T) *player {
	p := &player{doors: newDoors(t)}
	p.env.RegisterActivityWithOptions(func(ctx context.Context, _ workflows.Ref) (workflows.BotEnd, error) {
		defer p.alone()()
		p.tell("came")
		p.token = activity.GetInfo(ctx).TaskToken
		return workflows.BotEnd{}, activity.ErrResultPending
	}, activity.RegisterOptions{Name: workflows.PlayBot.Name})
	p.env.SetOnActivityCanceledListener(func(*activity.Info) {
		defer p.alone()()
		p.tell("stopped")
	})
	return p
}

func (p *player) tell(what string) {
	p.played = append(p.played, fmt.Sprintf("%s %s", what, p.env.Now().Sub(p.start).Round(time.Second)))
}

// change lets an organiser ask for the bot, or take it out.
func (p *player) change(after time.Duration, bot bool) {
	p.at(after, func() {
		p.plan.Bot = bot
		p.plan.Version++
		p.env.SignalWorkflow(workflows.Doorbell, workflows.Bell{Version: p.plan.Version})
	})
}

// goes lets the bot end by itself.
func (p *player) goes(t *testing.T, after time.Duration, version int64, err error) {
	p.at(after, func() {
		p.tell("went")
		require.NoError(t, p.env.CompleteActivity(p.token, workflows.BotEnd{Version: version}, err))
	})
}

func TestSessionBotComesAndGoesAsTheRowSays(t *testing.T) {
	p := newPlayer(t)
	p.change(30*time.Minute, true)
	p.change(80*time.Minute, false)
	p.change(90*time.Minute, true)
	p.lastMeeting(t, 3*time.Hour+4*time.Minute)
	p.run(t)
	require.Equal(t, []string{"came 1h0m0s", "stopped 1h20m0s", "came 1h30m0s", "stopped 3h4m0s"}, p.played, "it stays for the last meeting")
}

func TestSessionBotThatWentComesAgainOnceTheRowHasChanged(t *testing.T) {
	for name, failed := range map[string]error{
		"by itself": nil, "for good": temporal.NewNonRetryableApplicationError("session_not_found", "session_not_found", nil),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlayer(t)
			p.plan.Bot, p.plan.Version = true, 1
			p.goes(t, 70*time.Minute, 1, failed)
			p.change(100*time.Minute, true)
			p.goes(t, 110*time.Minute, 1, nil) // it looked before the change
			p.lastMeeting(t, 3*time.Hour)
			p.run(t)
			require.Equal(t, []string{"came 1h0m0s", "went 1h10m0s", "came 1h40m0s", "went 1h50m0s", "came 1h50m0s", "stopped 3h0m0s"}, p.played)
		})
	}
}

func TestSessionBotThatDiesIsTriedAgain(t *testing.T) {
	p := newPlayer(t)
	p.plan.Bot = true
	p.goes(t, 70*time.Minute, 0, temporal.NewApplicationError("unavailable", "unavailable"))
	p.lastMeeting(t, 3*time.Hour)
	p.run(t)
	require.Equal(t, []string{"came 1h0m0s", "went 1h10m0s", "came 1h10m0s", "stopped 3h0m0s"}, p.played)
}

func TestSessionThatIsCancelledStopsItsBot(t *testing.T) {
	p := newPlayer(t)
	p.plan.Bot = true
	p.at(70*time.Minute, func() {
		p.to(workflows.SessionCancelled)
		p.env.SignalWorkflow(workflows.Doorbell, workflows.Bell{Version: 3})
	})
	p.lastMeeting(t, 71*time.Minute)
	p.run(t)
	require.Equal(t, []string{"came 1h0m0s", "stopped 1h10m0s"}, p.played)
}
