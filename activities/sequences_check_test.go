package activities_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"rondo/activities/store"
)

// The checker: rules read off the issue, in the simplest way that is right. It shares no code with the store or the planner.

// claim is a mail of a step that left the house, or may have.
type claim struct {
	contact         *contact
	step            int
	at              time.Time
	domain, company string
	bounced         bool
}

// box is a mailbox, its rules over time, and what left it.
type box struct {
	rules           []ruleset
	claims          []claim
	paused, deleted bool
	halted          time.Time
}

// ruleset is what holds for a mailbox from an instant on.
type ruleset struct {
	from     time.Time
	zone     *time.Location
	off      map[string]bool
	mailbox  store.Sender
	weekdays [7]bool
}

// rules reads what an admin has set for a mailbox.
func (w *world) rules(user int64) {
	s, err := w.db.Sender(w.ctx, user)
	w.must(err)
	r := ruleset{from: w.now, mailbox: s, off: map[string]bool{}}
	r.zone, err = time.LoadLocation(s.Timezone)
	w.must(err)
	for _, d := range s.Days {
		r.weekdays[d] = true
	}
	if s.HolidayListID != nil {
		_, days, err := w.db.HolidayList(w.ctx, *s.HolidayListID)
		w.must(err)
		for d := range days {
			r.off[d.String()] = true
		}
	}
	b := w.boxes[user]
	b.rules = append(b.rules, r)
}

func (b *box) now() ruleset { return b.rules[len(b.rules)-1] }

func (r ruleset) sends(day time.Time) bool {
	return r.weekdays[day.Weekday()] && !r.off[day.Format(time.DateOnly)]
}

// open tells whether an instant is in an hour in which mails go: one that began on the full hour, at most 60 minutes ago.
func (r ruleset) open(at time.Time, from, to int) bool {
	local := at.In(r.zone)
	h := local.Hour()
	if !r.sends(local) || h < max(r.mailbox.FromHour, from) || h >= min(r.mailbox.ToHour, to) {
		return false
	}
	begin := local.Truncate(time.Minute)
	for begin.Add(-time.Minute).In(r.zone).Hour() == h {
		begin = begin.Add(-time.Minute)
	}
	return begin.In(r.zone).Minute() == 0 && at.Sub(begin) < time.Hour
}

func (r ruleset) dayQuota(day time.Time) int {
	s := r.mailbox
	if s.RampSince == nil {
		return s.PerDay
	}
	n := s.RampFirst
	for d := *s.RampSince; d.Format(time.DateOnly) < day.Format(time.DateOnly); d = d.AddDate(0, 0, 1) {
		if r.sends(d) {
			n += s.RampStep
		}
	}
	return min(n, s.PerDay)
}

// breaks names the rules that a claim breaks, with those before it, as they hold at that moment. A clock hour or a window
// that is too full is found with the mail that makes it so.
func (b *box) breaks(c claim, step store.Step) (found []string) {
	r := b.now()
	s := r.mailbox
	local := c.at.In(r.zone)
	if !r.open(c.at, step.FromHour, step.ToHour) {
		found = append(found, fmt.Sprintf("%s is not open", local))
	}
	hour, window, domain, company := 1, 1, 1, 1
	for _, x := range b.claims {
		there := x.at.In(r.zone)
		if x.at.After(c.at) {
			found = append(found, "claims do not come in their order")
		}
		if there.Format("2006-01-02 15") == local.Format("2006-01-02 15") {
			hour++
		}
		if x.at.After(c.at.Add(-day)) {
			window++
		}
		if there.Format(time.DateOnly) == local.Format(time.DateOnly) {
			if x.domain == c.domain {
				domain++
			}
			if x.company == c.company && x.company != "" {
				company++
			}
		}
		if c.at.Sub(x.at) < time.Duration(s.MinGapS)*time.Second {
			found = append(found, fmt.Sprintf("only %s after another", c.at.Sub(x.at)))
		}
	}
	for _, q := range []struct {
		what    string
		n, most int
	}{{"an hour", hour, s.PerHour}, {"24 hours", window, r.dayQuota(local)}, {"a day to a domain", domain, s.PerDomain}, {"a day to a company", company, s.PerCompany}} {
		if q.n > q.most && q.most > 0 {
			found = append(found, fmt.Sprintf("%d in %s, at most %d", q.n, q.what, q.most))
		}
	}
	return found
}

