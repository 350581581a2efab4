package quota

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/calendar"
)

func holidays(first string, n int) map[calendar.Date]bool {
	days := map[calendar.Date]bool{}
	for i := range n {
		days[mustDate(first).AddDays(i)] = true
	}
	return days
}

var (
	zones = rapid.Map(rapid.SampledFrom([]string{
		"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham",
		"Asia/Kolkata", "Pacific/Kiritimati", "Africa/Casablanca", "Asia/Beirut", "America/Havana", "Antarctica/Troll",
	}), mustZone)
	weekdays = rapid.SliceOfNDistinct(rapid.SampledFrom(everyDay), 0, 7, rapid.ID[time.Weekday])
	hours    = rapid.Custom(func(t *rapid.T) [2]int {
		from := rapid.IntRange(0, 23).Draw(t, "from")
		return [2]int{from, rapid.IntRange(from+1, min(24, from+5)).Draw(t, "to")}
	})
	domains = rapid.SampledFrom([]string{"", "a", "b"})
	gaps    = rapid.SampledFrom([]time.Duration{0, 0, time.Second, 7 * time.Minute, 20 * time.Minute, time.Hour, 2 * time.Hour, 24 * time.Hour})

	senders = rapid.Custom(func(t *rapid.T) Sender {
		h := hours.Draw(t, "hours")
		s := Sender{
			Zone: zones.Draw(t, "zone"), Days: weekdays.Draw(t, "days"), From: h[0], To: h[1],
			PerHour: rapid.IntRange(1, 4).Draw(t, "per hour"), PerDay: rapid.IntRange(1, 6).Draw(t, "per day"),
			MinGap:    gaps.Draw(t, "gap"),
			PerDomain: rapid.IntRange(0, 2).Draw(t, "per domain"), PerCompany: rapid.IntRange(0, 2).Draw(t, "per company"),
		}
		return s
	})
)

// world is a plan, its twin in plain lists, and what was asked of both.
type world struct {
	*rapid.T
	s        Sender
	now      time.Time
	days     int
	plan     *Plan
	batch    *Batch
	limits   [2]int
	zone     *time.Location // of the batch
	taken    []Taken
	reserved []Taken
	begun    []time.Time
}

// starts lie some days before the clocks change somewhere.
var starts = rapid.SampledFrom([]string{"2026-03-07T12:00", "2026-03-27T04:30", "2026-04-03T10:00", "2026-10-02T09:00", "2026-10-23T11:11:11", "2026-10-30T20:00", "2026-02-13T01:00"})

func newWorld(t *rapid.T) *world {
	w := &world{T: t, s: senders.Draw(t, "sender"), days: 8, zone: zones.Draw(t, "batch's zone")}
	w.now = in(w.s.Zone, starts.Draw(t, "start"))
	today, _ := calendar.ParseDate(w.now.Format(time.DateOnly))
	w.s.Holidays = map[calendar.Date]bool{today.AddDays(rapid.IntRange(0, 6).Draw(t, "holiday")): rapid.Bool().Draw(t, "off")}
	if rapid.Bool().Draw(t, "ramp") {
		w.s.Ramp = Ramp{today.AddDays(rapid.IntRange(-3, 3).Draw(t, "since")), rapid.IntRange(1, 3).Draw(t, "first"), rapid.IntRange(0, 2).Draw(t, "step")}
	}
	require.NoError(t, w.s.Validate())
	w.limits = [2]int{rapid.IntRange(0, 2).Draw(t, "batch hour"), rapid.IntRange(0, 3).Draw(t, "batch day")}
	w.batch = NewBatch(w.zone, w.limits[0], w.limits[1])
	for range rapid.IntRange(0, 8).Draw(t, "taken") {
		m := Taken{w.now.Add(time.Duration(rapid.IntRange(-30*3600, 8*24*3600).Draw(t, "taken at")) * time.Second), domains.Draw(t, "domain"), domains.Draw(t, "company")}
		if rapid.Bool().Draw(t, "on a position") {
			l := layOut(w.s, me, 1)
			m.At = m.At.Truncate(time.Hour).Add(time.Duration(l.at[0]))
		}
		w.taken = append(w.taken, m)
	}
	w.plan = NewPlan(w.now, w.now.AddDate(0, 0, w.days), 1)
	require.NoError(t, w.plan.AddSender(me, w.s, w.taken))
	return w
}

func (w *world) all() []Taken { return append(slices.Clone(w.taken), w.reserved...) }

// breaks is how much is wrong, weighed so that one more mail that is against a rule makes it more.
func breaks(vs []Violation) (sum int) {
	for _, v := range vs {
		sum += 1 + v.Found - v.Most
	}
	return sum
}

