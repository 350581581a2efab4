package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"

	api "rondo/api/client"
)

type sequencesCommand struct {
	Contacts int    `default:"10000" help:"How many contacts a batch has."`
	Times    int    `default:"5" help:"How many batches are engaged ahead of their time, each between two floors; medians are told. One more is sent."`
	Sample   int    `default:"100" help:"Of how many contacts the server is asked for its state transitions."`
	Dir      string `help:"Folder for logs and profiles; default: a temporary one."`
}

// sequencesRun is the sequences on the way.
type sequencesRun struct {
	sequencesCommand
	api            *api.ClientWithResponses
	db             *pgxpool.Pool
	temporal       client.Client
	simulator      simulator
	server, worker *process

	sequence int64
	started  int // workflows of contacts, those of the floor too
	floorCPU cpu // of the last floor
	engages  []engaged
	sending  sending
	peak     int // MiB of the worker
}

// Run engages batches of so many contacts and compares that with starting as many delayed workflows, then sends two mails to
// each contact of one and compares that with posting the same bodies.
func (c *sequencesCommand) Run(ctx context.Context) (err error) {
	if os.Getenv("RONDO_BIN") == "" || os.Getenv("RONDO_DATABASE_URL") == "" {
		return errors.New(`run it as: make bench ARGS="sequences --contacts 10000"`)
	}
	if c.Contacts < 1 || c.Contacts > 15_000 || c.Times < 1 || c.Sample < 1 {
		return errors.New("contacts must be from 1 to 15000 (more would be late, and so be planned anew), times and sample at least 1")
	}
	if c.Dir == "" {
		if c.Dir, err = os.MkdirTemp("", "rondobench"); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Hour)
	defer cancel()
	r := &sequencesRun{sequencesCommand: *c, simulator: simulator{os.Getenv("RONDO_SENDGRID_URL"), os.Getenv("RONDO_SENDGRID_API_KEY")}}
	defer r.stop()
	if err := r.measure(ctx); err != nil {
		return fmt.Errorf("%w; the logs are in %s", err, c.Dir)
	}
	return r.report()
}

func (r *sequencesRun) measure(ctx context.Context) error {
	if err := r.start(ctx); err != nil {
		return err
	}
	if err := r.fill(ctx); err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	if err := r.engageAhead(ctx); err != nil {
		return err
	}
	if err := r.send(ctx); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	var err error
	r.peak, err = r.worker.peakMiB()
	return err
}

// start sets up the stores, connects to them, and runs an API and a worker. The provider's events go nowhere: the floor does
// not pay for them.
func (r *sequencesRun) start(ctx context.Context) error {
	key, err := setUp(ctx)
	if err != nil {
		return err
	}
	if r.db, err = pgxpool.New(ctx, os.Getenv("RONDO_DATABASE_URL")); err != nil {
		return err
	}
	r.temporal, err = client.DialContext(ctx, client.Options{
		HostPort: os.Getenv("RONDO_TEMPORAL_ADDRESS"), Namespace: os.Getenv("RONDO_TEMPORAL_NAMESPACE"), Logger: quiet{},
		ConnectionOptions: client.ConnectionOptions{GrpcCompression: &client.GrpcCompressionNone{}}, // the fastest there is
	})
	if err != nil {
		return err
	}
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	url := "http://" + listen
	env := []string{
		"RONDO_LISTEN=" + listen, "RONDO_PUBLIC_URL=" + url, "RONDO_METRICS_LISTEN=127.0.0.1:0", "RONDO_LOG_LEVEL=warn",
		"RONDO_KEY_RATE=10000",
	}
	if r.server, err = launch(r.Dir, "api", env...); err != nil {
		return err
	}
	if r.worker, err = launch(r.Dir, "worker", env...); err != nil {
		return err
	}
	if r.api, err = api.New(url, key); err != nil {
		return err
	}
	return errors.Join(ready(ctx, url), r.simulator.webhook(ctx, url+"/webhooks/sendgrid/events", false))
}

// stop ends what start began, as far as it came.
func (r *sequencesRun) stop() {
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

// asleep holds the worker up while something is done.
func (r *sequencesRun) asleep(do func() error) error {
	if err := r.worker.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("hold the worker up: %w", err)
	}
	return errors.Join(do(), r.worker.cmd.Process.Signal(syscall.SIGCONT))
}

// quiet is a logger of the Temporal client that says nothing: what fails is returned.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
