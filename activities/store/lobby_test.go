package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/pairing"
	"rondo/activities/store"
)

// evening is a session that is open, with a lobby whose rooms exist as soon as they are asked for, on a database whose clock is
// the test's.
type evening struct {
	*fair
	session store.NetworkingSession
	hold    *store.Lobby
	lobby   *pairing.Lobby
	facts   store.LobbyFacts
	made    []pairing.Proposal
	keys    int
}

// newEvening is a session of Thursday from ten to eleven, opened, with n people who have come in: Founders the odd and Investors
// the even.
func newEvening(t *testing.T, n int, change ...func(*evening, *store.NetworkingSession)) *evening {
	t.Helper()
	e := &evening{fair: newFair(t, n)}
	e.tickets(n)
	s := e.sessionAt("2041-06-04T10:00", "2041-06-04T11:00")
	for _, f := range change {
		f(e, &s)
	}
	s, _, err := e.CreateSession(t.Context(), s)
	require.NoError(t, err)
	e.session = e.at(s, "2041-06-04T10:00:00")
	e.take()
	for person := range n {
		e.does(pairing.Enter, int64(person+1))
	}
	return e
}

func (e *evening) take() {
	e.t.Helper()
	var err error
	e.hold, e.facts, e.lobby, err = e.TakeLobby(e.t.Context(), e.session.ID)
	require.NoError(e.t, err)
	e.made = nil
}

// turn does what the owner of the lobby does when it is told of something.
func (e *evening) turn() {
	e.t.Helper()
	for again := true; again; {
		err := e.hold.Turn(e.t.Context(), e.lobby.Knows, e.lobby.Known(), func(facts store.LobbyFacts, actions []pairing.Action) (pairing.Changes, error) {
			if facts.Version != e.facts.Version {
				settings, err := facts.Settings()
				require.NoError(e.t, err)
				e.lobby.Set(settings)
			}
			e.facts = facts
			for _, a := range actions {
				e.lobby.Apply(facts.Now, a)
			}
			for _, p := range e.made {
				e.lobby.Made(facts.Now, p)
			}
			e.lobby.Pass(facts.Now)
			return e.lobby.Take(), nil
		})
		require.NoError(e.t, err)
		e.made = e.lobby.Propose(e.facts.Now)
		again = len(e.made) > 0
	}
}

// does lets somebody act on their page; the meeting that is meant is theirs.
func (e *evening) does(kind pairing.Kind, person int64) {
	e.t.Helper()
	e.keys++
	a := store.SessionAction{Session: e.session.ID, Person: person, Key: fmt.Sprint("key-", e.keys), Kind: kind, Tab: "t"}
	if v := e.sees(person); v.Meeting != nil {
		a.Meeting = v.Meeting.No
	}
	if kind == pairing.Enter {
		require.NoError(e.t, e.EnterSession(e.t.Context(), a))
	} else {
		require.NoError(e.t, e.AddActions(e.t.Context(), []store.SessionAction{a}))
	}
	e.turn()
}

func (e *evening) sees(person int64) store.RoomView {
	e.t.Helper()
	v, err := e.RoomView(e.t.Context(), e.session.ID, person)
	require.NoError(e.t, err)
	return v
}

// pass lets time pass.
func (e *evening) pass(d time.Duration) {
	e.t.Helper()
	require.NoError(e.t, e.clock.Set(e.clock.Now.Add(d)))
	plan, err := e.AdvanceSession(e.t.Context(), e.session.ID)
	require.NoError(e.t, err)
	e.session = plan.NetworkingSession
	e.turn()
}

// meet lets two people get ready and have media.
func (e *evening) meet(a, b int64) {
	e.t.Helper()
	e.does(pairing.IsReady, a)
	e.does(pairing.IsReady, b)
	require.NotNil(e.t, e.sees(a).Meeting, "%d and %d do not meet", a, b)
	e.does(pairing.Media, a)
	e.does(pairing.Media, b)
	require.NotNil(e.t, e.sees(a).Meeting.StartedAt)
}

