package main

import (
	"bufio"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/deploy/devstack/internal/supervise"
)

// roleVariable makes the test binary act as another program.
const roleVariable = "DEVSTACK_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "devstack":
		main()
	case "rondo":
		rondoStandIn()
	default:
		os.Exit(m.Run())
	}
}

// patience is how long a test waits for what must happen.
const patience = time.Minute

// devstack prepares the program. Its output goes to the test's log.
func devstack(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), roleVariable+"=devstack")
	cmd.Stderr = logWriter{t}
	return cmd
}

type logWriter struct{ t *testing.T }

func (w logWriter) Write(b []byte) (int, error) {
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// background is a devstack that runs a script until its end.
type background struct {
	t       *testing.T
	cmd     *exec.Cmd
	env     map[string]string // what the script got
	dir     string            // of the stack
	outcome chan error
}

// startRun starts devstack run around a script that tells its environment,
// then does more, then sleeps.
func startRun(t *testing.T, more string) *background {
	t.Helper()
	b := &background{t: t, env: map[string]string{}, outcome: make(chan error, 1)}
	b.cmd = devstack(t, "run", "--", "sh", "-c", "env\n"+more+"\necho\nexec sleep 1000")
	out, err := b.cmd.StdoutPipe()
	require.NoError(t, err)
	b.launch()
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != ""; {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			b.env[name] = value
		}
	}
	b.dir = b.env[supervise.MarkVariable]
	require.NotEmpty(t, b.dir, "the script did not start")
	return b
}

func (b *background) launch() {
	require.NoError(b.t, b.cmd.Start())
	go func() { b.outcome <- b.cmd.Wait() }()
	b.t.Cleanup(func() { _ = b.cmd.Process.Kill() })
}

// exitCode waits for the end of devstack.
func (b *background) exitCode() int {
	b.t.Helper()
	select {
	case <-b.outcome:
	case <-time.After(patience):
		b.t.Fatal("devstack does not end")
	}
	return b.cmd.ProcessState.ExitCode()
}

func (b *background) signal(s syscall.Signal) {
	b.t.Helper()
	require.NoError(b.t, b.cmd.Process.Signal(s))
}

// components asks the control endpoint.
func (b *background) components() map[string]supervise.Status {
	b.t.Helper()
	resp, err := http.Get(b.env["RONDO_DEVSTACK_URL"] + "/components")
	require.NoError(b.t, err)
	defer resp.Body.Close()
	var list []supervise.Status
	require.NoError(b.t, json.NewDecoder(resp.Body).Decode(&list))
	byName := map[string]supervise.Status{}
	for _, c := range list {
		byName[c.Name] = c
	}
	return byName
}

// order posts to the control endpoint and returns the status code.
func (b *background) order(component, verb string) int {
	b.t.Helper()
	resp, err := http.Post(b.env["RONDO_DEVSTACK_URL"]+"/components/"+component+"/"+verb, "", nil)
	require.NoError(b.t, err)
	require.NoError(b.t, resp.Body.Close())
	return resp.StatusCode
}

// requireNothingLeft checks that neither processes nor files of dir are left.
func requireNothingLeft(t *testing.T, dir string) {
	t.Helper()
	require.NoDirExists(t, dir)
	require.Empty(t, processesOf(t, dir))
}

// processesOf lists the command lines of processes that carry the mark of dir or
// work in it.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	proc, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	var found []string
	for _, p := range proc {
		environ, err := os.ReadFile(filepath.Join(p, "environ"))
		if err != nil {
			continue // another user's, or gone
		}
		cwd, _ := os.Readlink(filepath.Join(p, "cwd"))
		command, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		marked := strings.Contains("\x00"+string(environ), "\x00"+supervise.Mark(dir)+"\x00")
		if marked || strings.HasPrefix(cwd, dir+"/") {
			found = append(found, filepath.Base(p)+" "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}
