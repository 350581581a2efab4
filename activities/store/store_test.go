package store_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

func TestMigrateManyPlacesAtOnce(t *testing.T) {
	db := storetest.New(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			n, err := store.Migrate(context.Background(), db.Pool())
			require.NoError(t, err)
			require.Zero(t, n)
		})
	}
	wg.Wait()
	have, want, err := store.SchemaVersions(context.Background(), db.Pool())
	require.NoError(t, err)
	require.Equal(t, want, have)
}
