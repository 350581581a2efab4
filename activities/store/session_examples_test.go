package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/pairing"
	"rondo/activities/store"
)

// The sentences of the vendor's page, one test each. That admins need tickets, that sessions are on event days only, the limits of
// waiting media and the duration in seconds are tested where they are entered.

// "Attendees pair with someone for a few minutes, and then when it's over, they will be partnered again with someone new."
func TestSeedMeetingLastsItsDuration(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2, func(_ *evening, s *store.NetworkingSession) { s.MeetingS = 90 })
	e.meet(1, 2)
	e.pass(89 * time.Second)
	require.NotNil(t, e.sees(1).Meeting)
	e.pass(time.Second)
	e.inLobby(1, 2)
	require.Equal(t, pairing.ByTime, e.sees(1).Previous.Reason)
}

// "By default, attendees will not be matched again with the same person within 5 minutes."
func TestSeedNotAgainWithinFiveMinutes(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2)
	e.meet(1, 2)
	e.does(pairing.Leave, 1)
	e.does(pairing.IsReady, 1)
	e.does(pairing.IsReady, 2)
	e.pass(5*time.Minute - time.Second)
	require.Nil(t, e.sees(1).Meeting)
	require.Equal(t, pairing.Ready, e.sees(1).State)
	e.pass(time.Second)
	require.NotNil(t, e.sees(1).Meeting)
}

// "... toggle on 'allow matching with an existing match'."
func TestSeedAllowMatchingWithAnExistingMatch(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2, func(_ *evening, s *store.NetworkingSession) { s.Rules.Repeat.Kind = pairing.RepeatAllow })
	e.meet(1, 2)
	e.does(pairing.Leave, 1)
	e.meet(1, 2)
}

// "Admins can set up which ticket type can be matched with which ticket type."
func TestSeedTicketTypes(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 4, func(e *evening, s *store.NetworkingSession) {
		s.Rules.Types = [][2]int64{{e.types["Founder"], e.types["Investor"]}}
	})
	e.does(pairing.IsReady, 1)
	e.pass(time.Second)
	e.does(pairing.IsReady, 3) // two founders
	require.Nil(t, e.sees(1).Meeting)
	e.does(pairing.IsReady, 2)
	require.Equal(t, int64(1), e.sees(2).Meeting.Others[0].Person, "who waited longest")
	require.Nil(t, e.sees(3).Meeting)
}

// "Once the timer hits 0:30, attendees will be allowed to extend; if it's accepted, the extended duration will be half the original
// set time. If they opt not to extend, the button will disappear, and once the timer hits 0:00, the meeting will end."
func TestSeedExtension(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 4, func(_ *evening, s *store.NetworkingSession) { s.MeetingS = 91 })
	e.meet(1, 2)
	ends := *e.sees(1).Meeting.EndsAt
	e.pass(60 * time.Second)
	e.does(pairing.Extend, 1)
	require.Empty(t, e.sees(1).Meeting.Extend, "0:31 is too early")
	e.pass(time.Second)
	e.does(pairing.Extend, 1)
	require.Equal(t, "yes", e.sees(2).Meeting.Others[0].Extend)
	require.Equal(t, ends, *e.sees(1).Meeting.EndsAt)
	e.does(pairing.Extend, 2)
	require.Equal(t, ends.Add(45*time.Second), *e.sees(1).Meeting.EndsAt, "half of 91 seconds, rounded down")
	e.pass(30*time.Second + 44*time.Second)
	e.does(pairing.Extend, 1)
	e.does(pairing.Extend, 2)
	e.pass(time.Second)
	e.inLobby(1, 2) // once per meeting

	e.meet(3, 4)
	e.pass(61 * time.Second)
	e.does(pairing.Decline, 3)
	e.does(pairing.Extend, 4)
	e.pass(30 * time.Second)
	e.inLobby(3, 4)
}

// No extension lasts past the end of the session.
func TestExtensionEndsWithTheSession(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2)
	e.pass(55*time.Minute - time.Second)
	e.meet(1, 2)
	e.pass(4*time.Minute + 40*time.Second)
	e.does(pairing.Extend, 1)
	e.does(pairing.Extend, 2)
	require.False(t, e.sees(1).Meeting.Extended)
}

// "If the session schedule is over and you are still on a match, this will continue until the match time limit has finished."
func TestSeedEndOfTheSchedule(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 4)
	e.does(pairing.IsReady, 3)
	e.pass(58 * time.Minute)
	e.does(pairing.Unready, 3)
	e.meet(1, 2)
	e.pass(2 * time.Minute)
	require.Equal(t, store.SessionEnding, e.session.Phase)
	require.NotNil(t, e.sees(1).Meeting)
	e.does(pairing.IsReady, 3)
	e.does(pairing.IsReady, 4)
	require.Nil(t, e.sees(3).Meeting, "no new pairs")
	require.False(t, e.lobby.Idle())
	e.pass(3 * time.Minute)
	e.inLobby(1, 2)
	require.True(t, e.lobby.Idle())
}

