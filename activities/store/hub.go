package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Channels of notifications.
const (
	WatchersChannel = "rondo"       // to API instances: what watchers see has changed
	LobbyChannel    = "rondo_lobby" // to the owners of lobbies: there are actions
)

// Hub hears what transactions notify on one channel and wakes who watches it. It holds one connection of its own. A
// notification says only that something changed: watchers read the state for themselves, and also every few seconds, so
// that one lost on a broken connection delays them and no more. It is safe for concurrent use.
type Hub struct {
	ctx     context.Context //nolint:containedctx // listening ends with it
	pool    *pgxpool.Pool
	channel string
	log     *slog.Logger
	once    sync.Once

	mu       sync.Mutex
	watchers map[string]map[chan struct{}]bool
}

// NewHub makes a hub that listens from the first Watch until ctx ends.
func (db *DB) NewHub(ctx context.Context, channel string, log *slog.Logger) *Hub {
	return &Hub{ctx: ctx, pool: db.pool, channel: channel, log: log, watchers: map[string]map[chan struct{}]bool{}}
}

// Watch returns a channel that gets a value after each notification of the topic, which is its text up to the last colon; several
// may become one. The function it returns stops watching.
func (h *Hub) Watch(topic string) (<-chan struct{}, func()) {
	h.once.Do(func() { go h.listen(h.ctx) })
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

func (h *Hub) listen(ctx context.Context) {
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
func (h *Hub) hear(ctx context.Context) error {
	held, err := h.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("connect to listen: %w", err)
	}
	defer held.Release()
	c := held.Conn()
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }() // the pool replaces it: it would go on listening
	if _, err := c.Exec(ctx, `LISTEN `+h.channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	h.wakeAll()
	for {
		n, err := c.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("wait for a notification: %w", err)
		}
		topic := n.Payload
		if at := strings.LastIndexByte(topic, ':'); at > 0 {
			topic = topic[:at]
		}
		h.wake(topic)
	}
}

func (h *Hub) wake(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.watchers[topic] {
		nudge(c)
	}
}

func (h *Hub) wakeAll() {
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
