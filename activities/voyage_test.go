package activities_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"rondo/activities"
	"rondo/activities/bell"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
	"rondo/workflows"
)

// voyage runs the real workflows with the real activities on Postgres, skipping time. The clock of the database cannot
// skip, so the rows age instead: before anything looks at them, every instant in them moves back by what the workflow's
// clock has skipped, and the plans that come out move forward again.
type voyage struct {
	*store.DB
	t       *testing.T
	env     *testsuite.TestWorkflowEnvironment
	a       *activities.Activities
	program int64
	round   int64
	rung    *rung

	mu      sync.Mutex
	skipped time.Duration
	done    []string // activities that ran, Deliver with its purpose
}

// setupVoyage makes people, a program that asks, and a round that opens in an hour, closes its answers and matches in
// three days and checks in in six.
func setupVoyage(t *testing.T, people int) *voyage {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Message-Id", "accepted")
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(provider.Close)
	sender, err := mail.NewSendGrid(mail.SendGridOptions{URL: provider.URL, Key: "SG.test", From: "coffee@rondo.example"})
	require.NoError(t, err)
	links, err := mail.NewLinks(make([]byte, 32), "https://rondo.example")
	require.NoError(t, err)
	v := &voyage{DB: storetest.New(t), t: t, rung: &rung{}}
	v.a = &activities.Activities{
		DB: v.DB, Bell: bell.New(v.rung), Temporal: v.rung, Mail: sender, Links: links, UnknownAfter: 6 * time.Hour,
	}
	v.exec(`INSERT INTO people (email, name) SELECT 'p' || i || '@example.com', 'Person ' || i FROM generate_series(1, $1::int) i`, people)
	v.program = v.int(`INSERT INTO programs (name, color) VALUES ('Coffee', '#0072b2') RETURNING id`)
	v.exec(`INSERT INTO schedules (program_id, kind, anchor_wall, opt_in_wall, match_wall, timezone, every_weeks)
		SELECT $1, 'automatic', w + interval '1 hour', w + interval '1 hour', w + interval '3 days', 'Europe/Paris', 1
		FROM (SELECT date_trunc('minute', now() AT TIME ZONE 'Europe/Paris') AS w) x`, v.program)
	v.round = v.int(`INSERT INTO rounds (program_id, schedule_id, ordinal, kind, participation, review, at_deadline, timezone,
			opt_in_wall, match_wall, opens_at, remind_at, answers_close_at, match_at, check_in_at)
		SELECT program_id, id, 0, 'automatic', 'ask', false, 'send', timezone, opt_in_wall, match_wall,
			now() + interval '1 hour', now() + interval '2 days', now() + interval '3 days', now() + interval '3 days', now() + interval '6 days'
		FROM schedules RETURNING id`)

	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	v.env = suite.NewTestWorkflowEnvironment()
	v.env.SetTestTimeout(time.Minute)
	v.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflows.RoundID(v.round), TaskQueue: workflows.QueueRounds})
	v.env.RegisterWorkflowWithOptions(workflows.Round, workflow.RegisterOptions{Name: workflows.RoundWorkflow})
	v.env.RegisterWorkflowWithOptions(workflows.Schedule, workflow.RegisterOptions{Name: workflows.ScheduleWorkflow})
	plans := func(p *workflows.Plan) []*time.Time {
		return []*time.Time{&p.OpensAt, &p.JoinersAt, &p.RemindAt, &p.AnswersCloseAt, &p.MatchAt, &p.CheckInAt, &p.ClosesAt, &p.DoubtAt}
	}
	aboard(v, workflows.LoadRound, v.a.LoadRound, plans)
	aboard(v, workflows.OpenRound, v.a.OpenRound, plans)
	aboard(v, workflows.InviteJoiners, v.a.InviteJoiners, plans)
	aboard(v, workflows.StoreAnswers, v.a.StoreAnswers, nil)
	aboard(v, workflows.CloseAnswers, v.a.CloseAnswers, plans)
	aboard(v, workflows.MatchRound, v.a.MatchRound, plans)
	aboard(v, workflows.RepairRound, v.a.RepairRound, plans)
	aboard(v, workflows.FreezeRound, v.a.FreezeRound, plans)
	aboard(v, workflows.FinishSending, v.a.FinishSending, plans)
	aboard(v, workflows.CloseRound, v.a.CloseRound, plans)
	aboard(v, workflows.Deliver, v.a.Deliver, nil)
	aboard(v, workflows.PlanRound, v.a.PlanRound, func(n *workflows.NextRound) []*time.Time { return []*time.Time{&n.OpensAt} })
	return v
}

