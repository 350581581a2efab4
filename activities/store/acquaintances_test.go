package store_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// TestFindingPeopleAmongMany logs how long it takes; RONDO_LARGE=1 is for measuring.
func TestFindingPeopleAmongMany(t *testing.T) {
	people := 2_000
	if os.Getenv("RONDO_LARGE") != "" {
		people = 100_000
	}
	k := setupRounds(t, storetest.New(t), people)
	k.exec(`UPDATE people SET name = 'Zoë ' || CASE WHEN id % 2 = 0 THEN 'Ünal' ELSE 'Young' END || ' the ' || id || 'th'`)
	for range 5 {
		round := k.round(`phase = 'sent'`)
		k.exec(`INSERT INTO round_members (round_id, person_id) SELECT $1, generate_series(1, $2::int)`, round, people)
	}
	k.exec(`ANALYZE`)
	begin := time.Now()
	found, tooMany, err := k.FindAcquaintances(context.Background(), 1, "ZOE unal 1998th")
	require.NoError(t, err)
	require.False(t, tooMany)
	require.Equal(t, []store.Acquaintance{{ID: 1998, Name: "Zoë Ünal the 1998th"}}, found)
	t.Logf("one of %d people found in %s", people, time.Since(begin))
	begin = time.Now()
	found, tooMany, err = k.FindAcquaintances(context.Background(), 1, "zoe")
	require.NoError(t, err)
	require.True(t, tooMany)
	require.Empty(t, found)
	t.Logf("too many of %d people found in %s", people, time.Since(begin))
}
