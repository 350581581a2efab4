package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"go.temporal.io/sdk/client"

	api "rondo/api/client"
	"rondo/workflows"
)

type roundsCommand struct {
	Members int    `default:"100000" help:"How many members the program has; all of them take part."`
	Times   int    `default:"5" help:"How many rounds to measure, each of a program of its own, each between two floors: one more round comes first, for its floor. Medians are told."`
	Events  bool   `help:"Let the provider report each mail as processed and delivered meanwhile, which the floor does not pay for."`
	Dir     string `help:"Folder for logs; default: a temporary one."`
}

// phase is one line of the table. Only what Rondo does by itself counts: the floor has no counterpart of the rest.
type phase struct {
	name   string
	took   time.Duration
	cpu    cpu
	counts bool
}

// roundsRun is the rounds on the way.
type roundsRun struct {
	roundsCommand
	api       *api.ClientWithResponses
	simulator simulator
	imported  time.Duration
	before    *floor // of the round before
	done      []measured
}

// floor is the same calls and rows without Rondo.
type floor struct{ posts, copies time.Duration }

// measured is a round and its floor.
type measured struct {
	id, program int64
	phases      []phase
	calls       int
	events      int64
	floor       floor // the mean of what was measured before it and after it: a server whose tables grow, and a machine that slows down, cost both the same
	floorCPU    cpu
}

// Run measures a round of so many members and compares it with posting the same request bodies to the same provider in a
// bare loop, plus copying the same rows into empty tables.
func (c *roundsCommand) Run(ctx context.Context) error {
	if os.Getenv("RONDO_BIN") == "" || os.Getenv("RONDO_DATABASE_URL") == "" {
		return errors.New(`run it as: make bench ARGS="rounds --members 100000"`)
	}
	if c.Dir == "" {
		dir, err := os.MkdirTemp("", "rondobench")
		if err != nil {
			return err
		}
		c.Dir = dir
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute)
	defer cancel()
	worker, stop, run, err := c.start(ctx)
	if err != nil {
		return err
	}
	defer stop()
	if err := run.importMembers(ctx); err != nil {
		return fmt.Errorf("import: %w; the logs are in %s", err, c.Dir)
	}
	for range 1 + c.Times {
		if err := run.measure(ctx); err != nil {
			return fmt.Errorf("%w; the logs are in %s", err, c.Dir)
		}
	}
	return run.report(worker)
}

