package activities_test

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"pgregory.net/rapid"

	"rondo/activities"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// A history is months in the life of a sequence: contacts engaged in batches, a worker that takes turns when the workflow
// would wake, is killed and comes back, a provider that answers well, badly or not at all, and people who change
// everything meanwhile, also while a call is under way. What left the house is checked against rules that share no code
// with what planned it; states are compared with a model after every turn.
//
// RONDO_HISTORY=500, or -rapid.checks, plays so many.
func TestSequenceHistory(t *testing.T) {
	checks := "12"
	if n := os.Getenv("RONDO_HISTORY"); n != "" {
		checks = n
	}
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" })
	if !given {
		was := flag.Lookup("rapid.checks").Value.String()
		require.NoError(t, flag.Set("rapid.checks", checks))
		t.Cleanup(func() { _ = flag.Set("rapid.checks", was) })
	}
	total := newCounts()
	rapid.Check(t, func(r *rapid.T) { playHistory(t, r, false, total) })
	t.Log(total)
}

// A large history has 200 contacts.
func TestSequenceHistoryOf200Contacts(t *testing.T) {
	was := flag.Lookup("rapid.checks").Value.String()
	require.NoError(t, flag.Set("rapid.checks", "1"))
	t.Cleanup(func() { _ = flag.Set("rapid.checks", was) })
	total := newCounts()
	rapid.Check(t, func(r *rapid.T) { playHistory(t, r, true, total) })
	t.Log(total)
}

func playHistory(t *testing.T, r *rapid.T, large bool, total *counts) {
	w := newWorld(t, r, large)
	defer w.close()
	w.draw()
	start := w.now
	until := start.AddDate(0, 0, 40)
	for _, e := range w.events {
		until = until.Add(e.After)
	}
	w.play(w.events, until)
	w.compare()
	w.ledger()
	w.stuck()
	w.fine()
	w.mend()
	open := w.playOut(24)
	w.compare()
	w.ledger()
	w.transitions()
	for _, e := range open {
		w.bad("contact %d is %s at step %d (%q, due %v, resumes %v) for ever", e.ID, e.State, e.Step, e.Reason, e.DueAt, e.ResumeAt)
	}
	var kept int
	w.must(w.db.Pool().QueryRow(w.ctx, `SELECT count(*) FROM replies WHERE forwarded_at IS NULL`).Scan(&kept))
	if kept > 0 {
		w.bad("%d answers never reached the sender", kept)
	}
	w.n.days = int(w.now.Sub(start).Hours() / 24)
	w.fine()
	total.add(w.n)
}

// playOut goes on until no enrollment is open, for so many months at most: with 200 contacts, a sender of one mail every few days is busy
// for more than half a year. It gives those that are open then.
func (w *world) playOut(months int) (open []store.Enrollment) {
	for range months {
		w.play(nil, w.now.AddDate(0, 1, 0))
		if open = w.open(); len(open) == 0 {
			break
		}
	}
	return open
}

// open lists the enrollments that have not ended.
func (w *world) open() []store.Enrollment {
	rows, err := w.db.Enrollments(w.ctx, store.EnrollmentFilter{Open: true}, store.Page{Limit: 1000})
	w.must(err)
	return rows
}

// world is everything outside of what is tested, and the model of it.
type world struct {
	*rapid.T
	ctx      context.Context
	db       *store.DB
	a        *activities.Activities
	env      *testsuite.TestActivityEnvironment
	provider *httptest.Server
	clock    *storetest.Clock
	large    bool
	seed     uint64
	faults   int // percent of turns that something happens to
	now      time.Time
	down     time.Time // no worker before
	n        *counts
	problems []string
	story    []string
	mending  bool

	people   []*human
	lists    []int64
	senders  []int64
	boxes    map[int64]*box
	sequence store.Sequence
	editions map[int][]store.Step
	batches  []int64
	limits   map[int64]store.Batch
	contacts map[int64]*contact
	wake     map[int64]time.Time // when the workflow of an enrollment wakes
	lost     map[int64]bool      // rung, and the ring was lost
	soon     []delayed
	events   []event
	turning  *contact
	dice     picker        // of the turn
	call     *providerCall // of the turn
	news     []news        // events that the provider has told, to be told again
	key      int
}

// news is what the provider has told.
type news struct {
	c      *contact
	events []store.Event
}

// delayed is something that happens later.
type delayed struct {
	at time.Time
	do func()
}

func newWorld(t *testing.T, r *rapid.T, large bool) *world {
	start, err := time.Parse(time.RFC3339, rapid.SampledFrom(worldStarts).Draw(r, "start"))
	require.NoError(t, err)
	w := &world{
		T: r, ctx: context.Background(), now: start, n: newCounts(), large: large, boxes: map[int64]*box{}, editions: map[int][]store.Step{},
		contacts: map[int64]*contact{}, wake: map[int64]time.Time{}, lost: map[int64]bool{}, limits: map[int64]store.Batch{},
	}
	w.db, w.clock = storetest.NewWithClock(t, start, 4)
	_, err = w.db.Pool().Exec(w.ctx, watchStates+watchSlots)
	require.NoError(t, err)
	w.provider = httptest.NewServer(http.HandlerFunc(w.serve))
	links, err := mail.NewLinks(make([]byte, 32), "https://rondo.example")
	require.NoError(t, err)
	w.a = &activities.Activities{DB: w.db, Links: links, UnknownAfter: rapid.SampledFrom([]time.Duration{time.Hour, 6 * time.Hour}).Draw(r, "unknown after"), InboundDomain: "in.example.com"}
	w.a.Mail, err = mail.NewSendGrid(mail.SendGridOptions{URL: w.provider.URL, Key: "SG.x", From: "rondo@us.example", Timeout: time.Minute})
	require.NoError(t, err)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	w.env = suite.NewTestActivityEnvironment()
	w.env.SetTestTimeout(time.Minute)
	w.env.RegisterActivity(w.a.TakeStep)
	return w
}

func (w *world) close() {
	w.provider.Close()
	w.db.Pool().Close()
}

func (w *world) must(err error) {
	if err != nil {
		panic(fmt.Errorf("%s: %w", w.now, err))
	}
}

func (w *world) made(_ any, err error) { w.must(err) }

// bad notes what must not be; the next look fails the test. It may be called while the provider serves.
func (w *world) bad(format string, args ...any) {
	w.problems = append(w.problems, w.now.Format(time.RFC3339)+" "+fmt.Sprintf(format, args...))
}

// note keeps what happened for whoever looks into a failure.
func (w *world) note(format string, args ...any) {
	w.story = append(w.story, w.now.Format(time.RFC3339)+" "+fmt.Sprintf(format, args...))
}

func (w *world) fine() {
	if len(w.problems) > 0 {
		last := func(n int, lines []string) string { return strings.Join(lines[max(0, len(lines)-n):], "\n") }
		w.Logf("what happened at last:\n%s", last(30, w.story))
		w.Fatalf("%d problems:\n%s", len(w.problems), strings.Join(w.problems[:min(12, len(w.problems))], "\n"))
	}
}

// edition reads the steps of the sequence's edition.
func (w *world) edition() {
	steps, err := w.db.Steps(w.ctx, w.sequence.ID, w.sequence.Edition)
	w.must(err)
	w.editions[w.sequence.Edition] = steps
}