// claimed checks a claim as it is made.
func (w *world) claimed(c *contact, sender int64, step int, at time.Time) *stepMail {
	m := &stepMail{step: step, state: claimed, went: at, sender: sender}
	s := w.steps(c)[step-1]
	b := w.boxes[sender]
	h := c.who
	switch {
	case c.over, c.state != store.StateAdded && c.state != store.StateActive, c.step != step, s.Kind != store.MailStep, c.sender != sender, c.mails[step] != nil:
		w.bad("contact %d (%s, step %d, sender %d) is written step %d (%s) by %d", c.id, c.state, c.step, c.sender, step, s.Kind, sender)
	case b.paused, b.deleted:
		w.bad("sender %d is paused (%t) or deleted (%t) and writes to contact %d", sender, b.paused, b.deleted, c.id)
	case h.inactive, h.listed, at.Before(h.snoozed):
		w.bad("contact %d must not be written to: inactive %t, blacklisted %t, snoozed until %s", c.id, h.inactive, h.listed, h.snoozed)
	case step == 1 && at.Before(b.halted.Add(day)):
		w.bad("sender %d begins with contact %d although its mails bounced, on %s", sender, c.id, b.halted)
	case !at.Equal(w.now):
		w.bad("contact %d is written to at %s, which is now %s", c.id, at, w.now)
	}
	if early := w.early(c, at); early != "" {
		w.bad("mail to contact %d: %s", c.id, early)
	}
	w.awake(c, at)
	x := claim{contact: c, step: step, at: at, domain: h.domain, company: h.company}
	for _, broken := range b.breaks(x, s) {
		w.n.violations++
		w.bad("sender %d, contact %d, step %d, %s: %s", sender, c.id, step, at, broken)
	}
	b.claims = append(b.claims, x)
	c.mails[step], c.state = m, store.StateActive
	return m
}

// watchSlots lets the database write down for when a first step that is claimed was planned.
const watchSlots = `CREATE TABLE fake.begun (id bigint, at timestamptz);
	CREATE FUNCTION fake.begins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF TG_OP = 'DELETE' THEN
			DELETE FROM fake.begun WHERE id = old.enrollment_id;
			RETURN old;
		END IF;
		INSERT INTO fake.begun VALUES (new.enrollment_id, old.at);
		RETURN new;
	END $$;
	CREATE TRIGGER begins AFTER UPDATE OF claimed ON slots FOR EACH ROW WHEN (new.step = 1 AND new.claimed) EXECUTE FUNCTION fake.begins();
	CREATE TRIGGER begins_later AFTER DELETE ON slots FOR EACH ROW WHEN (old.step = 1 AND old.claimed) EXECUTE FUNCTION fake.begins();`

// begun counts whom a batch begins in an hour and on a day of its zone: by what was planned, since a mail may be a few minutes
// late.
func (w *world) begun(c *contact) {
	b := w.limits[c.batch]
	zone, err := time.LoadLocation(b.Timezone)
	w.must(err)
	rows, err := w.db.Pool().Query(w.ctx, `SELECT e.id, coalesce(g.at, s.at) FROM enrollments e LEFT JOIN fake.begun g ON g.id = e.id
		LEFT JOIN slots s ON s.enrollment_id = e.id AND s.step = 1 AND NOT s.claimed WHERE e.batch_id = $1 AND coalesce(g.at, s.at) IS NOT NULL`, c.batch)
	w.must(err)
	defer rows.Close()
	hours, days, found := map[string]int{}, map[string]int{}, false
	for rows.Next() {
		var id int64
		var at time.Time
		w.must(rows.Scan(&id, &at))
		found = found || id == c.id
		hours[at.In(zone).Format("2006-01-02 15")]++
		days[at.In(zone).Format(time.DateOnly)]++
	}
	w.must(rows.Err())
	if !found {
		w.bad("contact %d is begun, which was not planned", c.id)
	}
	for _, q := range []struct {
		of   map[string]int
		most int
	}{{hours, b.PerHour}, {days, b.PerDay}} {
		for when, n := range q.of {
			if q.most > 0 && n > q.most {
				w.bad("batch %d begins %d contacts in %s, at most %d", c.batch, n, when, q.most)
			}
		}
	}
}

