package quota

import (
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
)

func mustZone(name string) *time.Location {
	zone, err := calendar.Zone(name)
	if err != nil {
		panic(err)
	}
	return zone
}

func mustDate(text string) calendar.Date {
	d, err := calendar.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

// in reads a wall clock of a zone.
func in(zone *time.Location, text string) time.Time {
	w, err := calendar.ParseWall(text)
	if err != nil {
		panic(err)
	}
	return w.In(zone)
}

var paris = mustZone("Europe/Paris")

const me = 7

func office() Sender {
	return Sender{Zone: paris, From: 9, To: 18, PerHour: 50, PerDay: 400}
}

// planOf is a plan of one sender from Monday, 2026-06-01, 10:00 in its zone.
func planOf(t testing.TB, s Sender, taken ...Taken) (*Plan, time.Time) {
	t.Helper()
	now := in(s.Zone, "2026-06-01T10:00")
	p := NewPlan(now, now.AddDate(0, 6, 0), 1)
	require.NoError(t, p.AddSender(me, s, taken))
	return p, now
}

// reserve takes n instants and has them checked together with what was taken.
func reserve(t testing.TB, p *Plan, s Sender, a Ask, n int, taken ...Taken) []time.Time {
	t.Helper()
	a.Sender = me
	all := slices.Clone(taken)
	var got []time.Time
	for range n {
		at, ok := p.Reserve(a)
		require.True(t, ok)
		require.False(t, at.Before(a.NotBefore))
		got = append(got, at)
		all = append(all, Taken{at, a.Domain, a.Company})
	}
	require.Empty(t, Check(s, all))
	return got
}

// perSlot counts instants by the slot of a zone.
func perSlot(ats []time.Time, zone *time.Location) map[string]int {
	n := map[string]int{}
	for _, at := range ats {
		n[at.In(zone).Format("Mon 02 15h")]++
	}
	return n
}

func TestStartNowAt1040MeansEleven(t *testing.T) {
	s := office()
	at, ok := s.NextSlot(in(paris, "2026-06-01T10:40"))
	require.True(t, ok)
	require.Equal(t, in(paris, "2026-06-01T11:00"), at)

	p, _ := planOf(t, s)
	got := reserve(t, p, s, Ask{NotBefore: at}, 1)
	require.Equal(t, map[string]int{"Mon 01 11h": 1}, perSlot(got, paris))

	full := reserve(t, p, s, Ask{NotBefore: at}, 50)
	require.Equal(t, map[string]int{"Mon 01 11h": 49, "Mon 01 12h": 1}, perSlot(full, paris), "if the slot is full: the next")
}

func TestSpread150At100ADayAnd50AnHour(t *testing.T) {
	s := office()
	p, now := planOf(t, s)
	got := reserve(t, p, s, Ask{NotBefore: now, Batch: NewBatch(paris, 50, 100)}, 150)
	require.Equal(t, map[string]int{"Mon 01 10h": 50, "Mon 01 11h": 50, "Tue 02 09h": 50}, perSlot(got, paris))
}

func TestFridayPlusTwoIsTuesday(t *testing.T) {
	s := office()
	sent := in(paris, "2026-06-05T16:20")
	require.Equal(t, in(paris, "2026-06-09T00:00"), s.AfterDays(sent, 2))
	require.Equal(t, sent, s.AfterDays(sent, 0))
	require.Equal(t, in(paris, "2026-06-08T00:00"), s.AfterDays(in(paris, "2026-06-06T12:00"), 1), "from a Saturday")
	s.Holidays = map[calendar.Date]bool{mustDate("2026-06-08"): true, mustDate("2026-06-09"): false}
	require.Equal(t, in(paris, "2026-06-10T00:00"), s.AfterDays(sent, 2), "a holiday does not count")
}

// A quota that is full every day does not drift.
func TestFullEveryDayWithoutDrift(t *testing.T) {
	for _, c := range []struct{ perHour, perDay int }{{50, 100}, {50, 75}, {50, 30}, {7, 14}, {3600, 7200}, {1, 1}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := Sender{Zone: paris, From: 10, To: 12, PerHour: c.perHour, PerDay: c.perDay}
			p, now := planOf(t, s)
			want := map[string]int{}
			for _, day := range []string{"Mon 01", "Tue 02", "Wed 03", "Thu 04", "Fri 05"} {
				want[day+" 10h"] = min(c.perHour, c.perDay)
				if c.perDay > c.perHour {
					want[day+" 11h"] = c.perDay - c.perHour
				}
			}
			got := reserve(t, p, s, Ask{NotBefore: now}, 5*c.perDay)
			require.Equal(t, want, perSlot(got, paris))
		})
	}
}

