package video_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/video"
)

func TestRoomsComeAndGo(t *testing.T) {
	l, ctx, session := server(t), t.Context(), newSession()
	room := newRoom(t, l, session, 1)
	require.NoError(t, l.CreateRoom(ctx, room, video.Room{Max: 3}), "once more")
	none := video.RoomName(session, 2)

	known, err := l.Rooms(ctx, none, room)
	require.NoError(t, err)
	require.Equal(t, map[string]int{room: 0}, known)
	people, err := l.Participants(ctx, room)
	require.NoError(t, err)
	require.Empty(t, people)

	_, err = l.Participants(ctx, none)
	require.ErrorIs(t, err, video.ErrNoRoom)
	require.Equal(t, fault.NotFound, fault.From(err).Kind)
	require.NoError(t, l.DeleteRoom(ctx, none))
	require.NoError(t, l.Remove(ctx, none, 1))
	require.NoError(t, l.Remove(ctx, room, 1))

	require.NoError(t, l.DeleteRoom(ctx, room))
	known, err = l.Rooms(ctx, room)
	require.NoError(t, err)
	require.Empty(t, known)
	known, err = l.Rooms(ctx)
	require.NoError(t, err)
	require.Empty(t, known)
}

func TestManyRoomsAtOnce(t *testing.T) {
	const rooms = 100
	l, session := server(t), newSession()
	var names []string
	for no := range rooms {
		names = append(names, video.RoomName(session, no+1))
	}
	forEach := func(do func(name string) error) {
		var g sync.WaitGroup
		for _, name := range names {
			g.Go(func() {
				if err := do(name); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
	}
	forEach(func(name string) error {
		return l.CreateRoom(t.Context(), name, video.Room{Max: 2, Empty: time.Minute})
	})
	known, err := l.Rooms(t.Context(), append([]string{"nothing"}, names...)...)
	require.NoError(t, err)
	require.ElementsMatch(t, names, slices.Collect(maps.Keys(known)))
	forEach(func(name string) error { return l.DeleteRoom(t.Context(), name) })
	known, err = l.Rooms(t.Context(), names...)
	require.NoError(t, err)
	require.Empty(t, known)
}

func TestParticipantsAreSeenWithWhatTheyPublish(t *testing.T) {
	l, ctx := server(t), t.Context()
	room := newRoom(t, l, newSession(), 1)
	leave, first := visit(t, l, room, 7)
	_, second := visit(t, l, room, 9)
	both := func() (people []video.Participant) {
		people, err := l.Participants(ctx, room)
		require.NoError(t, err)
		return people
	}
	complete := func(p video.Participant) bool { return p.Active && p.Audio && p.Video && p.Visit != "" }
	await(t, "both are in the call", func() bool {
		people := both()
		return len(people) == 2 && people[0].Person == 7 && people[1].Person == 9 && complete(people[0]) && complete(people[1])
	})

	leave()
	require.NoError(t, outcome(t, first))
	await(t, "one has left", func() bool { return len(both()) == 1 })
	require.NoError(t, l.Remove(ctx, room, 9))
	await(t, "nobody is there", func() bool { return len(both()) == 0 })
	require.NoError(t, outcome(t, second))
}

func TestADeletedRoomEndsItsVisitsAndLetsNobodyBackIn(t *testing.T) {
	l, ctx := server(t), t.Context()
	room := newRoom(t, l, newSession(), 1)
	_, ended := visit(t, l, room, 7)
	await(t, "the person is in the room", func() bool {
		people, err := l.Participants(ctx, room)
		return err == nil && len(people) == 1 && people[0].Active
	})
	require.NoError(t, l.DeleteRoom(ctx, room))
	require.NoError(t, outcome(t, ended))
	require.ErrorIs(t, l.Join(ctx, room, 7, "Ada", func() {}), video.ErrNoRoom)
	known, err := l.Rooms(ctx, room)
	require.NoError(t, err)
	require.Empty(t, known, "to join makes no room")
}

func TestAThirdDoesNotGetIn(t *testing.T) {
	l, ctx := server(t), t.Context()
	room := newRoom(t, l, newSession(), 1)
	visit(t, l, room, 7)
	visit(t, l, room, 9)
	await(t, "both are in the call", func() bool {
		people, err := l.Participants(ctx, room)
		return err == nil && len(people) == 2
	})
	err := l.Join(ctx, room, 11, "Eve", func() {})
	require.Error(t, err)
	require.NotErrorIs(t, err, video.ErrNoRoom)
}

func TestAServerThatIsAwayIsUnavailable(t *testing.T) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	secret := "0123456789abcdef0123456789abcdef"
	mute, err := video.New("ws://"+listener.Addr().String(), "key", secret) // accepts and says nothing
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	err = mute.CreateRoom(ctx, "room", video.Room{})
	require.Equal(t, fault.Unavailable, fault.From(err).Kind)
	require.Less(t, time.Since(began), 5*time.Second)

	gone, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	away, err := video.New("http://"+gone.Addr().String(), "key", secret)
	require.NoError(t, err)
	_, participants := away.Participants(t.Context(), "room")
	_, rooms := away.Rooms(t.Context(), "room")
	for _, err := range []error{
		participants, rooms, away.CreateRoom(t.Context(), "room", video.Room{}), away.DeleteRoom(t.Context(), "room"),
		away.Remove(t.Context(), "room", 1), away.Join(t.Context(), "room", 1, "Ada", func() {}),
	} {
		require.Equal(t, fault.Unavailable, fault.From(err).Kind, err)
		require.False(t, fault.From(err).Permanent())
		require.NotErrorIs(t, err, video.ErrNoRoom)
		require.NotContains(t, err.Error(), secret)
	}
}

func TestAnotherSecretIsRefused(t *testing.T) {
	server(t)
	stranger, err := video.New(os.Getenv("RONDO_LIVEKIT_URL"), os.Getenv("RONDO_LIVEKIT_API_KEY"), "another secret that is as long as it needs to be")
	require.NoError(t, err)
	require.Equal(t, "video_refused", fault.From(stranger.CreateRoom(t.Context(), "room", video.Room{})).Code)
}

func TestOnlyURLsOfServersAreTaken(t *testing.T) {
	secret := "0123456789abcdef0123456789abcdef"
	for given, browsers := range map[string]string{
		"ws://127.0.0.1:7880": "ws://127.0.0.1:7880", "wss://video.example.org/": "wss://video.example.org",
		"http://livekit:7880": "ws://livekit:7880", "https://video.example.org": "wss://video.example.org",
		"": "", "127.0.0.1:7880": "", "ftp://video.example.org": "", "ws://": "", "ws://user:pass@host": "", "ws://host?x=y": "",
	} {
		l, err := video.New(given, "key", secret)
		if browsers == "" {
			require.Error(t, err, given)
			continue
		}
		require.NoError(t, err, given)
		require.Equal(t, browsers, l.URL())
	}
	l, err := video.New("ws://livekit:7880", "key", secret)
	require.NoError(t, err)
	require.NoError(t, l.SetPublicURL("https://video.example.org"))
	require.Equal(t, "wss://video.example.org", l.URL())
	require.Error(t, l.SetPublicURL("video.example.org"))
	for _, keys := range [][2]string{{"", secret}, {"key", ""}, {"key", secret[1:]}} {
		_, err := video.New("ws://livekit:7880", keys[0], keys[1])
		require.Error(t, err)
		if keys[1] != "" {
			require.NotContains(t, err.Error(), keys[1])
		}
	}
}

// BenchmarkCreateRoom makes rooms from 64 goroutines.
func BenchmarkCreateRoom(b *testing.B) {
	l, session := server(b), newSession()
	var mu sync.Mutex
	var took []time.Duration
	no := 0
	b.SetParallelism(32)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			mu.Lock()
			no++
			name := video.RoomName(session, no)
			mu.Unlock()
			began := time.Now()
			if err := l.CreateRoom(b.Context(), name, video.Room{Max: 2, Empty: 10 * time.Second}); err != nil {
				b.Error(err)
			}
			mu.Lock()
			took = append(took, time.Since(began))
			mu.Unlock()
		}
	})
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "rooms/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
}

// BenchmarkRooms asks which of 2,500 rooms exist.
func BenchmarkRooms(b *testing.B) {
	l, session := server(b), newSession()
	var names []string
	for no := range 2500 {
		names = append(names, video.RoomName(session, no+1))
		if err := l.CreateRoom(b.Context(), names[no], video.Room{Empty: time.Minute}); err != nil {
			b.Fatal(err)
		}
	}
	for _, n := range []int{1, 20, 21, 250, 2500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				if known, err := l.Rooms(b.Context(), names[:n]...); err != nil || len(known) != n {
					b.Fatal(err, len(known))
				}
			}
		})
	}
}
