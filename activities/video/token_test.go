package video_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/stretchr/testify/require"

	"rondo/activities/video"
)

const (
	someKey    = "APIsomebody"
	someSecret = "a secret of at least thirty-two bytes"
)

func offline(t testing.TB) *video.LiveKit {
	t.Helper()
	l, err := video.New("ws://127.0.0.1:7880", someKey, someSecret)
	require.NoError(t, err)
	return l
}

func TestATokenSaysWhoMayDoWhatAndNothingElse(t *testing.T) {
	token, err := offline(t).Token("session-7-meeting-12", 42, `Ada "the Countess" Lovelace`, 10*time.Minute)
	require.NoError(t, err)
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	require.NoError(t, err)
	var claims map[string]any
	require.NoError(t, json.Unmarshal(payload, &claims))

	until := time.Unix(int64(claims["exp"].(float64)), 0)
	require.WithinDuration(t, time.Now().Add(10*time.Minute), until, 5*time.Second)
	for _, when := range []string{"exp", "nbf", "iat"} {
		delete(claims, when)
	}
	require.Equal(t, map[string]any{
		"iss": someKey, "sub": "p42", "identity": "p42", "name": `Ada "the Countess" Lovelace`,
		"video": map[string]any{
			"room": "session-7-meeting-12", "roomJoin": true, "canPublish": true, "canSubscribe": true,
			"canPublishSources": []any{"camera", "microphone"}, "canPublishData": false, "canUpdateOwnMetadata": false,
		},
	}, claims)

	verifier, err := auth.ParseAPIToken(token)
	require.NoError(t, err)
	_, _, err = verifier.Verify(someSecret)
	require.NoError(t, err)
	_, _, err = verifier.Verify(someSecret + "!")
	require.Error(t, err)
}

func BenchmarkToken(b *testing.B) {
	l := offline(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := l.Token("session-7-meeting-12", 42, "Ada Lovelace", time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}
