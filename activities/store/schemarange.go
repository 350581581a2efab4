package store

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"rondo/activities/fault"
)

// schemaEra is how migrations say whom they break: what only adds is numbered on, what takes something away that the
// binaries of before still use begins the next thousand.
const schemaEra = 1000

// SchemaRange gives the schema versions this binary works with: it needs all the migrations it carries, and gets on with
// later ones of the same thousand.
func SchemaRange() (oldest, newest int64, err error) {
	files, err := migrations.ReadDir("migrations")
	if err != nil {
		return 0, 0, fmt.Errorf("list migrations: %w", err)
	}
	for _, f := range files {
		number, _, _ := strings.Cut(path.Base(f.Name()), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("migration %s has no number: %w", f.Name(), err)
		}
		oldest = max(oldest, n)
	}
	return oldest, (oldest/schemaEra+1)*schemaEra - 1, nil
}

// CheckSchema is Unavailable "schema_outside_range" when this binary does not work with the schema of the database.
func CheckSchema(ctx context.Context, pool *pgxpool.Pool) error {
	oldest, newest, err := SchemaRange()
	if err != nil {
		return err
	}
	var have int64
	err = pool.QueryRow(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied`).Scan(&have)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42P01" { // undefined_table: never migrated
		err = nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("read schema version: %w", err)
	}
	if have < oldest {
		return fault.New(fault.Unavailable, "schema_outside_range", "the database has schema version %d and this binary needs %d to %d: run `rondo migrate`", have, oldest, newest)
	}
	if have > newest {
		return fault.New(fault.Unavailable, "schema_outside_range", "the database has schema version %d and this binary works with %d to %d: use a newer binary", have, oldest, newest)
	}
	return nil
}
