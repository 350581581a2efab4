package main_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/bell"
	"rondo/activities/store"
	"rondo/api"
	"rondo/api/client"
	"rondo/workflows"
)

func TestInvitedByMailTheyMeetAndGetTheirMatches(t *testing.T) {
	t.Parallel()
	f := hold(t, 3, func(s *store.NetworkingSession) { s.MailMatches = true })
	invited, err := f.client.InviteSessionWithResponse(t.Context(), f.session.ID, nil)
	ok(t, invited, err)
	require.NotNil(t, invited.JSON200.InvitedAt)
	var guests []*guest
	for i, person := range f.people {
		m := f.awaitMail(addressOf(i+1), "Fair: your link to Speed networking")
		require.Equal(t, "Fair", m.From.Name)
		link := f.house.link(m, "n")
		f.open(link)
		guests = append(guests, arrive(t, person, link))
	}
	for _, g := range guests {
		g.enter()
	}
	ada, bob := guests[0], guests[1]
	ada.act("ready")
	bob.act("ready")
	meet(ada, bob)
	ada.act("connect")
	bob.await("Accept", func(v api.RoomView) bool { return v.Meeting.Partners[0].Connection == "asked" })
	bob.act("accept")
	ada.await("the address", func(v api.RoomView) bool { return v.Meeting.Partners[0].Email == addressOf(2) })
	ada.act("leave")
	bob.await("the lobby", func(v api.RoomView) bool { return v.Meeting == nil })

	ended, rings, err := f.facts.EndSession(t.Context(), f.session.ID)
	require.NoError(t, err)
	require.NoError(t, bell.New(f.temporal).All(t.Context(), rings))
	for i, other := range []int{2, 1} {
		m := f.awaitMail(addressOf(i+1), "Fair: whom you met")
		require.Contains(t, m.Text, fmt.Sprintf("<%s>\n  team: team-%d\n", addressOf(other), other-1))
		f.open(f.house.link(m, "n"))
	}
	require.NoError(t, f.temporal.GetWorkflow(t.Context(), workflows.SessionID(f.session.ID), "").Get(t.Context(), nil))
	require.Empty(t, f.simulator.inbox(addressOf(3), "whom you met"), "who met nobody has nothing to read")
	f.requireNoneLost(f.session.ID, "join", f.people)
	f.requireNoneLost(f.session.ID, "met", f.people[:2])
	f.requireKnown()

	again, err := f.client.InviteSessionWithResponse(t.Context(), f.session.ID, nil)
	require.Equal(t, "session_over", refused(t, again, err))
	list, err := f.client.ListMessagesWithResponse(t.Context(), &client.ListMessagesParams{Session: &f.session.ID})
	ok(t, list, err)
	require.Len(t, list.JSON200.Items, 5)
	require.Equal(t, f.session.ID, *list.JSON200.Items[0].SessionID)
	require.WithinDuration(t, time.Now(), ended.EndsAt, time.Minute)
	f.requireInOrder()
	f.requireReplays("session-mail")
}

// The provider is out of order for as long as the session's doors are to open: they open all the same, and whoever gets a
// ticket later is invited by asking again.
func TestTheProviderIsDownWhenInvitesGoOut(t *testing.T) {
	t.Parallel()
	f := hold(t, 2)
	f.simulator.faults(1, map[string]any{"kind": "error", "status": http.StatusServiceUnavailable, "every": 1})
	invited, err := f.client.InviteSessionWithResponse(t.Context(), f.session.ID, nil)
	ok(t, invited, err)
	f.guests() // come in by links of the API
	require.Empty(t, f.simulator.inbox(addressOf(1), ""))
	f.simulator.faults(1, []map[string]any{}...)
	f.awaitMail(addressOf(1), "your link")
	f.awaitMail(addressOf(2), "your link")

	late := f.importAddresses(addressOf(7))[1]
	_, err = f.facts.RegisterTickets(t.Context(), f.session.EventID, []store.TicketLine{{PersonID: late, Type: "guest"}})
	require.NoError(t, err)
	invited, err = f.client.InviteSessionWithResponse(t.Context(), f.session.ID, nil)
	ok(t, invited, err)
	f.awaitMail(addressOf(7), "your link")
	await(t, patience, "every join mail is decided", func() (bool, string) { return f.decided(f.session.ID, "join", 3) })
	f.requireNoneLost(f.session.ID, "join", append(f.people, late))
}
