package main_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api"
)

// watch is an open event stream of a round.
type watch struct {
	h      *house
	rounds chan api.Round
}

// watch opens the event stream of a round.
func (h *house) watch(round int64) *watch {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, h.url+roundPath(round)+"/events", nil)
	require.NoError(h.t, err)
	r.Header.Set("Authorization", "Bearer "+h.key)
	res, err := http.DefaultClient.Do(r)
	require.NoError(h.t, err)
	require.Equal(h.t, http.StatusOK, res.StatusCode)
	w := &watch{h: h, rounds: make(chan api.Round, 1000)}
	go func() {
		defer res.Body.Close()
		defer close(w.rounds)
		lines := bufio.NewScanner(res.Body)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			var now api.Round
			if ok && json.Unmarshal([]byte(data), &now) == nil {
				w.rounds <- now
			}
		}
	}()
	return w
}

// shows waits until the stream shows what holds: less than the five seconds after which a stream looks for itself, so one that
// is not told of changes fails.
func (w *watch) shows(what string, holds func(api.Round) bool) {
	w.h.t.Helper()
	var last api.Round
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