// aboard registers an activity that ages the rows first, moves the instants it returns, and tells errors as a worker does.
func aboard[In, Out any](v *voyage, ref workflows.Activity[In, Out], do func(context.Context, In) (Out, error), instants func(*Out) []*time.Time) {
	v.env.RegisterActivityWithOptions(func(ctx context.Context, in In) (Out, error) {
		v.age()
		name := ref.Name
		if d, ok := any(in).(workflows.DeliverInput); ok {
			name += " " + string(d.Purpose)
		}
		out, err := do(ctx, in)
		if err != nil {
			f := store.AsFault(err)
			return out, temporal.NewApplicationErrorWithOptions(f.Code, f.Code, temporal.ApplicationErrorOptions{
				NonRetryable: f.Permanent(), NextRetryDelay: f.RetryAfter, Cause: err,
			})
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		v.done = append(v.done, name)
		if instants != nil {
			for _, at := range instants(&out) {
				if !at.IsZero() {
					*at = at.Add(v.skipped)
				}
			}
		}
		return out, nil
	}, activity.RegisterOptions{Name: ref.Name})
}

// age moves every instant of the rows back by what has been skipped since the last time.
func (v *voyage) age() {
	v.mu.Lock()
	defer v.mu.Unlock()
	by := time.Until(v.env.Now()) - v.skipped
	if by <= 0 {
		return
	}
	v.skipped += by
	for table, columns := range map[string][]string{
		"rounds": {
			"opens_at", "remind_at", "answers_close_at", "match_at", "check_in_at", "opened_at", "reminded_at", "matched_at", "sent_at",
			"checked_in_at", "looked_at", "ring_since",
		},
		"people": {"snoozed_until"}, "ledger": {"unknown_at"}, "schedules": {"created_at"},
	} {
		set := ""
		for i, c := range columns {
			if i > 0 {
				set += ", "
			}
			set += c + " = " + c + " - $1::interval"
		}
		v.exec(`UPDATE `+table+` SET `+set, by)
	}
}

// at does something when the workflow's clock has come so far.
func (v *voyage) at(after time.Duration, f func()) {
	v.env.RegisterDelayedCallback(func() {
		v.age()
		f()
	}, after)
}

// ring is what the bell does after a commit.
func (v *voyage) ring() { v.env.SignalWorkflow(workflows.Doorbell, workflows.Bell{}) }

// sail runs the round's workflow to its end.
func (v *voyage) sail() {
	v.t.Helper()
	v.env.ExecuteWorkflow(workflows.RoundWorkflow, workflows.Ref{ID: v.round})
	require.True(v.t, v.env.IsWorkflowCompleted())
	require.NoError(v.t, v.env.GetWorkflowError())
}

// answer stores the same answer for some people, as their pages do.
func (v *voyage) answer(text string, people ...int64) {
	v.t.Helper()
	answers := make([]store.OptInAnswer, len(people))
	for i, p := range people {
		answers[i] = store.OptInAnswer{PersonID: p, Answer: text}
	}
	done, _, err := v.Answer(context.Background(), v.round, store.FromPage, answers)
	require.NoError(v.t, err)
	require.Equal(v.t, len(people), done.Stored)
}

// mailed counts the messages that went out, by purpose.
func (v *voyage) mailed() map[string]int {
	v.t.Helper()
	rows, err := v.Pool().Query(context.Background(), `SELECT purpose, count(*) FROM messages WHERE state = 'sent' GROUP BY 1`)
	require.NoError(v.t, err)
	defer rows.Close()
	got := map[string]int{}
	for rows.Next() {
		var purpose string
		var n int
		require.NoError(v.t, rows.Scan(&purpose, &n))
		got[purpose] = n
	}
	require.NoError(v.t, rows.Err())
	return got
}

// days is how much time the voyage took, in whole days.
func (v *voyage) days() int { return int(v.skipped.Round(time.Hour) / (24 * time.Hour)) }

func (v *voyage) phase() string {
	v.t.Helper()
	s, err := v.RoundState(context.Background(), v.round)
	require.NoError(v.t, err)
	return s.Phase
}

func (v *voyage) exec(sql string, args ...any) {
	v.t.Helper()
	_, err := v.Pool().Exec(context.Background(), sql, args...)
	require.NoError(v.t, err)
}

func (v *voyage) int(sql string, args ...any) (n int64) {
	v.t.Helper()
	require.NoError(v.t, v.Pool().QueryRow(context.Background(), sql, args...).Scan(&n))
	return n
}

// rung is a Temporal that remembers whom the bell rang.
type rung struct {
	client.Client
	mu  sync.Mutex
	ids []string
}

func (r *rung) SignalWithStartWorkflow(_ context.Context, id, _ string, _ any, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids = append(r.ids, id)
	return nil, nil
}
