package video_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/video"
)

// signed is the header of a webhook as LiveKit signs it.
func signed(t testing.TB, key, secret string, body []byte) http.Header {
	t.Helper()
	sum := sha256.Sum256(body)
	token, err := auth.NewAccessToken(key, secret).SetValidFor(5 * time.Minute).SetSha256(base64.StdEncoding.EncodeToString(sum[:])).ToJWT()
	require.NoError(t, err)
	return http.Header{"Authorization": {token}, "Content-Type": {"application/webhook+json"}}
}

func TestOnlyWhatLiveKitHasSignedIsTaken(t *testing.T) {
	l := offline(t)
	body := []byte(`{"event":"room_finished","room":{"name":"session-7-meeting-12"},"id":"EV_1","createdAt":"1790000000"}`)
	good := signed(t, someKey, someSecret, body)
	event, ok, err := l.Receive(good, body)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, video.Event{ID: "EV_1", Kind: video.Finished, Session: 7, No: 12, At: time.Unix(1790000000, 0).UTC()}, event)

	attendee, err := l.Token("session-7-meeting-12", 42, "Ada", time.Hour)
	require.NoError(t, err)
	sum := sha256.Sum256(body)
	expired, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": someKey, "exp": time.Now().Add(-2 * time.Minute).Unix(), "sha256": base64.StdEncoding.EncodeToString(sum[:]),
	}).SignedString([]byte(someSecret))
	require.NoError(t, err)
	for what, header := range map[string]http.Header{
		"nothing":                {},
		"no token":               {"Authorization": {"nonsense"}},
		"an empty token":         {"Authorization": {""}},
		"another key":            signed(t, "APIother", someSecret, body),
		"another secret":         signed(t, someKey, someSecret+"!", body),
		"another body":           signed(t, someKey, someSecret, append(bytes.Clone(body), ' ')),
		"an attendee's token":    {"Authorization": {attendee}},
		"an expired signature":   {"Authorization": {expired}},
		"a token without a hash": {"Authorization": {must(auth.NewAccessToken(someKey, someSecret).ToJWT())}},
	} {
		_, ok, err := l.Receive(header, body)
		require.False(t, ok, what)
		require.Equal(t, "signature_invalid", fault.From(err).Code, what)
		require.Equal(t, fault.Denied, fault.From(err).Kind, what)
		require.NotContains(t, err.Error(), someSecret, what)
	}
	_, _, err = l.Receive(good, body[:len(body)-1])
	require.Equal(t, "signature_invalid", fault.From(err).Code, "what was cut on the way")
}

func must(token string, err error) string {
	if err != nil {
		panic(err)
	}
	return token
}

func TestEventsAreReadAsTheyComeAndOthersLeftOut(t *testing.T) {
	l := offline(t)
	at := time.Unix(1790000000, 0).UTC()
	about := func(kind video.Kind, person int64, visit string) video.Event {
		return video.Event{ID: "EV_1", Kind: kind, Session: 7, No: 12, Person: person, Visit: visit, At: at}
	}
	audio, film := about(video.Media, 42, "PA_1"), about(video.Media, 42, "PA_1")
	audio.Audio, film.Video = true, true
	const room, who = `"room":{"sid":"RM_1","name":"session-7-meeting-12"},"id":"EV_1","createdAt":"1790000000"`, `"participant":{"sid":"PA_1","identity":"p42","name":"Ada"}`
	for body, want := range map[string]*video.Event{
		`{"event":"participant_joined",` + room + `,` + who + `}`:                                                            ptr(about(video.Joined, 42, "PA_1")),
		`{"event":"participant_left",` + room + `,` + who + `}`:                                                              ptr(about(video.Left, 42, "PA_1")),
		`{"event":"participant_connection_aborted",` + room + `,` + who + `}`:                                                ptr(about(video.Aborted, 42, "PA_1")),
		`{"event":"track_published",` + room + `,` + who + `,"track":{"sid":"TR_1"}}`:                                        &audio,
		`{"event":"track_published",` + room + `,` + who + `,"track":{"type":"VIDEO"}}`:                                      &film,
		`{"event":"room_finished",` + room + `}`:                                                                             ptr(about(video.Finished, 0, "")),
		`{"event":"room_finished",` + room + `,"newInTheNextVersion":{"x":[1]}}`:                                             ptr(about(video.Finished, 0, "")),
		`{"event":"room_started",` + room + `}`:                                                                              nil,
		`{"event":"track_unpublished",` + room + `,` + who + `}`:                                                             nil,
		`{"event":"something_new",` + room + `,` + who + `}`:                                                                 nil,
		`{"event":"participant_joined",` + room + `}`:                                                                        nil,
		`{"event":"participant_joined",` + room + `,"participant":{"identity":"agent-1"}}`:                                   nil,
		`{"event":"participant_joined","room":{"name":"lounge"},"id":"EV_1",` + who + `}`:                                    nil,
		`{"event":"room_finished","room":{"name":"session-7-meeting-12"}}`:                                                   nil,
		`{"event":"participant_left",` + room + `,"participant":{"identity":"p42","disconnectReason":"DUPLICATE_IDENTITY"}}`: nil,
		`{}`: nil,
	} {
		event, ok, err := l.Receive(signed(t, someKey, someSecret, []byte(body)), []byte(body))
		require.NoError(t, err, body)
		require.Equal(t, want != nil, ok, body)
		if want != nil {
			require.Equal(t, *want, event, body)
		} else {
			require.Zero(t, event, body)
		}
	}
	for _, body := range []string{"", "[]", "null and void", `{"event":7}`} {
		_, ok, err := l.Receive(signed(t, someKey, someSecret, []byte(body)), []byte(body))
		require.False(t, ok)
		require.Equal(t, "not_event", fault.From(err).Code, body)
		require.True(t, fault.From(err).Permanent())
	}
}

