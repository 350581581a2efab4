package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twitchtv/twirp"

	"rondo/deploy/devstack/internal/supervise"
)

// listener is a test's Rondo: it counts what it gets.
type listener struct {
	mu     sync.Mutex
	url    string
	bodies []string
	auth   string
	answer int
}

func listen(t *testing.T) *listener {
	t.Helper()
	l := &listener{answer: http.StatusNoContent}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.bodies, l.auth = append(l.bodies, string(body)), r.Header.Get("Authorization")
		w.WriteHeader(l.answer)
	}))
	t.Cleanup(s.Close)
	l.url = s.URL
	return l
}

func (l *listener) got() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.bodies...)
}

// post sends a request to the fan-out and returns the status code.
func post(t *testing.T, h http.Handler, method, path string, body any) int {
	t.Helper()
	text, isText := body.(string)
	if !isText {
		b, err := json.Marshal(body)
		require.NoError(t, err)
		text = string(b)
	}
	r := httptest.NewRequest(method, "http://127.0.0.1:1"+path, strings.NewReader(text))
	r.Header.Set("Authorization", "signature")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code
}

func TestWebhooksGoToWhoeverAsked(t *testing.T) {
	h := supervise.Local(newFanOut().handler())
	event := func(room string) int {
		return post(t, h, http.MethodPost, liveKitEvents, ` {"event":"room_started",  "room":{"name":"`+room+`"}}`)
	}
	require.Equal(t, http.StatusOK, event("session-1-meeting-1"), "nobody has asked")
	all, some, lossy, stutter := listen(t), listen(t), listen(t), listen(t)
	for _, r := range []receiver{{URL: all.url}, {URL: some.url, Rooms: "session-1-"}, {URL: lossy.url, Drop: 1}, {URL: stutter.url, Double: 1}} {
		require.Equal(t, http.StatusNoContent, post(t, h, http.MethodPost, liveKitWebhooks, r))
	}
	require.Equal(t, http.StatusOK, event("session-1-meeting-1"))
	require.Equal(t, http.StatusOK, event("session-12-meeting-1"))
	one, twelve := ` {"event":"room_started",  "room":{"name":"session-1-meeting-1"}}`, ` {"event":"room_started",  "room":{"name":"session-12-meeting-1"}}`
	require.Equal(t, []string{one, twelve}, all.got(), "to the byte")
	require.Equal(t, "signature", all.auth)
	require.Equal(t, []string{one}, some.got())
	require.Empty(t, lossy.got())
	require.Equal(t, []string{one, one, twelve, twelve}, stutter.got())

	// A wish replaces the earlier one, and can be withdrawn.
	require.Equal(t, http.StatusNoContent, post(t, h, http.MethodPost, liveKitWebhooks, receiver{URL: lossy.url}))
	require.Equal(t, http.StatusNoContent, post(t, h, http.MethodDelete, liveKitWebhooks, receiver{URL: all.url}))
	require.Equal(t, http.StatusOK, event("session-1-meeting-1"))
	require.Len(t, lossy.got(), 1)
	require.Len(t, all.got(), 2)
}

func TestLiveKitIsToldWhatToPostAgain(t *testing.T) {
	h := newFanOut().handler()
	l := listen(t)
	require.Equal(t, http.StatusNoContent, post(t, h, http.MethodPost, liveKitWebhooks, receiver{URL: l.url}))
	for answer, want := range map[int]int{
		http.StatusOK: http.StatusOK, http.StatusUnauthorized: http.StatusOK, http.StatusServiceUnavailable: http.StatusBadGateway,
	} {
		l.answer = answer
		require.Equal(t, want, post(t, h, http.MethodPost, liveKitEvents, "{}"), answer)
	}
	require.Equal(t, http.StatusNoContent, post(t, h, http.MethodPost, liveKitWebhooks, receiver{URL: "http://127.0.0.1:1"}))
	require.Equal(t, http.StatusBadGateway, post(t, h, http.MethodPost, liveKitEvents, "no JSON"), "nobody listens there")
}

func TestFanOutRefusesWhatMakesNoSense(t *testing.T) {
	h := newFanOut().handler()
	for _, r := range []any{
		"", "[]",
		receiver{},
		receiver{URL: "127.0.0.1:80"},
		receiver{URL: "http://"},
		receiver{URL: "http://a", Drop: 1.1},
		receiver{URL: "http://a", Double: -0.1},
	} {
		require.Equal(t, http.StatusBadRequest, post(t, h, http.MethodPost, liveKitWebhooks, r), r)
	}
	require.Equal(t, http.StatusBadRequest, post(t, h, http.MethodPost, liveKitEvents, strings.Repeat("x", maxEvent+1)))
}

// What LiveKit posts in a throwaway stack arrives where a test asked for it.
func TestRunPassesWebhooksOn(t *testing.T) {
	b := startRun(t, "")
	l := listen(t)
	resp, err := http.Post(b.env["RONDO_DEVSTACK_URL"]+liveKitWebhooks, "application/json", strings.NewReader(`{"url":"`+l.url+`"}`))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusNoContent, resp.StatusCode)
	b.room(t, "session-1-meeting-1")
	eventually(t, "the room's end is told of", func() bool { return len(l.got()) == 1 })
	require.Contains(t, l.got()[0], `"room_finished"`, "its beginning is not")
}

// room asks the LiveKit of a stack for a room, and to delete it.
func (b *background) room(t *testing.T, name string) {
	t.Helper()
	token, err := auth.NewAccessToken(b.env["RONDO_LIVEKIT_API_KEY"], b.env["RONDO_LIVEKIT_API_SECRET"]).
		SetVideoGrant(&auth.VideoGrant{RoomCreate: true}).ToJWT()
	require.NoError(t, err)
	ctx, err := twirp.WithHTTPRequestHeaders(t.Context(), http.Header{"Authorization": {"Bearer " + token}})
	require.NoError(t, err)
	url := strings.Replace(b.env["RONDO_LIVEKIT_URL"], "ws://", "http://", 1)
	rooms := livekit.NewRoomServiceProtobufClient(url, http.DefaultClient)
	_, err = rooms.CreateRoom(ctx, &livekit.CreateRoomRequest{Name: name})
	require.NoError(t, err)
	_, err = rooms.DeleteRoom(ctx, &livekit.DeleteRoomRequest{Room: name})
	require.NoError(t, err)
}
