package worker_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.temporal.io/sdk/client"

	"rondo/activities"
	"rondo/activities/bell"
	"rondo/activities/store/storetest"
	"rondo/worker"
	"rondo/worker/setup"
	"rondo/workflows"
)

var quiet = slog.New(slog.DiscardHandler)

// running starts a worker on a database and a namespace of its own.
func running(t *testing.T) (client.Client, *activities.Activities, string) {
	t.Helper()
	address := os.Getenv("RONDO_TEMPORAL_ADDRESS")
	if address == "" {
		t.Skip("RONDO_TEMPORAL_ADDRESS is not set: run `make test`, which starts a Temporal")
	}
	at := worker.Connection{Address: address, Namespace: "worker-" + strings.ToLower(rand.Text())}
	require.NoError(t, setup.Temporal(t.Context(), at, 24*time.Hour, quiet))
	c, err := at.Dial(t.Context(), quiet, nil)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	a := &activities.Activities{DB: storetest.New(t), Bell: bell.New(c), Temporal: c, UnknownAfter: time.Hour}
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() { stopped <- worker.New(c, a, quiet).Run(stop) }()
	t.Cleanup(func() {
		close(stop)
		require.NoError(t, <-stopped)
	})
	return c, a, at.Namespace
}

func TestATraceGoesFromARequestThroughTheWorkflowToItsActivities(t *testing.T) {
	spans := tracetest.NewSpanRecorder()
	before, propagator := otel.GetTracerProvider(), otel.GetTextMapPropagator()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))
	otel.SetTextMapPropagator(propagation.TraceContext{})
	t.Cleanup(func() {
		otel.SetTracerProvider(before)
		otel.SetTextMapPropagator(propagator)
	})
	_, a, _ := running(t)
	ctx, request := otel.Tracer("test").Start(context.Background(), "POST /v1/things")
	require.NoError(t, a.Bell.Round(ctx, 7, 1, 1)) // there is no such row: the round is stuck after its first activity
	request.End()
	missing := func() []string { // the run itself goes on, so its span has not ended
		wanted := []string{"SignalWithStartWorkflow:Round", "StartActivity:LoadRound", "RunActivity:LoadRound"}
		return slices.DeleteFunc(wanted, func(name string) bool {
			return slices.ContainsFunc(spans.Ended(), func(s trace.ReadOnlySpan) bool {
				return s.Name() == name && s.SpanContext().TraceID() == request.SpanContext().TraceID()
			})
		})
	}
	require.Eventually(t, func() bool { return len(missing()) == 0 }, 20*time.Second, 50*time.Millisecond, "%v", missing())
}

func TestAHistoryHoldsTheCodeOfAFailure(t *testing.T) {
	c, a, _ := running(t)
	require.NoError(t, a.Bell.Round(t.Context(), 7, 1, 1))
	require.Eventually(t, func() bool {
		events := c.GetWorkflowHistory(t.Context(), workflows.RoundID(7), "", false, 0)
		for events.HasNext() {
			e, err := events.Next()
			require.NoError(t, err)
			if failed := e.GetActivityTaskFailedEventAttributes(); failed != nil {
				require.Equal(t, "round_not_found", failed.GetFailure().GetApplicationFailureInfo().GetType())
				require.True(t, failed.GetFailure().GetApplicationFailureInfo().GetNonRetryable())
				return true
			}
		}
		return false
	}, 20*time.Second, 50*time.Millisecond)
}

func TestGaugesTellWhatIsLate(t *testing.T) {
	c, a, namespace := running(t)
	_, err := a.DB.Pool().Exec(t.Context(), `
		INSERT INTO programs (name, color) VALUES ('Coffee', '#000');
		INSERT INTO schedules (program_id, kind, anchor_wall, timezone, every_weeks, ring_since) VALUES (1, 'automatic', now(), 'UTC', 0, now() - interval '90 seconds');
		INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone, opens_at, answers_close_at, match_at)
		SELECT 1, 1, n, phase, 'automatic', 'ask', true, deadline, 'UTC', now() - interval '2 hours', now() - interval '1 hour', now() - interval '30 minutes'
		FROM (VALUES (1, 'planned', 'send'), (2, 'open', 'send'), (3, 'review', 'send'), (4, 'review', 'hold'), (5, 'closed', 'send')) v (n, phase, deadline);
		INSERT INTO people (email) VALUES ('ada@example.org');
		INSERT INTO ledger (purpose, subject_id, person_id, state) VALUES ('opt_in', 1, 1, 'unknown');
		WITH call AS (INSERT INTO mail_calls (id, attempt, purpose, subject_id) VALUES (gen_random_uuid(), gen_random_uuid(), 'opt_in', 1) RETURNING id)
		INSERT INTO ledger (purpose, subject_id, person_id, state, call_id) SELECT 'opt_in', 1, n, 'called', id FROM call, generate_series(2, 3) n`)
	require.NoError(t, err)
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(worker.NewGauges(a.DB.Pool(), c, namespace)))
	families, err := registry.Gather()
	require.NoError(t, err)
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetGauge().GetValue()
		}
	}
	require.InDelta(t, 3, got["rondo_rounds_overdue"], 0, "%v", got)
	require.InDelta(t, 7200, got["rondo_round_timer_lag_seconds"], 60)
	require.InDelta(t, 90, got["rondo_ring_lag_seconds"], 60)
	require.InDelta(t, 1, got["rondo_ledger_messages_in_doubt unknown"], 0)
	require.InDelta(t, 2, got["rondo_ledger_messages_in_doubt sending"], 0)
	require.Contains(t, got, "rondo_queue_backlog_tasks mail activity")
	require.Contains(t, got, "rondo_queue_backlog_tasks rounds workflow")
}
