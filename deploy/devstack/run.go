package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/term"

	"rondo/deploy/devstack/internal/postgres"
	"rondo/deploy/devstack/internal/supervise"
)

// endWithin is how long an interrupted command may take to end.
const endWithin = 10 * time.Second

type runCommand struct {
	Keep    bool     `help:"Keep the temporary folder, with data and logs."`
	Command []string `arg:"" passthrough:"" help:"The command and its arguments, after --."`
}

func (r runCommand) Run() error {
	if r.Command[0] == "--" {
		r.Command = r.Command[1:]
	}
	if len(r.Command) == 0 {
		return errors.New("run needs a command after --")
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)

	programs, err := postgres.Find(0)
	if err != nil {
		return err
	}
	cache, err := cacheFolder()
	if err != nil {
		return err
	}
	dir, lock, err := newThrowaway(programs)
	if err != nil {
		return err
	}
	defer lock.Close()
	dismiss, err := hireJanitor(dir, !r.Keep)
	if err != nil {
		return err
	}
	p, err := somePorts()
	if err != nil {
		return err
	}
	s, err := newStack(dir, cache, p, programs, filepath.Join(dir, dataFolder), true)
	if err != nil {
		return err
	}
	result := r.around(s, signals)
	return errors.Join(result, r.tearDown(s), dismiss())
}

// around starts the servers and runs the command.
func (r runCommand) around(s *stack, signals <-chan os.Signal) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	started := make(chan error, 1)
	go func() { started <- s.start(ctx, func(string, time.Duration) {}) }()
	select {
	case err := <-started:
		if err != nil {
			return err
		}
	case sig := <-signals:
		cancel()
		if err := <-started; err != nil && !errors.Is(err, context.Canceled) {
			return err
		}
		return exitError(128 + number(sig))
	}
	cmd := exec.Command(r.Command[0], r.Command[1:]...) //nolint:gosec // running it is what the user asks for
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(append(os.Environ(), s.environment()...), supervise.Mark(s.dir))
	if err := supervise.Spawn(cmd, false); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return outcome(waitFor(cmd.Process, ended, signals))
}

// number returns the number of a signal, 0 where there are none.
func number(sig os.Signal) int {
	n, _ := sig.(syscall.Signal)
	return int(n)
}

// waitFor waits for the end of the command and passes signals on to it. Those
// typed at a terminal it has got already. A second one, or ten seconds, end its
// patience.
func waitFor(p *os.Process, ended <-chan error, signals <-chan os.Signal) error {
	var patience <-chan time.Time
	for {
		select {
		case err := <-ended:
			return err
		case sig := <-signals:
			typed := sig == syscall.SIGINT && term.IsTerminal(int(os.Stdin.Fd()))
			switch {
			case patience != nil:
				sig = syscall.SIGKILL
				fallthrough
			case !typed:
				if err := p.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
					return err
				}
			}
			patience = time.After(endWithin)
		case <-patience:
			if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return err
			}
		}
	}
}

// outcome turns the end of a command into the exit code of this program.
func outcome(err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exitError(128 + int(status.Signal()))
	}
	return exitError(exit.ExitCode())
}

// tearDown ends servers and whatever the command left running, and removes the
// folder.
func (r runCommand) tearDown(s *stack) error {
	if err := errors.Join(s.stop(), supervise.KillMarked(s.dir)); err != nil {
		return err
	}
	if r.Keep {
		fmt.Fprintln(os.Stderr, "devstack: kept", s.dir)
		return os.WriteFile(filepath.Join(s.dir, keptFile), nil, 0o600)
	}
	return os.RemoveAll(s.dir)
}
