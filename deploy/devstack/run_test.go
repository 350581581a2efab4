package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRunPassesStreamsEnvironmentAndExitCode(t *testing.T) {
	cmd := devstack(t, "run", "--", "sh", "-c", "cat; env; exit 7")
	cmd.Stdin = strings.NewReader("STDIN=passed\n")
	out, err := cmd.Output()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, 7, exit.ExitCode())

	env := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	require.Equal(t, "passed", env["STDIN"])
	for _, name := range []string{
		"RONDO_DATABASE_URL", "RONDO_TEST_DATABASE_URL", "RONDO_TEMPORAL_ADDRESS", "RONDO_TEMPORAL_NAMESPACE", "RONDO_TEMPORAL_UI_URL",
		"RONDO_SENDGRID_URL", "RONDO_SENDGRID_API_KEY", "RONDO_SENDGRID_WEBHOOK_KEY", "RONDO_LIVEKIT_URL", "RONDO_LIVEKIT_PUBLIC_URL", "RONDO_LIVEKIT_API_KEY",
		"RONDO_LIVEKIT_API_SECRET", "RONDO_SECRET", "RONDO_PUBLIC_URL", "RONDO_MAIL_FROM", "RONDO_DEVSTACK_URL",
	} {
		require.NotEmpty(t, env[name], name)
	}
	require.NotContains(t, env, "RONDO_LISTEN")
	requireNothingLeft(t, env["RONDO_DEVSTACK_MARK"])
}

func TestRunFailsForAnUnknownCommandAndLeavesNothing(t *testing.T) {
	require.Error(t, devstack(t, "run", "--", "/no/such/program").Run())
	require.Empty(t, abandoned(t))
}

func TestRunCleansUpAfterInterrupt(t *testing.T) {
	b := startRun(t, "")
	b.signal(syscall.SIGINT)
	require.Equal(t, 128+int(syscall.SIGINT), b.exitCode())
	requireNothingLeft(t, b.dir)
}

func TestRunCleansUpWhenInterruptedDuringStart(t *testing.T) {
	for _, delay := range []time.Duration{50, 300, 600} {
		b := &background{t: t, cmd: devstack(t, "run", "--", "sleep", "1000"), outcome: make(chan error, 1)}
		b.launch()
		time.Sleep(delay * time.Millisecond)
		b.signal(syscall.SIGTERM)
		require.NotZero(t, b.exitCode())
	}
	require.Empty(t, abandoned(t))
}

func TestRunEndsWhatTheCommandLeavesRunning(t *testing.T) {
	cmd := devstack(t, "run", "--", "sh", "-c", "setsid sleep 1000 >/dev/null 2>&1 & env")
	out, err := cmd.Output()
	require.NoError(t, err)
	_, rest, _ := strings.Cut("\n"+string(out), "\nRONDO_DEVSTACK_MARK=")
	dir, _, _ := strings.Cut(rest, "\n")
	require.NotEmpty(t, dir)
	requireNothingLeft(t, dir)
}

func TestNextRunCleansUpAfterKill(t *testing.T) {
	b := startRun(t, "setsid sleep 1000 >/dev/null 2>&1 &")
	b.signal(syscall.SIGKILL)
	b.exitCode()
	require.NoError(t, devstack(t, "run", "--", "true").Run())
	requireNothingLeft(t, b.dir)
}

// Without a janitor, for instance because it was killed too, the next start has
// all the work.
func TestNextRunCleansUpAfterKillOfSupervisorAndJanitor(t *testing.T) {
	b := startRun(t, "setsid sleep 1000 >/dev/null 2>&1 &")
	janitor := janitorOf(t, b.dir)
	require.NoError(t, syscall.Kill(janitor, syscall.SIGKILL))
	b.signal(syscall.SIGKILL)
	b.exitCode()
	require.DirExists(t, b.dir)
	require.NoError(t, devstack(t, "run", "--", "true").Run())
	requireNothingLeft(t, b.dir)
}

func TestRunKeepsItsFolderWhenAsked(t *testing.T) {
	out, err := devstack(t, "run", "--keep", "--", "sh", "-c", "echo $RONDO_DEVSTACK_MARK").Output()
	require.NoError(t, err)
	dir := strings.TrimSpace(string(out))
	defer os.RemoveAll(dir)
	require.NoError(t, devstack(t, "run", "--", "true").Run())
	require.FileExists(t, filepath.Join(dir, "logs", "postgres.log"))
	require.Empty(t, processesOf(t, dir))
}

// A cached data folder that got damaged is made anew.
func TestRunReplacesADamagedTemplate(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	require.NoError(t, devstack(t, "run", "--", "true").Run())
	damaged := filepath.Join(os.Getenv("XDG_CACHE_HOME"), "rondo-devstack")
	var cut int
	require.NoError(t, filepath.WalkDir(damaged, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "pg_control" {
			cut++
			return os.Truncate(path, 100)
		}
		return err
	}))
	require.Equal(t, 1, cut)
	require.NoError(t, devstack(t, "run", "--", "true").Run())
}

// PostgreSQL runs as another user when this one is root, and must not depend on
// what that user can reach.
func TestRunWorksInAClosedTemporaryFolder(t *testing.T) {
	closed := t.TempDir()
	require.NoError(t, os.Chmod(closed, 0o700))
	t.Setenv("TMPDIR", closed)
	require.NoError(t, devstack(t, "run", "--", "true").Run())
	require.Empty(t, abandoned(t))
}

// abandoned lists the folders of throwaway stacks that no process holds.
func abandoned(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, base := range temporaryBases() {
		found, err := filepath.Glob(filepath.Join(base, temporaryPattern()))
		require.NoError(t, err)
		for _, dir := range found {
			if lock, err := tryLock(dir); err == nil {
				require.NoError(t, lock.Close())
				all = append(all, dir)
			}
		}
	}
	return all
}

// janitorOf returns the process id of the janitor of dir.
func janitorOf(t *testing.T, dir string) int {
	t.Helper()
	out, err := exec.Command("pgrep", "-f", "janitor "+dir).Output()
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip("pgrep is not installed")
	}
	require.NoError(t, err)
	var pid int
	_, err = fmt.Sscan(strings.TrimSpace(string(out)), &pid)
	require.NoError(t, err)
	return pid
}