// allowed looks an instant up in the rules.
func (w *world) allowed(a Ask, at time.Time) bool {
	local := at.In(w.s.Zone).Hour()
	if at.Before(w.now) || at.Before(a.NotBefore) || !at.Before(w.now.AddDate(0, 0, w.days)) || a.To > 0 && (local < a.From || local >= a.To) {
		return false
	}
	if c := a.Contact; c != nil {
		theirs := at.In(c.Zone)
		if theirs.Hour() < c.From || theirs.Hour() >= c.To || len(c.Days) > 0 && !slices.Contains(c.Days, theirs.Weekday()) {
			return false
		}
	}
	if a.Batch != nil {
		inHour, inDay := 0, 0
		for _, b := range w.begun {
			if b.In(w.zone).Format(time.DateOnly) == at.In(w.zone).Format(time.DateOnly) {
				inDay++
				if b.In(w.zone).Hour() == at.In(w.zone).Hour() {
					inHour++
				}
			}
		}
		if w.limits[0] > 0 && inHour >= w.limits[0] || w.limits[1] > 0 && inDay >= w.limits[1] {
			return false
		}
	}
	for _, m := range w.all() {
		if m.At.Equal(at) {
			return false
		}
	}
	mail := Taken{at, a.Domain, a.Company}
	if s := w.s; s.Ramp == (Ramp{}) { // only what is near can matter
		near := []Taken{}
		for _, m := range w.all() {
			if m.At.Sub(at).Abs() <= 50*time.Hour {
				near = append(near, m)
			}
		}
		return breaks(Check(s, append(near, mail))) == breaks(Check(s, near))
	}
	return breaks(Check(w.s, append(w.all(), mail))) == breaks(Check(w.s, w.all()))
}

// earliest is the first hour of the sender's clock in which some position is allowed, by looking at all positions of all
// hours. The positions are those that the plan has in any slot.
func (w *world) earliest(a Ask, positions []int64) (time.Time, bool) {
	from := w.now
	if a.NotBefore.After(from) {
		from = a.NotBefore
	}
	quarter := from.UTC().Truncate(15 * time.Minute).Add(-time.Hour)
	for ; quarter.Before(w.now.AddDate(0, 0, w.days)); quarter = quarter.Add(15 * time.Minute) {
		if local := quarter.In(w.s.Zone); local.Minute() != 0 {
			continue
		}
		for _, p := range positions {
			if w.allowed(a, quarter.Add(time.Duration(p))) {
				return quarter, true
			}
		}
	}
	return time.Time{}, false
}

func (w *world) ask() Ask {
	a := Ask{Sender: me, Domain: domains.Draw(w.T, "domain"), Company: domains.Draw(w.T, "company")}
	a.NotBefore = w.now.Add(time.Duration(rapid.IntRange(-3600, 7*24*3600).Draw(w.T, "not before")) * time.Second)
	switch rapid.IntRange(0, 3).Draw(w.T, "from") {
	case 0:
		a.NotBefore = w.now
	case 1, 2: // near its slots
		if at, ok := w.s.NextSlot(a.NotBefore); ok {
			a.NotBefore = at.Add(time.Duration(rapid.IntRange(0, 5*60).Draw(w.T, "later")) * time.Minute)
		}
	}
	if rapid.IntRange(0, 3).Draw(w.T, "step") == 0 {
		a.From, a.To = w.s.From, rapid.IntRange(w.s.From+1, 24).Draw(w.T, "to")
	}
	if rapid.IntRange(0, 3).Draw(w.T, "contact") == 0 {
		h := hours.Draw(w.T, "contact's hours")
		a.Contact = &Hours{zones.Draw(w.T, "contact's zone"), h[0], min(24, h[0]+9), weekdays.Draw(w.T, "contact's days")}
	}
	if rapid.Bool().Draw(w.T, "batch") {
		a.Batch = w.batch
	}
	return a
}

// Whatever is asked, freed and taken already: a reservation breaks no rule, and no earlier slot would have done.
func TestReserveIsTheEarliest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		positions := layOut(w.s, me, 1).at
		batches := []bool{}
		for range rapid.IntRange(1, 20).Draw(t, "asks") {
			if len(w.reserved) > 0 && rapid.IntRange(0, 3).Draw(t, "free") == 0 {
				i := rapid.IntRange(0, len(w.reserved)-1).Draw(t, "which")
				w.plan.Free(me, w.reserved[i].At)
				if batches[i] {
					b := slices.IndexFunc(w.begun, w.reserved[i].At.Equal)
					w.begun = slices.Delete(w.begun, b, b+1)
				}
				w.reserved, batches = slices.Delete(w.reserved, i, i+1), slices.Delete(batches, i, i+1)
			}
			a := w.ask()
			hour, possible := w.earliest(a, positions)
			why := w.plan.Why(a)
			at, ok := w.plan.Reserve(a)
			require.Equal(t, possible, ok, "%v: %v", a, hour)
			if !ok {
				require.NotEmpty(t, why)
				continue
			}
			require.True(t, w.allowed(a, at), "%v at %v", a, at)
			require.Equal(t, hour.In(w.s.Zone).Format("02 15"), at.Format("02 15"), "%v", a)
			from := a.NotBefore
			if from.Before(w.now) {
				from = w.now
			}
			require.Equal(t, at.Format("02 15") == from.In(w.s.Zone).Format("02 15") && w.s.Open(from), why == "", "%v at %v: %s", a, at, why)
			w.reserved = append(w.reserved, Taken{at, a.Domain, a.Company})
			batches = append(batches, a.Batch != nil)
			if a.Batch != nil {
				w.begun = append(w.begun, at)
			}
		}
	})
}

