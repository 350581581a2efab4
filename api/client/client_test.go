package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
	"rondo/api"
	"rondo/api/client"
)

func TestTheClientIsGeneratedFromTheServedDocument(t *testing.T) {
	doc, err := api.Document()
	require.NoError(t, err)
	served, err := doc.Downgrade()
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, json.Indent(&text, served, "", "  "))
	text.WriteByte('\n')
	committed, err := os.ReadFile("openapi.json")
	require.NoError(t, err)
	require.True(t, bytes.Equal(text.Bytes(), committed), "the routes have changed: run `go generate ./api/client`")
}

func TestTheClientSpeaksToTheAPI(t *testing.T) {
	db := storetest.New(t)
	server, err := api.New(api.Config{Store: db, Log: slog.New(slog.DiscardHandler), Secret: make([]byte, 32), PublicURL: "http://127.0.0.1"})
	require.NoError(t, err)
	web := httptest.NewServer(server)
	t.Cleanup(web.Close)
	t.Cleanup(server.CloseStreams)
	_, key, err := db.CreateKey(context.Background(), store.KeyInput{Name: "test", Scopes: []string{"admin"}})
	require.NoError(t, err)
	c, err := client.New(web.URL, key)
	require.NoError(t, err)

	made, err := c.CreateKeyWithResponse(t.Context(), nil, client.CreateKeyJSONRequestBody{Name: "demo", Scopes: []client.CreateKeyInputBodyScopes{"read"}})
	require.NoError(t, client.Check(made, err))
	require.NotEmpty(t, made.JSON201.Key)

	one := int64(1)
	list, err := c.ListKeysWithResponse(t.Context(), &client.ListKeysParams{Limit: &one})
	require.NoError(t, client.Check(list, err))
	require.Len(t, list.JSON200.Items, 1)
	require.NotNil(t, list.JSON200.NextCursor)

	made, err = c.CreateKeyWithResponse(t.Context(), nil, client.CreateKeyJSONRequestBody{Name: "demo", Scopes: []client.CreateKeyInputBodyScopes{"root"}})
	var p *client.Problem
	require.ErrorAs(t, client.Check(made, err), &p)
	require.Equal(t, "invalid_request", p.Code)
	require.Equal(t, "body.scopes[0]", p.Errors[0].Location)
	for _, err := range client.Events(c.ClientInterface.(*client.Client).WatchRound(t.Context(), 99, nil)) {
		require.ErrorAs(t, err, &p)
		require.EqualValues(t, 404, p.Status)
	}
}