func (e *evening) inLobby(people ...int64) {
	e.t.Helper()
	for _, person := range people {
		v := e.sees(person)
		require.Nil(e.t, v.Meeting)
		require.Equal(e.t, pairing.InLobby, v.State)
	}
}

// A worker that stalled while another took the lobby over changes nothing, however it tries.
func TestFormerOwnerOfALobbyChangesNothing(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 1)
	ctx := t.Context()
	former, stale := e.hold, e.lobby
	e.take()
	require.NoError(t, e.AddActions(ctx, []store.SessionAction{{Session: e.session.ID, Person: 1, Key: "ready-key", Kind: pairing.IsReady}}))
	err := former.Turn(ctx, stale.Knows, stale.Known(), func(store.LobbyFacts, []pairing.Action) (pairing.Changes, error) {
		require.Fail(t, "the former owner is given an action")
		return pairing.Changes{}, nil
	})
	require.ErrorIs(t, err, store.ErrLobbyTaken)
	_, _, err = former.Peek(ctx)
	require.ErrorIs(t, err, store.ErrLobbyTaken)
	require.Equal(t, pairing.InLobby, e.sees(1).State)
	e.turn()
	require.Equal(t, pairing.Ready, e.sees(1).State, "the action waited for the owner")
}

// What a lobby has written down is what another owner goes on with.
func TestNextOwnerOfALobbyGoesOn(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 3)
	e.does(pairing.IsReady, 3)
	e.pass(40 * time.Second)
	e.take()
	e.does(pairing.IsReady, 1)
	require.Equal(t, int64(1), e.sees(3).Meeting.Others[0].Person)
	e.take()
	e.does(pairing.Media, 1)
	e.does(pairing.Media, 3)
	require.NotNil(t, e.sees(1).Meeting.StartedAt)
	e.take()
	e.pass(5 * time.Minute)
	e.inLobby(1, 3)
}

// Two sessions at the same time: who enters the second leaves the first.
func TestNobodyIsInTwoSessions(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2)
	other, _, err := e.CreateSession(t.Context(), e.sessionAt("2041-06-04T10:00", "2041-06-04T11:00"))
	require.NoError(t, err)
	e.at(other, "2041-06-04T10:00:00")
	e.meet(1, 2)
	require.NoError(t, e.EnterSession(t.Context(), store.SessionAction{Session: other.ID, Person: 1, Key: "other-key", Kind: pairing.Enter}))
	e.turn()
	require.Equal(t, pairing.Exited, e.sees(1).State)
	e.inLobby(2)
}

// What attendees want to be called is what the others see.
func TestAttendeesAreCalledAsTheyWant(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2)
	require.NoError(t, e.RenameAttendee(t.Context(), e.session.ID, 1, " Ada  L. "))
	e.meet(1, 2)
	require.Equal(t, "Ada L.", e.sees(2).Meeting.Others[0].Name)
	before := e.facts.Seq
	require.NoError(t, e.RenameAttendee(t.Context(), e.session.ID, 1, "Countess"))
	news, err := e.RoomNews(t.Context(), e.session.ID, before)
	require.NoError(t, err)
	require.Len(t, news.Changed, 2, "the partner is told at once")
	require.Equal(t, "Countess", e.sees(2).Meeting.Others[0].Name)
	require.Error(t, e.RenameAttendee(t.Context(), e.session.ID, 1, strings.Repeat("x", 81)))
}

// Whose ticket is taken away is told so, and leaves the partner with credit.
func TestRevokedTicketIsTold(t *testing.T) {
	t.Parallel()
	e := newEvening(t, 2)
	e.meet(1, 2)
	before := e.facts.Seq
	_, err := e.RevokeTickets(t.Context(), e.event.ID, []int64{1})
	require.NoError(t, err)
	e.turn()
	e.inLobby(2)
	news, err := e.RoomNews(t.Context(), e.session.ID, before)
	require.NoError(t, err)
	require.Len(t, news.Changed, 2)
	require.True(t, news.Changed[0].Revoked)
	_, err = e.RoomView(t.Context(), e.session.ID, 1)
	require.ErrorIs(t, err, store.ErrTicketNeeded)
}
