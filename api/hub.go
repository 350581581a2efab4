package api

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// hub hears what transactions notify and wakes the event streams that watch it. It holds one connection of its own. A
// notification says only that something changed: streams read the state for themselves, and also every few seconds, so
// that one lost on a broken connection delays them and no more.
type hub struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	once sync.Once

	mu       sync.Mutex
	watchers map[string]map[chan struct{}]bool
}

func newHub(pool *pgxpool.Pool, log *slog.Logger) *hub {
	return &hub{pool: pool, log: log, watchers: map[string]map[chan struct{}]bool{}}
}

// watch returns a channel that gets a value after each notification of the topic; several may become one. The first call
// begins to listen, until ctx ends.
func (h *hub) watch(ctx context.Context, topic string) (<-chan struct{}, func()) {
	h.once.Do(func() { go h.listen(ctx) })
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers[topic] == nil {
		h.watchers[topic] = map[chan struct{}]bool{}
	}
	h.watchers[topic][c] = true
	return c, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watchers[topic], c)
		if len(h.watchers[topic]) == 0 {
			delete(h.watchers, topic)
		}
	}
}

func (h *hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		err := h.hear(ctx)
		if ctx.Err() != nil {
			return
		}
		h.log.WarnContext(ctx, "stopped hearing notifications; trying again", slog.Any("error", err))
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// hear listens until the connection breaks. It wakes everybody first: what was said meanwhile was not heard.
func (h *hub) hear(ctx context.Context) error {
	held, err := h.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer held.Release()
	c := held.Conn()
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // the pool replaces it: it would go on listening
	if _, err := c.Exec(ctx, `LISTEN rondo`); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	h.wakeAll()
	for {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		if at := strings.LastIndexByte(n.Payload, ':'); at > 0 {
			h.wake(n.Payload[:at])
		}
	}
}

func (h *hub) wake(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.watchers[topic] {
		nudge(c)
	}
}

func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, watchers := range h.watchers {
		for c := range watchers {
			nudge(c)
		}
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it has not looked yet, and will see this change too
	}
}
