package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a subcommand of the real binary.
type process struct {
	cmd *exec.Cmd
	log string
}

// launch starts `rondo NAME` with the environment of this process and what is added to it. Its log goes to a file.
func launch(dir, name string, env ...string) (*process, error) {
	log, err := os.Create(filepath.Join(dir, name+".log")) //nolint:gosec // the folder is the caller's
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Getenv("RONDO_BIN"), name) //nolint:gosec // the binary under test
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start rondo %s: %w", name, err)
	}
	return &process{cmd: cmd, log: log.Name()}, log.Close()
}

func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait() // its exit status says no more than its log
}

// peakMiB is the most memory the process ever had resident.
func (p *process) peakMiB() (int, error) {
	kib, err := peakKiB(p.cmd.Process.Pid)
	return kib / 1024, err
}

// peakKiB is the most memory a process ever had resident. (Getrusage would count what its parent had when it started it.)
func peakKiB(pid int) (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return 0, fmt.Errorf("no VmHWM in /proc/%d/status", pid)
}

// freeAddress is an address on loopback that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// await asks again and again until it is so.
func await(ctx context.Context, what string, so func() (bool, error)) error {
	for {
		ok, err := so()
		if err != nil {
			return fmt.Errorf("wait until %s: %w", what, err)
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func ready(ctx context.Context, url string) error {
	return await(ctx, url+" is ready", func() (bool, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
		if err != nil {
			return false, err
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			return false, nil //nolint:nilerr // it does not listen yet
		}
		return res.StatusCode == http.StatusOK, res.Body.Close()
	})
}
