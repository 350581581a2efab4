package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// clock is what Postgres believes the time to be: months pass in a moment, and nothing in production code knows.
type clock struct {
	pool *pgxpool.Pool
	now  time.Time
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

// setupClock makes a database in which it is the given instant until the clock is set.
func setupClock(t testing.TB, start time.Time) (*store.DB, *clock) {
	db := storetest.New(t)
	ctx := context.Background()
	_, err := db.Pool().Exec(ctx, fakeClock)
	require.NoError(t, err)
	config := db.Pool().Config()
	db.Pool().Close()
	config.ConnConfig.RuntimeParams["search_path"] = "fake, public, pg_catalog"
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(ctx, config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	c := &clock{pool: pool}
	require.NoError(t, c.set(start))
	return store.New(pool), c
}

// set turns the clock.
func (c *clock) set(now time.Time) error {
	c.now = now.UTC().Truncate(time.Microsecond)
	_, err := c.pool.Exec(context.Background(), `UPDATE fake.clock SET at = $1`, c.now)
	return err
}

func TestClockIsTheTestsOwn(t *testing.T) {
	start := time.Date(2041, 3, 30, 10, 40, 0, 0, time.UTC)
	db, c := setupClock(t, start)
	ctx := context.Background()
	var now, stamp, made time.Time
	read := func() {
		require.NoError(t, db.Pool().QueryRow(ctx, `INSERT INTO users (email, name) VALUES (gen_random_uuid() || '@x.example', '')
			RETURNING now(), clock_timestamp(), created_at`).Scan(&now, &stamp, &made))
	}
	read()
	require.Equal(t, []time.Time{start, start, start}, []time.Time{now.UTC(), stamp.UTC(), made.UTC()})
	require.NoError(t, c.set(start.AddDate(0, 5, 0)))
	read()
	require.Equal(t, time.Date(2041, 8, 30, 10, 40, 0, 0, time.UTC), now.UTC())
	require.Equal(t, now, made, "defaults of columns too")
}
