package activities_test

import (
	"slices"
	"time"

	"rondo/activities/fault"
	"rondo/activities/store"
)

// allowed passes over answers that the case allows for.
func (w *world) allowed(err error, codes ...string) bool {
	if err == nil {
		return true
	}
	code := fault.From(err).Code
	w.n.refused[code]++
	if !slices.Contains(codes, code) {
		w.bad("refused: %s", err)
	}
	return false
}

// do is what people do. This is who is being written to meanwhile, or nil.
func (w *world) do(kind string, p picker, this *contact) {
	c := this
	if ids := sortedKeys(w.contacts); c == nil && len(ids) > 0 {
		c = w.contacts[oneOf(p, ids...)]
	}
	user := oneOf(p, w.senders...)
	b := w.boxes[user]
	if !w.mending {
		w.note("%s (if of a contact, %v; if of a sender, %d)", kind, c, user)
	}
	one, everybody := store.EnrollmentFilter{}, store.EnrollmentFilter{Sequence: w.sequence.ID}
	if c != nil {
		one.IDs = []int64{c.id}
	}
	if this != nil {
		user, b = this.sender, w.boxes[this.sender]
	}
	switch kind {
	case "engage":
		w.engage(p)
	case "down":
		w.down = notBefore(w.now.Add(p.about(10*time.Minute, 5*time.Hour, 3*day, 8*day)), w.down)
	case "pause batch", "pause sequence until":
		s, until := everybody, w.now.Add(p.about(time.Hour, 3*day, 20*day))
		if len(w.batches) > 0 && kind == "pause batch" {
			s.Batch, until = oneOf(p, w.batches...), time.Time{}
		} else if kind == "pause batch" {
			return
		}
		w.pause(p, s, until)
	case "resume all":
		w.resume(p, everybody)
	case "pause sender":
		err := w.db.PauseSender(w.ctx, user, 0)
		if w.allowed(err, "sender_not_found") {
			b.paused = true
			w.probably(p, "resume sender", user)
		}
	case "resume sender":
		rings, err := w.db.ResumeSender(w.ctx, user)
		if w.allowed(err, "sender_not_found") {
			b.paused, b.halted = false, time.Time{}
			w.fromSender(user, rings)
		}
		w.ring(p, rings)
	case "delete sender":
		_, err := w.db.DeleteSender(w.ctx, user)
		if w.allowed(err, "sender_not_found") {
			b.deleted = true
			w.probably(p, oneOf(p, "reassign sender", "revive sender"), user)
		}
	case "revive sender":
		w.revive(p, user)
	case "quota":
		s, err := w.db.Sender(w.ctx, user)
		if w.allowed(err, "sender_not_found") {
			_, err = w.db.PutSender(w.ctx, user, s.Version, drawMailbox(p, s.Address, w.now, w.lists))
			w.must(err)
			w.rules(user)
			w.planned(user)
		}
	case "holidays":
		w.holidays(p)
	case "edit", "edit and migrate", "settings":
		w.edit(kind, p)
	case "tasks":
		all, err := w.db.Tasks(w.ctx, 0, true, store.Page{Limit: 1000})
		w.must(err)
		for _, t := range all {
			w.finish(p, t)
		}
	case "task":
		all, err := w.db.Tasks(w.ctx, 0, true, store.Page{Limit: 1000})
		w.must(err)
		if len(all) > 0 {
			w.finish(p, oneOf(p, all...))
		}
	case "repeat events":
		if len(w.news) > 0 {
			w.tell(p, oneOf(p, w.news...))
		}
	case "reassign sender":
		w.reassign(p, store.EnrollmentFilter{Sender: user})
	case "blacklist":
		h := oneOf(p, w.people...)
		_, rings, err := w.db.AddBlacklisted(w.ctx, "address", h.email, "")
		if w.allowed(err, "already_blacklisted") {
			h.listed = true
			for _, c := range w.contacts {
				if c.who == h {
					c.end(store.StateBlacklisted)
				}
			}
		}
		w.ring(p, rings)
	case "snooze":
		h := oneOf(p, w.people...)
		until := w.now.Add(p.about(day, 9*day))
		_, _, err := w.db.SnoozePerson(w.ctx, h.id, &until)
		w.must(err)
		h.snoozed = until.Truncate(time.Microsecond)
	}
	if c == nil {
		return
	}
	switch kind {
	case "pause contact", "pause this":
		w.pause(p, one, time.Time{})
	case "pause contact until":
		w.pause(p, one, w.now.Add(p.about(time.Hour, 3*day, 20*day)))
	case "resume contact":
		w.resume(p, one)
	case "stop contact", "stop this":
		rings, err := w.db.StopEnrollments(w.ctx, one, 0)
		w.must(err)
		c.end(store.StateStopped)
		w.ring(p, rings)
	case "reassign contact", "reassign this":
		w.reassign(p, one)
	case "respond", "respond this":
		w.respond(p, c, oneOf(p, "reply", "out_of_office", "negative", "unsubscribe", "bounce", "meeting", "click"))
	}
}

// probably is what people do about it some days later.
func (w *world) probably(p picker, kind string, user int64) {
	if p.percent(70) {
		w.after(p.about(time.Hour, day, 9*day), func() {
			w.n.events[kind]++
			w.do(kind, p, &contact{id: -1, sender: user})
		})
	}
}

// picked are the contacts that a filter picks.
func (w *world) picked(s store.EnrollmentFilter) (all []*contact) {
	for _, id := range sortedKeys(w.contacts) {
		c := w.contacts[id]
		if (s.IDs == nil || slices.Contains(s.IDs, id)) && (s.Batch == 0 || s.Batch == c.batch) && (s.Sender == 0 || s.Sender == c.sender) {
			all = append(all, c)
		}
	}
	return all
}

