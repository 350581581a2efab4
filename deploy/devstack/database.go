package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"rondo/deploy/devstack/internal/postgres"
	"rondo/deploy/devstack/internal/servers"
	"rondo/deploy/devstack/internal/supervise"
)

// Temporal's services have a connection pool each.
const temporalConnections, visibilityConnections = 20, 5

func temporalAccess(c *postgres.Cluster) servers.PostgresAccess {
	return servers.PostgresAccess{
		Address: c.Address(), User: postgres.Temporal, Password: c.Passwords[postgres.Temporal],
		Database: postgres.Temporal, VisibilityDatabase: postgres.TemporalVisibility,
		Connections: temporalConnections, VisibilityConnect: visibilityConnections,
	}
}

func newTemplate(cache string, programs postgres.Programs, mark string) *postgres.Template {
	return &postgres.Template{
		Programs: programs, Cache: cache, FreePort: freePort, Mark: mark,
		Scratch: func() (string, error) {
			dir, _, err := newThrowaway(programs) // stays locked until this process ends
			return dir, err
		},
		Contents: servers.TemporalSchema,
		Fill: func(_ context.Context, c *postgres.Cluster) error {
			return servers.MigrateTemporal(temporalAccess(c))
		},
	}
}

func (s *stack) postgres() supervise.Spec {
	spec := supervise.Spec{
		Name: "postgres", Address: s.cluster.Address(), Log: s.log("postgres"),
		Command: s.cluster.Command, Ready: s.cluster.Ready, Recover: s.cluster.Recover,
		StopSignal: syscall.SIGINT, StopWithin: postgres.StopWithin,
	}
	if s.throwaway {
		spec.StopSignal = syscall.SIGQUIT // without writing to disk first
	}
	return spec
}

// startPostgres starts the server with all databases in it. A copy of the
// template that does not start is made anew once, from a new template.
func (s *stack) startPostgres(ctx context.Context) error {
	_, err := os.Stat(s.cluster.Data)
	fresh := errors.Is(err, fs.ErrNotExist)
	if fresh {
		if err := s.template.Copy(ctx, s.cluster); err != nil {
			return err
		}
	}
	err = s.openPostgres(ctx)
	if err != nil && fresh && ctx.Err() == nil {
		if err := errors.Join(s.template.Discard(), os.RemoveAll(s.cluster.Data), s.template.Copy(ctx, s.cluster)); err != nil {
			return err
		}
		return s.openPostgres(ctx)
	}
	return err
}

func (s *stack) openPostgres(ctx context.Context) error {
	if err := s.supervisor.Launch(ctx, s.postgres()); err != nil {
		return err
	}
	err := s.cluster.Prepare(ctx)
	if err == nil {
		err = servers.MigrateTemporal(temporalAccess(s.cluster))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("prepare postgres: %w", err), s.supervisor.Drop("postgres"))
	}
	return nil
}

func (s *stack) rondoDatabase() string { return s.cluster.URL(postgres.Rondo, postgres.Rondo) }

func (s *stack) superDatabase() string { return s.cluster.URL(postgres.Superuser, "postgres") }
