package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store/storetest"
)

func TestClockIsTheTestsOwn(t *testing.T) {
	start := time.Date(2041, 3, 30, 10, 40, 0, 0, time.UTC)
	db, c := storetest.NewWithClock(t, start, 4)
	ctx := context.Background()
	var now, stamp, made time.Time
	read := func() {
		require.NoError(t, db.Pool().QueryRow(ctx, `INSERT INTO users (email, name) VALUES (gen_random_uuid() || '@x.example', '')
			RETURNING now(), clock_timestamp(), created_at`).Scan(&now, &stamp, &made))
	}
	read()
	require.Equal(t, []time.Time{start, start, start}, []time.Time{now.UTC(), stamp.UTC(), made.UTC()})
	require.NoError(t, c.Set(start.AddDate(0, 5, 0)))
	read()
	require.Equal(t, time.Date(2041, 8, 30, 10, 40, 0, 0, time.UTC), now.UTC())
	require.Equal(t, now, made, "defaults of columns too")
}