// Nothing that is valid makes it panic, whatever it is asked.
func TestReserveNeverPanics(t *testing.T) {
	odd := rapid.SampledFrom([]int{-1, 0, 1, 2, 9, 23, 24, 25, 3600, 86400})
	rapid.Check(t, func(t *rapid.T) {
		pick := func(label string, of ...int) int { return rapid.SampledFrom(of).Draw(t, label) }
		s := Sender{
			Zone: zones.Draw(t, "zone"), Days: weekdays.Draw(t, "days"), From: pick("from", 0, 2, 8), To: pick("to", 9, 23, 24),
			PerHour: pick("per hour", 1, 2, 59, 61, 3600), PerDay: pick("per day", 1, 2, 59, 3600, 86400), MinGap: gaps.Draw(t, "gap"),
			PerDomain: pick("per domain", 0, 1, 86400), PerCompany: pick("per company", 0, 1, 86400),
		}
		if rapid.Bool().Draw(t, "ramp") {
			s.Ramp = Ramp{mustDate(rapid.SampledFrom([]string{"1900-01-01", "2026-03-01", "9999-12-31"}).Draw(t, "since")), pick("first", 1, 86400), pick("step", 0, 1, 86400)}
		}
		require.NoError(t, s.Validate())
		instants := rapid.Map(rapid.Int64Range(-1, 1), func(n int64) time.Time { return time.Unix(1772971200+n*rapid.Int64Range(0, 1<<20).Draw(t, "s"), n) })
		if rapid.IntRange(0, 9).Draw(t, "far") == 0 {
			instants = rapid.SampledFrom([]time.Time{{}, time.Unix(1772971200, 0), time.Unix(1<<40, 0), time.Unix(-1<<40, 0)})
		}
		now := time.Unix(1772971200, 0)
		p := NewPlan(now, now.AddDate(0, 0, rapid.IntRange(-1, 7).Draw(t, "horizon")), 1)
		var taken []Taken
		for range rapid.IntRange(0, 20).Draw(t, "taken") {
			taken = append(taken, Taken{instants.Draw(t, "at"), domains.Draw(t, "domain"), domains.Draw(t, "company")})
		}
		require.NoError(t, p.AddSender(me, s, taken))
		for range rapid.IntRange(1, 20).Draw(t, "asks") {
			a := Ask{Sender: me, NotBefore: instants.Draw(t, "not before"), From: odd.Draw(t, "from"), To: odd.Draw(t, "to"), Domain: domains.Draw(t, "domain")}
			if rapid.Bool().Draw(t, "contact") {
				a.Contact = &Hours{nil, odd.Draw(t, "from"), odd.Draw(t, "to"), weekdays.Draw(t, "days")}
			}
			if rapid.Bool().Draw(t, "batch") {
				a.Batch = NewBatch(nil, odd.Draw(t, "per hour"), odd.Draw(t, "per day"))
			}
			p.Why(a)
			if at, ok := p.Reserve(a); ok && rapid.Bool().Draw(t, "free") {
				p.Free(me, at)
				p.Free(me, at)
			}
			p.Free(me, a.NotBefore)
		}
	})
}

// Positions are inside the hour, MinGap apart even across it, and used in an order that any beginning of is spread.
func TestLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Sender{PerHour: rapid.IntRange(1, MaxPerHour).Draw(t, "per hour")}
		s.MinGap = rapid.SampledFrom([]time.Duration{0, 1, time.Second, time.Hour / time.Duration(s.PerHour), time.Minute, 59 * time.Minute}).Draw(t, "gap")
		l := layOut(s, rapid.Int64().Draw(t, "id"), rapid.Uint64().Draw(t, "seed"))
		n := len(l.at)
		if s.MinGap <= time.Hour/time.Duration(s.PerHour)/time.Millisecond*time.Millisecond {
			require.Len(t, l.at, s.PerHour)
		}
		for i, at := range l.at {
			require.Positive(t, at)
			require.Zero(t, at%int64(time.Millisecond))
			next := l.at[(i+1)%n] + hour*int64((i+1)/n)
			require.GreaterOrEqual(t, next-at, max(1, int64(s.MinGap)))
		}
		require.Less(t, l.at[n-1], hour)
		used := rapid.IntRange(1, n).Draw(t, "used")
		first := slices.Sorted(slices.Values(l.order[:used]))
		for i, k := range first {
			next := first[(i+1)%used] + int32(n)*int32((i+1)/used)
			require.LessOrEqual(t, int(next-k), 2*((n+used-1)/used)+1, "no hole more than twice the mean")
		}
		require.Len(t, slices.Compact(slices.Sorted(slices.Values(l.order))), n)
	})
}
