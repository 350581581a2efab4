package activities_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/store"
)

// fate is what becomes of a mail that the provider took: it tells so in any order, and more than once.
func (w *world) fate(c *contact, message int64, p picker) {
	at := w.now
	var all []store.Event
	add := func(percent int, kind store.EventKind, stops string) {
		if p.percent(percent) {
			at = at.Add(p.about(time.Minute, time.Hour, day))
			all = append(all, store.Event{Message: message, Kind: kind, At: at, Address: c.who.email, Stops: stops})
		}
	}
	add(90, store.Processed, "")
	if p.percent(7) {
		add(100, oneOf(p, store.Bounced, store.Blocked), "")
		if last := &all[len(all)-1]; last.Kind == store.Bounced {
			last.Stops = store.ByBounce
		}
	} else {
		add(90, store.Delivered, "")
		add(40, store.Opened, "")
		add(10, store.Clicked, "")
		add(2, store.Unsubscribed, store.ByUnsubscribe)
		add(1, store.SpamReported, store.BySpam)
	}
	for _, e := range all {
		for range p(1, 2) {
			w.after(e.At.Sub(w.now)+p.about(0, time.Minute, 3*time.Hour), func() { w.tell(p, news{c, []store.Event{e}}) })
		}
	}
	if len(all) > 1 {
		w.news = append(w.news, news{c, all})
	}
	if p.percent(12) {
		kind := oneOf(p, "reply", "reply", "out_of_office", "out_of_office", "out_of_office", "negative", "meeting", "click", "unsubscribe", "bounce")
		w.after(p.about(time.Minute, 5*time.Hour, 3*day), func() { w.respond(p, c, kind) })
	}
}

// tell posts events of one message.
func (w *world) tell(p picker, n news) {
	rings, err := w.db.ApplyEvents(w.ctx, n.events)
	w.must(err)
	c := n.c
	m := n.events[0].Message
	var step int
	w.must(w.db.Pool().QueryRow(w.ctx, `SELECT step FROM ledger WHERE id = $1`, m).Scan(&step))
	if x := c.mails[step]; x != nil {
		x.state = sent
	}
	rank := map[string]int{store.ByBounce: 1, store.ByUnsubscribe: 2, store.BySpam: 3}
	stops, bounced := "", false
	for _, e := range n.events {
		if rank[e.Stops] > rank[stops] {
			stops = e.Stops
		}
		bounced = bounced || e.Kind == store.Bounced || e.Kind == store.Blocked
	}
	if stops != "" {
		w.gone(c.who, map[string]store.State{store.ByBounce: store.StateBounced, store.ByUnsubscribe: store.StateUnsubscribed, store.BySpam: store.StateUnsubscribed}[stops])
	}
	if w.sequence.StopOnClick && slices.ContainsFunc(n.events, func(e store.Event) bool { return e.Kind == store.Clicked }) {
		c.end(store.StateReplied)
	}
	if x := c.mails[step]; x != nil && bounced {
		w.bounced(c, x)
	}
	w.ring(p, rings)
}

// bounced tells whether a mailbox has to halt: more than 8 % of at least 20 mails in 24 hours.
func (w *world) bounced(c *contact, m *stepMail) {
	b := w.boxes[m.sender]
	mails, bounces := 0, 0
	for i := range b.claims {
		x := &b.claims[i]
		x.bounced = x.bounced || x.contact == c && x.step == m.step
		if x.at.After(w.now.Add(-day)) {
			mails++
			if x.bounced {
				bounces++
			}
		}
	}
	if mails >= 20 && bounces*100 > 8*mails && !w.now.Before(b.halted.Add(day)) {
		b.halted = w.now
		w.n.events["a sender halts for bounces"]++
	}
	var halted *time.Time
	w.must(w.db.Pool().QueryRow(w.ctx, `SELECT halted_at FROM senders WHERE user_id = $1`, m.sender).Scan(&halted))
	if halted == nil && !b.halted.IsZero() || halted != nil && !halted.Equal(b.halted) {
		w.bad("sender %d is halted since %v and should be since %v (%d of %d bounced)", m.sender, halted, b.halted, bounces, mails)
	}
}

// gone is somebody whom nobody may write to any more.
func (w *world) gone(h *human, s store.State) {
	h.inactive = true
	for _, c := range w.contacts {
		if c.who == h {
			c.end(s)
		}
	}
}

// respond is what comes back to a contact.
func (w *world) respond(p picker, c *contact, kind string) {
	w.key++
	r := store.Response{Enrollment: c.id, Key: fmt.Sprint(w.key), Kind: kind, Subject: "Re", Text: "Text"}
	back := time.Time{}
	if kind == "out_of_office" && p.percent(50) {
		zone := w.boxes[c.sender].now().zone
		r.Until = calendar.WallOf(w.now.AddDate(0, 0, p(-2, 20)), zone).Date()
		midnight, err := time.Parse(time.DateOnly, r.Until.String())
		w.must(err)
		back = calendar.WallOf(midnight, time.UTC).In(zone)
	} else if kind == "out_of_office" {
		back = w.now.AddDate(0, 0, 14)
	}
	for again := range 2 {
		id, rings, err := w.db.Respond(w.ctx, r)
		w.must(err)
		if again == 1 && (id != 0 || len(rings) > 0) {
			w.bad("the same answer is stored twice")
		}
		w.ring(p, rings)
	}
	w.n.events["answer: "+kind]++
	w.note("answer of contact %d: %s until %s", c.id, kind, back)
	switch kind {
	case "out_of_office":
		c.pause(notBefore(back, w.now))
	case "unsubscribe":
		w.gone(c.who, store.StateUnsubscribed)
	case "bounce":
		w.gone(c.who, store.StateBounced)
	case "negative":
		c.replied()
		w.gone(c.who, store.StateBlacklisted)
	case "click":
		if w.sequence.StopOnClick {
			c.replied()
		}
	case "meeting":
		if w.sequence.StopOnMeeting {
			c.replied()
		}
	case "reply":
		c.replied()
		for _, o := range w.contacts {
			if w.sequence.StopOnCompany && o.who != c.who && o.who.company != "" && o.who.company == c.who.company {
				o.end(store.StateReplied)
			}
		}
	}
}

