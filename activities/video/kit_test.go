package video_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rondo/activities/video"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

// server is the dev stack's LiveKit.
func server(t testing.TB) *video.LiveKit {
	t.Helper()
	for _, name := range []string{"RONDO_LIVEKIT_URL", "RONDO_LIVEKIT_API_KEY", "RONDO_LIVEKIT_API_SECRET"} {
		if os.Getenv(name) == "" {
			t.Skipf("%s is not set: run `make test`, which starts the servers", name)
		}
	}
	l, err := video.New(os.Getenv("RONDO_LIVEKIT_URL"), os.Getenv("RONDO_LIVEKIT_API_KEY"), os.Getenv("RONDO_LIVEKIT_API_SECRET"))
	require.NoError(t, err)
	return l
}

// newSession is one that no other test has.
func newSession() int64 { return 1e12 + rand.Int64N(1e12) }

// newRoom makes a room for two that is deleted at the end of the test.
func newRoom(t *testing.T, l *video.LiveKit, session int64, no int) string {
	t.Helper()
	room := video.RoomName(session, no)
	require.NoError(t, l.CreateRoom(t.Context(), room, video.Room{Max: 2, Empty: time.Minute, Departure: time.Minute}))
	t.Cleanup(func() { require.NoError(t, l.DeleteRoom(context.Background(), room)) })
	return room
}

// visit lets a bot into a room. Leave ends the visit; ended tells how it ended.
func visit(t *testing.T, l *video.LiveKit, room string, person int64) (leave func(), ended <-chan error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error, 1)
	go func() { end <- l.Join(ctx, room, person, "Bot", func() {}) }()
	return cancel, end
}

// await returns when the condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			require.FailNow(t, "never happened: "+what)
		}
	}
}

// outcome waits for the end of a visit.
func outcome(t *testing.T, ended <-chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(patience):
		require.FailNow(t, "the visit does not end")
		return nil
	}
}

// inbox takes what LiveKit posts about the rooms of one session.
type inbox struct {
	mu     sync.Mutex
	raw    []posted
	events []video.Event
}

type posted struct {
	header http.Header
	body   []byte
}

func (i *inbox) all() []video.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]video.Event(nil), i.events...)
}

// of counts what was told of a person; 0 is the room.
func (i *inbox) of(kind video.Kind, person int64) (n int) {
	for _, e := range i.all() {
		if e.Kind == kind && e.Person == person {
			n++
		}
	}
	return n
}

// webhooks asks the dev stack for what LiveKit posts about the rooms of a session. More are the receiver's other wishes.
func webhooks(t *testing.T, l *video.LiveKit, session int64, more map[string]any) *inbox {
	t.Helper()
	control := os.Getenv("RONDO_DEVSTACK_URL")
	if control == "" {
		t.Skip("RONDO_DEVSTACK_URL is not set: run `make test`, which starts the servers")
	}
	in := &inbox{}
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, err := body.ReadFrom(r.Body)
		assert.NoError(t, err)
		e, ok, err := l.Receive(r.Header, body.Bytes())
		assert.NoError(t, err)
		in.mu.Lock()
		defer in.mu.Unlock()
		in.raw = append(in.raw, posted{r.Header.Clone(), body.Bytes()})
		if ok {
			in.events = append(in.events, e)
		}
	}))
	t.Cleanup(func() {
		s.Close()
		if t.Failed() {
			for _, p := range in.raw {
				t.Logf("posted: %s", p.body)
			}
		}
	})
	wish := map[string]any{"url": s.URL, "rooms": fmt.Sprintf("session-%d-", session)}
	for k, v := range more {
		wish[k] = v
	}
	order := func(method string) {
		b, err := json.Marshal(wish)
		require.NoError(t, err)
		r, err := http.NewRequest(method, control+"/livekit/webhooks", bytes.NewReader(b))
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusNoContent, resp.StatusCode)
	}
	order(http.MethodPost)
	t.Cleanup(func() { order(http.MethodDelete) })
	return in
}
