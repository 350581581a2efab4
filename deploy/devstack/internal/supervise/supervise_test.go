package supervise

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// shell describes a program that a shell runs and that is ready at once.
func shell(t *testing.T, name, script string) Spec {
	return Spec{
		Name: name, Log: filepath.Join(t.TempDir(), name+".log"),
		Command:    func() (*exec.Cmd, error) { return exec.Command("sh", "-c", script), nil },
		Ready:      func(context.Context) error { return nil },
		StopSignal: syscall.SIGTERM, StopWithin: 200 * time.Millisecond,
	}
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestLaunchQuotesTheLogOfAProgramThatCannotStart(t *testing.T) {
	spec := shell(t, "broken", "echo the reason; exit 3")
	spec.Ready = func(context.Context) error { return fmt.Errorf("not yet") }
	s := New()
	err := s.Launch(limited(t), spec)
	require.ErrorContains(t, err, "broken does not start")
	require.ErrorContains(t, err, "the reason")
	require.ErrorContains(t, err, "exit status 3")
	require.Empty(t, s.Units(), "nothing is left of a launch that failed")
	require.NoError(t, s.Shutdown())
}

func TestDeadProgramIsStartedAgain(t *testing.T) {
	s := New()
	ctx := limited(t)
	require.NoError(t, s.Launch(ctx, shell(t, "sleeper", "exec sleep 1000")))
	u := s.Unit("sleeper")
	first := u.Status().PID
	require.NoError(t, syscall.Kill(first, syscall.SIGKILL))
	require.NoError(t, u.await(ctx, func(s Status) bool { return s.State == Ready && s.PID != first }))
	require.Equal(t, 1, u.Status().Restarts)
	second := u.Status().PID
	require.NoError(t, s.Shutdown())
	require.False(t, alive(first))
	require.False(t, alive(second))
}

func TestStopKillsAProgramThatDoesNotListen(t *testing.T) {
	s := New()
	ctx := limited(t)
	require.NoError(t, s.Launch(ctx, shell(t, "deaf", "trap '' TERM; while :; do sleep 0.05; done")))
	u := s.Unit("deaf")
	pid := u.Status().PID
	require.NoError(t, u.Stop(ctx))
	require.False(t, alive(pid))
	require.Equal(t, Stopped, u.Status().State)
	require.NoError(t, u.Start(ctx))
	require.True(t, alive(u.Status().PID))
	require.NoError(t, s.Shutdown())
}

func TestStopReachesAProgramBetweenTwoStarts(t *testing.T) {
	spec := shell(t, "restless", "exit 1")
	spec.Ready = func(context.Context) error { return fmt.Errorf("never") }
	u, err := newUnit(spec)
	require.NoError(t, err)
	ended := make(chan struct{})
	go func() { u.loop(u.life); close(ended) }()
	ctx := limited(t)
	require.NoError(t, u.await(ctx, func(s Status) bool { return s.Restarts > 2 }))
	require.NoError(t, u.end())
	<-ended
}

func TestShutdownStopsTheLastLaunchedFirst(t *testing.T) {
	order := filepath.Join(t.TempDir(), "order")
	s := New()
	for _, name := range []string{"first", "second", "third"} {
		ready := filepath.Join(t.TempDir(), "ready")
		spec := shell(t, name, fmt.Sprintf("trap 'echo %s >> %s; exit 0' TERM; touch %s; while :; do sleep 0.01; done", name, order, ready))
		spec.StopWithin = 10 * time.Second
		spec.Ready = func(context.Context) error { _, err := os.Stat(ready); return err }
		require.NoError(t, s.Launch(limited(t), spec))
	}
	require.NoError(t, s.Shutdown())
	b, err := os.ReadFile(order)
	require.NoError(t, err)
	require.Equal(t, "third\nsecond\nfirst\n", string(b))
}

func TestKillTreeReachesDescendantsInOtherSessions(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	cmd := exec.Command("sh", "-c", fmt.Sprintf("setsid sh -c 'echo $$ > %s; sleep 1000; :' & wait", ready))
	require.NoError(t, Spawn(cmd, true))
	var pid int
	for deadline := time.Now().Add(30 * time.Second); pid == 0; time.Sleep(5 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "the descendant did not start")
		if b, err := os.ReadFile(ready); err == nil {
			_, _ = fmt.Sscan(string(b), &pid)
		}
	}
	go func() { _ = cmd.Wait() }()
	require.NoError(t, KillTree(cmd.Process.Pid))
	require.False(t, alive(pid))
}

func TestLogsRotateAndKeepTheirNumber(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	for i := range keptLogs + 3 {
		f, err := openLog(path)
		require.NoError(t, err)
		_, err = fmt.Fprintln(f, "start", i)
		require.NoError(t, err)
		require.NoError(t, f.Close())
	}
	require.Equal(t, "start 5", tail(path))
	require.Equal(t, "start 4", tail(path+".1"))
	require.Equal(t, "start 2", tail(path+".3"))
	require.NoFileExists(t, path+".4")
}

func TestTailIsShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("line\n", 100_000)+"last"), 0o600))
	lines := strings.Split(tail(path), "\n")
	require.Len(t, lines, 30)
	require.Equal(t, "last", lines[29])
	require.Contains(t, tail(path+".missing"), "no log")
}