// "It will only exit them from that meeting, but not the networking session ... you will return to the page where you are asked if
// you're ready." Who was left keeps the wait.
func TestSeedLeaveTheMeetingOnly(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 3)
	e.does(pairing.IsReady, 1)
	e.pass(40 * time.Second)
	e.does(pairing.IsReady, 2)
	e.does(pairing.Leave, 2)
	e.inLobby(1, 2)
	e.does(pairing.IsReady, 1)
	require.WithinDuration(t, e.clock.Now.Add(-40*time.Second), *e.sees(1).ReadyAt, time.Second)
	e.does(pairing.IsReady, 3)
	require.Equal(t, int64(3), e.sees(1).Meeting.Others[0].Person)
}

// "Once the button is clicked, it will change to 'Requested', and the other attendee's button will say 'Accept'."
func TestSeedRequestedAndAccept(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 3)
	ctx := t.Context()
	e.meet(1, 2)
	require.NoError(t, e.Connect(ctx, e.session.ID, 1, 2))
	require.Equal(t, store.Requested, e.sees(1).Meeting.Others[0].Connection)
	require.Equal(t, store.Asked, e.sees(2).Meeting.Others[0].Connection)
	require.NoError(t, e.Connect(ctx, e.session.ID, 1, 2), "asking twice is no acceptance")
	require.Empty(t, e.sees(1).Meeting.Others[0].Email)
	e.does(pairing.Leave, 1)

	// "When they exit the session, they can click the View Matches button": accepting stays possible there.
	require.NoError(t, e.Connect(ctx, e.session.ID, 2, 1))
	matches, err := e.Matches(ctx, e.session.ID, 1)
	require.NoError(t, err)
	require.Len(t, matches, 1)
	require.Equal(t, store.Connected, matches[0].Connection)
	require.Equal(t, "p2@example.org", matches[0].Email)
	require.Error(t, e.Connect(ctx, e.session.ID, 1, 3), "who has not been met cannot be asked")
}

// Without media of both within 20 seconds both are freed; it counts for the repeat window, and not as met.
func TestNobodyWaitsForAPartnerWithoutMedia(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2)
	e.does(pairing.IsReady, 1)
	e.does(pairing.IsReady, 2)
	e.does(pairing.Media, 1)
	e.pass(19 * time.Second)
	require.NotNil(t, e.sees(1).Meeting)
	e.pass(time.Second)
	e.inLobby(1, 2)
	require.Equal(t, pairing.ByNoMedia, e.sees(1).Previous.Reason)
	matches, err := e.Matches(t.Context(), e.session.ID, 1)
	require.NoError(t, err)
	require.Empty(t, matches)
	e.does(pairing.IsReady, 1)
	e.does(pairing.IsReady, 2)
	require.Nil(t, e.sees(1).Meeting)
}

// A block ends the meeting, holds for ever and takes back what connects the two.
func TestBlockHoldsForEver(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2, func(_ *evening, s *store.NetworkingSession) { s.Rules.Repeat.Kind = pairing.RepeatAllow })
	ctx := t.Context()
	e.meet(1, 2)
	require.NoError(t, e.Connect(ctx, e.session.ID, 1, 2))
	require.NoError(t, e.Connect(ctx, e.session.ID, 2, 1))
	require.NoError(t, e.BlockPerson(ctx, store.SessionAction{Session: e.session.ID, Person: 2, Other: 1, Key: "block-key", Kind: pairing.Block}))
	e.turn()
	e.inLobby(1, 2)
	e.take() // another owner knows it too
	e.does(pairing.IsReady, 1)
	e.does(pairing.IsReady, 2)
	e.pass(30 * time.Minute)
	require.Nil(t, e.sees(1).Meeting)
	matches, err := e.Matches(ctx, e.session.ID, 1)
	require.NoError(t, err)
	require.Empty(t, matches)
}

// Lost in a meeting, somebody has the grace to come back; then the other one is freed.
func TestLostAndBackWithinTheGrace(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2)
	e.meet(1, 2)
	e.does(pairing.Lost, 1)
	require.False(t, e.sees(2).Meeting.Others[0].Here)
	e.pass(19 * time.Second)
	e.does(pairing.Joined, 1)
	require.True(t, e.sees(2).Meeting.Others[0].Here)
	e.does(pairing.Lost, 1)
	e.pass(20 * time.Second)
	e.inLobby(2)
	require.Equal(t, pairing.Away, e.sees(1).State)
}
