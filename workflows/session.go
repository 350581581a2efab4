package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

// skew is how soon a door is tried again that has not come by the database's clock.
const skew = 200 * time.Millisecond

// showEvery is how often the details of a running session are brought up to date.
const showEvery = 5 * time.Minute

// Session keeps the doors of one networking session: it opens them, starts and ends the pairing, and closes when the last
// meeting is over. In between, one long activity, RunLobby, owns the lobby; it is started anew wherever it dies. Late, after
// workers were down, each door is kept at once: a session that has started and not ended opens, one whose end has passed
// closes.
//
// Mails go out beside all that: join links when they are asked for, and once the session is closed whom everybody met. It ends
// when none is owed or in doubt any more.
//
// Messages: Doorbell (the row changed: read it again), TicketsSignal and ControlSignal from integrations.
func Session(ctx workflow.Context, in Ref) error {
	s := session{
		ref: in, bell: workflow.GetSignalChannel(ctx, Doorbell),
		tickets: workflow.GetSignalChannel(ctx, TicketsSignal), control: workflow.GetSignalChannel(ctx, ControlSignal),
	}
	return s.run(ctx)
}

type session struct {
	ref                    Ref
	plan                   SessionPlan
	phase                  SessionPhase // last shown as a search attribute
	lobby                  workflow.Future
	done                   bool // the lobby is over
	bot                    sessionBot
	mail                   sessionMail
	bell, tickets, control workflow.ReceiveChannel
}

