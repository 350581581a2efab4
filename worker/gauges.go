package worker

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"rondo/workflows"
)

// scrapeTimeout bounds what one reading may cost.
const scrapeTimeout = 3 * time.Second

var (
	messagesGauge = prometheus.NewDesc("rondo_ledger_messages_in_doubt", "Messages handed to the provider whose fate is open, by state.", []string{"state"}, nil)
	dueGauge      = prometheus.NewDesc("rondo_rounds_overdue", "Rounds whose next instant has passed and that have not acted on it.", nil, nil)
	lagGauge      = prometheus.NewDesc("rondo_round_timer_lag_seconds", "For how long the most overdue round has been due.", nil, nil)
	ringGauge     = prometheus.NewDesc("rondo_ring_lag_seconds", "Age of the oldest change that its workflow has not heard of.", nil, nil)
	lobbyGauge    = prometheus.NewDesc("rondo_lobby_lag_seconds", "Age of the oldest thing an attendee did that no lobby has applied.", nil, nil)
	attendeeGauge = prometheus.NewDesc("rondo_session_attendees", "Attendees of running networking sessions, by state.", []string{"state"}, nil)
	backlogGauge  = prometheus.NewDesc("rondo_queue_backlog_tasks", "Tasks waiting in Temporal, by task queue and type.", []string{"queue", "type"}, nil)
)

// Gauges reads, when Prometheus asks, what the rows and the task queues say. Each query uses a partial index.
type Gauges struct {
	pool      *pgxpool.Pool
	temporal  client.Client
	namespace string
}

// NewGauges makes a collector for a registry.
func NewGauges(pool *pgxpool.Pool, c client.Client, namespace string) *Gauges {
	return &Gauges{pool: pool, temporal: c, namespace: namespace}
}

// Describe implements prometheus.Collector.
func (g *Gauges) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{messagesGauge, dueGauge, lagGauge, ringGauge, lobbyGauge, attendeeGauge, backlogGauge} {
		out <- d
	}
}

// Collect implements prometheus.Collector. What cannot be read is left out, and logged.
func (g *Gauges) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	for _, read := range []func(context.Context, chan<- prometheus.Metric) error{g.ledger, g.lag, g.lobbies, g.backlog} {
		if err := read(ctx, out); err != nil {
			slog.WarnContext(ctx, "metrics are incomplete", slog.Any("error", err))
		}
	}
}

func (g *Gauges) ledger(ctx context.Context, out chan<- prometheus.Metric) error {
	var sending, unknown float64
	err := g.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM mail_calls c JOIN ledger l ON l.purpose = c.purpose AND l.subject_id = c.subject_id AND l.call_id = c.id
			WHERE c.state = 'open' AND l.state = 'called'), (SELECT count(*) FROM ledger WHERE state = 'unknown')`).Scan(&sending, &unknown)
	if err != nil {
		return fmt.Errorf("count messages in doubt: %w", err)
	}
	out <- prometheus.MustNewConstMetric(messagesGauge, prometheus.GaugeValue, sending, "sending")
	out <- prometheus.MustNewConstMetric(messagesGauge, prometheus.GaugeValue, unknown, "unknown")
	return nil
}

// overdue is the instant on which a round in each phase acts next; one that holds, or has no date, has none.
const overdue = `
	WITH due AS (
		SELECT now() - CASE phase
			WHEN 'planned' THEN opens_at
			WHEN 'open' THEN answers_close_at
			WHEN 'review' THEN CASE WHEN at_deadline = 'send' THEN match_at END
			WHEN 'ready' THEN match_at
			WHEN 'sent' THEN CASE WHEN checked_in_at IS NULL THEN check_in_at END
		END AS lag
		FROM rounds WHERE phase NOT IN ('closed', 'skipped', 'cancelled')
	)
	SELECT count(*), coalesce(extract(epoch FROM max(lag)), 0)::float8 FROM due WHERE lag > interval '0'`

const unheard = `
	SELECT coalesce(extract(epoch FROM now() - min(since)), 0)::float8 FROM (
		SELECT min(ring_since) AS since FROM rounds WHERE ring_since IS NOT NULL
		UNION ALL SELECT min(ring_since) FROM schedules WHERE ring_since IS NOT NULL
		UNION ALL SELECT min(ring_since) FROM batches WHERE ring_since IS NOT NULL
		UNION ALL SELECT min(ring_since) FROM enrollments WHERE ring_since < now()
		UNION ALL SELECT min(ring_since) FROM networking_sessions WHERE ring_since IS NOT NULL) marks`

func (g *Gauges) lag(ctx context.Context, out chan<- prometheus.Metric) error {
	var count, lag, ring float64
	if err := g.pool.QueryRow(ctx, overdue).Scan(&count, &lag); err != nil {
		return fmt.Errorf("read overdue rounds: %w", err)
	}
	if err := g.pool.QueryRow(ctx, unheard).Scan(&ring); err != nil {
		return fmt.Errorf("read ring marks: %w", err)
	}
	out <- prometheus.MustNewConstMetric(dueGauge, prometheus.GaugeValue, count)
	out <- prometheus.MustNewConstMetric(lagGauge, prometheus.GaugeValue, lag)
	out <- prometheus.MustNewConstMetric(ringGauge, prometheus.GaugeValue, ring)
	return nil
}

func (g *Gauges) lobbies(ctx context.Context, out chan<- prometheus.Metric) error {
	var lag float64
	err := g.pool.QueryRow(ctx, `SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 FROM session_actions WHERE NOT applied`).Scan(&lag)
	if err != nil {
		return fmt.Errorf("read what lobbies have not applied: %w", err)
	}
	out <- prometheus.MustNewConstMetric(lobbyGauge, prometheus.GaugeValue, lag)
	rows, err := g.pool.Query(ctx, `SELECT a.state, count(*)::float8 FROM networking_sessions s JOIN attendees a ON a.session_id = s.id
		WHERE s.phase IN ('doors', 'open', 'ending') GROUP BY a.state`)
	if err != nil {
		return fmt.Errorf("count attendees: %w", err)
	}
	var state string
	var count float64
	if _, err := pgx.ForEachRow(rows, []any{&state, &count}, func() error {
		out <- prometheus.MustNewConstMetric(attendeeGauge, prometheus.GaugeValue, count, state)
		return nil
	}); err != nil {
		return fmt.Errorf("count attendees: %w", err)
	}
	return nil
}

func (g *Gauges) backlog(ctx context.Context, out chan<- prometheus.Metric) error {
	for _, queue := range []string{workflows.QueueRounds, workflows.QueueMail, workflows.QueueSequences, workflows.QueueLobby} {
		for kind, name := range map[enums.TaskQueueType]string{enums.TASK_QUEUE_TYPE_WORKFLOW: "workflow", enums.TASK_QUEUE_TYPE_ACTIVITY: "activity"} {
			d, err := g.temporal.WorkflowService().DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
				Namespace: g.namespace, TaskQueue: &taskqueue.TaskQueue{Name: queue}, TaskQueueType: kind, ReportStats: true,
			})
			if err != nil {
				return fmt.Errorf("describe task queue %s: %w", queue, err)
			}
			waiting := float64(d.GetStats().GetApproximateBacklogCount())
			out <- prometheus.MustNewConstMetric(backlogGauge, prometheus.GaugeValue, waiting, queue, name)
		}
	}
	return nil
}
