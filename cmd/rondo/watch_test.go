package main_test

import (
	"encoding/json"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api/client"
)

// watch is an open event stream of a round.
type watch struct {
	h      *house
	rounds chan client.Round
}

// watch opens the event stream of a round.
func (h *house) watch(round int64) *watch {
	h.t.Helper()
	w := &watch{h: h, rounds: make(chan client.Round, 1000)}
	go func() {
		defer close(w.rounds)
		for e, err := range client.Events(h.client.WatchRound(h.t.Context(), round, nil)) {
			var now client.Round
			if err != nil || json.Unmarshal([]byte(e.Data), &now) != nil {
				return
			}
			w.rounds <- now
		}
	}()
	return w
}

// shows waits until the stream shows what holds: less than the five seconds after which a stream looks for itself, so one that
// is not told of changes fails.
func (w *watch) shows(what string, holds func(client.Round) bool) {
	w.h.t.Helper()
	var last client.Round
	for deadline := time.After(4 * time.Second); ; {
		select {
		case now, open := <-w.rounds:
			require.True(w.h.t, open, "the stream ended before %s", what)
			if last = now; holds(now) {
				return
			}
		case <-deadline:
			require.Fail(w.h.t, "the stream does not show "+what, "%+v", last)
		}
	}
}
