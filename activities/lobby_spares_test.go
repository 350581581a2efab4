package activities

import (
	"context"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	lksdk "github.com/livekit/server-sdk-go/v2"
	"github.com/stretchr/testify/require"

	"rondo/activities/pairing"
	"rondo/activities/video"
)

// spareKit is the rooms of a lobby that no other test has, on the dev stack's LiveKit.
type spareKit struct {
	*rooms
	t    *testing.T
	list *lksdk.RoomServiceClient
}

func newSpareKit(t *testing.T) *spareKit {
	t.Helper()
	url, key, secret := os.Getenv("RONDO_LIVEKIT_URL"), os.Getenv("RONDO_LIVEKIT_API_KEY"), os.Getenv("RONDO_LIVEKIT_API_SECRET")
	if url == "" {
		t.Skip("RONDO_LIVEKIT_URL is not set: run `make test`, which starts the servers")
	}
	v, err := video.New(url, key, secret)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	k := &spareKit{newRooms(ctx, v, 3e12+rand.Int64N(1e12), 0), t, lksdk.NewRoomServiceClient(url, key, secret)}
	t.Cleanup(func() {
		k.clear()
		cancel()
		k.wait()
	})
	return k
}

// stands waits until these rooms, and no others, stand ready.
func (k *spareKit) stands(nos ...int) {
	k.t.Helper()
	require.Eventually(k.t, func() bool { return len(k.ready()) == len(nos) }, 10*time.Second, 5*time.Millisecond)
	require.Equal(k.t, nos, k.ready())
}

// id is LiveKit's own of a room, "" if there is none.
func (k *spareKit) id(no int) string {
	k.t.Helper()
	found, err := k.list.ListRooms(k.t.Context(), &livekit.ListRoomsRequest{Names: []string{k.name(no)}})
	require.NoError(k.t, err)
	if len(found.Rooms) == 0 {
		return ""
	}
	return found.Rooms[0].Sid
}

func (k *spareKit) result() result {
	k.t.Helper()
	select {
	case r := <-k.results:
		return r
	case <-time.After(10 * time.Second):
		require.FailNow(k.t, "no room is made")
		return result{}
	}
}

func pair(no int) pairing.Proposal { return pairing.Proposal{No: no, People: []int64{1, 2}} }

func TestRoomsStandReadyForTheNextMeetings(t *testing.T) {
	k := newSpareKit(t)
	k.prepare(0, 2)
	k.stands(1, 2)
	require.True(t, k.want(pair(1)))
	require.NotEmpty(t, k.id(1))
	k.prepare(1, 2)
	k.stands(2, 3)
	require.False(t, k.want(pair(4)), "nobody has made it")
	require.Equal(t, result{proposal: pair(4)}, k.result())
	require.NotEmpty(t, k.id(4))
	k.prepare(4, 1)
	if !k.want(pair(5)) { // it is being made, once
		require.Equal(t, result{proposal: pair(5)}, k.result())
	}
	require.NotEmpty(t, k.id(5))
	k.clear()
	require.Equal(t, []string{"", ""}, []string{k.id(2), k.id(3)})
	require.NotEmpty(t, k.id(1), "it has been taken")
}

// Rooms that were lost, as by a restart of LiveKit, are not given to anybody.
func TestRoomsThatAreGoneDoNotStandReady(t *testing.T) {
	k := newSpareKit(t)
	k.prepare(0, 2)
	k.stands(1, 2)
	require.NoError(t, k.remove(2))
	for part := range mendParts {
		_, err := k.mend(t.Context(), part, nil, nil)
		require.NoError(t, err)
	}
	k.stands(1)
	require.False(t, k.want(pair(2)))
	require.NoError(t, k.result().err)
	require.NotEmpty(t, k.id(2))
}

// A room that stood ready for long, or that a former owner of the lobby left, is about to close, and is made anew.
func TestRoomsThatStoodForLongAreMadeAnew(t *testing.T) {
	k := newSpareKit(t)
	require.NoError(t, k.open(t.Context(), 1)) // by a former owner
	left := k.id(1)
	k.prepare(0, 2)
	k.stands(1, 2)
	require.NotEqual(t, left, k.id(1))
	first, second := k.id(1), k.id(2)
	k.mu.Lock()
	for _, s := range k.spares {
		s.made = s.made.Add(-spareFor)
	}
	k.mu.Unlock()
	require.False(t, k.want(pair(1)))
	require.NoError(t, k.result().err)
	require.NotContains(t, []string{"", first}, k.id(1))
	k.prepare(1, 1)
	k.stands(2)
	require.NotContains(t, []string{"", second}, k.id(2))
}

// While LiveKit is out of order nothing stands ready, who asks is told so, and rooms are not asked for again and again.
func TestNoRoomsAreMadeAheadWhileLiveKitIsAway(t *testing.T) {
	k := newSpareKit(t)
	k.prepare(0, 1)
	k.stands(1)
	k.unsure = 0
	away, err := video.New("http://127.0.0.1:1", "key", "secret-of-at-least-thirty-two-characters")
	require.NoError(t, err)
	server := k.video
	k.video = away
	require.False(t, k.want(pair(2)))
	require.ErrorContains(t, k.result().err, "cannot be reached")
	k.stands()
	k.prepare(2, 3)
	require.Empty(t, k.spares)
	k.video = server
	require.False(t, k.want(pair(3)))
	require.NoError(t, k.result().err)
}
