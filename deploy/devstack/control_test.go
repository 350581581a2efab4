package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"

	"rondo/deploy/devstack/internal/servers"
	"rondo/deploy/devstack/internal/supervise"
)

func TestKilledComponentsComeBackWithTheirData(t *testing.T) {
	b := startRun(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	temporal := temporalClient(t, b.env["RONDO_TEMPORAL_ADDRESS"])
	_, err := temporal.RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: "kept", WorkflowExecutionRetentionPeriod: durationpb.New(24 * time.Hour),
	})
	require.NoError(t, err)
	query(t, ctx, b.env["RONDO_DATABASE_URL"], "CREATE TABLE kept AS SELECT 1 AS n")

	components := []string{"postgres", "temporal", "temporal-ui", "livekit", "sendgrid"}
	for _, name := range components {
		before := b.components()[name]
		require.Equal(t, supervise.Ready, before.State, name)
		require.Equal(t, http.StatusOK, b.order(name, "kill"))
		eventually(t, name+" comes back", func() bool {
			now := b.components()[name]
			return now.State == supervise.Ready && now.PID != before.PID && now.Restarts == before.Restarts+1
		})
	}
	query(t, ctx, b.env["RONDO_DATABASE_URL"], "SELECT n FROM kept")
	eventually(t, "Temporal knows its namespace", func() bool {
		_, err := temporal.DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: "kept"})
		return err == nil
	})
	require.NoError(t, servers.HTTPReady(ctx, b.env["RONDO_TEMPORAL_UI_URL"]+"/api/v1/namespaces/kept"))
	require.Len(t, b.components(), len(components))
}

func TestPostgresSurvivesKillsInARow(t *testing.T) {
	b := startRun(t, "")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for i := range 3 {
		require.Equal(t, http.StatusOK, b.order("postgres", "kill"))
		eventually(t, "postgres comes back", func() bool {
			now := b.components()["postgres"]
			return now.State == supervise.Ready && now.Restarts == i+1
		})
		query(t, ctx, b.env["RONDO_DATABASE_URL"], "SELECT 1")
	}
}

func TestStoppedComponentStaysAwayUntilItIsStarted(t *testing.T) {
	b := startRun(t, "")
	require.Equal(t, http.StatusOK, b.order("sendgrid", "stop"))
	require.Equal(t, supervise.Stopped, b.components()["sendgrid"].State)
	require.Error(t, servers.HTTPReady(t.Context(), b.env["RONDO_SENDGRID_URL"]))
	require.Equal(t, http.StatusOK, b.order("sendgrid", "start"))
	require.NoError(t, servers.HTTPReady(t.Context(), b.env["RONDO_SENDGRID_URL"]))
	require.Equal(t, http.StatusNotFound, b.order("nothing", "stop"))
}

func TestControlTurnsWebPagesAway(t *testing.T) {
	handler := supervise.New().Handler()
	for _, test := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:1234", "", http.StatusNotFound},
		{"127.0.0.1:1234", "http://page.example", http.StatusForbidden},
		{"page.example:1234", "", http.StatusForbidden},
	} {
		r, err := http.NewRequest(http.MethodPost, "http://"+test.host+"/components/postgres/kill", nil)
		require.NoError(t, err)
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		require.Equal(t, test.want, w.Code, test)
	}
}

func query(t *testing.T, ctx context.Context, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, url)
	require.NoError(t, err)
	_, err = conn.Exec(ctx, statement)
	require.NoError(t, err)
	require.NoError(t, conn.Close(ctx))
}

func temporalClient(t *testing.T, address string) workflowservice.WorkflowServiceClient {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return workflowservice.NewWorkflowServiceClient(conn)
}
