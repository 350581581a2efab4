package api

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestPagesShowEveryRowOnce(t *testing.T) {
	f := setup(t)
	for i := range 6 {
		_, _, err := f.server.store.CreateKey(t.Context(), store.KeyInput{Name: fmt.Sprint("key ", i), Scopes: []string{"read"}})
		require.NoError(t, err)
	}
	for _, limit := range []int{1, 3, 5, 9, 10, 11} {
		var ids []int64
		path := fmt.Sprintf("/v1/keys?limit=%d", limit)
		for pages := 1; ; pages++ {
			a := f.call(Admin, "GET", path, nil)
			var p Page[Key]
			require.NoError(t, json.Unmarshal(a.Body, &p), "%s", a.Body)
			require.NotEmpty(t, p.Items, "no page is empty")
			for _, k := range p.Items {
				ids = append(ids, k.ID)
			}
			if p.NextCursor == "" {
				require.Equal(t, (10+limit-1)/limit, pages)
				break
			}
			path = fmt.Sprintf("/v1/keys?limit=%d&cursor=%s", limit, p.NextCursor)
		}
		require.Len(t, ids, 10, "limit %d", limit)
		require.IsIncreasing(t, ids)
	}
}

func FuzzCursorsOfStrangersAreRefused(f *testing.F) {
	f.Add(newCursor(7))
	f.Add("bnVsbA")
	f.Add("!")
	f.Fuzz(func(t *testing.T, cursor string) {
		p, err := PageQuery{Limit: 10, Cursor: cursor}.page()
		if err == nil && cursor != "" {
			require.Positive(t, p.After)
		}
	})
}
