package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestScopesIncludeWhatTheySay(t *testing.T) {
	for need, have := range map[Scope]string{Admin: "admin", Send: "admin send", Read: "admin send read", Signal: "admin signal", Public: "admin send read signal"} {
		for _, scope := range []string{"admin", "send", "read", "signal"} {
			require.Equal(t, strings.Contains(have, scope), need.allows([]string{scope}), "%s for %s", scope, need)
		}
	}
	require.True(t, Read.allows([]string{"signal", "read"}))
	require.False(t, Read.allows(nil))
	require.False(t, Read.allows([]string{"superuser"}))
}

func TestOnlyAWorkingKeyOpensTheDoor(t *testing.T) {
	f := setup(t)
	good := f.keys[Read]
	last := map[byte]string{'a': "b"}[good[len(good)-1]]
	if last == "" {
		last = "a"
	}
	for name, header := range map[string]string{
		"nothing":             "",
		"another scheme":      "Basic " + good,
		"no scheme":           good,
		"empty":               "Bearer ",
		"one character wrong": "Bearer " + good[:len(good)-1] + last,
		"cut short":           "Bearer " + good[:len(good)-1],
		"capitals":            "Bearer " + strings.ToUpper(good),
		"no prefix":           "Bearer " + good[len("rondo_"):],
		"garbage":             "Bearer rondo_\x80_\x00",
		"long":                "Bearer rondo_" + strings.Repeat("a", 30_000),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRequest(t, "GET", f.url+"/v1/version", nil)
			if header != "" && !strings.ContainsAny(header, "\x00") {
				r.Header.Set("Authorization", header)
			}
			a := do(t, r)
			require.Equal(t, http.StatusUnauthorized, a.Status)
			require.NotEmpty(t, a.Header.Get("WWW-Authenticate"))
			require.Contains(t, []string{"missing_key", "unknown_key"}, a.Problem.Code)
		})
	}
	require.Equal(t, http.StatusOK, f.call(Read, "GET", "/v1/version", nil).Status)
}

func TestAnExpiredKeyIsUnknownEvenIfCached(t *testing.T) {
	f := setup(t)
	soon := time.Now().Add(300 * time.Millisecond)
	_, text, err := f.server.store.CreateKey(t.Context(), store.KeyInput{Name: "short", Scopes: []string{"read"}, ExpiresAt: &soon})
	require.NoError(t, err)
	f.keys["short"] = text
	require.Equal(t, http.StatusOK, f.call("short", "GET", "/v1/version", nil).Status)
	require.Eventually(t, func() bool {
		return f.call("short", "GET", "/v1/version", nil).Problem.Code == "unknown_key"
	}, 5*time.Second, 50*time.Millisecond)
}

func TestTheUseOfAKeyIsNoted(t *testing.T) {
	f := setup(t)
	f.call(Read, "GET", "/v1/version", nil)
	keys, err := f.server.store.Keys(t.Context(), store.Page{Limit: 10})
	require.NoError(t, err)
	for _, k := range keys {
		require.Equal(t, k.Name == string(Read), k.LastUsedAt != nil, k.Name)
		require.NotContains(t, string(k.Hash), f.keys[Scope(k.Name)])
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	f := setup(t)
	f.call(Admin, "POST", "/v1/keys", map[string]any{"name": "x", "scopes": []string{"read"}}, "X-Request-Id", "mine-1")
	f.call(Public, "GET", "/docs?token=hidden", nil)
	f.call(Public, "GET", "/nowhere/hidden?token=hidden", nil)
	log := f.log.String()
	require.Contains(t, log, `"request_id":"mine-1"`)
	require.Contains(t, log, `"route":"/v1/keys"`)
	require.NotContains(t, log, "hidden")
	for _, key := range f.keys {
		require.NotContains(t, log, key)
	}
}
