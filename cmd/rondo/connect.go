package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/cenkalti/backoff/v5"
	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"

	"rondo/activities/store"
	"rondo/api"
	"rondo/worker"
	"rondo/worker/telemetry"
)

// databaseFlags say where Postgres is.
type databaseFlags struct {
	URL string `name:"database-url" env:"RONDO_DATABASE_URL" help:"Postgres, as postgres://user:password@host:port/database; pool_max_conns and other pgx settings go in its query. Needed."`
}

// connections is how many a process opens at most unless the URL says otherwise.
const connections = 16

func (d *databaseFlags) pool(f *faults) *pgxpool.Config {
	if !f.needed("database-url", d.URL) {
		return nil
	}
	c, err := pgxpool.ParseConfig(d.URL)
	if err != nil { // its text may quote the password
		f.add("database-url", "is not a Postgres URL like postgres://user:password@host:5432/rondo")
		return nil
	}
	if !strings.Contains(d.URL, "pool_max_conns") {
		c.MaxConns = connections
	}
	c.ConnConfig.Tracer = otelpgx.NewTracer()
	return c
}

// connect opens the pool once Postgres answers. It waits for a server that is starting or out of reach; a refusal is final.
func connect(ctx context.Context, c *pgxpool.Config, log *slog.Logger) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("connect to postgres: %w", err)
	}
	_, err = worker.Awaited(ctx, log, "postgres", func() (struct{}, error) {
		err := pool.Ping(ctx)
		if err != nil && store.AsFault(err).Code != "database_unavailable" {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	})
	if err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// temporalFlags say where Temporal is.
type temporalFlags struct {
	Address   string `name:"temporal-address" env:"RONDO_TEMPORAL_ADDRESS" default:"127.0.0.1:7233" help:"Temporal's frontend."`
	Namespace string `name:"temporal-namespace" env:"RONDO_TEMPORAL_NAMESPACE" default:"rondo" help:"Namespace of the workflows."`
	TLS       string `name:"temporal-tls" env:"RONDO_TEMPORAL_TLS" default:"false" help:"Connect with TLS."`
	APIKey    string `name:"temporal-api-key" env:"RONDO_TEMPORAL_API_KEY" help:"API key of Temporal; implies TLS."`
}

func (t *temporalFlags) connection(f *faults) worker.Connection {
	f.address("temporal-address", t.Address)
	f.needed("temporal-namespace", t.Namespace)
	return worker.Connection{Address: t.Address, Namespace: t.Namespace, TLS: f.flag("temporal-tls", t.TLS), APIKey: t.APIKey}
}

// connected is what a process that runs for long works with: telemetry, and both stores at the version of the binary.
type connected struct {
	tel      *telemetry.Telemetry
	pool     *pgxpool.Pool
	temporal client.Client
}

// connectAll connects a process, or leaves nothing open.
func connectAll(ctx context.Context, name string, database *pgxpool.Config, c worker.Connection, log *slog.Logger) (_ *connected, err error) {
	tel, err := telemetry.Start(ctx, name, api.BuildVersion().Module)
	if err != nil {
		return nil, err
	}
	all := &connected{tel: tel}
	defer func() {
		if err != nil {
			err = errors.Join(err, all.close(ctx))
		}
	}()
	if all.pool, err = connect(ctx, database, log); err != nil {
		return nil, err
	}
	if err = store.CheckSchema(ctx, all.pool); err != nil {
		return nil, err
	}
	all.temporal, err = c.Dial(ctx, log, tel.Meters)
	return all, err
}

// close gives the telemetry time to be sent.
func (c *connected) close(ctx context.Context) error {
	if c.temporal != nil {
		c.temporal.Close()
	}
	if c.pool != nil {
		c.pool.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	return c.tel.Stop(ctx)
}
