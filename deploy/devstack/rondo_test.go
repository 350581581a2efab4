package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/deploy/devstack/internal/supervise"
)

// rondoStandIn does what devstack relies on in Rondo's program, which belongs to
// another module; every call is written down.
func rondoStandIn() {
	calls, err := os.OpenFile(os.Getenv("RONDO_CALLS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	fmt.Fprintln(calls, strings.Join(os.Args[1:], " "))
	switch os.Args[1] {
	case "keys":
		fmt.Printf("the key is shown once\nrondo_key_%s\n", os.Getenv("RONDO_SECRET")[:8])
	case "api":
		panic(http.ListenAndServe(os.Getenv("RONDO_LISTEN"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v1/keys" && r.Header.Get("Authorization") != "Bearer rondo_key_"+os.Getenv("RONDO_SECRET")[:8] {
				w.WriteHeader(http.StatusUnauthorized)
			}
		})))
	case "worker":
		panic(http.ListenAndServe(os.Getenv("RONDO_METRICS_LISTEN"), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	}
}

func TestUpRunsRondo(t *testing.T) {
	folder := openFolder(t)
	calls, program, dir := filepath.Join(folder, "calls"), filepath.Join(folder, "rondo"), filepath.Join(folder, "stack")
	script := fmt.Sprintf("#!/bin/sh\nexec env %s=rondo %s \"$@\"\n", roleVariable, os.Args[0])
	require.NoError(t, os.WriteFile(program, []byte(script), 0o700))
	t.Setenv("RONDO_CALLS", calls)

	b, ready := startUp(t, dir, "--rondo", program)
	require.Regexp(t, `^rondo is ready  api http://127.0.0.1:\d+ .* key rondo_key_[0-9a-f]{8}$`, ready)
	eventually(t, "the demo plays", func() bool { return slices.Contains(callsIn(t, calls), "demo") })
	require.ElementsMatch(t, []string{"migrate", "api", "worker", "keys create --name demo --scope admin", "demo"}, callsIn(t, calls))
	info, err := os.Stat(filepath.Join(dir, "admin-key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	for _, name := range []string{"api", "worker"} {
		pid := b.components()[name].PID
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		eventually(t, name+" comes back", func() bool {
			now := b.components()[name]
			return now.State == supervise.Ready && now.PID != pid
		})
	}
	b.signal(syscall.SIGINT)
	require.Zero(t, b.exitCode())
	require.Empty(t, processesOf(t, dir))

	// A key that still works is used again; one that does not is replaced.
	require.NoError(t, os.Remove(calls))
	b, again := startUp(t, dir, "--rondo", program)
	require.Equal(t, key(ready), key(again))
	require.NotContains(t, callsIn(t, calls), "keys create --name demo --scope admin")
	b.signal(syscall.SIGINT)
	require.Zero(t, b.exitCode())

	require.NoError(t, os.WriteFile(filepath.Join(dir, "admin-key"), []byte("rondo_key_old\n"), 0o600))
	b, again = startUp(t, dir, "--rondo", program)
	require.Equal(t, key(ready), key(again))
	b.signal(syscall.SIGINT)
	require.Zero(t, b.exitCode())
}

func key(ready string) string { return ready[strings.LastIndex(ready, " ")+1:] }

func callsIn(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}
