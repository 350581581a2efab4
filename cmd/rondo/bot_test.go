package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/bell"
	"rondo/activities/pairing"
	"rondo/activities/store"
	"rondo/activities/video"
	"rondo/api"
	"rondo/workflows"
)

// withBot asks for the bot of the session and waits until it is in the lobby.
func (f *fair) withBot() (person int64) {
	f.t.Helper()
	s, rings, err := f.facts.AddBot(f.t.Context(), f.session.ID, "")
	f.changed(s, rings, err)
	f.awaitBot(*s.BotID, pairing.InLobby)
	return *s.BotID
}

// awaitBot waits until the bot is in a state.
func (f *fair) awaitBot(person int64, state pairing.State) {
	f.t.Helper()
	await(f.t, patience, "the bot is "+string(state), func() (bool, string) {
		now := one[string](f.house, `SELECT coalesce((SELECT state FROM attendees WHERE session_id = $1 AND person_id = $2), '')`, f.session.ID, person)
		return now == string(state), now
	})
}

// call lets a guest be in the room of their meeting as the page would be, with a picture.
func (f *fair) call(g *guest) {
	f.t.Helper()
	v := g.await("a meeting", func(v api.RoomView) bool { return v.Meeting != nil })
	room, err := video.New(f.variable("RONDO_LIVEKIT_URL"), f.variable("RONDO_LIVEKIT_API_KEY"), f.variable("RONDO_LIVEKIT_API_SECRET"))
	require.NoError(f.t, err)
	over := make(chan struct{})
	f.t.Cleanup(func() { <-over })
	go func() {
		defer close(over)
		err := room.Join(f.t.Context(), video.RoomName(f.session.ID, v.Meeting.No), g.person, v.Me.Name, func() { g.persist("media", v.Meeting.No) })
		if err != nil && f.t.Context().Err() == nil {
			f.t.Errorf("%d does not get into meeting %d: %v", g.person, v.Meeting.No, err)
		}
	}()
}

// meetBot gets ready alone, and waits for a meeting with the bot that has begun.
func (f *fair) meetBot(g *guest, bot int64) {
	f.t.Helper()
	g.act("ready")
	began := time.Now()
	v := g.await("the bot", func(v api.RoomView) bool { return v.Meeting != nil })
	matched := time.Since(began)
	require.Equal(f.t, bot, v.Meeting.Partners[0].Person)
	require.Equal(f.t, store.BotName, v.Meeting.Partners[0].Name)
	f.call(g)
	g.await("a meeting that has begun", func(v api.RoomView) bool { return v.Meeting != nil && v.Meeting.StartedAt != nil })
	f.t.Logf("matched with the bot after %s, met it after %s", matched.Round(10*time.Millisecond), time.Since(began).Round(10*time.Millisecond))
}

func TestOneMeetsTheBotAlone(t *testing.T) {
	t.Parallel()
	f := hold(t, 1, func(s *store.NetworkingSession) { s.MeetingS, s.Rules.Repeat.Kind = 60, pairing.RepeatAllow })
	f.hearLiveKit(0, 0)
	bot := f.withBot()
	ada := f.guests()[0]
	f.meetBot(ada, bot)
	ada.act("connect")
	v := ada.await("the connection", func(v api.RoomView) bool { return v.Meeting.Partners[0].Connection == "connected" })
	require.Contains(t, v.Meeting.Partners[0].Email, "@bot.invalid")
	ada.act("leave")
	ada.await("the lobby", func(v api.RoomView) bool { return v.Meeting == nil && v.Me.State == "lobby" })
	f.awaitBot(bot, pairing.InLobby)

	f.meetBot(ada, bot)
	f.changed(f.facts.EndSession(t.Context(), f.session.ID))
	v = ada.await("the end of pairing", func(v api.RoomView) bool { return v.Session.Phase == "ending" })
	require.NotNil(t, v.Meeting, "meetings last to their own limit, with the bot too")
	ada.act("leave")
	ada.await("the end", func(v api.RoomView) bool { return v.Session.Phase == "closed" })
	require.NoError(t, f.temporal.GetWorkflow(t.Context(), workflows.SessionID(f.session.ID), "").Get(t.Context(), nil))
	report, err := f.facts.SessionReport(t.Context(), f.session.ID)
	require.NoError(t, err)
	require.Equal(t, store.SessionReport{Tickets: 1, Attendees: 1, Unmet: 1, Endings: map[string]int{}}, report)
	f.requireReplays("session-bot")
}

