package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"rondo/activities/store"
	"rondo/worker/setup"
)

type migrateCommand struct {
	Database  databaseFlags `embed:""`
	Temporal  temporalFlags `embed:""`
	Retention string        `name:"temporal-retention" env:"RONDO_TEMPORAL_RETENTION" default:"720h" help:"How long closed workflows can be read."`
	Timeout   string        `name:"migrate-timeout" env:"RONDO_MIGRATE_TIMEOUT" default:"5m" help:"How long all of it may take."`
}

// Run migrates both stores; it can be repeated, and from many places at once.
func (m *migrateCommand) Run(ctx context.Context, l *logFlags) error {
	var f faults
	log := l.logger(&f)
	poolConfig, connection := m.Database.pool(&f), m.Temporal.connection(&f)
	retention := f.duration("temporal-retention", m.Retention, 24*time.Hour)
	timeout := f.duration("migrate-timeout", m.Timeout, time.Second)
	if err := f.err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	pool, err := connect(ctx, poolConfig, log)
	if err != nil {
		return err
	}
	defer pool.Close()
	applied, err := store.Migrate(ctx, pool)
	if err != nil {
		return err
	}
	if err := store.CheckSchema(ctx, pool); err != nil {
		return fmt.Errorf("after the migration: %w", err)
	}
	log.InfoContext(ctx, "postgres is set up", slog.Int("migrations_applied", applied))
	return setup.Temporal(ctx, connection, retention, log)
}
