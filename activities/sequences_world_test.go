package activities_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"pgregory.net/rapid"

	"rondo/activities/calendar"
	"rondo/activities/store"
)

// picker draws a number from lo to hi.
type picker func(lo, hi int) int

// rolling draws from a seed: taking away other events leaves what it draws as it was. (Numbers that rapid draws are small
// more often than not, so that little would come of them.)
func rolling(seed, about uint64) picker {
	r := rand.New(rand.NewPCG(seed, about))
	return func(lo, hi int) int { return lo + r.IntN(hi-lo+1) }
}

func oneOf[T any](p picker, of ...T) T { return of[p(0, len(of)-1)] }

// percent is true so often.
func (p picker) percent(n int) bool { return p(0, 99) < n }

// about is a time of the order of one of these.
func (p picker) about(of ...time.Duration) time.Duration {
	d := oneOf(p, of...)
	return d/2 + time.Duration(p(0, 1000))*d/1000
}

var worldZones = []string{
	"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "Asia/Kolkata",
	"Pacific/Kiritimati", "Asia/Beirut", "America/Havana", "Africa/Cairo", "America/Santiago",
}

// worldStarts lie before the clocks change somewhere. They are far ahead: people may be snoozed until what is the future of
// the machine, too.
var worldStarts = []string{"2041-03-08T12:00:00Z", "2041-03-28T04:30:00Z", "2041-09-29T10:00:00Z", "2041-10-25T09:00:00Z", "2041-12-20T23:30:00Z", "2044-02-26T15:00:00Z"}

// draw a mailbox with small quotas.
func drawMailbox(p picker, address string, today time.Time, lists []int64) store.Sender {
	from := p(0, 20)
	s := store.Sender{
		Address: address, Name: "Sam Sender", Timezone: oneOf(p, worldZones...), FromHour: from, ToHour: min(24, from+p(1, 12)),
		PerHour: p(1, 20), PerDay: p(3, 60), MinGapS: oneOf(p, 0, 0, 0, 20, 300, 1200, 3600),
		PerDomain: oneOf(p, 0, 0, 0, 2, 5), PerCompany: oneOf(p, 0, 0, 0, 2, 5),
	}
	mask := oneOf(p, 0b0111110, 0b1111111, 0b0111110, p(1, 127))
	for d := range int32(7) {
		if mask>>d&1 == 1 {
			s.Days = append(s.Days, d)
		}
	}
	if p.percent(30) {
		since := today.Truncate(day).AddDate(0, 0, p(-5, 10))
		s.RampSince, s.RampFirst, s.RampStep = &since, p(1, 5), p(1, 5)
	}
	if p.percent(40) {
		s.HolidayListID = &lists[p(0, len(lists)-1)]
	}
	return s
}

// drawHours are when contacts take mail, by their own clocks.
func drawHours(p picker) (from, to int) {
	if p.percent(50) {
		return 0, 24
	}
	from = p(0, 18)
	return from, min(24, from+p(3, 12))
}

func drawHolidays(p picker, today time.Time) map[calendar.Date]string {
	days := map[calendar.Date]string{}
	first := calendar.WallOf(today, time.UTC).Date()
	for range p(0, 5) {
		d := first.AddDays(p(0, 120))
		for i := range p(1, 4) {
			days[d.AddDays(i)] = "Holiday"
		}
	}
	return days
}

func drawSteps(p picker) []store.Step {
	steps := make([]store.Step, p(1, 4))
	mails := 0
	for i := range steps {
		s := store.Step{Kind: store.MailStep, Text: "Text {{ person.name }}", FromHour: 0, ToHour: 24, StaleHours: oneOf(p, 1, 24, 72)}
		switch {
		case p.percent(15):
			s.Kind, s.Text = store.TaskStep, "Call them"
		case mails > 0 && p.percent(50):
			s.Thread = true
		default:
			s.Subject = fmt.Sprintf("Step %d", i+1)
		}
		if s.Kind == store.MailStep {
			mails++
		}
		if i > 0 {
			if p.percent(25) {
				s.DelayMinutes = p(1, 600)
			} else {
				s.DelayDays = p(0, 5)
			}
		}
		if p.percent(20) {
			s.FromHour = p(0, 11)
			s.ToHour = p(s.FromHour+6, 24)
		}
		steps[i] = s
	}
	return steps
}