// A mail before others that are reserved already counts in their windows, too.
func TestLaterMailsBoundEarlierOnes(t *testing.T) {
	s := Sender{Zone: paris, From: 10, To: 11, PerHour: 50, PerDay: 2}
	taken := []Taken{{At: in(paris, "2026-06-02T10:10")}, {At: in(paris, "2026-06-02T10:30")}}
	p, now := planOf(t, s, taken...)
	got := reserve(t, p, s, Ask{NotBefore: now}, 3, taken...)
	for _, at := range got[:2] {
		require.Equal(t, 1, at.Day())
		require.Less(t, at.Minute(), 30)
	}
	require.True(t, got[0].Minute() < 10 || got[1].Minute() < 10, "else three within the 24 h to Tuesday, 10:10")
	require.Equal(t, 3, got[2].Day())
	require.Equal(t, ReasonDay, p.Why(Ask{Sender: me, NotBefore: now}))

	// A window full on Tuesday before all positions leaves Monday nothing, and Tuesday what is 24 h after the older mail.
	taken = []Taken{{At: in(paris, "2026-06-01T10:30")}, {At: in(paris, "2026-06-02T10:00")}}
	p, now = planOf(t, s, taken...)
	got = reserve(t, p, s, Ask{NotBefore: now}, 1, taken...)
	require.Equal(t, 2, got[0].Day())
	require.GreaterOrEqual(t, got[0].Minute(), 30)

	// Nothing is left of Monday after 10:30, which says nothing about its beginning.
	taken = []Taken{{At: in(paris, "2026-06-02T10:10")}, {At: in(paris, "2026-06-02T10:30")}}
	p, now = planOf(t, s, taken...)
	got = reserve(t, p, s, Ask{NotBefore: now.Add(40 * time.Minute)}, 1, taken...)
	require.Equal(t, 3, got[0].Day())
	got = reserve(t, p, s, Ask{NotBefore: now}, 1, taken...)
	require.Equal(t, 1, got[0].Day())
}

func TestSendersShareABatch(t *testing.T) {
	s := office()
	p, now := planOf(t, s)
	require.NoError(t, p.AddSender(8, s, nil))
	b := NewBatch(paris, 0, 1)
	at, _ := p.Reserve(Ask{Sender: me, NotBefore: now, Batch: b})
	theirs, _ := p.Reserve(Ask{Sender: 8, NotBefore: now, Batch: b})
	require.Equal(t, []int{1, 2}, []int{at.Day(), theirs.Day()})
	p.Free(me, at)
	theirs, _ = p.Reserve(Ask{Sender: 8, NotBefore: now, Batch: b})
	require.Equal(t, 1, theirs.Day())
}

// The next plan finds what the last one reserved on the grid.
func TestFullEveryDayOverManyPlans(t *testing.T) {
	s := Sender{Zone: paris, From: 10, To: 12, PerHour: 50, PerDay: 100}
	var taken []Taken
	for day := range 20 {
		now := s.AfterDays(in(paris, "2026-05-31T10:00"), day+1)
		p := NewPlan(now, now.AddDate(0, 6, 0), 1)
		require.NoError(t, p.AddSender(me, s, taken))
		for range 100 {
			at, ok := p.Reserve(Ask{Sender: me, NotBefore: now})
			require.True(t, ok)
			require.Equal(t, now.Format(time.DateOnly), at.Format(time.DateOnly))
			taken = append(taken, Taken{At: at})
		}
	}
	require.Empty(t, Check(s, taken))
}

func TestFewAreSpreadOverTheHour(t *testing.T) {
	s := office()
	for seed := range uint64(200) {
		now := in(paris, "2026-06-01T09:00")
		p := NewPlan(now, now.AddDate(0, 1, 0), seed)
		require.NoError(t, p.AddSender(me, s, nil))
		got := reserve(t, p, s, Ask{NotBefore: in(paris, "2026-06-01T11:00")}, 5)
		slices.SortFunc(got, time.Time.Compare)
		for i, at := range got {
			require.Equal(t, 11, at.Hour())
			require.NotZero(t, at.Sub(at.Truncate(time.Hour)), "never on the full hour")
			if i > 0 {
				require.Greater(t, at.Sub(got[i-1]), 5*time.Minute)
			}
		}
	}
}

