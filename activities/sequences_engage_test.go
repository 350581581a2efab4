package activities_test

import (
	"slices"
	"time"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
)

// engage adds some people to the sequence.
func (w *world) engage(p picker) {
	var people []int64
	all := oneOf(p, 100, 100, 50, 20)
	for _, h := range w.people {
		if p.percent(all) {
			people = append(people, h.id)
		}
	}
	if len(people) == 0 {
		return
	}
	b, err := w.db.CreateBatch(w.ctx, w.sequence.ID, store.Whom{IDs: people})
	w.must(err)
	b, err = w.db.EditBatch(w.ctx, b.ID, b.Version, func(b *store.Batch) error {
		b.Senders, b.Split, b.Start, b.Timezone, b.Authorized = "selected", oneOf(p, "even", "random"), oneOf(p, "next_slot", "at_once", "at"), oneOf(p, worldZones...), p.percent(70)
		for _, user := range w.senders {
			if !w.boxes[user].deleted && p.percent(70) {
				b.SenderIDs = append(b.SenderIDs, user)
			}
		}
		if b.Start == "at" {
			wall := w.now.Add(p.about(time.Hour, day, 9*day)).Truncate(time.Hour)
			b.StartWall = &wall
		}
		if p.percent(40) {
			b.PerHour, b.PerDay = p(0, 6), p(0, 30)
		}
		return nil
	})
	if !w.allowed(err, "senders_invalid") {
		return
	}
	w.made(w.db.Pool().Exec(w.ctx, `UPDATE batches SET seed = $2 WHERE id = $1`, b.ID, p(0, 1<<30))) // so that it can be played again
	b, err = w.db.Batch(w.ctx, b.ID)
	w.must(err)
	plan, err := w.db.PreviewBatch(w.ctx, b, time.Time{}, mail.Needs)
	for err != nil && fault.From(err).Code == "beyond_horizon" {
		w.n.refused["beyond_horizon"]++
		if people = people[:len(people)/2]; len(people) == 0 {
			return
		}
		w.made(w.db.Pool().Exec(w.ctx, `DELETE FROM batch_people WHERE batch_id = $1 AND person_id <> ALL ($2)`, b.ID, people))
		plan, err = w.db.PreviewBatch(w.ctx, b, time.Time{}, mail.Needs)
	}
	w.must(err)
	if wait := p.about(0, time.Minute, 20*time.Minute); p.percent(30) { // the admin looks at it; mails go meanwhile or wait
		w.at(w.now.Add(wait))
	}
	accept := p.percent(50)
	done, rings, err := w.db.EngageBatch(w.ctx, b.ID, b.Version, plan.AsOf, plan.Digest, accept, mail.Needs)
	if !w.allowed(err, "nobody_to_engage", "schedule_changed", "beyond_horizon", "preview_too_old") {
		return
	}
	if !accept && !slices.Equal(done.Mails, plan.Mails) {
		w.bad("what happens is not what was previewed")
	}
	w.batches = append(w.batches, b.ID)
	w.limits[b.ID] = b
	rows, err := w.db.Enrollments(w.ctx, store.EnrollmentFilter{Batch: b.ID}, store.Page{Limit: 1000})
	w.must(err)
	if len(rows) != done.Engaged {
		w.bad("%d are engaged, not %d", len(rows), done.Engaged)
	}
	for _, e := range rows {
		h := w.people[e.PersonID-1]
		for _, o := range w.contacts {
			if o.who == h && (!o.over || w.sequence.Safeguards && !b.Authorized) || h.inactive || h.listed {
				w.bad("person %d is engaged again", h.id)
			}
		}
		w.contacts[e.ID] = &contact{
			id: e.ID, batch: b.ID, sender: e.SenderID, who: h, edition: e.Edition, step: 1, state: store.StateAdded, mails: map[int]*stepMail{}, calls: map[int]int{},
			editions: []int{e.Edition}, senders: []int64{e.SenderID},
		}
		w.n.contacts++
	}
	if p.percent(40) { // the engage workflow dies underway, and goes on later
		w.start(b.ID, 40)
		w.n.kills["while a batch is engaged"]++
		w.after(p.about(time.Minute, day), func() { w.start(b.ID, 100) })
		return
	}
	w.ring(p, rings)
}

// mend takes back whatever keeps somebody waiting, and lets all open tasks be done.
func (w *world) mend() {
	p := rolling(w.seed, 2)
	w.mending = true
	for _, user := range w.senders {
		b := w.boxes[user]
		w.revive(p, user)
		w.do("resume sender", p, &contact{id: -1, sender: user})
		s, err := w.db.Sender(w.ctx, user)
		w.must(err)
		_, err = w.db.PutSender(w.ctx, user, s.Version, store.Sender{
			Address: b.now().mailbox.Address, Timezone: "UTC", Days: []int32{0, 1, 2, 3, 4, 5, 6}, ToHour: 24, PerHour: 1000, PerDay: 10_000,
		})
		w.must(err)
		w.rules(user)
	}
	w.resume(p, store.EnrollmentFilter{Sequence: w.sequence.ID})
	w.after(time.Minute, w.doTasks)
}

func (w *world) doTasks() {
	w.do("tasks", rolling(w.seed, 3), nil)
	w.do("resume all", rolling(w.seed, 4), nil) // who was away
	for _, c := range w.contacts {
		if !c.over {
			w.after(day, w.doTasks)
			return
		}
	}
}
