package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"

	"rondo/activities/bell"
	"rondo/activities/mail"
	"rondo/activities/pairing"
	"rondo/activities/video"
)

type lobbyCommand struct {
	Attendees int           `default:"5000" help:"How many attendees there are."`
	Within    time.Duration `default:"5s" help:"The time within which all of them get ready, evenly spread."`
	Minutes   int           `default:"30" help:"Simulated minutes of one-minute meetings that follow."`
	Dir       string        `help:"Folder for logs; default: a temporary one."`
}

// lobbyRun is the networking session on its way.
type lobbyRun struct {
	lobbyCommand
	db             *pgxpool.Pool
	temporal       client.Client
	video          *video.LiveKit
	links          *mail.Links
	server, worker *process
	url            string

	session             int64
	people              []int64
	pages               []*page
	took                []time.Duration // ready to pushed
	floor               []time.Duration
	repeats, violations int
	peak                int
	cpu, floorCPU       cpu
	events              int64
	simulated           pairing.Forecast
	simulatedIn         time.Duration
}

// Run lets attendees get ready in a real networking session, whose pages are connected to a real API, and tells how long it
// takes until a page has the key to a room that exists. The floor does the same bare operations at the same instants.
func (c *lobbyCommand) Run(ctx context.Context) (err error) {
	if os.Getenv("RONDO_BIN") == "" || os.Getenv("RONDO_LIVEKIT_API_SECRET") == "" {
		return errors.New(`run it as: make bench ARGS="lobby --attendees 5000 --within 5s"`)
	}
	if c.Attendees < 2 || c.Attendees > 20_000 || c.Within < time.Millisecond {
		return errors.New("attendees must be from 2 to 20000, within at least 1ms")
	}
	if c.Minutes < 1 || c.Minutes > 180 {
		return errors.New("minutes must be from 1 to 180")
	}
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp("", "rondobench"); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	r := &lobbyRun{lobbyCommand: *c}
	defer r.stop()
	if err := r.measure(ctx); err != nil {
		return fmt.Errorf("%w; the logs are in %s", err, c.Dir)
	}
	return r.report()
}

func (r *lobbyRun) measure(ctx context.Context) error {
	if err := r.start(ctx); err != nil {
		return err
	}
	if err := r.fill(ctx); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	if err := r.floorRun(ctx); err != nil {
		return fmt.Errorf("floor: %w", err)
	}
	if err := r.arrive(ctx); err != nil {
		return fmt.Errorf("enter: %w", err)
	}
	if err := r.getReady(ctx); err != nil {
		return fmt.Errorf("get ready: %w", err)
	}
	if err := r.check(ctx); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if err := r.finish(ctx); err != nil {
		return err
	}
	return r.simulate(ctx)
}

func (r *lobbyRun) start(ctx context.Context) (err error) {
	if _, err = setUp(ctx); err != nil {
		return err
	}
	if r.db, err = pgxpool.New(ctx, os.Getenv("RONDO_DATABASE_URL")+"&pool_max_conns=24"); err != nil {
		return err
	}
	r.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: os.Getenv("RONDO_TEMPORAL_ADDRESS"), Namespace: os.Getenv("RONDO_TEMPORAL_NAMESPACE"), Logger: quiet{},
	})
	if err != nil {
		return err
	}
	if r.video, err = video.New(os.Getenv("RONDO_LIVEKIT_URL"), os.Getenv("RONDO_LIVEKIT_API_KEY"), os.Getenv("RONDO_LIVEKIT_API_SECRET")); err != nil {
		return err
	}
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	r.url = "http://" + listen
	secret, err := hex.DecodeString(os.Getenv("RONDO_SECRET"))
	if err != nil {
		return err
	}
	if r.links, err = mail.NewLinks(secret, r.url); err != nil {
		return err
	}
	env := []string{"RONDO_LISTEN=" + listen, "RONDO_PUBLIC_URL=" + r.url, "RONDO_METRICS_LISTEN=127.0.0.1:0", "RONDO_LOG_LEVEL=warn"}
	if r.server, err = launch(r.Dir, "api", env...); err != nil {
		return err
	}
	if r.worker, err = launch(r.Dir, "worker", env...); err != nil {
		return err
	}
	return ready(ctx, r.url)
}

func (r *lobbyRun) stop() {
	for _, p := range r.pages {
		p.leave()
	}
	for _, p := range []*process{r.worker, r.server} {
		if p != nil {
			p.stop()
		}
	}
	if r.temporal != nil {
		r.temporal.Close()
	}
	if r.db != nil {
		r.db.Close()
	}
}

// fill writes people with tickets of two types and a company in ten, and a session that has begun.
func (r *lobbyRun) fill(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "set up ...")
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO people (email, name, attributes) SELECT 'guest' || i || '@company' || i / 10 || '.example', 'Guest ' || i,
			jsonb_build_object('company', 'Company ' || i / 10) FROM generate_series(1, $1) i`, []any{r.Attendees}},
		{`INSERT INTO live_events (name, timezone, first_day, last_day) VALUES ('Bench', 'UTC', current_date - 1, current_date + 1)`, nil},
		{`INSERT INTO ticket_types (event_id, name) SELECT id, 'guest' FROM live_events`, nil},
		{`INSERT INTO tickets (event_id, person_id, type_id) SELECT t.event_id, p.id, t.id FROM people p, ticket_types t`, nil},
		{`INSERT INTO networking_sessions (event_id, name, starts_wall, ends_wall, starts_at, ends_at, meeting_s, rules, visible_attributes, seed, ring_since)
			SELECT id, 'Bench', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' + interval '1 hour', now(), now() + interval '1 hour', 300,
			'{"attributes": [{"attribute": "company", "kind": "never_same"}]}', '{company}', 1, now() FROM live_events`, nil},
		{`ANALYZE people, live_events, ticket_types, tickets, networking_sessions`, nil},
	} {
		if _, err := r.db.Exec(ctx, q.sql, q.args...); err != nil {
			return err
		}
	}
	if err := r.db.QueryRow(ctx, `SELECT id FROM networking_sessions`).Scan(&r.session); err != nil {
		return err
	}
	if err := r.db.QueryRow(ctx, `SELECT array_agg(id ORDER BY id) FROM people`).Scan(&r.people); err != nil {
		return err
	}
	if err := bell.New(r.temporal).Session(ctx, r.session, 1); err != nil {
		return err
	}
	return await(ctx, "the session is open", func() (bool, error) {
		var open bool
		err := r.db.QueryRow(ctx, `SELECT phase = 'open' AND epoch > 0 FROM networking_sessions WHERE id = $1`, r.session).Scan(&open)
		return open, err
	})
}
