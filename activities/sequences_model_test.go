package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rondo/activities/store"
)

// The model: what a contact's state has to be, told from what was done to it and what the provider was asked, not from rows.

// human is a person of the world.
type human struct {
	id                     int64
	email, domain, company string
	zone                   string // "": nobody knows
	inactive, listed       bool
	snoozed                time.Time
}

// letterState is what became of a step's mail.
type letterState string

const (
	claimed letterState = "claimed" // in the ledger; nobody has said what became of it
	doubted letterState = "doubted"
	sent    letterState = "sent"
)

// stepMail is a step's mail that may have left the house.
type stepMail struct {
	step   int
	state  letterState
	since  time.Time // doubted
	went   time.Time // claimed
	sender int64
}

// contact is an enrollment.
type contact struct {
	id, batch, sender int64
	who               *human
	edition, step     int
	state, from       store.State // from: before a pause
	over              bool
	resume            time.Time // zero: by hand only
	deadline          time.Time // of an answer
	mails             map[int]*stepMail
	calls             map[int]int // of a step: calls that the provider took, or may have
	task              bool        // open

	prev     time.Time // the step before went, or was done
	editions []int     // since then
	senders  []int64
	turns    int
	rung     bool
}

func (c *contact) String() string {
	if c == nil {
		return "nobody"
	}
	return fmt.Sprintf("contact %d (%s, step %d)", c.id, c.state, c.step)
}

func (w *world) steps(c *contact) []store.Step { return w.editions[c.edition] }

// pause, resumed, ... are what an admin does.
func (c *contact) pause(until time.Time) {
	if c.over || c.state == store.StatePaused {
		return
	}
	c.from, c.state, c.resume = c.state, store.StatePaused, until
}

func (c *contact) resumeAt(now time.Time) {
	if !c.over && c.state == store.StatePaused {
		c.resume = now
	}
}

func (c *contact) reassign(sender int64, now time.Time) {
	if c.over {
		return
	}
	c.sender, c.senders = sender, append(c.senders, sender)
	if c.state != store.StatePaused {
		c.pause(now)
	}
}

func (c *contact) end(s store.State) {
	if !c.over {
		c.state, c.over, c.task = s, true, false
	}
}

// replied ends it, also after the fact.
func (c *contact) replied() bool {
	if !c.over || c.state == store.StateUnresponsive || c.state == store.StateStopped {
		c.state, c.over, c.task = store.StateReplied, true, false
		return true
	}
	return false
}

// advance goes on from a step that was done, or whose mail went, at an instant.
func (w *world) advance(c *contact, went time.Time) {
	c.prev, c.editions, c.senders, c.task = went, []int{c.edition}, []int64{c.sender}, false
	if c.step == len(w.steps(c)) {
		c.state, c.deadline = store.StateStopped, went.AddDate(0, 0, w.sequence.UnresponsiveDays)
		return
	}
	c.state = store.StateActive
	c.step++
}

// settle is what is written down of a call, at once or by an attempt that was given up already.
func (w *world) settle(c *contact, m *stepMail, outcome outcome) {
	state := c.state
	if state == store.StatePaused {
		state = c.from
	}
	current := !c.over && c.step == m.step && state != store.StateStopped
	switch outcome {
	case accepted:
		m.state = sent
		switch {
		case !current:
		case c.state != store.StatePaused:
			w.advance(c, m.went)
		case c.step < len(w.steps(c)):
			c.step++
			c.prev, c.editions, c.senders = m.went, []int{c.edition}, []int64{c.sender}
		}
	case doubtful:
		if m.state == claimed {
			m.state, m.since = doubted, w.now
		}
	case later:
		if m.state != sent {
			w.release(c, m)
		}
	case refused:
		if m.state == sent {
			return
		}
		w.release(c, m)
		if current {
			c.end(store.StateError)
		}
	}
}

// release takes a mail back that certainly did not leave.
func (w *world) release(c *contact, m *stepMail) {
	delete(c.mails, m.step)
	b := w.boxes[m.sender]
	b.claims = slices.DeleteFunc(b.claims, func(x claim) bool { return x.contact == c && x.step == m.step })
}

