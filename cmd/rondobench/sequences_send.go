package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// floorPosts is how many calls the floor makes side by side: as many as a worker takes steps.
	floorPosts = 64
	// steps of the sequence.
	steps = 2
	// slowest is how many mails a second go out at least: the second mails are due when the first ones have gone.
	slowest = 30
)

// sending is a batch all of whose first mails were due at one instant, and all of whose second mails at another.
type sending struct {
	engaged
	due    [steps]time.Time
	bursts [steps]burst
	counts [steps]transitions // after each step
	posts  time.Duration      // the same bodies posted by nothing but an HTTP client
}

// burst is how the mails of a step went.
type burst struct {
	first, last time.Time // claims
	cpu         cpu
}

func (b burst) took() time.Duration { return b.last.Sub(b.first) }

// send engages a batch and moves its slots, before their workflows are started, to where all contacts have been started
// already: then all are due at once, and starting does not compete with sending.
func (r *sequencesRun) send(ctx context.Context) error {
	s := &r.sending
	var err error
	if s.batch, err = r.draft(ctx, r.Times); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	err = r.asleep(func() error {
		if err := r.engage(ctx, &s.engaged); err != nil {
			return err
		}
		return r.shift(ctx)
	})
	if err != nil {
		return err
	}
	if err := r.awaitEngaged(ctx, &s.engaged); err != nil {
		return err
	}
	if time.Now().After(s.due[0]) {
		return fmt.Errorf("starting took %s: the first mails were due before all contacts were started", s.starting)
	}
	before, err := r.simulator.stats(ctx)
	if err != nil {
		return err
	}
	for i := range steps {
		if err := r.burst(ctx, i); err != nil {
			return err
		}
	}
	return r.postSame(ctx, before.AcceptedCalls)
}

// shift lets all first mails be due at one instant, and all second mails at another that lies far enough behind.
func (r *sequencesRun) shift(ctx context.Context) error {
	s := &r.sending
	starting := time.Duration(r.median(func(e engaged) float64 { return e.starting.Seconds() }) * float64(time.Second))
	s.due[0] = time.Now().Add(10*time.Second + 2*starting)
	s.due[1] = s.due[0].Add(30*time.Second + time.Duration(r.Contacts)*time.Second/slowest)
	_, err := r.db.Exec(ctx, `WITH moved AS (UPDATE enrollments SET due_at = $2 WHERE batch_id = $1 RETURNING id)
		UPDATE slots s SET at = CASE s.step WHEN 1 THEN $2::timestamptz ELSE $3::timestamptz END FROM moved WHERE s.enrollment_id = moved.id`,
		s.batch, s.due[0], s.due[1])
	return err
}

// burst waits until a step's mails have gone.
func (r *sequencesRun) burst(ctx context.Context, i int) error {
	s := &r.sending
	b := &s.bursts[i]
	fmt.Fprintf(os.Stderr, "mails of step %d, due in %s ...\n", i+1, time.Until(s.due[i]).Round(time.Second))
	if err := pause(ctx, time.Until(s.due[i])); err != nil {
		return err
	}
	err := b.cpu.of(func() error {
		return await(ctx, "the mails have gone", func() (bool, error) {
			var left int
			if err := pause(ctx, 300*time.Millisecond); err != nil { // counting competes with sending
				return false, err
			}
			err := r.db.QueryRow(ctx, `SELECT count(*) FROM enrollments WHERE batch_id = $1 AND step = $2 AND state IN ('added', 'active')`, s.batch, i+1).Scan(&left)
			return left == 0, err
		})
	})
	if err != nil {
		return err
	}
	var gone int
	err = r.db.QueryRow(ctx, `SELECT count(*), min(at), max(at) FROM slots s JOIN enrollments e ON e.id = s.enrollment_id
		WHERE e.batch_id = $1 AND s.step = $2 AND s.claimed`, s.batch, i+1).Scan(&gone, &b.first, &b.last)
	if err != nil {
		return err
	}
	if gone != r.Contacts {
		return fmt.Errorf("%d of %d mails of step %d have gone", gone, r.Contacts, i+1)
	}
	s.counts[i], err = r.transitions(ctx)
	return err
}

// pause waits a while.
func pause(ctx context.Context, while time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(while):
		return nil
	}
}

// postSame posts the bodies of all accepted calls after the first ones again, and tells how long that took. They are read
// before the clock starts.
func (r *sequencesRun) postSame(ctx context.Context, first int) error {
	fmt.Fprintln(os.Stderr, "floor: post bodies ...")
	var bodies [][]byte
	for n := range steps * r.Contacts {
		b, err := r.simulator.body(ctx, first+1+n)
		if err != nil {
			return err
		}
		bodies = append(bodies, b)
	}
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: floorPosts}}
	defer c.CloseIdleConnections()
	begun := time.Now()
	g, working := errgroup.WithContext(ctx)
	g.SetLimit(floorPosts)
	for _, b := range bodies {
		g.Go(func() error { return r.simulator.postWith(working, c, b) })
	}
	err := g.Wait()
	r.sending.posts = time.Since(begun)
	return err
}

// postWith is send with a client that keeps as many connections as calls are made side by side.
func (s simulator) postWith(ctx context.Context, c *http.Client, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v3/mail/send", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	req.Header.Set("Content-Type", "application/json")
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusAccepted {
		return fmt.Errorf("post a mail: %s", res.Status)
	}
	return nil
}
