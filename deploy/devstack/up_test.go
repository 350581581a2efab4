package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// startUp starts devstack up in dir on free ports and waits for the ready line.
func startUp(t *testing.T, dir string, args ...string) (b *background, ready string) {
	t.Helper()
	b = &background{t: t, dir: dir, env: map[string]string{}, outcome: make(chan error, 1)}
	b.cmd = devstack(t, append([]string{"up", "--dir", dir}, args...)...)
	b.cmd.Env = append(b.cmd.Env, freePortVariables(t)...)
	out, err := b.cmd.StdoutPipe()
	require.NoError(t, err)
	b.launch()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if ready = lines.Text(); strings.Contains(ready, " is ready") {
			break
		}
	}
	require.Contains(t, ready, " is ready")
	content, err := os.ReadFile(filepath.Join(dir, "env"))
	require.NoError(t, err)
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		b.env[name] = value
	}
	return b, ready
}

func freePortVariables(t *testing.T) []string {
	t.Helper()
	p, err := somePorts()
	require.NoError(t, err)
	var env []string
	for _, u := range p.uses(true) {
		env = append(env, fmt.Sprintf("%s=%d", u.variable, u.port))
	}
	return env
}

// openFolder returns a new folder that every user can reach.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "devstack-test-*")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.Chmod(dir, 0o755))
	return dir
}

// Root's data live elsewhere when PostgreSQL's account cannot reach the folder of
// the stack, and go when the stack is deleted.
func TestUpWorksInAClosedFolder(t *testing.T) {
	closed := filepath.Join(openFolder(t), "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	dir := filepath.Join(closed, "stack")
	for range 2 {
		b, _ := startUp(t, dir)
		b.signal(syscall.SIGINT)
		require.Zero(t, b.exitCode())
	}
	require.FileExists(t, filepath.Join(dir, dataFolder, "PG_VERSION"))
	target, err := os.Readlink(filepath.Join(dir, dataFolder))
	if err != nil {
		require.NotZero(t, os.Getuid(), "root's PostgreSQL cannot live in the closed folder")
		return
	}
	require.NoError(t, os.RemoveAll(dir))
	removeOrphans()
	require.NoDirExists(t, filepath.Dir(target))
}

func TestUpKeepsItsDataThroughStopAndKill(t *testing.T) {
	dir := filepath.Join(openFolder(t), "stack")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	first, _ := startUp(t, dir)
	query(t, ctx, first.env["RONDO_DATABASE_URL"], "CREATE TABLE kept AS SELECT 1 AS n")
	first.signal(syscall.SIGINT)
	require.Zero(t, first.exitCode())
	require.Empty(t, processesOf(t, dir))

	second, _ := startUp(t, dir)
	require.Equal(t, first.env["RONDO_SECRET"], second.env["RONDO_SECRET"])
	query(t, ctx, second.env["RONDO_DATABASE_URL"], "INSERT INTO kept VALUES (2)")
	second.signal(syscall.SIGKILL)
	second.exitCode()

	third, _ := startUp(t, dir)
	query(t, ctx, third.env["RONDO_DATABASE_URL"], "INSERT INTO kept SELECT 3 FROM kept HAVING count(*) = 2")
	third.signal(syscall.SIGTERM)
	require.Zero(t, third.exitCode())
	require.Empty(t, processesOf(t, dir))
}

func TestSecondUpInOneFolderIsRefused(t *testing.T) {
	dir := filepath.Join(openFolder(t), "stack")
	first, _ := startUp(t, dir)
	message := failure(t, "up", "--dir", dir)
	require.Contains(t, message, fmt.Sprintf("%s is in use by process %d", dir, first.cmd.Process.Pid))
	first.signal(syscall.SIGINT)
	require.Zero(t, first.exitCode())
}

func TestUpNamesATakenPort(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	message := failure(t, "up", "--dir", openFolder(t), fmt.Sprintf("--temporal-port=%d", port))
	require.Contains(t, message, fmt.Sprintf("port %d for Temporal is taken", port))
	require.Contains(t, message, "--temporal-port")
	require.Contains(t, message, "DEVSTACK_TEMPORAL_PORT")
}

func TestPortsAskedForTwiceAreNamed(t *testing.T) {
	p, err := somePorts()
	require.NoError(t, err)
	require.NoError(t, p.check(true))
	p.LiveKit = p.Temporal
	require.ErrorContains(t, p.check(true), fmt.Sprintf("port %d is asked for by Temporal and by LiveKit", p.Temporal))
	p.LiveKit, p.LiveKitMedia = p.LiveKitMedia, p.Temporal
	require.NoError(t, p.check(true), "one number may serve TCP and UDP")
}

// failure runs devstack, which must fail, and returns what it says.
func failure(t *testing.T, args ...string) string {
	t.Helper()
	cmd := devstack(t, args...)
	cmd.Env = append(freePortVariables(t), cmd.Env...)
	cmd.Stderr = nil
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	return string(out)
}
