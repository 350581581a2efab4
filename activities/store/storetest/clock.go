package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// Clock is what Postgres believes the time to be: months pass in a moment, and nothing in production code knows.
type Clock struct {
	pool *pgxpool.Pool
	Now  time.Time // as set, in UTC to the microsecond
}

// The store asks for now() and clock_timestamp() without a schema, so a search_path that finds others first is enough; the
// defaults of columns are bound to the real one when a table is made, and are bound anew.
const fakeClock = `CREATE SCHEMA fake;
	CREATE TABLE fake.clock (at timestamptz NOT NULL);
	INSERT INTO fake.clock VALUES (pg_catalog.now());
	CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql STABLE AS 'SELECT at FROM fake.clock';
	CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT at FROM fake.clock';
	DO $$ DECLARE c record; BEGIN
		FOR c IN SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' AND column_default = 'now()' LOOP
			EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET DEFAULT fake.now()', c.table_name, c.column_name);
		END LOOP;
	END $$;`

// NewWithClock makes a database as New does, in which it is the given instant until the clock is set, with at most so many
// connections.
func NewWithClock(t testing.TB, start time.Time, connections int32) (*store.DB, *Clock) {
	t.Helper()
	db := New(t)
	ctx := context.Background()
	_, err := db.Pool().Exec(ctx, fakeClock)
	require.NoError(t, err)
	config := db.Pool().Config()
	db.Pool().Close()
	config.ConnConfig.RuntimeParams["search_path"] = "fake, public, pg_catalog"
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	c := &Clock{pool: pool}
	require.NoError(t, c.Set(start))
	return store.New(pool), c
}

// Set turns the clock.
func (c *Clock) Set(now time.Time) error {
	c.Now = now.UTC().Truncate(time.Microsecond)
	_, err := c.pool.Exec(context.Background(), `UPDATE fake.clock SET at = $1`, c.Now)
	return err
}
