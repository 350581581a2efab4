package quota

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var everyDay = []time.Weekday{0, 1, 2, 3, 4, 5, 6}

// On days with a clock change each hour that exists has one slot, and its quota once.
func TestClockChanges(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		missing   []int // hours that are no slots
	}{
		{"America/New_York", "2026-03-08", []int{2}},
		{"America/New_York", "2026-11-01", nil},
		{"Europe/Paris", "2026-03-29", []int{2}},
		{"Europe/Paris", "2026-10-25", nil},
		{"Australia/Lord_Howe", "2026-10-04", []int{2}}, // 02:00 becomes 02:30
		{"Australia/Lord_Howe", "2026-04-05", nil},      // 02:00 becomes 01:30
		{"Pacific/Chatham", "2026-09-27", []int{3}},     // 02:45 becomes 03:45
		{"Pacific/Chatham", "2026-04-05", nil},          // 03:45 becomes 02:45
		{"Asia/Beirut", "2026-03-29", []int{0}},         // 00:00 becomes 01:00
	} {
		t.Run(c.zone+" "+c.day, func(t *testing.T) {
			zone := mustZone(c.zone)
			s := Sender{Zone: zone, Days: everyDay, From: 0, To: 24, PerHour: 12, PerDay: 1000}
			now := in(zone, c.day+"T00:00")
			p := NewPlan(now, s.AfterDays(now, 1), 1)
			require.NoError(t, p.AddSender(me, s, nil))
			var all []Taken
			first := map[int]time.Time{}
			perHour := map[int]int{}
			for at, ok := p.Reserve(Ask{Sender: me}); ok; at, ok = p.Reserve(Ask{Sender: me}) {
				all = append(all, Taken{At: at})
				perHour[at.Hour()]++
				if f, ok := first[at.Hour()]; !ok || at.Before(f) {
					first[at.Hour()] = at
				}
			}
			require.Empty(t, Check(s, all))
			for h := range 24 {
				missing := false
				for _, m := range c.missing {
					missing = missing || m == h
				}
				switch {
				case missing:
					require.Zero(t, perHour[h])
				case c.zone == "Pacific/Chatham" && (h == 2 && c.missing != nil || h == 3):
					require.Equal(t, 9, perHour[h], "three quarters of the hour")
				default:
					require.Equal(t, 12, perHour[h], "hour %d", h)
				}
			}
			// Slots found minute by minute agree with Open and NextSlot.
			for at := now; at.Before(now.Add(26 * time.Hour)); at = at.Add(time.Minute) {
				broken := false
				for _, v := range Check(s, []Taken{{At: at}}) {
					broken = broken || v.Reason == ReasonSlot
				}
				require.Equal(t, !broken, s.Open(at), at)
				next, ok := s.NextSlot(at)
				require.True(t, ok)
				require.True(t, s.Open(next) && !next.Before(at) && next.Minute() == 0, at)
				require.False(t, s.Open(next.Add(-1)) && next.Add(-1).Hour() == next.Hour() && !next.Equal(at), at)
			}
		})
	}
}

func TestDoubledHourIsOneClockHour(t *testing.T) {
	s := Sender{Zone: paris, Days: everyDay, From: 2, To: 3, PerHour: 2, PerDay: 9}
	second := time.Date(2026, 10, 25, 1, 30, 0, 0, time.UTC) // 02:30 the second time
	require.False(t, s.Open(second))
	require.True(t, s.Open(second.Add(-time.Hour)))
	require.Equal(t, []Violation{{ReasonSlot, second.In(paris), 1, 0}}, Check(s, []Taken{{At: second}}))

	now := in(paris, "2026-10-25T00:00")
	p := NewPlan(now, now.AddDate(0, 1, 0), 1)
	require.NoError(t, p.AddSender(me, s, []Taken{{At: second}}))
	a, _ := p.Reserve(Ask{Sender: me})
	b, _ := p.Reserve(Ask{Sender: me})
	require.Equal(t, []int{25, 26}, []int{a.Day(), b.Day()})
}

func TestNextSlotWithinAYear(t *testing.T) {
	s := office()
	at, ok := s.NextSlot(in(paris, "2026-06-05T17:00:01"))
	require.True(t, ok)
	require.Equal(t, in(paris, "2026-06-08T09:00"), at)
	at, _ = s.NextSlot(at)
	require.Equal(t, in(paris, "2026-06-08T09:00"), at, "at the beginning itself")
	s.Holidays = holidays("2026-06-01", 800)
	_, ok = s.NextSlot(at)
	require.False(t, ok)
	p, now := planOf(t, s)
	_, ok = p.Reserve(Ask{Sender: me, NotBefore: now})
	require.False(t, ok)
}
