package main_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// process is a program that a test starts, kills and starts again. Its output goes to a file, shown when the test fails.
type process struct {
	t     *testing.T
	name  string
	path  string
	args  []string
	env   []string
	stdin []byte
	log   string
	cmd   *exec.Cmd
	ended chan struct{}
	want  atomic.Bool // it is meant to run
}

// start runs the program; it is killed at the end of the test.
func start(t *testing.T, name, path string, env []string, stdin []byte, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: name, path: path, args: args, env: env, stdin: stdin, log: filepath.Join(t.TempDir(), name+".log")}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("last lines of %s:\n%s", name, p.tail(40))
		}
	})
	p.again()
	return p
}

// again starts the program anew after a kill.
func (p *process) again() {
	p.t.Helper()
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(p.t, err)
	defer out.Close()
	p.cmd = exec.Command(p.path, p.args...)
	p.cmd.Env, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = p.env, bytes.NewReader(p.stdin), out, out
	require.NoError(p.t, p.cmd.Start())
	p.want.Store(true)
	cmd, ended := p.cmd, make(chan struct{})
	p.ended = ended
	go func() {
		if err := cmd.Wait(); p.want.Load() {
			p.t.Errorf("%s ended by itself: %v", p.name, err)
		}
		close(ended)
	}()
}

// kill sends SIGKILL and returns when the process is gone.
func (p *process) kill() { p.end(syscall.SIGKILL) }

// stop asks for an orderly end and returns when the process is gone.
func (p *process) stop() { p.end(syscall.SIGTERM) }

func (p *process) end(s os.Signal) {
	p.want.Store(false)
	_ = p.cmd.Process.Signal(s) // gone already: nothing to do
	<-p.ended
}

// output is everything the program has written.
func (p *process) output() string {
	b, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// tail leaves out what polling left in the log.
func (p *process) tail(lines int) string {
	all := slices.DeleteFunc(strings.Split(strings.TrimRight(p.output(), "\n"), "\n"), func(line string) bool {
		return strings.Contains(line, `"method":"GET"`)
	})
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

const (
	// poll is how often a condition is looked at.
	poll = 50 * time.Millisecond
	// patience is how long a test waits for what must happen. A task that a busy Temporal loses comes again after half a
	// minute, and the reconcile schedule runs as often.
	patience = 3 * time.Minute
)

// await returns when the condition holds. What it says meanwhile is what the failure shows.
func await(t *testing.T, within time.Duration, what string, holds func() (ok bool, now string)) {
	t.Helper()
	now := ""
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(poll) {
		var ok bool
		if ok, now = holds(); ok {
			return
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	require.FailNow(t, fmt.Sprintf("not within %s: %s", within, what), now)
}
