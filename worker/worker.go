// Package worker puts workflows and activities on their task queues.
package worker

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"rondo/activities"
	"rondo/workflows"
)

const (
	// stopTimeout is how long activities may go on after a stop is asked for. A delivery notices its context sooner and
	// leaves the rest to the next attempt.
	stopTimeout = 20 * time.Second
	// cachedRuns is how many workflow runs a process keeps in memory between their tasks.
	cachedRuns = 2_000
	// deliveries is how many deliveries a process works on at once. Each calls the provider one page after another, so this
	// bounds the calls under way; the provider's own limit slows them down by 429 and Retry-After.
	deliveries = 8
	// deliveryStarts is how many deliveries, retries included, the server hands out per second over all workers together.
	deliveryStarts = 20
	// takers is how many steps of sequences a process takes at once: each is a few statements and one call of the provider.
	takers = 64
	// lobbies is how many networking sessions a process owns at most, with some room for the short activities beside them.
	lobbies = 100
)

// Worker works on all task queues.
type Worker struct {
	queues []worker.Worker
	fatal  chan error
}

// New makes a worker that is not running yet.
func New(c client.Client, a *activities.Activities, log *slog.Logger) *Worker {
	w := &Worker{fatal: make(chan error, 4)}
	worker.SetStickyWorkflowCacheSize(cachedRuns)
	options := worker.Options{
		WorkerStopTimeout:        stopTimeout,
		DeadlockDetectionTimeout: 5 * time.Second, // a busy machine is not a deadlock
		Interceptors:             []interceptor.WorkerInterceptor{&faults{log: log}},
		OnFatalError:             func(err error) { w.fatal <- err },
	}
	rounds := worker.New(c, workflows.QueueRounds, options)
	register(rounds, map[string]any{
		workflows.RoundWorkflow: workflows.Round, workflows.ScheduleWorkflow: workflows.Schedule,
		workflows.ReconcileWorkflow: workflows.Reconcile, workflows.ProbeWorkflow: workflows.Probe,
	})
	steps := options
	// When thousands of contacts are due at once, their tasks wait for longer than the usual 5 s; given to another queue they would
	// cost a transition more and a replay.
	steps.StickyScheduleToStartTimeout = 30 * time.Second
	steps.MaxConcurrentActivityExecutionSize = takers
	sequences := worker.New(c, workflows.QueueSequences, steps)
	register(sequences, map[string]any{workflows.ContactWorkflow: workflows.Contact, workflows.EngageWorkflow: workflows.Engage})
	rooms := options
	rooms.MaxConcurrentActivityExecutionSize = lobbies
	lobby := worker.New(c, workflows.QueueLobby, rooms)
	register(lobby, map[string]any{workflows.SessionWorkflow: workflows.Session})
	options.DisableWorkflowWorker = true
	options.MaxConcurrentActivityExecutionSize = deliveries
	options.TaskQueueActivitiesPerSecond = deliveryStarts
	mail := worker.New(c, workflows.QueueMail, options)
	byQueue := map[string]worker.Worker{workflows.QueueRounds: rounds, workflows.QueueSequences: sequences, workflows.QueueMail: mail, workflows.QueueLobby: lobby}
	for _, b := range bindings(a) {
		byQueue[b.queue].RegisterActivityWithOptions(b.do, activity.RegisterOptions{Name: b.name})
	}
	w.queues = []worker.Worker{rounds, sequences, lobby, mail}
	return w
}

func register(r worker.WorkflowRegistry, all map[string]any) {
	for name, run := range all {
		r.RegisterWorkflowWithOptions(run, workflow.RegisterOptions{Name: name})
	}
}

// Run works until stop is closed, then lets running activities end; it returns early with what made work impossible.
func (w *Worker) Run(stop <-chan struct{}) error {
	var failed error
	started := 0
	for _, q := range w.queues {
		if failed = q.Start(); failed != nil {
			break
		}
		started++
	}
	if failed == nil {
		select {
		case <-stop:
		case failed = <-w.fatal:
		}
	}
	// Deliveries first: what they leave behind is written down by activities of the other queue.
	for i := started - 1; i >= 0; i-- {
		w.queues[i].Stop()
	}
	if failed != nil {
		return fmt.Errorf("worker: %w", errors.Join(failed))
	}
	return nil
}
