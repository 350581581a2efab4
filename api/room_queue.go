package api

import (
	"context"

	"rondo/activities/store"
)

// actionsAtOnce is how many actions one transaction commits at most.
const actionsAtOnce = 256

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
		err := q.store.AddActions(ctx, actions)
		for _, item := range batch {
			item.done <- err
		}
	}
}
