package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"rondo/deploy/devstack/internal/postgres"
	"rondo/deploy/devstack/internal/supervise"
)

// janitorCommand waits for the death of the supervisor and clears up after it
// when it could not do so itself.
type janitorCommand struct {
	Dir    string `arg:""`
	Remove bool
}

// farewell is what a supervisor that has cleared up tells its janitor.
const farewell = "done"

func (j janitorCommand) Run() error {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	said, err := io.ReadAll(os.Stdin) // ends with the supervisor
	if err == nil && string(said) == farewell {
		return nil
	}
	lock, err := tryLock(j.Dir)
	if errors.Is(err, errInUse) {
		return nil // the next supervisor is there already and clears up
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := clearUp(j.Dir); err != nil {
		return err
	}
	if j.Remove {
		return os.RemoveAll(j.Dir)
	}
	return nil
}

// clearUp ends all programs of the stack in dir, whose lock the caller holds.
func clearUp(dir string) error {
	if err := supervise.KillMarked(dir); err != nil {
		return fmt.Errorf("clear %s: %w", dir, err)
	}
	data := filepath.Join(dir, dataFolder)
	if err := (&postgres.Cluster{Data: data}).Recover(); err != nil {
		return fmt.Errorf("clear %s: %w", dir, err)
	}
	return nil
}

// hireJanitor starts the janitor of dir. The returned function dismisses it.
func hireJanitor(dir string, remove bool) (dismiss func() error, err error) {
	args := []string{"janitor", dir}
	if remove {
		args = append(args, "--remove")
	}
	cmd := self(args...)
	cmd.Env = os.Environ() // without the mark: the janitor does not end itself
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start janitor: %w", err)
	}
	return func() error {
		_, err := io.WriteString(stdin, farewell)
		return errors.Join(err, stdin.Close(), cmd.Wait())
	}, nil
}

// self prepares this very program, even when its file has been replaced since.
func self(args ...string) *exec.Cmd {
	path := "/proc/self/exe"
	if _, err := os.Stat(path); err != nil {
		path, err = os.Executable()
		if err != nil {
			path = os.Args[0]
		}
	}
	cmd := exec.Command(path, args...) //nolint:gosec // this very program
	cmd.Args[0] = "devstack"
	return cmd
}