// outcome is what comes of a call to the provider.
type outcome string

const (
	accepted outcome = "accepted"
	doubtful outcome = "doubtful"
	later    outcome = "later"
	refused  outcome = "refused"
)

// providerCall is a call of the turn.
type providerCall struct {
	mail    *stepMail
	outcome outcome
}

// claim reads what has just been claimed.
func (w *world) claim(c *contact, message int64) *stepMail {
	var subject, person, sender int64
	var step int
	var at, due time.Time
	w.must(w.db.Pool().QueryRow(w.ctx, `SELECT l.subject_id, l.person_id, l.step, l.claimed_at, s.sender_id, e.due_at FROM ledger l JOIN enrollments e ON e.id = l.subject_id
		JOIN slots s ON s.enrollment_id = l.subject_id AND s.step = l.step AND s.claimed AND s.at = l.claimed_at WHERE l.id = $1 AND l.purpose = 'step'`, message).
		Scan(&subject, &person, &step, &at, &sender, &due))
	if subject != c.id || person != c.who.id {
		w.bad("a turn of contact %d writes to %d", c.id, subject)
	}
	if at.Sub(due) > 10*time.Minute || at.Before(due) { // a stop of the system does not end in a burst
		w.bad("contact %d, due at %s, is written to at %s", c.id, due, at)
	}
	w.n.mails++
	if step == 1 {
		w.begun(c)
	}
	return w.claimed(c, sender, step, at.UTC())
}

// called is a call that reached the provider, which tells later what became of it, if it took it.
func (w *world) called(c *contact, m *stepMail, message int64, ends outcome, p picker) {
	switch ends {
	case later:
		w.n.laters++
		return
	case refused:
		w.n.refusals++
		return
	case doubtful:
		w.n.doubts++
	}
	w.note("call for contact %d, step %d: %s", c.id, m.step, ends)
	if c.calls[m.step]++; c.calls[m.step] > 1 {
		w.n.twice++
		w.bad("step %d of contact %d went to the provider %d times", m.step, c.id, c.calls[m.step])
	}
	if ends == accepted || p.percent(60) { // it has it, though nobody heard so
		w.fate(c, message, p)
	}
}

// serve is the provider.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	defer func() {
		if problem := recover(); problem != nil {
			w.bad("while the provider serves: %v", problem)
			rw.WriteHeader(http.StatusInternalServerError)
		}
	}()
	body, err := io.ReadAll(r.Body)
	w.must(err)
	var call struct {
		Personalizations []struct {
			CustomArgs map[string]string `json:"custom_args"`
		} `json:"personalizations"`
	}
	w.must(json.Unmarshal(body, &call))
	message, err := strconv.ParseInt(call.Personalizations[0].CustomArgs["m"], 10, 64)
	w.must(err)
	c, p := w.turning, w.dice
	var purpose string
	w.must(w.db.Pool().QueryRow(w.ctx, `SELECT purpose FROM ledger WHERE id = $1`, message).Scan(&purpose))
	if purpose == "forward" {
		if p.percent(w.faults / 2) {
			rw.WriteHeader(http.StatusTooManyRequests)
			return
		}
		rw.WriteHeader(http.StatusAccepted)
		return
	}
	w.call = &providerCall{mail: w.claim(c, message), outcome: accepted}
	status := http.StatusAccepted
	if p.percent(w.faults) {
		answer := oneOf(p, providerCall{outcome: later}, providerCall{outcome: doubtful}, providerCall{outcome: doubtful}, providerCall{outcome: refused}).outcome
		w.call.outcome = answer
		status = map[outcome]int{later: http.StatusTooManyRequests, doubtful: oneOf(p, http.StatusBadGateway, http.StatusGatewayTimeout), refused: oneOf(p, http.StatusBadRequest, http.StatusRequestEntityTooLarge)}[answer]
		if answer == later && p.percent(50) {
			rw.Header().Set("Retry-After", strconv.Itoa(p(1, 400)))
		}
	}
	w.called(c, w.call.mail, message, w.call.outcome, p)
	if !w.mending && p.percent(w.faults) { // somebody does something while the call is under way
		kind := oneOf(p, "pause this", "stop this", "reassign this", "respond this", "pause sender", "quota", "resume all", "edit and migrate")
		w.n.events["under way: "+kind]++
		w.do(kind, p, c)
	}
	rw.WriteHeader(status)
}