func TestRamp(t *testing.T) {
	s := Sender{Zone: paris, From: 9, To: 18, PerHour: 50, PerDay: 45, Ramp: Ramp{mustDate("2026-06-02"), 10, 10}}
	s.Holidays = map[calendar.Date]bool{mustDate("2026-06-04"): true}
	for day, want := range map[string]int{
		"2026-05-30": 10, "2026-06-01": 10, "2026-06-02": 10, "2026-06-03": 20, "2026-06-04": 30, "2026-06-05": 30,
		"2026-06-06": 40, "2026-06-08": 40, "2026-06-09": 45, "2030-01-01": 45,
	} {
		require.Equal(t, want, s.DayQuota(mustDate(day)), day)
	}
	p, now := planOf(t, s)
	got := reserve(t, p, s, Ask{NotBefore: now}, 10+10+20+30+40+45)
	require.Equal(t, map[string]int{
		"Mon 01 10h": 10, "Tue 02 10h": 10, "Wed 03 09h": 10, "Wed 03 10h": 10, "Fri 05 09h": 30, "Mon 08 09h": 40, "Tue 09 09h": 45,
	}, perSlot(got, paris))
}

func TestGap(t *testing.T) {
	s := office()
	s.MinGap = 5 * time.Minute
	p, now := planOf(t, s)
	got := reserve(t, p, s, Ask{NotBefore: now}, 24)
	require.Equal(t, map[string]int{"Mon 01 10h": 12, "Mon 01 11h": 12}, perSlot(got, paris))

	s.MinGap = 150 * time.Minute
	p, now = planOf(t, s)
	got = reserve(t, p, s, Ask{NotBefore: now}, 4)
	require.Equal(t, map[string]int{"Mon 01 10h": 1, "Mon 01 13h": 1, "Mon 01 16h": 1, "Tue 02 09h": 1}, perSlot(got, paris))

	s.MinGap = 3 * time.Minute // both sides of one that is taken and off the grid
	taken := Taken{At: in(paris, "2026-06-01T10:30:01")}
	p, now = planOf(t, s, taken)
	got = reserve(t, p, s, Ask{NotBefore: now}, 19, taken)
	require.Equal(t, map[string]int{"Mon 01 10h": 18, "Mon 01 11h": 1}, perSlot(got, paris))
}

func TestCaps(t *testing.T) {
	s := office()
	s.PerDomain, s.PerCompany = 2, 3
	taken := []Taken{{At: in(paris, "2026-06-01T09:30"), Domain: "a.example"}, {At: in(paris, "2026-06-02T03:00"), Company: "b"}}
	p, now := planOf(t, s, taken...)
	ask := Ask{Sender: me, NotBefore: now, Domain: "a.example"}
	got := reserve(t, p, s, ask, 4, taken[0])
	require.Equal(t, map[string]int{"Mon 01 10h": 1, "Tue 02 09h": 2, "Wed 03 09h": 1}, perSlot(got, paris))
	require.Equal(t, ReasonDomain, p.Why(ask))
	p.Free(me, got[0])
	require.Equal(t, Reason(""), p.Why(ask))
	again, _ := p.Reserve(ask)
	require.Equal(t, got[0], again)

	ask = Ask{Sender: me, NotBefore: now, Company: "b"}
	got = reserve(t, p, s, ask, 6)
	require.Equal(t, map[string]int{"Mon 01 10h": 3, "Tue 02 09h": 2, "Wed 03 09h": 1}, perSlot(got, paris))
	require.Equal(t, ReasonCompany, p.Why(ask))
	require.Equal(t, Reason(""), p.Why(Ask{Sender: me, NotBefore: now, Domain: "c.example", Company: "c"}))
}

func TestHolidays(t *testing.T) {
	s := office()
	s.Holidays = map[calendar.Date]bool{mustDate("2026-06-01"): true, mustDate("2026-06-02"): true, mustDate("2026-06-03"): false}
	p, now := planOf(t, s)
	require.Equal(t, ReasonHoliday, p.Why(Ask{Sender: me, NotBefore: now}))
	require.Equal(t, ReasonSlot, p.Why(Ask{Sender: me, NotBefore: now.Add(12 * time.Hour)}))
	got := reserve(t, p, s, Ask{NotBefore: now}, 1)
	require.Equal(t, map[string]int{"Wed 03 09h": 1}, perSlot(got, paris))
}

func TestContactInAnotherZone(t *testing.T) {
	kolkata := mustZone("Asia/Kolkata") // 3 h 30 ahead of Paris in summer
	s := office()
	p, now := planOf(t, s)
	ask := Ask{NotBefore: now, Contact: &Hours{Zone: kolkata, From: 14, To: 16, Days: []time.Weekday{time.Tuesday}}}
	got := reserve(t, p, s, ask, 101)
	for _, at := range got {
		require.Contains(t, []int{14, 15}, at.In(kolkata).Hour())
		require.Equal(t, time.Tuesday, at.In(kolkata).Weekday())
	}
	require.Equal(t, map[string]int{"Tue 02 10h": 25, "Tue 02 11h": 50, "Tue 02 12h": 25, "Tue 09 10h": 1}, perSlot(got, paris))
	ask.Sender = me
	require.Equal(t, ReasonContact, p.Why(ask))
	ask.Contact.From, ask.Contact.To = 23, 24
	_, ok := p.Reserve(ask)
	require.False(t, ok)
}