// planned checks the slots ahead of senders whose rules were edited just now, or those of their contacts.
func (w *world) planned(users ...int64) {
	rows, err := w.db.Pool().Query(w.ctx, `SELECT s.sender_id, s.enrollment_id, s.step, s.at, e.step, e.due_at FROM slots s JOIN enrollments e ON e.id = s.enrollment_id
		WHERE s.sender_id = ANY ($1) AND NOT s.claimed AND s.at > $2 ORDER BY s.at`, users, w.now)
	w.must(err)
	defer rows.Close()
	boxes := map[int64]*box{}
	for rows.Next() {
		var user, id int64
		var step, present int
		var at time.Time
		var due *time.Time
		w.must(rows.Scan(&user, &id, &step, &at, &present, &due))
		if boxes[user] == nil {
			boxes[user] = &box{rules: []ruleset{w.boxes[user].now()}}
		}
		c := w.contacts[id]
		x := claim{contact: c, step: step, at: at.UTC(), domain: c.who.domain, company: c.who.company}
		for _, broken := range boxes[user].breaks(x, w.steps(c)[step-1]) {
			w.bad("slot of contact %d, step %d, sender %d, at %s: %s", id, step, user, at, broken)
		}
		boxes[user].claims = append(boxes[user].claims, x)
		w.awake(c, at)
		if step == present && (due == nil || !due.Equal(at)) {
			w.bad("contact %d has its slot at %s and is due at %v", id, at, due)
		}
		w.n.planned++
	}
	w.must(rows.Err())
	for _, e := range w.open() { // they look for a slot every day now
		if e.Reason == "horizon" && slices.Contains(users, e.SenderID) {
			w.lost[e.ID] = true
			w.after(40*time.Second, w.reconcile)
		}
	}
}

// awake checks the hours of a contact.
func (w *world) awake(c *contact, at time.Time) {
	if c.who.zone == "" {
		return
	}
	zone, err := time.LoadLocation(c.who.zone)
	w.must(err)
	if hour := at.In(zone).Hour(); hour < w.sequence.ContactFromHour || hour >= w.sequence.ContactToHour {
		w.bad("contact %d gets a mail at %s, and takes some from %d to %d", c.id, at.In(zone), w.sequence.ContactFromHour, w.sequence.ContactToHour)
	}
}

// early says whether a step comes too soon after the one before it: by every calendar and delay that held since then.
func (w *world) early(c *contact, at time.Time) string {
	if c.prev.IsZero() {
		return ""
	}
	why := ""
	for _, edition := range c.editions {
		steps := w.editions[edition]
		if c.step > len(steps) {
			continue
		}
		s := steps[c.step-1]
		if s.DelayMinutes > 0 {
			if !at.Before(c.prev.Add(time.Duration(s.DelayMinutes-1) * time.Minute)) {
				return ""
			}
			why = fmt.Sprintf("%d minutes after %s it is %s", s.DelayMinutes, c.prev, at)
			continue
		}
		for _, user := range c.senders {
			rules := w.boxes[user].rules
			for i, r := range rules {
				if i+1 < len(rules) && !rules[i+1].from.After(c.prev) {
					continue // it did not hold any more
				}
				d, left := c.prev.In(r.zone), s.DelayDays
				d = time.Date(d.Year(), d.Month(), d.Day(), 12, 0, 0, 0, time.UTC)
				for left > 0 {
					if d = d.AddDate(0, 0, 1); r.sends(d) {
						left--
					}
				}
				if at.In(r.zone).Format(time.DateOnly) >= d.Format(time.DateOnly) && !at.Before(c.prev) {
					return ""
				}
				why = fmt.Sprintf("%d sending days after %s it is %s, not %s", s.DelayDays, c.prev.In(r.zone), at.In(r.zone), d.Format(time.DateOnly))
			}
		}
	}
	return why
}