// start sets up the stores, runs an API and a worker, and points the provider's events at them.
func (c *roundsCommand) start(ctx context.Context) (*process, func(), *roundsRun, error) {
	key, err := setUp(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	listen, err := freeAddress()
	if err != nil {
		return nil, nil, nil, err
	}
	url := "http://" + listen
	env := []string{
		"RONDO_LISTEN=" + listen, "RONDO_PUBLIC_URL=" + url, "RONDO_METRICS_LISTEN=127.0.0.1:0", "RONDO_LOG_LEVEL=warn",
		"RONDO_KEY_RATE=10000",
	}
	server, err := launch(c.Dir, "api", env...)
	if err != nil {
		return nil, nil, nil, err
	}
	worker, err := launch(c.Dir, "worker", env...)
	if err != nil {
		server.stop()
		return nil, nil, nil, err
	}
	stop := func() { worker.stop(); server.stop() }
	run := &roundsRun{roundsCommand: *c, simulator: simulator{os.Getenv("RONDO_SENDGRID_URL"), os.Getenv("RONDO_SENDGRID_API_KEY")}}
	if run.api, err = api.New(url, key); err == nil {
		err = errors.Join(ready(ctx, url), run.simulator.webhook(ctx, url+"/webhooks/sendgrid/events", c.Events))
	}
	if err != nil {
		stop()
		return nil, nil, nil, err
	}
	return worker, stop, run, nil
}

// timed adds a line to the table.
func (m *measured) timed(name string, counts bool, f func() error) error {
	fmt.Fprintf(os.Stderr, "%s ...\n", name)
	p := phase{name: name, counts: counts}
	start := time.Now()
	if err := p.cpu.of(f); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.took = time.Since(start)
	m.phases = append(m.phases, p)
	return nil
}

// measure takes a round through all it does, and then its floor.
func (r *roundsRun) measure(ctx context.Context) error {
	var m measured
	var err error
	if m.program, err = r.program(ctx); err != nil {
		return err
	}
	before, err := r.simulator.stats(ctx)
	if err != nil {
		return err
	}
	steps := []struct {
		name   string
		counts bool
		f      func() error
	}{
		{"open: audience, opt-in mails", true, func() error { return r.open(ctx, &m) }},
		{"answers, 500 a call", false, func() error { return r.answer(ctx, m.id) }},
		{"match: groups", true, func() error { return r.match(ctx, m.id) }},
		{"send: freeze, match mails", true, func() error { return r.awaitPhase(ctx, m.id, "sent") }},
	}
	for _, s := range steps {
		if err := m.timed(s.name, s.counts, s.f); err != nil {
			return err
		}
	}
	if m.events, err = r.historyEvents(ctx, m.id); err != nil {
		return err
	}
	after, err := r.simulator.stats(ctx)
	if err != nil {
		return err
	}
	m.calls = after.AcceptedCalls - before.AcceptedCalls
	fmt.Fprintln(os.Stderr, "floor ...")
	err = m.floorCPU.of(func() error {
		if m.floor.posts, err = postAgain(ctx, r.simulator, before.AcceptedCalls+1, after.AcceptedCalls); err != nil {
			return err
		}
		m.floor.copies, err = copyAgain(ctx, os.Getenv("RONDO_DATABASE_URL"), m)
		return err
	})
	if err != nil {
		return err
	}
	own := m.floor
	if b := r.before; b != nil {
		m.floor = floor{(b.posts + own.posts) / 2, (b.copies + own.copies) / 2}
		r.done = append(r.done, m)
	}
	r.before = &own
	return nil
}

func (r *roundsRun) importMembers(ctx context.Context) error {
	var csv strings.Builder
	csv.WriteString("email,name,timezone,team,office\n")
	for i := range r.Members {
		fmt.Fprintf(&csv, "member%d@example.com,Member %d,Europe/Paris,team %d,office %d\n", i, i, i%40, i%7)
	}
	fmt.Fprintln(os.Stderr, "import ...")
	start := time.Now()
	err := api.Check(r.api.ImportPeopleWithBodyWithResponse(ctx, nil, "text/csv", strings.NewReader(csv.String())))
	r.imported = time.Since(start)
	return err
}

func (r *roundsRun) program(ctx context.Context) (int64, error) {
	name, team, off := "Bench "+rand.Text(), "team", false
	rules := []api.Rule{{Kind: api.RuleKindNoRepeat}, {Kind: api.RuleKindDifferent, Attribute: &team}}
	res, err := r.api.CreateProgramWithResponse(ctx, nil, api.ProgramFields{Name: &name, Rules: rules, Reminder: &off})
	if err := api.Check(res, err); err != nil {
		return 0, err
	}
	return res.JSON201.ID, nil
}

// open schedules a round that opens now and waits until everybody has been asked.
func (r *roundsRun) open(ctx context.Context, m *measured) error {
	now, far := "now", "2999-01-01T10:00"
	err := api.Check(r.api.CreateScheduleWithResponse(ctx, m.program, nil, api.ScheduleFields{OptIn: &now, Match: &far, Timezone: "UTC"}))
	if err != nil {
		return err
	}
	err = await(ctx, "the round is planned", func() (bool, error) {
		list, err := r.api.ListRoundsWithResponse(ctx, &api.ListRoundsParams{Program: &m.program})
		if err := api.Check(list, err); err != nil {
			return false, err
		}
		for _, card := range list.JSON200.Items {
			if card.RoundID != nil {
				m.id = *card.RoundID
			}
		}
		return m.id != 0, nil
	})
	if err != nil {
		return err
	}
	return await(ctx, "everybody has been asked", func() (bool, error) {
		now, err := r.get(ctx, m.id)
		return err == nil && int(now.Sent) == r.Members, err
	})
}

func (r *roundsRun) answer(ctx context.Context, round int64) error {
	for from := 1; from <= r.Members; from += workflows.MaxAnswers {
		var body api.AnswerRoundInputBody
		for id := from; id < from+workflows.MaxAnswers && id <= r.Members; id++ {
			body.Answers = append(body.Answers, api.OptInAnswer{PersonID: int64(id), Answer: api.OptInAnswerAnswerYes})
		}
		res, err := r.api.AnswerRoundWithResponse(ctx, round, nil, body)
		if err := api.Check(res, err); err != nil {
			return err
		}
		if int(res.JSON200.Stored) != len(body.Answers) {
			return fmt.Errorf("%d of %d answers were stored", res.JSON200.Stored, len(body.Answers))
		}
	}
	return nil
}

// match moves the match date to now, and waits until the groups are made.
func (r *roundsRun) match(ctx context.Context, round int64) error {
	read, err := r.api.GetRoundWithResponse(ctx, round)
	if err := api.Check(read, err); err != nil {
		return err
	}
	tag, now := read.HTTPResponse.Header.Get("ETag"), "now"
	err = api.Check(r.api.MoveRoundWithResponse(ctx, round, &api.MoveRoundParams{IfMatch: &tag}, api.MoveRoundInputBody{Match: &now}))
	if err != nil {
		return err
	}
	return await(ctx, "the groups are made", func() (bool, error) {
		now, err := r.get(ctx, round)
		return err == nil && now.MatchedAt != nil, err
	})
}

func (r *roundsRun) awaitPhase(ctx context.Context, round int64, phase string) error {
	return await(ctx, "the round is "+phase, func() (bool, error) {
		now, err := r.get(ctx, round)
		return err == nil && string(now.Phase) == phase, err
	})
}

func (r *roundsRun) get(ctx context.Context, round int64) (*api.Round, error) {
	res, err := r.api.GetRoundWithResponse(ctx, round)
	if err != nil {
		return nil, err
	}
	return res.JSON200, nil
}

// historyEvents counts what Temporal keeps of the round.
func (r *roundsRun) historyEvents(ctx context.Context, round int64) (int64, error) {
	c, err := client.Dial(client.Options{HostPort: os.Getenv("RONDO_TEMPORAL_ADDRESS"), Namespace: os.Getenv("RONDO_TEMPORAL_NAMESPACE")})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	d, err := c.DescribeWorkflowExecution(ctx, workflows.RoundID(round), "")
	if err != nil {
		return 0, err
	}
	return d.GetWorkflowExecutionInfo().GetHistoryLength(), nil
}
