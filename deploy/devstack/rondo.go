package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"rondo/deploy/devstack/internal/servers"
	"rondo/deploy/devstack/internal/supervise"
)

// rondo runs Rondo's own program on a stack.
type rondo struct {
	stack   *stack
	program string
}

// start brings the databases to the version of the program, runs API and worker,
// and returns an admin key.
func (r *rondo) start(ctx context.Context) (key string, err error) {
	if err := r.call(ctx, os.Stderr, nil, "migrate"); err != nil {
		return "", err
	}
	if key, err = r.savedKey(); err != nil {
		return "", err
	}
	if err := r.stack.supervisor.Launch(ctx, r.api(), r.worker()); err != nil {
		return "", err
	}
	valid := false
	if key != "" {
		if valid, err = r.accepts(ctx, key); err != nil {
			return "", err
		}
	}
	if !valid {
		if key, err = r.newKey(ctx); err != nil {
			return "", err
		}
	}
	return key, nil
}

// demo fills in demo data on the first start and plays its members for a few
// minutes, telling what it does.
func (r *rondo) demo(ctx context.Context, key string) error {
	return r.call(ctx, os.Stdout, []string{"RONDO_API_KEY=" + key}, "demo")
}

// command prepares the program with the environment of the stack.
func (r *rondo) command(args ...string) *exec.Cmd {
	cmd := exec.Command(r.program, args...) //nolint:gosec // named by the user
	cmd.Env = append(append(os.Environ(), r.stack.environment()...), supervise.Mark(r.stack.dir))
	return cmd
}

// server prepares a subcommand that stays and serves its metrics.
func (r *rondo) server(name string, metrics int) *exec.Cmd {
	cmd := r.command(name)
	cmd.Env = append(cmd.Env, "RONDO_METRICS_LISTEN="+hostPort(metrics))
	return cmd
}

// call runs a subcommand to its end; what it says goes to out and standard error.
func (r *rondo) call(ctx context.Context, out io.Writer, env []string, args ...string) error {
	cmd := r.command(args...)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := supervise.Spawn(cmd, true); err != nil {
		return fmt.Errorf("rondo %s: %w", args[0], err)
	}
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) }) // ended already: nothing to do
	defer stop()
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("rondo %s: %w", args[0], err)
	}
	return nil
}

func (r *rondo) api() supervise.Spec {
	return supervise.Spec{
		Name: "api", Address: r.stack.publicURL, Log: r.stack.log("api"),
		Command: func() (*exec.Cmd, error) { return r.server("api", r.stack.ports.APIMetrics), nil },
		Ready: func(ctx context.Context) error {
			return servers.HTTPReady(ctx, r.stack.publicURL+"/readyz")
		},
		StopSignal: syscall.SIGTERM, StopWithin: 10 * time.Second,
	}
}

func (r *rondo) worker() supervise.Spec {
	return supervise.Spec{
		Name: "worker", Address: address("http", r.stack.ports.WorkMetrics), Log: r.stack.log("worker"),
		Command: func() (*exec.Cmd, error) { return r.server("worker", r.stack.ports.WorkMetrics), nil },
		Ready: func(ctx context.Context) error {
			return servers.HTTPReady(ctx, address("http", r.stack.ports.WorkMetrics)+"/metrics")
		},
		StopSignal: syscall.SIGTERM, StopWithin: 10 * time.Second,
	}
}

func (r *rondo) keyFile() string { return filepath.Join(r.stack.dir, "admin-key") }

// savedKey returns the key of an earlier start, or nothing.
func (r *rondo) savedKey() (string, error) {
	b, err := os.ReadFile(r.keyFile())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(b)), err
}

// accepts reports whether the API takes key as an admin's.
func (r *rondo) accepts(ctx context.Context, key string) (bool, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.stack.publicURL+"/v1/keys", nil)
	if err != nil {
		return false, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, fmt.Errorf("check the admin key: %w", err)
	}
	return resp.StatusCode == http.StatusOK, resp.Body.Close()
}

// newKey makes an admin key; it is the last line that the program prints.
func (r *rondo) newKey(ctx context.Context) (string, error) {
	var out strings.Builder
	if err := r.call(ctx, &out, nil, "keys", "create", "--name", "demo", "--scope", "admin"); err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	key := strings.TrimSpace(lines[len(lines)-1])
	if key == "" {
		return "", errors.New("rondo keys create printed no key")
	}
	return key, writeSecret(r.keyFile(), []byte(key+"\n"))
}
