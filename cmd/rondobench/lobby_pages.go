package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"rondo/activities/mail"
)

// page is the page of an attendee without its pictures: an event stream and actions.
type page struct {
	link    string
	leave   context.CancelFunc
	entered chan struct{}
	matched chan time.Time // when the stream brought a key to a room
	failed  atomic.Pointer[error]
}

// browsers keep a connection open for each page.
var browsers = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}}

// watch reads the stream until the page leaves.
func (p *page) watch(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.link+"/events?tab=bench", nil)
	if err != nil {
		return err
	}
	res, err := browsers.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("stream: %s", res.Status)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(make([]byte, 0, 4096), 1<<20)
	in, met := false, false
	for lines.Scan() {
		data, ok := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !ok {
			continue
		}
		now := time.Now()
		var view struct {
			Me      struct{ State string }
			Meeting *struct{ Token string }
		}
		if err := json.Unmarshal(data, &view); err != nil {
			return err
		}
		if !in && view.Me.State != "outside" {
			in = true
			close(p.entered)
		}
		if !met && view.Meeting != nil && view.Meeting.Token != "" {
			met = true
			p.matched <- now
		}
	}
	return lines.Err()
}

func (p *page) act(ctx context.Context, kind string) error {
	body := fmt.Sprintf(`{"key":"%016x","kind":%q,"tab":"bench"}`, rand.Uint64(), kind) //nolint:gosec // not a secret
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.link+"/actions", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := browsers.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("%s: %s %s", kind, res.Status, answer)
	}
	return err
}

// arrive connects all pages, and lets everybody in.
func (r *lobbyRun) arrive(ctx context.Context) error {
	fmt.Fprintf(os.Stderr, "%d pages connect and enter ...\n", len(r.people))
	var g errgroup.Group
	g.SetLimit(32)
	for _, person := range r.people {
		watching, leave := context.WithCancel(ctx)
		p := &page{
			link:  r.links.URL(mail.Link{Purpose: mail.LinkSession, Round: r.session, Person: person, Expires: time.Now().Add(time.Hour)}),
			leave: leave, entered: make(chan struct{}), matched: make(chan time.Time, 1),
		}
		r.pages = append(r.pages, p)
		go func() {
			if err := p.watch(watching); err != nil && watching.Err() == nil {
				p.failed.Store(&err)
			}
		}()
		g.Go(func() error {
			if err := p.act(ctx, "enter"); err != nil {
				return err
			}
			select {
			case <-p.entered:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(30 * time.Second):
				if err := p.failed.Load(); err != nil {
					return *err
				}
				return fmt.Errorf("somebody does not get in")
			}
		})
	}
	return g.Wait()
}

// schedule calls do for each of n at its instant within the time, and waits for all.
func schedule(ctx context.Context, n int, within time.Duration, do func(i int) error) error {
	random := newRandom(1, 2)
	start := time.Now().Add(100 * time.Millisecond)
	var g errgroup.Group
	for i, at := range random.Perm(n) {
		g.Go(func() error {
			due := start.Add(time.Duration(float64(at) / float64(n) * float64(within)))
			select {
			case <-time.After(time.Until(due)):
				return do(i)
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
	return g.Wait()
}

// getReady lets everybody press the button, and waits until all pages have the key to a room.
func (r *lobbyRun) getReady(ctx context.Context) error {
	fmt.Fprintf(os.Stderr, "all get ready within %s ...\n", r.Within)
	if err := sleep(ctx, 3*time.Second); err != nil { // what entering has left to do is done
		return err
	}
	return r.cpu.of(func() error { return r.press(ctx) })
}

func (r *lobbyRun) press(ctx context.Context) error {
	var mu sync.Mutex
	return schedule(ctx, len(r.pages), r.Within, func(i int) error {
		p, pressed := r.pages[i], time.Now()
		if err := p.act(ctx, "ready"); err != nil {
			return err
		}
		select {
		case at := <-p.matched:
			mu.Lock()
			defer mu.Unlock()
			r.took = append(r.took, at.Sub(pressed))
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Minute):
			return fmt.Errorf("a page has no meeting after a minute")
		}
	})
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
