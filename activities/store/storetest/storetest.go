// Package storetest gives tests a migrated Postgres database of their own.
package storetest

import (
	"context"
	"database/sql"
	"os"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgtestdb opens
	"github.com/peterldowns/pgtestdb"
	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// New makes a database from a migrated template (about 20 ms) on the server at RONDO_TEST_DATABASE_URL and drops it when
// the test passed. Without the variable the test is skipped; `make test` sets it.
func New(t testing.TB) *store.DB {
	t.Helper()
	server := os.Getenv("RONDO_TEST_DATABASE_URL")
	if server == "" {
		t.Skip("RONDO_TEST_DATABASE_URL is not set: run `make test`, which starts a Postgres")
	}
	admin, err := pgxpool.ParseConfig(server)
	require.NoError(t, err)
	c := pgtestdb.Custom(t, pgtestdb.Config{
		DriverName: "pgx",
		Host:       admin.ConnConfig.Host,
		Port:       port(admin),
		User:       admin.ConnConfig.User,
		Password:   admin.ConnConfig.Password,
		Database:   admin.ConnConfig.Database,
		Options:    "sslmode=disable",
	}, migrator{})
	pool, err := pgxpool.New(context.Background(), c.URL())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return store.New(pool)
}

type migrator struct{}

func (migrator) Hash() (string, error) { return store.MigrationsHash() }

func (migrator) Migrate(ctx context.Context, _ *sql.DB, c pgtestdb.Config) error {
	pool, err := pgxpool.New(ctx, c.URL())
	if err != nil {
		return err
	}
	defer pool.Close()
	_, err = store.Migrate(ctx, pool)
	return err
}

func port(c *pgxpool.Config) string { return strconv.Itoa(int(c.ConnConfig.Port)) }
