package api

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAKeyThatAsksTooOftenIsSlowedAloneAndToldWhen(t *testing.T) {
	f := setup(t, func(c *Config) { c.PerKey = Rate{PerSecond: 0.01, Burst: 3} })
	for left := 2; left >= 0; left-- {
		a := f.call(Read, "GET", "/v1/version", nil)
		require.Equal(t, http.StatusOK, a.Status)
		require.Contains(t, a.Header.Get("RateLimit"), `"key";r=`+strconv.Itoa(left)+";")
		require.Equal(t, `"key";q=3;w=300`, a.Header.Get("RateLimit-Policy"))
	}
	a := f.call(Read, "GET", "/v1/version", nil)
	require.Equal(t, http.StatusTooManyRequests, a.Status)
	require.Equal(t, "too_many_requests", a.Problem.Code)
	wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
	require.NoError(t, err)
	require.InDelta(t, 100, wait, 2)
	require.Equal(t, http.StatusOK, f.call(Send, "GET", "/v1/version", nil).Status, "another key")
}

func TestStrangersAreLimitedByAddress(t *testing.T) {
	f := setup(t, func(c *Config) { c.PerAddress = Rate{PerSecond: 0.01, Burst: 3} })
	for range 5 {
		require.Equal(t, http.StatusOK, f.call(Public, "GET", "/favicon.svg", nil).Status, "files of pages do not count")
	}
	require.Equal(t, http.StatusOK, f.call(Public, "GET", "/healthz", nil).Status)
	require.Equal(t, http.StatusUnauthorized, f.call(Public, "GET", "/v1/version", nil).Status)
	f.keys["wrong"] = "rondo_wrong"
	require.Equal(t, http.StatusUnauthorized, f.call("wrong", "GET", "/v1/version", nil).Status)
	require.Equal(t, http.StatusTooManyRequests, f.call("wrong", "GET", "/v1/version", nil, "X-Forwarded-For", "198.51.100.7").Status,
		"nobody is trusted to name another address")
	require.Equal(t, http.StatusOK, f.call(Read, "GET", "/v1/version", nil).Status, "a key is not held to its address")
}
