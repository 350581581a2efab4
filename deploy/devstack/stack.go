package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"rondo/deploy/devstack/internal/postgres"
	"rondo/deploy/devstack/internal/supervise"
	"rondo/deploy/devstack/sendgrid"
)

// startWithin bounds the start of all servers.
const startWithin = 2 * time.Minute

// stack is one set of servers in one folder.
type stack struct {
	dir        string
	ports      ports
	throwaway  bool
	secrets    secrets
	webhookKey string // public key of the SendGrid simulator
	publicURL  string // of Rondo; webhooks go there unless the stack is throwaway: then LiveKit's go to a fanOut
	controlURL string
	template   *postgres.Template
	cluster    *postgres.Cluster
	supervisor *supervise.Supervisor
	control    *http.Server
}

// newStack prepares a stack in dir, which the caller has locked.
func newStack(dir, cache string, p ports, programs postgres.Programs, data string, throwaway bool) (*stack, error) {
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o700); err != nil {
		return nil, err
	}
	keep, err := loadSecrets(dir)
	if err != nil {
		return nil, err
	}
	key, err := sendgrid.PublicKey(filepath.Join(dir, "sendgrid"))
	if err != nil {
		return nil, err
	}
	s := &stack{
		dir: dir, ports: p, throwaway: throwaway, secrets: keep, webhookKey: key,
		publicURL: address("http", p.Rondo), supervisor: supervise.New(),
	}
	s.cluster = &postgres.Cluster{
		Programs: programs, Data: data, Port: p.Postgres, Throwaway: throwaway, Mark: supervise.Mark(dir),
		Passwords: map[string]string{
			postgres.Superuser: keep.Postgres, postgres.Temporal: keep.TemporalDatabase, postgres.Rondo: keep.RondoDatabase,
		},
	}
	s.template = newTemplate(cache, programs, s.cluster.Mark)
	return s, nil
}

// start starts the servers and returns when all can be used. progress is called
// when one can, with the time it took.
func (s *stack) start(ctx context.Context, progress func(string, time.Duration)) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := s.serveControl(); err != nil {
		return err
	}
	began := time.Now()
	launch := func(ctx context.Context, spec supervise.Spec) error {
		err := s.supervisor.Launch(ctx, spec)
		if err == nil {
			progress(spec.Name, time.Since(began))
		}
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return launch(ctx, s.liveKit()) })
	g.Go(func() error { return launch(ctx, s.sendGrid()) })
	g.Go(func() error {
		if err := s.startPostgres(ctx); err != nil {
			return err
		}
		progress("postgres", time.Since(began))
		g.Go(func() error { return launch(ctx, s.temporal()) })
		g.Go(func() error { return launch(ctx, s.temporalUI()) })
		return nil
	})
	return g.Wait()
}

// stop ends all servers.
func (s *stack) stop() error {
	var err error
	if s.control != nil {
		err = s.control.Close()
	}
	return errors.Join(err, s.supervisor.Shutdown())
}

// serveControl offers the control endpoint on a free port.
func (s *stack) serveControl() error {
	l, err := net.Listen("tcp4", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return fmt.Errorf("control endpoint: %w", err)
	}
	s.controlURL = "http://" + l.Addr().String()
	mux := http.NewServeMux()
	mux.Handle("/", s.supervisor.Handler())
	if s.throwaway {
		mux.Handle("/livekit/", supervise.Local(newFanOut().handler()))
	}
	s.control = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = s.control.Serve(l) }() // ends with http.ErrServerClosed
	return nil
}