func (w *world) pause(p picker, s store.EnrollmentFilter, until time.Time) {
	var at *time.Time
	if until = until.Truncate(time.Microsecond); !until.IsZero() {
		at = &until
	}
	_, rings, err := w.db.PauseEnrollments(w.ctx, s, at, 0)
	w.must(err)
	for _, c := range w.picked(s) {
		c.pause(until)
	}
	w.ring(p, rings)
	if p.percent(60) {
		w.after(p.about(time.Hour, day, 9*day), func() { w.resume(p, s) })
	}
}

func (w *world) resume(p picker, s store.EnrollmentFilter) {
	rings, err := w.db.ResumeEnrollments(w.ctx, s)
	w.must(err)
	for _, c := range w.picked(s) {
		c.resumeAt(w.now)
	}
	w.ring(p, rings)
}

func (w *world) reassign(p picker, s store.EnrollmentFilter) {
	to := oneOf(p, w.senders...)
	rings, err := w.db.ReassignEnrollments(w.ctx, s, to)
	if w.allowed(err, "sender_not_found") {
		if w.boxes[to].deleted {
			w.bad("contacts are given to a mailbox that was deleted")
		}
		for _, c := range w.picked(s) {
			c.reassign(to, w.now)
		}
	}
	w.ring(p, rings)
}

// fromSender are contacts that a mailbox had kept waiting: they are planned anew.
func (w *world) fromSender(user int64, rings []store.Ring) {
	for _, r := range rings {
		if c := w.contacts[r.Enrollment]; c.sender == user {
			c.pause(w.now)
		} else {
			w.bad("contact %d is rung for sender %d", c.id, user)
		}
	}
}

// revive makes a deleted mailbox anew; nobody is told to ring its contacts, so reconcile does.
func (w *world) revive(p picker, user int64) {
	b := w.boxes[user]
	if !b.deleted {
		return
	}
	_, err := w.db.PutSender(w.ctx, user, 0, drawMailbox(p, b.now().mailbox.Address, w.now, w.lists))
	w.must(err)
	b.paused, b.deleted = false, false
	w.rules(user)
	w.planned(user)
	rows, err := w.db.Enrollments(w.ctx, store.EnrollmentFilter{Sender: user, Open: true}, store.Page{Limit: 1000})
	w.must(err)
	for _, e := range rows {
		if e.State == store.StatePaused && w.contacts[e.ID].state != store.StatePaused {
			w.contacts[e.ID].pause(w.now)
			w.lost[e.ID] = true
		}
	}
	w.after(40*time.Second, w.reconcile)
}

func (w *world) holidays(p picker) {
	id := oneOf(p, w.lists...)
	l, _, err := w.db.HolidayList(w.ctx, id)
	w.must(err)
	_, _, err = w.db.PutHolidayList(w.ctx, id, l.Version, l.Name, drawHolidays(p, w.now))
	w.must(err)
	for _, user := range w.senders {
		if m := w.boxes[user].now().mailbox; !w.boxes[user].deleted && m.HolidayListID != nil && *m.HolidayListID == id {
			w.rules(user)
			w.planned(user)
		}
	}
}

func (w *world) edit(kind string, p picker) {
	var steps []store.Step
	if kind != "settings" {
		steps = drawSteps(p)
	}
	s, err := w.db.UpdateSequence(w.ctx, w.sequence.ID, w.sequence.Version, func(s *store.Sequence) {
		if kind == "settings" {
			s.StopOnClick, s.StopOnMeeting, s.StopOnCompany, s.Safeguards, s.UnresponsiveDays = p.percent(50), p.percent(50), p.percent(30), p.percent(50), p(0, 14)
			s.ContactFromHour, s.ContactToHour = drawHours(p)
		}
	}, steps)
	w.must(err)
	hours := s.ContactFromHour != w.sequence.ContactFromHour || s.ContactToHour != w.sequence.ContactToHour
	w.sequence = s
	w.edition()
	if hours {
		w.planned(w.senders...)
	}
	if kind != "edit and migrate" || len(w.batches) == 0 {
		return
	}
	batch := oneOf(p, w.batches...)
	moved, _, err := w.db.MigrateBatch(w.ctx, batch, s.Edition)
	w.must(err)
	for _, c := range w.picked(store.EnrollmentFilter{Batch: batch}) {
		waits := c.task && w.editions[s.Edition][min(c.step, len(steps))-1].Kind != store.TaskStep
		if !c.over && c.state != store.StateStopped && c.step <= len(steps) && !waits {
			c.edition, c.editions = s.Edition, append(c.editions, s.Edition)
			moved--
		}
	}
	w.after(40*time.Second, w.reconcile) // who waited for a mailbox, and has a task now
	if moved != 0 {
		w.bad("%d contacts more than should have gone on with another edition", moved)
	}
}

func (w *world) finish(p picker, t store.Task) {
	c := w.contacts[t.EnrollmentID]
	rings, err := w.db.FinishTask(w.ctx, t.EnrollmentID, oneOf(p, "done", "skipped"))
	switch {
	case c.state == store.StatePaused:
		w.allowed(err, "enrollment_paused")
	case w.allowed(err):
		if !c.task {
			w.bad("contact %d has a task, which nobody knows of", c.id)
		}
		w.advance(c, w.now)
	}
	w.ring(p, rings)
}

func sortedKeys(m map[int64]*contact) []int64 {
	keys := make([]int64, 0, len(m))
	for id := range m {
		keys = append(keys, id)
	}
	slices.Sort(keys)
	return keys
}
