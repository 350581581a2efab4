package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/matching"
)

// matchedRound matches the four of a pageKit under rules; the round is in review then.
func (k *pageKit) matchedRound(rules string) string {
	k.t.Helper()
	k.exec(`UPDATE programs SET rules = $2, group_size = 2 WHERE id = $1`, k.program, rules)
	k.exec(`UPDATE rounds SET phase = 'matching', review = true WHERE id = $1`, k.round)
	k.exec(`UPDATE round_members SET answer = 'yes', answered_at = now(), answer_source = 'page' WHERE round_id = $1`, k.round)
	db := k.server.store
	problem, due, err := db.BeginMatching(k.t.Context(), k.round)
	require.NoError(k.t, err)
	require.True(k.t, due)
	made, err := matching.Solve(k.t.Context(), problem)
	require.NoError(k.t, err)
	require.NoError(k.t, db.StoreGroups(k.t.Context(), k.round, made))
	return "/v1/rounds/" + decimal(k.round)
}

func TestExplainGroupsBySolvingAgain(t *testing.T) {
	k := setupPages(t)
	k.exec(`UPDATE people SET attributes = '{"team": "Design"}' WHERE id <= 4`)
	k.exec(`UPDATE people SET attributes = '{"team": "Sales"}' WHERE id = 1`)
	path := k.matchedRound(`[{"kind": "different", "attribute": "team"}]`)

	groups := into[Page[Group]](t, k.call(Read, http.MethodGet, path+"/groups?broken=true", nil), http.StatusOK)
	require.Len(t, groups.Items, 1, "two of one team must meet")
	type priced struct {
		Prices []Price `json:"prices"`
	}
	prices := into[priced](t, k.call(Read, http.MethodGet, path+"/groups/"+decimal(int64(groups.Items[0].Group))+"/prices", nil), http.StatusOK)
	require.Len(t, prices.Prices, 1)
	require.Equal(t, "different", prices.Prices[0].Kind)
	require.True(t, prices.Prices[0].Exact)
	require.Equal(t, "Another group would break it instead.", prices.Prices[0].Text)

	type swapped struct {
		Swaps []Swap `json:"swaps"`
	}
	swaps := into[swapped](t, k.call(Read, http.MethodGet, path+"/people/1/swaps", nil), http.StatusOK)
	require.Len(t, swaps.Swaps, 2)
	require.False(t, swaps.Swaps[0].Better)
	require.NotEmpty(t, swaps.Swaps[0].With.Name)

	for path, code := range map[string]string{
		path + "/groups/99/prices":     "group_not_found",
		path + "/people/99/swaps":      "not_taking_part",
		path + "/people/99/remedy":     "not_taking_part",
		path + "/people/1/remedy":      "person_matched",
		"/v1/rounds/99/people/1/swaps": "round_not_found",
	} {
		require.Equal(t, code, k.call(Read, http.MethodGet, path, nil).Problem.Code, path)
	}
}

func TestRemedyOfSomebodyUnmatched(t *testing.T) {
	k := setupPages(t)
	k.exec(`UPDATE people SET attributes = '{"team": "Design"}' WHERE id <= 3`)
	k.exec(`UPDATE people SET attributes = '{"team": "Sales"}' WHERE id = 4`)
	path := k.matchedRound(`[{"kind": "same", "attribute": "team", "hard": true}]`)
	r := into[Remedy](t, k.call(Read, http.MethodGet, path+"/people/4/remedy", nil), http.StatusOK)
	require.Equal(t, []string{"exempt", "same", "team"}, []string{r.Kind, r.Rule, r.Attribute})
	require.Zero(t, r.Score.Unmatched)
	require.NotEmpty(t, r.Text)
}

func TestExplainBeforeTheMatching(t *testing.T) {
	k := setupPages(t)
	require.Equal(t, "not_matched", k.call(Read, http.MethodGet, "/v1/rounds/"+decimal(k.round)+"/people/1/swaps", nil).Problem.Code)
}
