package main_test

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/bell"
	"rondo/activities/calendar"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/api"
	"rondo/workflows"
)

// fair is a running networking session with people who have tickets.
type fair struct {
	*house
	facts   *store.DB
	session store.NetworkingSession
	types   []int64
	people  []int64
}

// hold makes a session that has begun a minute ago and lasts an hour, with n people with tickets of the first type.
func hold(t *testing.T, n int, change ...func(*store.NetworkingSession)) *fair {
	t.Helper()
	return holdOn(t, setup(t), n, change...)
}

func holdOn(t *testing.T, h *house, n int, change ...func(*store.NetworkingSession)) *fair {
	t.Helper()
	f := &fair{house: h, facts: store.New(h.db)}
	// All houses share one LiveKit, whose rooms are named after sessions.
	h.exec(fmt.Sprintf(`ALTER SEQUENCE networking_sessions_id_seq RESTART WITH %d`, 1+rand.Int64N(1<<40)))
	ctx := t.Context()
	f.people = h.importPeople(n)[1:]
	today := calendar.WallOf(time.Now(), time.UTC)
	event, err := f.facts.CreateLiveEvent(ctx, store.LiveEvent{Name: "Fair", Timezone: "UTC", FirstDay: day(today), LastDay: day(today.AddDays(1))})
	require.NoError(t, err)
	kind, err := f.facts.CreateTicketType(ctx, event.ID, "guest")
	require.NoError(t, err)
	f.types = []int64{kind.ID}
	lines := make([]store.TicketLine, n)
	for i, person := range f.people {
		lines[i] = store.TicketLine{PersonID: person, Type: "guest"}
	}
	_, err = f.facts.RegisterTickets(ctx, event.ID, lines)
	require.NoError(t, err)
	s := store.NetworkingSession{EventID: event.ID, Name: "Speed networking", MeetingS: 300, Extension: true, VisibleAttributes: []string{"team"}}
	s.SetWalls(calendar.WallOf(time.Now().Add(-time.Minute), time.UTC), calendar.WallOf(time.Now().Add(time.Hour), time.UTC))
	for _, f := range change {
		f(&s)
	}
	session, rings, err := f.facts.CreateSession(ctx, s)
	require.NoError(t, err)
	f.session = session
	require.NoError(t, bell.New(h.temporal).All(ctx, rings))
	return f
}

func day(w calendar.Wall) time.Time { return w.In(time.UTC).Truncate(24 * time.Hour) }

// link is somebody's join link.
func (f *fair) link(person int64) string {
	f.t.Helper()
	secret, err := hex.DecodeString(f.variable("RONDO_SECRET"))
	require.NoError(f.t, err)
	links, err := mail.NewLinks(secret, f.url)
	require.NoError(f.t, err)
	return links.URL(mail.Link{Purpose: mail.LinkSession, Round: f.session.ID, Person: person, Expires: time.Now().Add(time.Hour)})
}

// guests come in, one for each person.
func (f *fair) guests() []*guest {
	f.t.Helper()
	out := make([]*guest, len(f.people))
	for i, person := range f.people {
		out[i] = arrive(f.t, person, f.link(person))
		out[i].await("open doors", func(v api.RoomView) bool { return v.Session.Phase == "open" })
		out[i].enter()
	}
	return out
}

func TestTwoMeetExtendConnectLeaveAndListEachOther(t *testing.T) {
	t.Parallel()
	f := hold(t, 2)
	g := f.guests()
	ada, bob := g[0], g[1]
	ada.act("ready")
	ada.await("the wait", func(v api.RoomView) bool { return v.Me.State == "ready" && v.Me.ReadyAt != nil })
	bob.act("ready")
	meet(ada, bob)
	seen := ada.now()
	require.Equal(t, bob.person, seen.Meeting.Partners[0].Person)
	require.Equal(t, []api.RoomAttribute{{Name: "team", Value: "team-1"}}, seen.Meeting.Partners[0].Shows)
	require.NotEmpty(t, seen.Meeting.Token)

	ada.act("connect")
	ada.await("Requested", func(v api.RoomView) bool { return v.Meeting.Partners[0].Connection == "requested" })
	bob.await("Accept", func(v api.RoomView) bool { return v.Meeting.Partners[0].Connection == "asked" })
	require.Empty(t, bob.now().Meeting.Partners[0].Email)
	bob.act("accept")
	ada.await("the address", func(v api.RoomView) bool { return v.Meeting.Partners[0].Email == addressOf(2) })

	ada.act("leave")
	ada.await("the lobby", func(v api.RoomView) bool { return v.Meeting == nil && v.Me.State == "lobby" && v.Last.Reason == "left" })
	bob.await("the lobby", func(v api.RoomView) bool { return v.Meeting == nil && v.Me.State == "lobby" })

	_, rings, err := f.facts.EndSession(t.Context(), f.session.ID)
	require.NoError(t, err)
	require.NoError(t, bell.New(f.temporal).All(t.Context(), rings))
	ada.await("the end", func(v api.RoomView) bool { return v.Session.Phase == "closed" })
	run := f.temporal.GetWorkflow(t.Context(), workflows.SessionID(f.session.ID), "")
	require.NoError(t, run.Get(t.Context(), nil))
	f.requireInOrder()
	f.requireReplays("session")
}
