// Package store keeps the facts: Postgres through pgx, one file per resource. Its methods are transactions; whoever calls
// them rings the workflow afterwards (package bell).
package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rondo/activities/fault"
)

// DB is the door to Postgres. It is safe for concurrent use.
type DB struct {
	pool *pgxpool.Pool
}

// New wraps a pool; the caller closes the pool.
func New(pool *pgxpool.Pool) *DB { return &DB{pool: pool} }

// Pool is for what needs a connection of its own: LISTEN, COPY in tests, health checks.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// querier is what a pool, a connection and a transaction have in common.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// tx runs f in one read-committed transaction: all of it happened, or nothing. In a request with an Idempotency-Key it is
// part of what the request did.
func (db *DB) tx(ctx context.Context, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if err := f(tx); err != nil {
			return err
		}
		return tookEffect(ctx, tx)
	})
}

// oneRow scans exactly one row into a struct by column name; none is NotFound with the given code ("round_not_found").
func oneRow[T any](ctx context.Context, q querier, code, what, sql string, args ...any) (T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		var zero T
		return zero, fmt.Errorf("read %s: %w", what, err)
	}
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[T])
	if errors.Is(err, pgx.ErrNoRows) {
		return v, fault.New(fault.NotFound, code, "there is no such %s", what)
	}
	if err != nil {
		return v, fmt.Errorf("read %s: %w", what, err)
	}
	return v, nil
}

// manyRows scans all rows into structs by column name. It returns an empty slice, never nil, for no rows.
func manyRows[T any](ctx context.Context, q querier, what, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	v, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", what, err)
	}
	if v == nil {
		v = []T{}
	}
	return v, nil
}

// isUnique reports a violation of the named unique constraint or index.
func isUnique(err error, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505" && pg.ConstraintName == constraint
}

// Page asks for at most Limit rows after the opaque cursor of the previous page.
type Page struct {
	After int64 // id of the last row seen; 0 for the first page
	Limit int   // 1..1000
}

// Stale is the answer to an edit of a version that is no longer current.
func Stale(what string) error {
	return fault.New(fault.Stale, "stale_version", "the %s was changed meanwhile: read it again and repeat the edit with its new ETag", what)
}
