package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rondo/activities/pairing"
	"rondo/activities/video"
)

// floorRun does, at the same instants, what cannot be less: each attendee is a row that is inserted and notified, heard by a
// listener and read back; each two of them get a room. No rules, no pages, nobody in between.
func (r *lobbyRun) floorRun(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "floor ...")
	if _, err := r.db.Exec(ctx, `CREATE TABLE floor_actions (person int PRIMARY KEY)`); err != nil {
		return err
	}
	heard := make([]chan struct{}, r.Attendees)
	for i := range heard {
		heard[i] = make(chan struct{})
	}
	conn, err := r.db.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `LISTEN floor`); err != nil {
		return err
	}
	listening, stop := context.WithCancel(ctx)
	var listener sync.WaitGroup
	listener.Go(func() {
		for {
			n, err := conn.Conn().WaitForNotification(listening)
			if err != nil {
				return
			}
			if i, err := strconv.Atoi(n.Payload); err == nil {
				close(heard[i])
			}
		}
	})
	defer listener.Wait()
	defer stop()
	rooms := make([]room, (r.Attendees+1)/2)
	for i := range rooms {
		rooms[i].made = make(chan struct{})
	}
	var mu sync.Mutex
	order := newRandom(1, 2).Perm(r.Attendees) // as schedule draws it: who comes next to each other shares a room
	err = r.floorCPU.of(func() error {
		return schedule(ctx, r.Attendees, r.Within, func(i int) error {
			began := time.Now()
			if _, err := r.db.Exec(ctx, `WITH new AS (INSERT INTO floor_actions (person) VALUES ($1) RETURNING person) SELECT pg_notify('floor', person::text) FROM new`, i); err != nil {
				return err
			}
			select {
			case <-heard[i]:
			case <-ctx.Done():
				return ctx.Err()
			}
			var person int
			if err := r.db.QueryRow(ctx, `SELECT person FROM floor_actions WHERE person = $1`, i).Scan(&person); err != nil {
				return err
			}
			if err := rooms[order[i]/2].come(ctx, r.video, order[i]/2, r.Attendees); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			r.floor = append(r.floor, time.Since(began))
			return nil
		})
	})
	if err != nil {
		return err
	}
	return r.clear(ctx, len(rooms))
}

// clear deletes the floor's rooms: LiveKit works for those that stand empty, too.
func (r *lobbyRun) clear(ctx context.Context, rooms int) error {
	var g errgroup.Group
	g.SetLimit(16)
	for no := range rooms {
		g.Go(func() error { return r.video.DeleteRoom(ctx, floorRoom(no)) })
	}
	return g.Wait()
}

func floorRoom(no int) string { return fmt.Sprintf("floor-%d", no) }

// room is made by the second of the two who come.
type room struct {
	mu    sync.Mutex
	first bool
	made  chan struct{}
}

func (o *room) come(ctx context.Context, v *video.LiveKit, no, attendees int) error {
	o.mu.Lock()
	second := o.first || no == attendees/2
	o.first = true
	o.mu.Unlock()
	if second {
		defer close(o.made)
		return v.CreateRoom(ctx, floorRoom(no), video.Room{Max: 3, Empty: pairing.ConnectWithin + pairing.Grace, Departure: pairing.Grace})
	}
	select {
	case <-o.made:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
