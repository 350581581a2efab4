package sendgrid

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// A timeline hands out items when they are due, in order of due time and, among equals, of insertion. It is safe for
// concurrent use; push and the pops cost O(log n).
type timeline[T any] struct {
	mu   sync.Mutex
	heap dueHeap[T]
	seq  uint64
	wake chan struct{} // closed and replaced when an item becomes the earliest
}

type due[T any] struct {
	at   time.Time
	seq  uint64
	item T
}

func newTimeline[T any]() *timeline[T] { return &timeline[T]{wake: make(chan struct{})} }

func (t *timeline[T]) push(at time.Time, items ...T) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, item := range items {
		t.seq++
		heap.Push(&t.heap, due[T]{at: at, seq: t.seq, item: item})
	}
	close(t.wake)
	t.wake = make(chan struct{})
}

// next waits until something is due and returns up to limit due items; nil means that ctx is done.
func (t *timeline[T]) next(ctx context.Context, limit int) []T {
	for {
		items, wait, wake := t.due(limit)
		if len(items) > 0 {
			return items
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (t *timeline[T]) due(limit int) (items []T, wait time.Duration, wake <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for len(t.heap) > 0 && len(items) < limit && !t.heap[0].at.After(now) {
		items = append(items, heap.Pop(&t.heap).(due[T]).item) //nolint:errcheck // the heap holds nothing else
	}
	wait = time.Hour
	if len(t.heap) > 0 {
		wait = t.heap[0].at.Sub(now)
	}
	return items, wait, t.wake
}

func (t *timeline[T]) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.heap)
}

func (t *timeline[T]) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heap = nil
}

type dueHeap[T any] []due[T]

func (h dueHeap[T]) Len() int      { return len(h) }
func (h dueHeap[T]) Swap(a, b int) { h[a], h[b] = h[b], h[a] }
func (h dueHeap[T]) Less(a, b int) bool {
	if h[a].at.Equal(h[b].at) {
		return h[a].seq < h[b].seq
	}
	return h[a].at.Before(h[b].at)
}
func (h *dueHeap[T]) Push(x any) { *h = append(*h, x.(due[T])) } //nolint:errcheck // container/heap pushes what timeline gives it
func (h *dueHeap[T]) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