// ledger compares what left the house with what the store has written down.
func (w *world) ledger() {
	var have, want []string
	rows, err := w.db.Pool().Query(w.ctx, `SELECT sender_id, enrollment_id, s.step, at FROM slots s WHERE claimed`)
	w.must(err)
	for rows.Next() {
		var sender, id int64
		var step int
		var at time.Time
		w.must(rows.Scan(&sender, &id, &step, &at))
		have = append(have, fmt.Sprint(sender, id, step, at.UTC()))
	}
	w.must(rows.Err())
	for user, b := range w.boxes {
		for _, c := range b.claims {
			want = append(want, fmt.Sprint(user, c.contact.id, c.step, c.at.UTC()))
		}
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		w.bad("slots that are claimed:\n%s\nmails that may have left:\n%s", strings.Join(have, "\n"), strings.Join(want, "\n"))
	}
	for _, x := range []struct{ what, sql string }{
		{"slots are reserved for contacts that are over", `SELECT count(*) FROM slots s JOIN enrollments e ON e.id = s.enrollment_id WHERE e.ended_at IS NOT NULL AND NOT s.claimed`},
		{"slots are reserved for steps gone by", `SELECT count(*) FROM slots s JOIN enrollments e ON e.id = s.enrollment_id WHERE NOT s.claimed AND s.step < e.step`},
		{"slots are reserved with another sender", `SELECT count(*) FROM slots s JOIN enrollments e ON e.id = s.enrollment_id WHERE NOT s.claimed AND s.sender_id <> e.sender_id`},
		{"claimed slots have no message", `SELECT count(*) FROM slots s WHERE claimed AND NOT EXISTS (SELECT FROM ledger l WHERE l.subject_id = s.enrollment_id AND l.step = s.step AND l.purpose = 'step')`},
		{"tasks are open that nobody waits for", `SELECT count(*) FROM tasks t JOIN enrollments e ON e.id = t.enrollment_id WHERE t.done_at IS NULL AND (e.ended_at IS NOT NULL OR e.step <> t.step)`},
		{"tasks are open with somebody else", `SELECT count(*) FROM tasks t JOIN enrollments e ON e.id = t.enrollment_id WHERE t.done_at IS NULL AND t.user_id <> e.sender_id`},
	} {
		var n int
		w.must(w.db.Pool().QueryRow(w.ctx, x.sql).Scan(&n))
		if n > 0 {
			w.bad("%d %s", n, x.what)
		}
	}
}

// stuck says who waits for nothing that will come.
func (w *world) stuck() {
	for _, e := range w.open() {
		c, b := w.contacts[e.ID], w.boxes[e.SenderID]
		due := e.DueAt
		if e.State == store.StatePaused {
			due = e.ResumeAt
		}
		wake, waits := w.wake[e.ID]
		why, err := w.db.Why(w.ctx, e.ID)
		w.must(err)
		if !slices.Contains(store.WhyCodes, why.Code) || why.Text == "" {
			w.bad("why contact %d waits: %v", e.ID, why)
		}
		w.n.why[why.Code]++
		// A workflow that is woken has its turn after those that were woken before it.
		if why.Code == store.WhyOverdue && (due == nil || due.After(w.now) || wake.After(w.now) && !w.down.After(w.now)) {
			w.bad("contact %d (%s %q, step %d, due %v) is said to be overdue: woken %v, down until %v, reason of why %v", e.ID, e.State, e.Reason, e.Step, e.DueAt, wake, w.down, why)
		}
		switch {
		case due != nil && waits && !wake.After(notBefore(*due, w.now)):
		case due != nil && (c.rung || w.lost[e.ID]):
		case due == nil && e.State == store.StatePaused:
		case due == nil && c.task && e.Reason == "task":
		case due == nil && e.Reason == "sender_paused" && b.paused:
		case due == nil && e.Reason == "sender_deleted" && b.deleted:
		default:
			w.bad("contact %d (%s, step %d, reason %q, due %v, resumes %v) is woken at %v (%t): it is stuck; %s", e.ID, e.State, e.Step, e.Reason, e.DueAt, e.ResumeAt, wake, waits, why.Text)
		}
	}
}

func notBefore(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
