// Package main_test drives the real program on a real Postgres, a real Temporal and a SendGrid simulator: what a user, an
// integration or a mail provider sees. `make test` starts them; each test has its own database, namespace, simulator and
// processes.
package main_test

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	sdk "go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"rondo/api/client"
	"rondo/workflows"
)

// TestMain runs many tests at a time, unless told how many: they wait more than they work.
func TestMain(m *testing.M) {
	flag.Parse()
	asked := false
	flag.Visit(func(f *flag.Flag) { asked = asked || f.Name == "test.parallel" })
	if !asked {
		if err := flag.Set("test.parallel", "12"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// house is one Rondo with everything it needs.
type house struct {
	t         *testing.T
	name      string // of the database and the namespace
	binary    string
	env       []string
	url       string
	key       string
	db        *pgxpool.Pool
	temporal  sdk.Client
	simulator *simulator
	client    *client.ClientWithResponses
	api       *process
	workers   []*process
}

// setup migrates, starts the simulator and the API, and one worker. Environment is added to what the processes get.
func setup(t *testing.T, environment ...string) *house {
	t.Helper()
	needServers(t)
	h := &house{t: t, name: "t" + strings.ToLower(rand.Text()), binary: os.Getenv("RONDO_BIN"), env: append(os.Environ(), environment...)}
	h.simulator = startSimulator(t)
	listen := freeAddress(t)
	h.url = "http://" + listen
	h.env = append(h.env,
		"RONDO_DATABASE_URL="+h.createDatabase(), "RONDO_TEMPORAL_NAMESPACE="+h.name, "RONDO_LISTEN="+listen, "RONDO_PUBLIC_URL="+h.url,
		"RONDO_SENDGRID_URL="+h.simulator.url, "RONDO_SENDGRID_API_KEY="+h.simulator.key, "RONDO_SENDGRID_WEBHOOK_KEY="+h.simulator.publicKey,
		"RONDO_METRICS_LISTEN=off", "RONDO_KEY_RATE=10000", "RONDO_ADDRESS_RATE=10000",
		"GOMAXPROCS=2", "GORACE=halt_on_error=1") // the latter for a program built with the race detector
	h.run("migrate")
	lines := strings.Fields(h.run("keys", "create", "--name", "test", "--scope", "admin"))
	h.key = lines[len(lines)-1]
	var err error
	h.client, err = client.New(h.url, h.key)
	require.NoError(t, err)
	h.api = start(t, "api", h.binary, h.env, nil, "api")
	h.addWorker()
	h.awaitAPI()
	h.simulator.set(settings{EventWebhookURL: h.url + "/webhooks/sendgrid/events", Events: true, EventDelay: "20ms"})
	h.dial()
	h.awaitWorker()
	return h
}

// needServers skips a test that has none.
func needServers(t *testing.T) {
	t.Helper()
	for _, name := range []string{"RONDO_BIN", "RONDO_TEST_DATABASE_URL", "RONDO_TEMPORAL_ADDRESS"} {
		if os.Getenv(name) == "" {
			t.Skipf("%s is not set: run `make test`, which builds Rondo and starts the servers", name)
		}
	}
}

// variable is what the processes have in their environment.
func (h *house) variable(name string) string {
	for _, pair := range slices.Backward(h.env) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// createDatabase makes a database and returns its URL.
func (h *house) createDatabase() string {
	h.t.Helper()
	server := h.variable("RONDO_TEST_DATABASE_URL")
	admin := func(sql string) error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		c, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		_, err = c.Exec(ctx, sql)
		return err
	}
	require.NoError(h.t, admin("CREATE DATABASE "+h.name))
	h.t.Cleanup(func() {
		if err := admin("DROP DATABASE " + h.name + " WITH (FORCE)"); err != nil {
			h.t.Logf("the database stays: %v", err)
		}
	})
	u, err := url.Parse(server)
	require.NoError(h.t, err)
	u.Path = "/" + h.name
	h.db, err = pgxpool.New(context.Background(), u.String())
	require.NoError(h.t, err)
	h.t.Cleanup(h.db.Close)
	return u.String()
}

// run runs a command of the program to its end.
func (h *house) run(args ...string) string {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, h.binary, args...)
	cmd.Env = h.env
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	require.NoError(h.t, err, "rondo %s: %s", strings.Join(args, " "), errors.String())
	return string(out)
}

// addWorker starts one more worker.
func (h *house) addWorker() *process {
	h.t.Helper()
	w := start(h.t, fmt.Sprintf("worker-%d", len(h.workers)+1), h.binary, h.env, nil, "worker")
	h.workers = append(h.workers, w)
	return w
}

// awaitAPI returns when the API is ready.
func (h *house) awaitAPI() {
	h.t.Helper()
	await(h.t, patience, "the API is ready", func() (bool, string) {
		res, err := http.Get(h.url + "/readyz")
		if err != nil {
			return false, err.Error()
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK, res.Status
	})
}

// awaitWorker returns when somebody asks for the work of rounds.
func (h *house) awaitWorker() {
	h.t.Helper()
	await(h.t, patience, "the worker works", func() (bool, string) {
		q, err := h.temporal.DescribeTaskQueue(h.t.Context(), workflows.QueueRounds, enums.TASK_QUEUE_TYPE_WORKFLOW)
		require.NoError(h.t, err)
		return len(q.GetPollers()) > 0, ""
	})
}

func (h *house) dial() {
	h.t.Helper()
	var err error
	h.temporal, err = sdk.Dial(sdk.Options{
		HostPort: h.variable("RONDO_TEMPORAL_ADDRESS"), Namespace: h.name, Logger: log.NewStructuredLogger(quiet),
	})
	require.NoError(h.t, err)
	h.t.Cleanup(h.temporal.Close)
}

// exec changes the database behind Rondo's back.
func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	_, err := h.db.Exec(h.t.Context(), sql, args...)
	require.NoError(h.t, err)
}

// one reads one value from the database.
func one[T any](h *house, sql string, args ...any) T {
	h.t.Helper()
	var v T
	require.NoError(h.t, h.db.QueryRow(h.t.Context(), sql, args...).Scan(&v))
	return v
}