// changed rings the session's workflow after a change.
func (f *fair) changed(_ store.NetworkingSession, rings []store.Ring, err error) {
	f.t.Helper()
	require.NoError(f.t, err)
	require.NoError(f.t, bell.New(f.temporal).All(f.t.Context(), rings))
}

func TestBotIsBackInItsMeetingAfterItsWorkerDied(t *testing.T) {
	t.Parallel()
	f := hold(t, 1)
	f.hearLiveKit(1, 0)
	bot := f.withBot()
	ada := f.guests()[0]
	f.meetBot(ada, bot)
	f.workers[0].kill()
	f.exec(`UPDATE meetings SET ends_at = clock_timestamp() + interval '29 s'`) // the next lobby finds it at its end
	f.addWorker()
	await(t, patience, "the bot is in the call again", func() (bool, string) {
		said := one[int](f.house, `SELECT count(*) FROM session_actions WHERE person_id = $1 AND kind = 'media' AND length(key) = 36`, bot)
		return said == 2, fmt.Sprint(said)
	})
	ada.await("the bot in the same meeting", func(v api.RoomView) bool { return v.Meeting != nil && v.Meeting.No == 1 && v.Meeting.Partners[0].Here })
	ada.await("that it can be extended", func(v api.RoomView) bool { return v.Meeting.Extension != nil })
	ada.act("extend")
	ada.await("that the bot agrees", func(v api.RoomView) bool { return v.Meeting.Extended })

	f.changed(f.facts.RemoveBot(t.Context(), f.session.ID))
	ada.await("that the bot has left", func(v api.RoomView) bool { return v.Meeting == nil && v.Last != nil && v.Last.Reason == "left" })
	f.awaitBot(bot, pairing.Exited)
	await(t, patience, "nobody plays the bot", func() (bool, string) {
		run, err := f.temporal.DescribeWorkflowExecution(t.Context(), workflows.SessionID(f.session.ID), "")
		require.NoError(t, err)
		return len(run.GetPendingActivities()) == 1, fmt.Sprint(run.GetPendingActivities())
	})
}

// People come first: the bot takes only who is left, and does not stay ready for somebody whom it may not meet again.
func TestBotLeavesPeopleToEachOther(t *testing.T) {
	t.Parallel()
	f := hold(t, 3) // LiveKit's webhooks go nowhere
	bot := f.withBot()
	g := f.guests()
	g[0].act("ready")
	g[1].act("ready")
	f.call(g[0])
	f.call(g[1])
	require.Equal(t, g[1].person, g[0].now().Meeting.Partners[0].Person)
	f.meetBot(g[2], bot)
	g[2].act("leave")
	f.awaitBot(bot, pairing.InLobby)

	g[2].await("the lobby", func(v api.RoomView) bool { return v.Me.State == "lobby" })
	g[2].act("ready")
	f.awaitBot(bot, pairing.Ready)
	f.awaitBot(bot, pairing.InLobby)
	require.Equal(t, "ready", g[2].now().Me.State)
	g[0].act("leave")
	g[0].await("the lobby", func(v api.RoomView) bool { return v.Me.State == "lobby" })
	g[0].act("ready")
	meet(g[0], g[2])
	require.Equal(t, g[2].person, g[0].now().Meeting.Partners[0].Person)
}
