package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/api"
	"rondo/api/client"
)

// guest is an attendee's page without the pictures: it keeps the newest view of its event stream and acts by its join link.
type guest struct {
	t      *testing.T
	person int64
	link   string
	tab    string

	mu      sync.Mutex
	changed *sync.Cond
	view    api.RoomView
	views   int
	over    bool // replaced by a newer tab
	failed  error
	stop    context.CancelFunc
}

// arrive opens the page of a join link; enter has still to be pressed.
func arrive(t *testing.T, person int64, link string) *guest {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	g := &guest{t: t, person: person, link: link, tab: uuid.NewString(), stop: stop}
	g.changed = sync.NewCond(&g.mu)
	go g.watch(ctx)
	g.await("its first view", func(api.RoomView) bool { return true })
	return g
}

// watch follows the events, and connects again as a browser does.
func (g *guest) watch(ctx context.Context) {
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, g.link+"/events?tab="+g.tab, nil)
		if err != nil {
			return
		}
		for e, err := range client.Events(http.DefaultClient.Do(req)) {
			if err != nil {
				g.mu.Lock()
				g.failed = err
				g.mu.Unlock()
				break
			}
			if g.take(e) {
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (g *guest) take(e client.Event) (over bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	defer g.changed.Broadcast()
	if e.Name == "replaced" {
		g.over = true
		return true
	}
	var view api.RoomView
	if err := json.Unmarshal([]byte(e.Data), &view); err != nil {
		g.t.Errorf("the view of %d: %v", g.person, err)
	} else {
		g.view = view
		g.views++
	}
	return false
}

// now is what the page shows.
func (g *guest) now() api.RoomView {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.view
}

// await returns the first view for which something holds.
func (g *guest) await(what string, holds func(api.RoomView) bool) api.RoomView {
	g.t.Helper()
	deadline := time.AfterFunc(quick, func() { g.mu.Lock(); defer g.mu.Unlock(); g.changed.Broadcast() })
	defer deadline.Stop()
	began := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.views == 0 || !holds(g.view) {
		if time.Since(began) >= quick {
			require.FailNow(g.t, fmt.Sprintf("the page of %d does not show %s", g.person, what), "%+v %v", g.view, g.failed)
		}
		g.changed.Wait()
	}
	return g.view
}

// act sends an action and requires that it is taken.
func (g *guest) act(kind string, change ...func(map[string]any)) {
	g.t.Helper()
	status, body := g.try(kind, change...)
	require.Equal(g.t, http.StatusAccepted, status, "%s: %s", kind, body)
}

func (g *guest) try(kind string, change ...func(map[string]any)) (int, string) {
	g.t.Helper()
	action := map[string]any{"key": uuid.NewString(), "kind": kind, "tab": g.tab}
	if m := g.now().Meeting; m != nil {
		action["meeting"] = m.No
		action["person"] = m.Partners[0].Person
	}
	for _, f := range change {
		f(action)
	}
	status, code, err := g.send(action)
	require.NoError(g.t, err)
	return status, code
}

// send posts an action; a refusal has a code.
func (g *guest) send(action map[string]any) (status int, code string, err error) {
	doc, err := json.Marshal(action)
	if err != nil {
		return 0, "", err
	}
	res, err := http.Post(g.link+"/actions", "application/json", bytes.NewReader(doc))
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	var problem struct{ Code string }
	_ = json.NewDecoder(res.Body).Decode(&problem) // an answer without a code is no refusal
	return res.StatusCode, problem.Code, nil
}

// enter comes in and waits until the lobby has noticed.
func (g *guest) enter() {
	g.t.Helper()
	g.act("enter")
	g.await("the lobby", func(v api.RoomView) bool {
		return v.Me.State != "outside" && v.Me.State != "exited" && v.Me.Tab == g.tab
	})
}

// meet lets both of a pair have media, and waits until their meeting has begun.
func meet(a, b *guest) {
	a.t.Helper()
	for _, g := range []*guest{a, b} {
		g.await("a meeting", func(v api.RoomView) bool { return v.Meeting != nil })
		g.act("media")
	}
	for _, g := range []*guest{a, b} {
		g.await("a meeting that has begun", func(v api.RoomView) bool { return v.Meeting != nil && v.Meeting.StartedAt != nil })
	}
}

// quick is how long a page may take to show something that takes the lobby a moment, on a busy machine.
const quick = 20 * time.Second
