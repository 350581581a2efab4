package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAllFaultsOfAConfigurationAreToldAtOnceAndNoSecret(t *testing.T) {
	secret := "c0ffee"
	a := apiCommand{
		Database: databaseFlags{URL: "postgres://user:" + secret + "@host:port/db"},
		Temporal: temporalFlags{Address: "nowhere", TLS: "perhaps"},
		Metrics:  metricsFlags{Listen: "127.0.0.1:99999"},
		Mail:     mailFlags{URL: "ftp://example.org", From: "nobody"},
		Video:    livekitFlags{URL: "127.0.0.1:7880", PublicURL: "ftp://example.org", APISecret: secret},
		Listen:   ":", PublicURL: "rondo.example.org", Secret: secret, TrustedProxies: []string{"10.0.0.0/8", "proxy"},
		WebhookKey: "AAAA", KeyRate: "0", AddressRate: "many",
	}
	err := a.Run(t.Context(), &logFlags{Level: "loud"})
	require.Error(t, err)
	require.NotContains(t, err.Error(), secret)
	lines := strings.Split(err.Error(), "\n")[1:]
	var named []string
	for _, line := range lines {
		named = append(named, strings.Fields(line)[0])
	}
	require.ElementsMatch(t, []string{
		"RONDO_LOG_LEVEL", "RONDO_DATABASE_URL", "RONDO_TEMPORAL_ADDRESS", "RONDO_TEMPORAL_NAMESPACE", "RONDO_TEMPORAL_TLS",
		"RONDO_METRICS_LISTEN", "RONDO_SENDGRID_URL", "RONDO_SENDGRID_API_KEY", "RONDO_MAIL_FROM", "RONDO_LISTEN", "RONDO_KEY_RATE",
		"RONDO_ADDRESS_RATE", "RONDO_SECRET", "RONDO_PUBLIC_URL", "RONDO_TRUSTED_PROXIES", "RONDO_SENDGRID_WEBHOOK_KEY",
		"RONDO_LIVEKIT_URL", "RONDO_LIVEKIT_PUBLIC_URL", "RONDO_LIVEKIT_API_KEY", "RONDO_LIVEKIT_API_SECRET",
	}, named)
}

func TestGoodSettingsAreTaken(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	require.NoError(t, err)
	var f faults
	require.True(t, key.PublicKey.Equal(f.publicKey("sendgrid-webhook-key", base64.StdEncoding.EncodeToString(der))))
	require.Nil(t, f.publicKey("sendgrid-webhook-key", ""))
	require.Len(t, f.secret("secret", strings.Repeat("ab", 32)), 32)
	require.Equal(t, "https://rondo.example.org/sub", f.web("public-url", "https://rondo.example.org/sub/"))
	require.Equal(t, 6*time.Hour, f.duration("unknown-after", "6h", 0))
	require.True(t, f.flag("temporal-tls", "1"))
	f.address("listen", "[::1]:0")
	f.sender("mail-from", "Coffee <coffee@example.org>")
	pool := (&databaseFlags{URL: "postgres://u@h/d"}).pool(&f)
	require.EqualValues(t, connections, pool.MaxConns)
	require.EqualValues(t, 3, (&databaseFlags{URL: "postgres://u@h/d?pool_max_conns=3"}).pool(&f).MaxConns)
	require.NoError(t, f.err())
}