func ptr(e video.Event) *video.Event { return &e }

func FuzzReceive(f *testing.F) {
	l := offline(f)
	f.Add([]byte(`{"event":"participant_joined","room":{"name":"session-7-meeting-12"},"participant":{"identity":"p42"},"id":"EV_1","createdAt":"1"}`))
	f.Add([]byte(`{"event":"track_published","room":{"name":"session-7-meeting-12"},"participant":{"identity":"p42"},"track":{"type":"VIDEO"},"id":"E"}`))
	f.Add([]byte(`{"event":"room_finished","room":{"name":"session-7-meeting-12"},"id":"EV_1","createdAt":"9223372036854775807"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		event, ok, err := l.Receive(signed(t, someKey, someSecret, body), body)
		switch {
		case err != nil:
			require.Equal(t, "not_event", fault.From(err).Code)
			require.False(t, ok)
		case ok:
			require.NotEmpty(t, event.ID)
			require.Positive(t, event.Session)
			require.Positive(t, event.No)
			require.Equal(t, event.Kind == video.Finished, event.Person == 0)
		default:
			require.Zero(t, event)
		}
	})
}

func TestLiveKitTellsWhatHappensInARoom(t *testing.T) {
	l, session := server(t), newSession()
	in := webhooks(t, l, session, nil)
	room := newRoom(t, l, session, 1)
	leave, ended := visit(t, l, room, 7)
	_, other := visit(t, l, room, 9)
	await(t, "both are in the call", func() bool {
		return in.of(video.Joined, 7) == 1 && in.of(video.Joined, 9) == 1 && in.of(video.Media, 7) == 2 && in.of(video.Media, 9) == 2
	})
	leave()
	require.NoError(t, outcome(t, ended))
	await(t, "one has left", func() bool { return in.of(video.Left, 7) == 1 })
	require.NoError(t, l.DeleteRoom(t.Context(), room))
	require.NoError(t, outcome(t, other))
	await(t, "the room is no more", func() bool { return in.of(video.Finished, 0) == 1 })
	ids, audio, film := map[string]bool{}, 0, 0
	for _, e := range in.all() {
		require.Equal(t, session, e.Session)
		require.Equal(t, 1, e.No)
		require.WithinDuration(t, time.Now(), e.At, patience)
		ids[e.ID] = true
		if e.Audio {
			audio++
		}
		if e.Video {
			film++
		}
	}
	require.Len(t, ids, len(in.all()), "each has an id of its own")
	require.Equal(t, []int{2, 2}, []int{audio, film})

	// Another server's webhook of the same body is refused.
	for _, p := range in.raw {
		_, _, err := offline(t).Receive(p.header, p.body)
		require.Equal(t, "signature_invalid", fault.From(err).Code)
	}
}

// Who comes again while they are still there, as from another tab, pushes out their earlier self and has not left.
func TestComingAgainIsNotLeaving(t *testing.T) {
	l, session := server(t), newSession()
	in := webhooks(t, l, session, nil)
	room := newRoom(t, l, session, 1)
	_, first := visit(t, l, room, 7)
	await(t, "the first tab is in", func() bool { return in.of(video.Media, 7) == 2 })
	_, second := visit(t, l, room, 7)
	require.NoError(t, outcome(t, first))
	await(t, "the second tab is in", func() bool { return in.of(video.Media, 7) == 4 })
	require.Zero(t, in.of(video.Left, 7))
	visits := map[string]bool{}
	for _, e := range in.all() {
		visits[e.Visit] = true
	}
	require.Len(t, visits, 2)
	people, err := l.Participants(t.Context(), room)
	require.NoError(t, err)
	require.Len(t, people, 1)
	require.True(t, visits[people[0].Visit])

	require.NoError(t, l.Remove(t.Context(), room, 7))
	require.NoError(t, outcome(t, second))
	await(t, "the person has left", func() bool { return in.of(video.Left, 7) == 1 })
}

func TestWebhooksCanComeTwice(t *testing.T) {
	l, session := server(t), newSession()
	in := webhooks(t, l, session, map[string]any{"double": 1})
	room := newRoom(t, l, session, 1)
	_, ended := visit(t, l, room, 7)
	twice := func(kind video.Kind) bool {
		ids := map[string]int{}
		for _, e := range in.all() {
			if e.Kind == kind {
				ids[e.ID]++
			}
		}
		return len(ids) == 1 && in.of(kind, 7) == 2
	}
	await(t, "the joining is told twice", func() bool { return twice(video.Joined) })
	await(t, "the pictures are told twice", func() bool { return in.of(video.Media, 7) == 4 })
	require.NoError(t, l.Remove(t.Context(), room, 7))
	require.NoError(t, outcome(t, ended))
}