func TestStepHours(t *testing.T) {
	s := office()
	p, now := planOf(t, s)
	ask := Ask{Sender: me, NotBefore: now, From: 14, To: 15}
	got := reserve(t, p, s, ask, 60)
	require.Equal(t, map[string]int{"Mon 01 14h": 50, "Tue 02 14h": 10}, perSlot(got, paris))
	require.Equal(t, ReasonSlot, p.Why(ask))
	ask.NotBefore = in(paris, "2026-06-01T14:00")
	require.Equal(t, ReasonHour, p.Why(ask))
}

func TestWhyOfQuotas(t *testing.T) {
	s := office()
	s.PerDay, s.MinGap = 10, 20*time.Minute
	taken := Taken{At: in(paris, "2026-06-01T15:30")}
	p, now := planOf(t, s, taken)
	reserve(t, p, s, Ask{NotBefore: now}, 9, taken)
	require.Equal(t, ReasonDay, p.Why(Ask{Sender: me, NotBefore: in(paris, "2026-06-01T17:00")}))
	require.Equal(t, ReasonHorizon, p.Why(Ask{Sender: me, NotBefore: now.AddDate(0, 6, 0)}))
	require.Equal(t, ReasonSlot, p.Why(Ask{Sender: 8, NotBefore: now}))
	b := NewBatch(nil, 1, 0)
	b.Add(in(paris, "2026-06-02T16:10"))
	require.Equal(t, ReasonBatch, p.Why(Ask{Sender: me, NotBefore: in(paris, "2026-06-02T16:00"), Batch: b}))

	s.PerDay, s.MinGap = 400, 31*time.Minute
	p, _ = planOf(t, s, taken)
	require.Equal(t, ReasonGap, p.Why(Ask{Sender: me, NotBefore: in(paris, "2026-06-01T15:00")}))
}

// The end of an hour may be taken before the hour is full, and all of it where the gap leaves fewer places than the quota.
func TestWhyOfTheRestOfAnHour(t *testing.T) {
	s := office()
	late := in(paris, "2026-06-01T15:57")
	p, _ := planOf(t, s)
	n := 0
	for at, ok := p.Reserve(Ask{Sender: me, NotBefore: late}); ok && at.Hour() == 15; at, ok = p.Reserve(Ask{Sender: me, NotBefore: late}) {
		n++
	}
	require.Positive(t, n)
	require.Less(t, n, 50)
	require.Equal(t, ReasonSlot, p.Why(Ask{Sender: me, NotBefore: late}), "not that the hour is full: it is not")
	require.Equal(t, Reason(""), p.Why(Ask{Sender: me, NotBefore: in(paris, "2026-06-01T15:00")}))

	s.MinGap = 20 * time.Minute
	p, now := planOf(t, s)
	reserve(t, p, s, Ask{NotBefore: now}, 3)
	require.Equal(t, ReasonGap, p.Why(Ask{Sender: me, NotBefore: now}), "three of fifty, and no fourth place")
}

func TestHorizon(t *testing.T) {
	s := office()
	now := in(paris, "2026-06-01T10:00")
	p := NewPlan(now, in(paris, "2026-06-01T10:30"), 1)
	require.NoError(t, p.AddSender(me, s, nil))
	require.Error(t, p.AddSender(me, s, nil))
	n := 0
	for at, ok := p.Reserve(Ask{Sender: me}); ok; at, ok = p.Reserve(Ask{Sender: me}) {
		require.True(t, at.After(now) && at.Before(in(paris, "2026-06-01T10:30")))
		n++
	}
	require.Equal(t, 25, n)
	_, ok := p.Reserve(Ask{Sender: 8})
	require.False(t, ok)
}

func TestValidateNamesTheField(t *testing.T) {
	err := Sender{Days: []time.Weekday{7}, From: -1, To: 25, MinGap: -1, Ramp: Ramp{Step: -1}, PerDomain: -1, PerCompany: -1}.Validate()
	var errs calendar.FieldErrors
	require.ErrorAs(t, err, &errs)
	var fields []string
	for _, e := range errs {
		fields = append(fields, e.Field)
	}
	require.Equal(t, []string{
		"zone", "days", "from", "to", "per_hour", "per_day", "min_gap", "ramp.since", "ramp.first", "ramp.step", "per_domain", "per_company",
	}, fields)
	require.NoError(t, office().Validate())
}
