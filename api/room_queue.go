package api

import (
	"context"
	"time"

	"rondo/activities/store"
)

const (
	// actionsAtOnce is how many actions one transaction commits at most.
	actionsAtOnce = 256
	// actionsRest is the longest rest after a transaction; it lasts as long as that took, so that many come to share the next.
	actionsRest = 10 * time.Millisecond
)

// roomQueue commits attendees' actions: while one transaction is under way, those that come meanwhile gather for the next.
type roomQueue struct {
	store *store.DB
	in    chan queued
}

type queued struct {
	action store.SessionAction
	done   chan error
}

func newRoomQueue(db *store.DB) *roomQueue {
	return &roomQueue{store: db, in: make(chan queued, actionsAtOnce)}
}

// add returns when the action is committed.
func (q *roomQueue) add(ctx context.Context, a store.SessionAction) error {
	item := queued{a, make(chan error, 1)}
	select {
	case q.in <- item:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-item.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// run commits until ctx ends.
func (q *roomQueue) run(ctx context.Context) {
	for {
		var batch []queued
		select {
		case <-ctx.Done():
			return
		case item := <-q.in:
			batch = append(batch, item)
		}
		for more := true; more && len(batch) < actionsAtOnce; {
			select {
			case item := <-q.in:
				batch = append(batch, item)
			default:
				more = false
			}
		}
		actions := make([]store.SessionAction, len(batch))
		for i, item := range batch {
			actions[i] = item.action
		}
		began := time.Now()
		err := q.store.AddActions(ctx, actions)
		for _, item := range batch {
			item.done <- err
		}
		select {
		case <-ctx.Done():
		case <-time.After(min(time.Since(began), actionsRest)):
		}
	}
}
