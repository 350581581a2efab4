package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAKeyCanBeCreatedUsedRotatedAndRevoked(t *testing.T) {
	f := setup(t)
	a := f.call(Admin, "POST", "/v1/keys", map[string]any{"name": "demo", "scopes": []string{"read"}})
	require.Equal(t, http.StatusCreated, a.Status, "%s", a.Body)
	var made NewKey
	require.NoError(t, json.Unmarshal(a.Body, &made))
	f.keys["made"] = made.Text
	require.Equal(t, http.StatusOK, f.call("made", "GET", "/v1/version", nil).Status)

	a = f.call(Admin, "POST", "/v1/keys/"+decimal(made.ID)+"/rotate", map[string]any{"overlap_seconds": 0})
	require.Equal(t, http.StatusCreated, a.Status, "%s", a.Body)
	var next NewKey
	require.NoError(t, json.Unmarshal(a.Body, &next))
	f.keys["next"] = next.Text
	require.Equal(t, http.StatusOK, f.call("next", "GET", "/v1/version", nil).Status)
	require.Equal(t, "unknown_key", f.call("made", "GET", "/v1/version", nil).Problem.Code)

	a = f.call(Admin, "POST", "/v1/keys/"+decimal(next.ID)+"/revoke", nil)
	require.Equal(t, http.StatusOK, a.Status, "%s", a.Body)
	require.Equal(t, http.StatusUnauthorized, f.call("next", "GET", "/v1/version", nil).Status)
	require.Equal(t, "key_ended", f.call(Admin, "POST", "/v1/keys/"+decimal(next.ID)+"/rotate", map[string]any{}).Problem.Code)
	require.Equal(t, "key_not_found", f.call(Admin, "POST", "/v1/keys/999999/revoke", nil).Problem.Code)
}
