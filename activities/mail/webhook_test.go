package mail

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestReadEvents(t *testing.T) {
	at := time.Unix(1_780_000_000, 0).UTC()
	for name, c := range map[string]struct {
		body string
		want []store.Event
	}{
		"delivered":      {`{"event":"delivered","m":"7","email":"A@x.org"}`, []store.Event{{Message: 7, Kind: store.Delivered, At: at, Address: "a@x.org"}}},
		"bounce":         {`{"event":"bounce","type":"bounce","m":"7"}`, []store.Event{{Message: 7, Kind: store.Bounced, At: at, Stops: store.ByBounce}}},
		"block":          {`{"event":"bounce","type":"blocked","m":"7"}`, []store.Event{{Message: 7, Kind: store.Blocked, At: at}}},
		"late bounce":    {`{"event":"bounce","type":"bounce","email":"a@x.org"}`, []store.Event{{Kind: store.Bounced, At: at, Address: "a@x.org", Stops: store.ByBounce}}},
		"drop":           {`{"event":"dropped","reason":"Bounced Address","m":"7"}`, []store.Event{{Message: 7, Kind: store.Dropped, At: at, Stops: store.ByBounce}}},
		"drop of a mail": {`{"event":"dropped","reason":"Invalid SMTPAPI header","m":"7"}`, []store.Event{{Message: 7, Kind: store.Dropped, At: at}}},
		"spam":           {`{"event":"spamreport","m":"7"}`, []store.Event{{Message: 7, Kind: store.SpamReported, At: at, Stops: store.BySpam}}},
		"group":          {`{"event":"group_unsubscribe","m":"7"}`, []store.Event{{Message: 7, Kind: store.Unsubscribed, At: at, Stops: store.ByUnsubscribe}}},
		"another kind":   {`{"event":"group_resubscribe","m":"7"}`, []store.Event{}},
		"not ours":       {`{"event":"bounce","type":"bounce","m":"abc"}`, []store.Event{}},
		"nobody's":       {`{"event":"delivered"}`, []store.Event{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadEvents([]byte(`[{"timestamp":1780000000,` + c.body[1:] + `]`))
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	got, err := ReadEvents([]byte(`[{"event":"delivered","m":"7"},{"event":"delivered","m":"7","timestamp":99999999999999}]`))
	require.NoError(t, err)
	require.Empty(t, got, "without an instant")
	_, err = ReadEvents([]byte(`{"event":"delivered"}`))
	require.Error(t, err)
}

func TestSigned(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	body := []byte(`[{"event":"delivered"}]`)
	sum := sha256.Sum256(append([]byte("1780000000"), body...))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	require.NoError(t, err)
	headers := func(signature, timestamp string) http.Header {
		h := http.Header{}
		h.Set("X-Twilio-Email-Event-Webhook-Signature", signature)
		h.Set("X-Twilio-Email-Event-Webhook-Timestamp", timestamp)
		return h
	}
	good := base64.StdEncoding.EncodeToString(signature)
	require.True(t, Signed(&key.PublicKey, headers(good, "1780000000"), body))
	require.False(t, Signed(&key.PublicKey, headers(good, "1780000001"), body))
	require.False(t, Signed(&key.PublicKey, headers(good, "1780000000"), append(body, ' ')))
	require.False(t, Signed(&key.PublicKey, http.Header{}, body))
	require.False(t, Signed(&key.PublicKey, headers("not base64", "1"), body))
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	require.False(t, Signed(&other.PublicKey, headers(good, "1780000000"), body))
}

func FuzzReadEvents(f *testing.F) {
	f.Add([]byte(`[{"event":"bounce","type":"blocked","timestamp":1,"m":"7","email":"a@x.org"}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		events, _ := ReadEvents(body)
		for _, e := range events {
			require.False(t, e.Message == 0 && e.Stops == "")
			require.Less(t, e.At.Year(), 2300)
		}
	})
}

func FuzzSigned(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(f, err)
	f.Add("MAYCAQECAQE=", "1", []byte("[]"))
	f.Fuzz(func(t *testing.T, signature, timestamp string, body []byte) {
		h := http.Header{}
		h.Set("X-Twilio-Email-Event-Webhook-Signature", signature)
		h.Set("X-Twilio-Email-Event-Webhook-Timestamp", timestamp)
		require.False(t, Signed(&key.PublicKey, h, body))
	})
}
