package activities_test

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"rondo/activities/store"
	"rondo/workflows"
)

// ring wakes workflows, as the bell does. Some rings are lost, and reconcile repeats them.
func (w *world) ring(p picker, rings []store.Ring) {
	for _, r := range rings {
		if p.percent(15) {
			if r.Enrollment != 0 {
				w.lost[r.Enrollment] = true
			}
			w.after(40*time.Second, w.reconcile)
			continue
		}
		w.rung(r)
	}
}

func (w *world) rung(r store.Ring) {
	if r.Batch != 0 {
		w.start(r.Batch, 100)
		return
	}
	c := w.contacts[r.Enrollment]
	delete(w.lost, c.id)
	c.rung = true
	if w.turning != c {
		w.wake[c.id] = w.now
	}
}

func (w *world) reconcile() {
	rings, err := w.db.Unheard(w.ctx, 1000)
	w.must(err)
	for _, r := range rings {
		w.rung(r)
	}
}

// start is what the engage workflow does, as far as it gets.
func (w *world) start(batch int64, percent int) {
	all, err := w.db.UnstartedOf(w.ctx, batch, 0, 1000)
	w.must(err)
	all = all[:len(all)*percent/100]
	ids := make([]int64, len(all))
	for i, u := range all {
		ids[i] = u.ID
		if _, awake := w.wake[u.ID]; !awake {
			w.wake[u.ID] = u.DueAt
		}
	}
	w.must(w.db.MarkStarted(w.ctx, ids))
	if percent == 100 {
		_, err = w.db.FinishEngaging(w.ctx, batch)
		w.must(err)
	}
}

// at lets time pass until an instant, if it has not passed.
func (w *world) at(at time.Time) {
	if at.After(w.now) {
		w.now = at.UTC().Truncate(time.Millisecond)
		w.must(w.clock.Set(w.now))
	}
}

func (w *world) after(d time.Duration, do func()) {
	w.soon = append(w.soon, delayed{w.now.Add(d), do})
}

// mostTurns bounds how long a history takes: a contact whose mailbox has no slot for it in months asks again every day.
const mostTurns = 4000

// play lets everything happen in its time: what people do, what comes late, and the workflows' turns.
func (w *world) play(events []event, until time.Time) {
	next := w.now
	instant, spins := w.now, 0
	for {
		var at time.Time
		var do func()
		consider := func(when time.Time, what func()) {
			if do == nil || when.Before(at) {
				at, do = when, what
			}
		}
		for i, d := range w.soon {
			consider(d.at, func() {
				w.soon = slices.Delete(w.soon, i, i+1)
				d.do()
			})
		}
		if len(events) > 0 {
			consider(next.Add(events[0].After), func() {
				e := events[0]
				events, next = events[1:], w.now
				w.n.events[e.Kind]++
				w.do(e.Kind, rolling(e.Seed, 1), nil)
				w.ledger()
			})
		}
		for _, id := range slices.Sorted(maps.Keys(w.wake)) {
			consider(notBefore(w.wake[id], w.down), func() { w.turn(id) })
		}
		if do == nil || at.After(until) || !w.mending && w.n.turns > mostTurns {
			return
		}
		w.at(at)
		if spins++; w.now.After(instant) {
			instant, spins = w.now, 0
		}
		if spins > 3000 {
			w.bad("nothing gets on")
		}
		do()
		w.fine()
	}
}

