package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

func TestABinaryRefusesASchemaOutsideItsRange(t *testing.T) {
	pool := storetest.New(t).Pool()
	oldest, newest, err := store.SchemaRange()
	require.NoError(t, err)
	for version, works := range map[int64]bool{oldest - 1: false, oldest: true, oldest + 1: true, newest: true, newest + 1: false} {
		t.Run(fmt.Sprint(version), func(t *testing.T) {
			_, err := pool.Exec(t.Context(), `DELETE FROM goose_db_version`)
			require.NoError(t, err)
			_, err = pool.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, true)`, version)
			require.NoError(t, err)
			err = store.CheckSchema(t.Context(), pool)
			if works {
				require.NoError(t, err)
			} else {
				require.Equal(t, "schema_outside_range", fault.From(err).Code)
			}
		})
	}
	_, err = pool.Exec(t.Context(), `DROP TABLE goose_db_version`)
	require.NoError(t, err)
	require.ErrorContains(t, store.CheckSchema(t.Context(), pool), "rondo migrate")
}
