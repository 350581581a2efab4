package activities_test

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"rondo/activities"
	"rondo/activities/bell"
	"rondo/activities/store/storetest"
	"rondo/worker"
	"rondo/worker/setup"
	"rondo/workflows"
)

// dial connects to the Temporal of the stack, in a namespace of the test's own.
func dial(t *testing.T) client.Client {
	address := os.Getenv("RONDO_TEMPORAL_ADDRESS")
	if address == "" {
		t.Skip("RONDO_TEMPORAL_ADDRESS is not set: run `make test`, which starts a Temporal")
	}
	quiet := slog.New(slog.DiscardHandler)
	at := worker.Connection{Address: address, Namespace: "reconcile-" + uuid.NewString()}
	require.NoError(t, setup.Temporal(context.Background(), at, 24*hour, quiet))
	c, err := at.Dial(context.Background(), quiet, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestReconcileStartsWhatACrashLeftBehind(t *testing.T) {
	t.Parallel()
	c := dial(t)
	db := storetest.New(t)
	a := &activities.Activities{DB: db, Bell: bell.New(c), Temporal: c}
	ctx := context.Background()
	exec := func(sql string) {
		t.Helper()
		_, err := db.Pool().Exec(ctx, sql)
		require.NoError(t, err)
	}
	exec(`INSERT INTO programs (name, color) VALUES ('Coffee', '#0072b2')`)
	exec(`INSERT INTO schedules (program_id, kind, anchor_wall, opt_in_wall, match_wall, timezone, every_weeks)
		VALUES (1, 'automatic', '2026-06-04 10:00', '2026-06-04 10:00', '2026-06-10 10:00', 'Europe/Paris', 1)`)
	exec(`INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone, opens_at, ring_since)
		SELECT 1, 1, i, CASE i WHEN 3 THEN 'closed' ELSE 'planned' END, 'automatic', 'ask', false, 'send', 'Europe/Paris', now() + interval '1 day',
			CASE i WHEN 2 THEN now() - interval '1 minute' END FROM generate_series(1, 3) i`)
	runs := func() (ids []string) {
		t.Helper()
		for _, id := range []string{workflows.ScheduleID(1), workflows.RoundID(1), workflows.RoundID(2), workflows.RoundID(3)} {
			if _, err := c.DescribeWorkflowExecution(ctx, id, ""); err == nil {
				ids = append(ids, id)
			}
		}
		return ids
	}
	require.Empty(t, runs(), "rows were committed, and whoever should have rung died")

	done, err := a.ReconcileRows(ctx, struct{}{})
	require.NoError(t, err)
	require.Equal(t, workflows.Reconciled{Rung: 1, Started: 2}, done, "a mark repeated; a schedule and a round started")
	require.Equal(t, []string{"schedule-1", "round-1", "round-2"}, runs())

	// All run: nothing is started twice. The mark stays until a worker has read the row.
	done, err = a.ReconcileRows(ctx, struct{}{})
	require.NoError(t, err)
	require.Equal(t, workflows.Reconciled{Rung: 1}, done)

	// A run that somebody terminated is started again.
	require.NoError(t, c.TerminateWorkflow(ctx, "round-1", "", "by mistake"))
	done, err = a.ReconcileRows(ctx, struct{}{})
	require.NoError(t, err)
	require.Equal(t, 1, done.Started)
}
