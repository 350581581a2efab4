package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
)

// keepAlive is how often a silent event stream sends a comment, so that proxies leave it open.
const keepAlive = 15 * time.Second

// Event is one server-sent event. ID comes back as Last-Event-ID when the client connects again.
type Event struct {
	ID   string
	Name string
	Data any
}

// EventsQuery is embedded by the inputs of event streams.
type EventsQuery struct {
	LastEventID string `header:"Last-Event-ID" maxLength:"100" doc:"The id of the last event seen"`
}

// Events is the output of event streams.
type Events struct {
	ContentType string `header:"Content-Type"`
	Body        func(huma.Context)
}

// events answers with whatever run sends, until run returns, the client leaves or the server stops. What can be refused is
// refused before: once the stream has begun there is no status left to give.
func (s *Server) events(ctx context.Context, run func(ctx context.Context, send func(Event) error) error) *Events {
	return &Events{ContentType: "text/event-stream", Body: func(c huma.Context) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(s.open, cancel)() //nolint:contextcheck // the stream also ends with the server
		c.SetHeader("X-Accel-Buffering", "no")
		control := http.NewResponseController(humagin.Unwrap(c).Writer)
		e := &eventWriter{w: steadyWriter{c.BodyWriter(), control}, control: control}
		if err := e.write(": connected\n\n"); err != nil {
			return
		}
		go e.keepAlive(ctx, cancel)
		if err := run(ctx, e.send); err != nil && ctx.Err() == nil && !errors.Is(err, errWatcherGone) {
			logger(ctx).ErrorContext(ctx, "event stream broke off", slog.Any("error", err))
		}
		e.end()
	}}
}

// sends documents the answer of an event stream by the type of its events' data.
func sends[T any](s *Server, description string) func(*huma.Operation) {
	schema := s.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
	return answersWith("text/event-stream", description, schema)
}

var errWatcherGone = errors.New("watcher gone")

type eventWriter struct {
	mu      sync.Mutex
	w       steadyWriter
	control *http.ResponseController
	ended   bool
}

func (e *eventWriter) send(ev Event) error {
	data, err := json.Marshal(ev.Data)
	if err != nil {
		return fmt.Errorf("encode event: %w", err)
	}
	var b strings.Builder
	if ev.ID != "" {
		fmt.Fprintf(&b, "id: %s\n", ev.ID)
	}
	if ev.Name != "" {
		fmt.Fprintf(&b, "event: %s\n", ev.Name)
	}
	fmt.Fprintf(&b, "data: %s\n\n", data)
	return e.write(b.String())
}

func (e *eventWriter) write(text string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended {
		return errWatcherGone
	}
	if _, err := e.w.Write([]byte(text)); err != nil {
		return errors.Join(errWatcherGone, err)
	}
	if err := e.control.Flush(); err != nil {
		return errors.Join(errWatcherGone, err)
	}
	return nil
}

func (e *eventWriter) keepAlive(ctx context.Context, cancel func()) {
	tick := time.NewTicker(keepAlive)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if e.write(": still here\n\n") != nil {
				cancel()
				return
			}
		}
	}
}

// end makes sure that nothing is written once the handler has returned.
func (e *eventWriter) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
}