// turn is what the workflow of an enrollment does when it wakes.
func (w *world) turn(id int64) {
	c := w.contacts[id]
	c.turns++
	w.n.turns++
	w.dice = rolling(w.seed, uint64(id)<<20|uint64(c.turns))
	p := w.dice
	if p.percent(70) {
		w.at(w.now.Add(time.Duration(p(0, 3000)) * time.Millisecond))
	} else if p.percent(20) {
		w.at(w.now.Add(time.Duration(p(0, 700)) * time.Second))
	}
	delete(w.wake, id)
	c.rung = false
	w.turning, w.call = c, nil
	defer func() { w.turning = nil }()
	switch {
	case p.percent(w.faults / 4):
		w.n.kills["before the claim"]++
		w.again(c, p.about(time.Minute, 20*time.Minute))
		return
	case p.percent(w.faults / 2):
		w.killed(c, p)
		return
	}
	value, err := w.env.ExecuteActivity(w.a.TakeStep, workflows.Ref{ID: id})
	if err != nil {
		w.n.refused["a turn"]++
		if !strings.Contains(err.Error(), "forward_waits") {
			w.bad("turn of contact %d: %s", id, err)
		}
		w.again(c, p.about(time.Second, time.Minute))
		return
	}
	var turn workflows.Turn
	w.must(value.Get(&turn))
	if w.call != nil {
		w.settle(c, w.call.mail, w.call.outcome)
	}
	w.sleep(c, turn)
}

// again lets a turn be repeated, as Temporal does.
func (w *world) again(c *contact, after time.Duration) { w.wake[c.id] = w.now.Add(after) }

// sleep ends a turn: the workflow waits for what the activity said, or has been rung meanwhile.
func (w *world) sleep(c *contact, turn workflows.Turn) {
	row, err := w.db.Enrollment(w.ctx, c.id)
	w.must(err)
	if w.call == nil {
		w.turned(c, row)
	}
	if row.Reason == "horizon" {
		w.probably(w.dice, "quota", row.SenderID)
	}
	w.note("turn of contact %d: %s %q, step %d, sender %d, due %v, resumes %v; rung: %t", c.id, row.State, row.Reason, row.Step, row.SenderID, row.DueAt, row.ResumeAt, c.rung)
	w.same(row)
	delete(w.lost, c.id)
	switch {
	case turn.Over != c.over && !c.rung:
		w.bad("a turn of contact %d says that it is over: %t", c.id, turn.Over)
	case c.rung:
		w.wake[c.id] = w.now
	case !turn.Over && !turn.DueAt.IsZero():
		w.wake[c.id] = turn.DueAt
	}
}

// killed is a turn whose worker dies after its claim: before the call, after it, or it only seems dead.
func (w *world) killed(c *contact, p picker) {
	t, err := w.db.TakeStep(w.ctx, c.id, uuid.NewString(), w.a.UnknownAfter)
	w.must(err)
	if t.Mail == nil {
		turn := workflows.Turn{Over: t.EndedAt != nil}
		due := t.DueAt
		if t.State == store.StatePaused {
			due = t.ResumeAt
		}
		if due != nil {
			turn.DueAt = *due
		}
		w.sleep(c, turn)
		w.again(c, p.about(time.Second, time.Minute)) // nobody heard what the turn did
		return
	}
	call := *t.Mail
	m := w.claim(c, call.Message)
	ends := oneOf(p, accepted, accepted, later, refused, doubtful)
	reached := oneOf(p, "before the call", "after the answer")
	w.n.kills[reached]++
	if reached == "after the answer" {
		w.called(c, m, call.Message, ends, p)
		if p.percent(60) {
			w.after(p.about(time.Second, 3*time.Minute, 40*time.Minute, 5*time.Hour, 3*day), func() { w.late(c, m, call, ends) })
		}
	}
	w.again(c, p.about(2*time.Minute, 30*time.Minute))
}

// late is an attempt that was given up and writes down what it knows.
func (w *world) late(c *contact, m *stepMail, call store.StepCall, ends outcome) {
	w.n.late[string(ends)]++
	w.note("late: contact %d, step %d: %s", c.id, m.step, ends)
	var err error
	switch ends {
	case accepted:
		_, err = w.db.StepSent(w.ctx, call, "late")
	case doubtful:
		_, err = w.db.StepUnknown(w.ctx, call, w.a.UnknownAfter)
	case later:
		_, err = w.db.StepLater(w.ctx, call, time.Minute)
	case refused:
		_, err = w.db.StepFailed(w.ctx, call, "refused")
	}
	w.must(err)
	w.after(40*time.Second, w.reconcile) // the attempt is gone: nobody else tells the workflow
	w.settle(c, m, ends)
	row, err := w.db.Enrollment(w.ctx, c.id)
	w.must(err)
	w.same(row)
}