// event is what somebody does, so long after what was done before it.
type event struct {
	After time.Duration
	Kind  string
	Seed  uint64
}

var eventKinds = []string{
	"pause contact", "pause contact until", "pause batch", "pause sequence until", "resume contact", "resume all", "resume all",
	"pause sender", "resume sender", "resume sender", "delete sender", "revive sender", "stop contact", "reassign contact", "reassign contact", "reassign sender",
	"quota", "quota", "quota", "holidays", "edit", "edit and migrate", "edit and migrate", "settings", "engage", "engage", "engage",
	"down", "down", "task", "task", "tasks", "respond", "respond", "blacklist", "snooze", "repeat events",
}

var events = rapid.Custom(func(t *rapid.T) event {
	seed := rapid.Uint64().Draw(t, "seed")
	p := rolling(seed, 0)
	return event{After: oneOf(p, 0, time.Second, time.Minute, 17*time.Minute, time.Hour, 5*time.Hour, day, 3*day, 9*day), Kind: oneOf(p, eventKinds...), Seed: seed}
})

// draw makes people, senders and a sequence, and engages the first batch.
func (w *world) draw() {
	w.seed = rapid.Uint64().Draw(w.T, "seed")
	p := rolling(w.seed, 0)
	w.faults = oneOf(p, 0, 5, 20, 40)
	n := p(1, oneOf(p, 5, 12, 25, 60, 100))
	if w.large || p.percent(2) {
		n = 200
	}
	w.n.people = n
	w.made(w.db.Pool().Exec(w.ctx, `INSERT INTO people (email, name, attributes)
		SELECT 'p' || i || '@' || (ARRAY['one.example', 'two.example', 'gmail.com', 'three.example', 'mail.three.example'])[1 + i % 5], 'Person ' || i,
			CASE i % 4 WHEN 0 THEN jsonb_build_object('company', (ARRAY['Acme', ' acme ', 'Two  Ltd'])[1 + i % 3]) ELSE '{}' END FROM generate_series(1, $1::int) i`, n))
	for i := range n {
		h := &human{id: int64(i + 1)}
		if p.percent(60) {
			h.zone = oneOf(p, worldZones...)
			w.made(w.db.Pool().Exec(w.ctx, `UPDATE people SET timezone = $2 WHERE id = $1`, h.id, h.zone))
		}
		w.people = append(w.people, h)
	}
	for _, h := range w.people {
		w.must(w.db.Pool().QueryRow(w.ctx, `SELECT email, split_part(email, '@', 2), coalesce(attributes ->> 'company', '') FROM people WHERE id = $1`, h.id).
			Scan(&h.email, &h.domain, &h.company))
		h.company = companyOf(h.company, h.domain)
	}
	for i := range 2 {
		l, _, err := w.db.PutHolidayList(w.ctx, 0, 0, fmt.Sprintf("List %d", i), drawHolidays(p, w.now))
		w.must(err)
		w.lists = append(w.lists, l.ID)
	}
	for i := range p(1, 5) {
		address := fmt.Sprintf("sender%d@us.example", i)
		u, err := w.db.CreateUser(w.ctx, address, "", "")
		w.must(err)
		_, err = w.db.PutSender(w.ctx, u.ID, 0, drawMailbox(p, address, w.now, w.lists))
		w.must(err)
		w.senders = append(w.senders, u.ID)
		w.boxes[u.ID] = &box{}
		w.rules(u.ID)
	}
	from, to := drawHours(p)
	s, err := w.db.CreateSequence(w.ctx, store.Sequence{
		Name: "Outreach", Safeguards: p.percent(50), StopOnClick: p.percent(50), StopOnMeeting: p.percent(50), StopOnCompany: p.percent(30), UnresponsiveDays: p(0, 14),
		ContactFromHour: from, ContactToHour: to,
	}, drawSteps(p))
	w.must(err)
	w.sequence = s
	w.edition()
	w.events = slices.Insert(rapid.SliceOfN(events, oneOf(p, 0, 20, 40), 60).Draw(w.T, "events"), 0, event{Kind: "engage", Seed: w.seed})
}
