package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"rondo/deploy/devstack/internal/postgres"
	"rondo/deploy/devstack/internal/supervise"
)

type upCommand struct {
	Dir   string `default:".rondo" env:"DEVSTACK_DIR" type:"path" help:"Folder for data, secrets and logs."`
	Rondo string `type:"path" help:"Rondo's program: also set it up, run its API and worker, and fill in the demo."`
	ports
}

func (u upCommand) Run() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	s, release, err := u.prepare()
	if err != nil {
		return err
	}
	err = u.work(ctx, s)
	interrupted := ctx.Err() != nil
	stop() // a second Ctrl-C ends this program; the janitor does the rest
	if interrupted {
		err = nil
		fmt.Fprintln(os.Stderr, "devstack: stopping")
	}
	return errors.Join(err, s.stop(), supervise.KillMarked(s.dir), release())
}

// prepare takes the folder, clears what an earlier stack left in it, and checks
// the ports.
func (u upCommand) prepare() (s *stack, release func() error, err error) {
	programs, err := u.programs()
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(u.Dir, programs.FolderMode()); err != nil {
		return nil, nil, err
	}
	if err := os.Chmod(u.Dir, programs.FolderMode()); err != nil {
		return nil, nil, fmt.Errorf("%w: it belongs to another user; choose another folder with --dir", err)
	}
	cache, err := cacheFolder()
	if err != nil {
		return nil, nil, err
	}
	lock, err := lockFolder(u.Dir)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lock.Close())
		}
	}()
	if err := signLock(lock); err != nil {
		return nil, nil, err
	}
	if err := clearUp(u.Dir); err != nil {
		return nil, nil, err
	}
	if err := u.check(u.Rondo != ""); err != nil {
		return nil, nil, err
	}
	data, err := locateData(u.Dir, programs)
	if err != nil {
		return nil, nil, err
	}
	if s, err = newStack(u.Dir, cache, u.ports, programs, data, false); err != nil {
		return nil, nil, err
	}
	dismiss, err := hireJanitor(u.Dir, false)
	if err != nil {
		return nil, nil, err
	}
	return s, func() error { return errors.Join(dismiss(), lock.Close()) }, nil
}

// programs finds the PostgreSQL that fits the data of the folder.
func (u upCommand) programs() (postgres.Programs, error) {
	major := 0
	if b, err := os.ReadFile(filepath.Join(u.Dir, dataFolder, "PG_VERSION")); err == nil {
		if _, err := fmt.Sscan(string(b), &major); err != nil {
			return postgres.Programs{}, fmt.Errorf("version of the data in %s: %w", u.Dir, err)
		}
	}
	return postgres.Find(major)
}

// work starts everything and stays until ctx ends.
func (u upCommand) work(ctx context.Context, s *stack) error {
	progress := func(name string, took time.Duration) {
		fmt.Fprintf(os.Stderr, "devstack: %-12s ready after %.1f s\n", name, took.Seconds())
	}
	if err := s.start(ctx, progress); err != nil {
		return err
	}
	env := strings.Join(s.environment(), "\n") + "\n"
	if err := writeSecret(filepath.Join(s.dir, "env"), []byte(env)); err != nil {
		return err
	}
	if u.Rondo == "" {
		fmt.Printf("devstack is ready  postgres %s  temporal %s  temporal-ui %s  livekit %s  inbox %s  environment %s\n",
			s.cluster.Address(), hostPort(s.ports.Temporal), address("http", s.ports.TemporalUI),
			address("ws", s.ports.LiveKit), address("http", s.ports.SendGrid), filepath.Join(s.dir, "env"))
	} else {
		program := &rondo{stack: s, program: u.Rondo}
		key, err := program.start(ctx)
		if err != nil {
			return err
		}
		s.welcome(key)
		if err := program.demo(ctx, key); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "devstack:", err) // everything else goes on
		}
	}
	<-ctx.Done()
	return nil
}

// welcome prints the ready line and what to look at.
func (s *stack) welcome(key string) {
	inbox, temporal := address("http", s.ports.SendGrid), address("http", s.ports.TemporalUI)
	fmt.Printf("rondo is ready  api %s  docs %s/docs  inbox %s  temporal %s  livekit %s  key %s\n",
		s.publicURL, s.publicURL, inbox, temporal, address("ws", s.ports.LiveKit), key)
	fmt.Printf(`
  %s/  the mails: open an opt-in, click an answer
  %s/namespaces/%s/workflows  the rounds at work
  %s/docs  the API; authorize with the key above
  Ctrl-C ends everything; the data stays in %s
`, inbox, temporal, namespace, s.publicURL, s.dir)
}