// turned compares what a turn made of a contact's row with what it may make of it.
func (w *world) turned(c *contact, row store.Enrollment) {
	switch m := c.mails[c.step]; {
	case c.over:
	case c.state == store.StatePaused:
		if !c.resume.IsZero() && !w.now.Before(c.resume) {
			c.state, c.resume = c.from, time.Time{}
			if c.state == store.StateStopped {
				c.deadline = w.now.AddDate(0, 0, w.sequence.UnresponsiveDays)
			}
		}
	case c.state == store.StateStopped:
		if !w.now.Before(c.deadline) {
			c.end(store.StateUnresponsive)
		}
	case m != nil:
		switch gone := row.Step != c.step || row.State == store.StateStopped; {
		case gone:
			if m.state == claimed || m.state == doubted && w.now.Before(m.since.Add(w.a.UnknownAfter)) {
				w.bad("contact %d goes on from step %d, whose mail is %s", c.id, c.step, m.state)
			}
			if m.state == doubted {
				w.n.expired++
			}
			w.advance(c, m.went)
		case m.state == claimed && row.Reason == "unknown":
			m.state, m.since = doubted, w.now
		}
	case row.Reason == "task" && row.DueAt == nil && !c.task:
		if w.steps(c)[c.step-1].Kind != store.TaskStep {
			w.bad("contact %d has a task at step %d, which is a mail", c.id, c.step)
		}
		if early := w.early(c, w.now); early != "" {
			w.bad("task of contact %d at step %d: %s", c.id, c.step, early)
		}
		c.task, c.state = true, store.StateActive
		w.n.tasks++
		if p := w.dice; p.percent(80) {
			w.after(p.about(time.Hour, day, 9*day), func() {
				if c.task && c.state != store.StatePaused {
					w.finish(p, store.Task{EnrollmentID: c.id})
				}
			})
		}
	}
}

// same compares rows with the model.
func (w *world) same(row store.Enrollment) {
	c := w.contacts[row.ID]
	if row.State != c.state || row.Step != c.step || (row.EndedAt != nil) != c.over || row.SenderID != c.sender || row.Edition != c.edition {
		w.bad("contact %d is %s at step %d of edition %d (over: %t, sender %d, reason %q), and should be %s at step %d of %d (over: %t, sender %d)", c.id,
			row.State, row.Step, row.Edition, row.EndedAt != nil, row.SenderID, row.Reason, c.state, c.step, c.edition, c.over, c.sender)
	}
}

// compare does so for everybody.
func (w *world) compare() {
	rows, err := w.db.Enrollments(w.ctx, store.EnrollmentFilter{}, store.Page{Limit: 1000})
	w.must(err)
	if len(rows) != len(w.contacts) {
		w.bad("there are %d enrollments, not %d", len(rows), len(w.contacts))
		return
	}
	for _, row := range rows {
		w.same(row)
	}
}

// may is which state may follow which: the states' definitions in the research, read as a table. Nothing follows an end but
// what the contact says or does later.
var may = map[store.State][]store.State{
	"":                      {store.StateAdded},
	store.StateAdded:        {store.StateActive, store.StatePaused, store.StateStopped, store.StateReplied, store.StateUnsubscribed, store.StateBlacklisted, store.StateBounced, store.StateError},
	store.StateActive:       {store.StatePaused, store.StateStopped, store.StateReplied, store.StateUnsubscribed, store.StateBlacklisted, store.StateBounced, store.StateError},
	store.StatePaused:       {store.StateAdded, store.StateActive, store.StateStopped, store.StateReplied, store.StateUnsubscribed, store.StateBlacklisted, store.StateBounced, store.StateError},
	store.StateStopped:      {store.StatePaused, store.StateUnresponsive, store.StateReplied, store.StateUnsubscribed, store.StateBlacklisted, store.StateBounced},
	store.StateUnresponsive: {store.StateReplied},
}

// watchStates lets the database write down every change of a state, also one that is changed again before its commit.
const watchStates = `CREATE TABLE fake.changes (id bigint, was text, next text, reopened boolean);
	CREATE FUNCTION fake.changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF TG_OP = 'INSERT' THEN
			INSERT INTO fake.changes VALUES (new.id, '', new.state, false);
		ELSIF old.state <> new.state OR old.ended_at IS NOT NULL AND new.ended_at IS NULL THEN
			INSERT INTO fake.changes VALUES (new.id, old.state, new.state, old.ended_at IS NOT NULL AND new.ended_at IS NULL);
		END IF;
		RETURN new;
	END $$;
	CREATE TRIGGER changed AFTER INSERT OR UPDATE ON enrollments FOR EACH ROW EXECUTE FUNCTION fake.changed();`

func (w *world) transitions() {
	rows, err := w.db.Pool().Query(w.ctx, `SELECT id, was, next, reopened FROM fake.changes`)
	w.must(err)
	defer rows.Close()
	for rows.Next() {
		var id int64
		var was, next store.State
		var reopened bool
		w.must(rows.Scan(&id, &was, &next, &reopened))
		if reopened || was != next && !slices.Contains(may[was], next) {
			w.bad("contact %d went from %q to %q (reopened: %t)", id, was, next, reopened)
		}
		w.n.transitions[string(was)+" -> "+string(next)]++
	}
	w.must(rows.Err())
}

// companyOf is what somebody's company is: what it is called, however it is spelled, else the domain, if not anybody's.
func companyOf(name, domain string) string {
	if name = strings.ToLower(strings.Join(strings.Fields(name), " ")); name != "" {
		return name
	}
	if domain == "gmail.com" {
		return ""
	}
	return domain
}
