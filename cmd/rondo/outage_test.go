package main_test

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api/client"
	"rondo/workflows"
)

// servers are a Postgres and a Temporal of a test's own, which it can kill without harming others.
type servers struct {
	t       *testing.T
	env     []string
	control string
}

func startServers(t *testing.T) *servers {
	t.Helper()
	env := filepath.Join(t.TempDir(), "env")
	p := start(t, "devstack", devstack(t), nil, nil, "run", "--", "sh", "-c", `env >"$0"; echo ready; exec sleep 100000`, env)
	t.Cleanup(p.stop) // in order, so that it takes its servers along
	s := &servers{t: t}
	await(t, patience, "the servers are ready", func() (bool, string) { return strings.HasSuffix(p.output(), "ready\n"), "" })
	all, err := os.ReadFile(env)
	require.NoError(t, err)
	s.env = strings.Split(strings.TrimSpace(string(all)), "\n")
	for _, pair := range s.env {
		if url, ok := strings.CutPrefix(pair, "RONDO_DEVSTACK_URL="); ok {
			s.control = url
		}
	}
	require.NotEmpty(t, s.control)
	return s
}

// do kills, stops or starts a server.
func (s *servers) do(verb, name string) {
	s.t.Helper()
	res, err := http.Post(s.control+"/components/"+name+"/"+verb, "", nil)
	require.NoError(s.t, err)
	require.NoError(s.t, res.Body.Close())
	require.Equal(s.t, http.StatusOK, res.StatusCode, "%s %s", verb, name)
}

// TestKilledWhileSending kills the API, Temporal and Postgres while opt-in and match mails go out. Each round has to come
// to its end unaided, and nobody may be lost or be written to twice in silence.
func TestKilledWhileSending(t *testing.T) {
	t.Parallel()
	needServers(t)
	s := startServers(t)
	h := setup(t, append(s.env, "RONDO_UNKNOWN_AFTER=3s")...)
	people := h.importPeople(3_000)[1:]
	h.killWhileSending("the API", people, func() { h.api.kill(); h.api.again() })
	h.killWhileSending("Temporal", people, func() { s.do("kill", "temporal") })
	h.killWhileSending("Postgres", people, func() { s.do("kill", "postgres") })
	h.requireReplays("outage")
}

func (h *house) killWhileSending(name string, people []int64, kill func()) {
	h.t.Helper()
	h.simulator.faults(1, map[string]any{"kind": "latency", "every": 1, "delay": "1s"}) // so that there is a while
	calls := h.simulator.stats().Calls
	began := func() {
		h.t.Helper()
		await(h.t, patience, "a call is under way", func() (bool, string) { return h.simulator.stats().Calls > calls, "" })
		kill()
		h.awaitAPI()
		h.t.Logf("%s was killed after %d calls", name, calls)
	}
	p := h.program(func(f *client.ProgramFields) { f.Name, f.Reminder = new(name+" is killed"), new(false) })
	id := h.schedule(p, asking(h.in(24*time.Hour)))
	began()
	h.awaitRound(id, "every opt-in mail is sent", func(r client.Round) bool { return r.Sent == int64(len(people)) })
	h.answers(id, "yes", people...)
	calls = h.simulator.stats().Calls
	h.move(id, "now")
	began()
	h.awaitPhase(id, client.RoundPhaseSent)
	await(h.t, patience, "every match mail is decided", func() (bool, string) { return h.decided(id, "match", len(people)) })
	h.requireNoneLost(id, "opt_in", people)
	h.requireNoneLost(id, "match", people)
	h.requireKnown()
}

// TestStartsBeforeItsServers starts the API and a worker while Postgres and Temporal are away, as after a power cut: they
// wait. What no wait mends is said at once.
func TestStartsBeforeItsServers(t *testing.T) {
	t.Parallel()
	needServers(t)
	s := startServers(t)
	h := setup(t, s.env...)
	began := []*process{h.api, h.workers[0]}
	said := func(text string) {
		t.Helper()
		for _, p := range began {
			await(t, patience, p.name+" says "+text, func() (bool, string) { return strings.Contains(p.output(), text), "" })
		}
	}
	for _, p := range began {
		p.kill()
	}
	s.do("stop", "temporal")
	s.do("stop", "postgres")
	for _, p := range began {
		p.again()
	}
	said("postgres does not answer yet")
	s.do("start", "postgres")
	said("temporal at " + h.variable("RONDO_TEMPORAL_ADDRESS") + " does not answer yet")
	s.do("start", "temporal")
	h.awaitAPI()
	h.importPeople(4)
	h.awaitAsked(h.schedule(h.program(), asking(h.in(time.Hour))), 4)

	wrong := exec.CommandContext(t.Context(), h.binary, "keys", "list")
	wrong.Env = slices.Concat(h.env, []string{"RONDO_DATABASE_URL=" + strings.Replace(h.variable("RONDO_DATABASE_URL"), "/"+h.name, "/nobodys", 1)})
	out, err := wrong.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "3D000", "Postgres knows no such database")
	require.NotContains(t, string(out), "does not answer yet")
}

// TestReconcile ends what a crash can leave between a row and its workflow: a schedule committed while Temporal was away,
// by an API that was killed before Temporal came back, and workflows that have vanished.
func TestReconcile(t *testing.T) {
	t.Parallel()
	needServers(t)
	s := startServers(t)
	h := setup(t, s.env...)
	people := h.importPeople(4)
	p := h.program()
	s.do("stop", "temporal")
	done := make(chan struct{})
	go func() { // it may or may not be answered
		defer close(done)
		_, _ = h.client.CreateScheduleWithResponse(t.Context(), p, nil, asking(h.in(time.Hour)))
	}()
	await(t, patience, "the schedule is committed, and nobody has heard", func() (bool, string) {
		return one[int](h, `SELECT count(*) FROM schedules WHERE ring_since IS NOT NULL`) == 1, ""
	})
	h.api.kill()
	<-done
	s.do("start", "temporal")
	h.api.again()
	h.awaitAPI()
	id := h.roundOf(one[int64](h, `SELECT id FROM schedules`), 0)
	h.awaitAsked(id, 4)

	h.answers(id, "yes", people[1:]...)
	require.NoError(t, h.temporal.TerminateWorkflow(t.Context(), workflows.RoundID(id), "", "as if lost"))
	h.exec(`UPDATE rounds SET match_at = now(), answers_close_at = now(), version = version + 1 WHERE id = $1`, id) // nobody is rung
	h.awaitPhase(id, client.RoundPhaseSent)
	h.requireGroupsMailed(id)
	h.requireReplays("reconcile")
}