func (s *session) run(ctx workflow.Context) error {
	for {
		if err := s.advance(ctx); err != nil {
			return err
		}
		s.send(ctx)
		s.bot.follow(ctx, s.ref, s.plan)
		if s.plan.Phase.Over() && s.lobby == nil && s.bot.playing == nil && !s.mail.pending(s.plan) { // a lobby may not have noticed yet
			return s.drain(ctx)
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() && s.lobby == nil && s.bot.playing == nil && s.mail.sending == nil {
			if err := s.drain(ctx); err != nil {
				return err
			}
			return workflow.NewContinueAsNewError(ctx, SessionWorkflow, s.ref)
		}
		if s.running() && s.lobby == nil && !s.done {
			s.lobby = RunLobby.start(ctx, s.ref, "own the lobby")
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
	}
}

// running reports whether people may be there.
func (s *session) running() bool { return s.plan.Phase != SessionPlanned && !s.plan.Phase.Over() }

// advance reads the row and lets what is due by the database's clock happen.
func (s *session) advance(ctx workflow.Context) error {
	for s.bell.ReceiveAsync(nil) { // says nothing that the row does not
		s.mail.stuck = moment{}
	}
	advance, what := AdvanceSession, "read the session; "+s.due()
	if s.plan.Phase == SessionEnding && s.done {
		advance, what = CloseSession, "close the session"
	}
	plan, err := advance.do(ctx, s.ref, what)
	if permanent(err) { // the row is gone or cannot be understood: nothing a retry could help
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("### Session %d\n\n**Stuck**: %s", s.ref.ID, reason(err)))
		return err
	}
	if err != nil {
		return err
	}
	if plan.Phase != s.plan.Phase {
		s.mail.stuck = moment{}
	}
	s.plan = plan
	return s.show(ctx)
}

// due says in words what an advance at this moment is for.
func (s *session) due() string {
	switch s.plan.Phase {
	case SessionPlanned:
		return "doors"
	case SessionDoors:
		return "start"
	case SessionOpen:
		return "end"
	default:
		return "as it is"
	}
}

// wait lasts until the next door, a message, or the end of the lobby.
func (s *session) wait(ctx workflow.Context) error {
	at, what := s.next()
	show := moment{what: "show how it goes"}
	if s.running() { // details are shown while people are there
		show.at = workflow.Now(ctx).Add(showEvery)
	}
	next, what := earliest(moment{at, what}, show, s.mail.next(s.plan))
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	sel := workflow.NewSelector(ctx)
	var failed error
	if !next.IsZero() {
		wait := max(next.Sub(workflow.Now(ctx)), skew)
		sel.AddFuture(workflow.NewTimerWithOptions(timerCtx, wait, workflow.TimerOptions{Summary: what}), func(workflow.Future) {})
	}
	if s.lobby != nil {
		sel.AddFuture(s.lobby, func(f workflow.Future) {
			failed = f.Get(ctx, nil)
			s.lobby, s.done = nil, failed == nil
		})
	}
	if s.bot.playing != nil {
		sel.AddFuture(s.bot.playing, func(f workflow.Future) { s.bot.ended(ctx, f, s.plan) })
	}
	if s.mail.sending != nil {
		sel.AddFuture(s.mail.sending, func(f workflow.Future) { failed = s.sent(ctx, f) })
	}
	sel.AddReceive(s.bell, func(c workflow.ReceiveChannel, _ bool) {
		c.Receive(ctx, nil)
		s.mail.stuck = moment{} // whatever it was may have been mended
	})
	sel.AddReceive(s.tickets, func(c workflow.ReceiveChannel, _ bool) {
		var batch Tickets
		c.Receive(ctx, &batch)
		failed = s.store(ctx, batch)
	})
	sel.AddReceive(s.control, func(c workflow.ReceiveChannel, _ bool) {
		var control Control
		c.Receive(ctx, &control)
		failed = s.command(ctx, control)
	})
	sel.AddReceive(ctx.Done(), func(workflow.ReceiveChannel, bool) { failed = ctx.Err() })
	sel.Select(ctx)
	return failed
}

// next is the door to come. The end of the last meeting is known by the lobby.
func (s *session) next() (time.Time, string) {
	switch s.plan.Phase {
	case SessionPlanned:
		return s.plan.DoorsAt, "the doors open"
	case SessionDoors:
		return s.plan.StartsAt, "the session starts"
	case SessionOpen:
		return s.plan.EndsAt, "the session ends"
	default:
		return time.Time{}, ""
	}
}

// store hands a batch of tickets on. One that cannot be stored is the integration's mistake, and the session goes on.
func (s *session) store(ctx workflow.Context, batch Tickets) error {
	_, err := StoreTickets.do(ctx, StoreTicketsInput{Session: s.ref.ID, Tickets: batch.Tickets}, fmt.Sprintf("store %d tickets", len(batch.Tickets)))
	if permanent(err) {
		return nil
	}
	return err
}

func (s *session) command(ctx workflow.Context, c Control) error {
	_, err := ControlSession.do(ctx, ControlInput{Session: s.ref.ID, Command: c.Command}, "an integration's command")
	if permanent(err) {
		return nil
	}
	return err
}

// drain stores what came late.
func (s *session) drain(ctx workflow.Context) error {
	for {
		var batch Tickets
		if !s.tickets.ReceiveAsync(&batch) {
			break
		}
		if err := s.store(ctx, batch); err != nil {
			return err
		}
	}
	for {
		var control Control
		if !s.control.ReceiveAsync(&control) {
			return nil
		}
		if err := s.command(ctx, control); err != nil {
			return err
		}
	}
}

// show tells the Temporal UI how it goes: counts and instants only.
func (s *session) show(ctx workflow.Context) error {
	p, c := s.plan, s.plan.Counts
	phase := string(p.Phase)
	if p.Paused && !p.Phase.Over() {
		phase += ", paused"
	}
	details := fmt.Sprintf("### Session %d: %s\n\n| attendees | meetings made | open now | wait p50 | wait p95 |\n|---|---|---|---|---|\n| %d | %d | %d | %.1f s | %.1f s |",
		s.ref.ID, phase, c.Attendees, c.Meetings, c.Open, c.WaitP50, c.WaitP95)
	if next, what := s.next(); !next.IsZero() {
		details += fmt.Sprintf("\n\nNext: %s at %s", what, next.UTC().Format(time.RFC3339))
	}
	if s.mail.stuck.what != "" {
		details += fmt.Sprintf("\n\n**Mail is stuck**: %s. It is tried again within the hour, or when the session changes.", s.mail.stuck.what)
	}
	workflow.SetCurrentDetails(ctx, details)
	if s.phase == p.Phase {
		return nil
	}
	s.phase = p.Phase
	if err := workflow.UpsertTypedSearchAttributes(ctx, PhaseAttribute.ValueSet(string(p.Phase))); err != nil {
		return fmt.Errorf("upsert search attributes: %w", err)
	}
	return nil
}
