package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCalendarSevenZonesTenYears runs every recurrence (once, every 1 to 4
// weeks) for ten years in the seven zones: from every weekday, at every quarter
// of an hour in which one of them changes its clocks and at two office hours.
func TestCalendarSevenZonesTenYears(t *testing.T) {
	const (
		firstYear = 2026
		years     = 10
		layout    = "2006-01-02T15:04"
	)
	var clocks []time.Duration
	for _, hour := range []int{23, 0, 1, 2, 3} {
		for quarter := range 4 {
			clocks = append(clocks, time.Duration(hour)*time.Hour+time.Duration(quarter)*15*time.Minute)
		}
	}
	clocks = append(clocks, 9*time.Hour, 13*time.Hour+30*time.Minute)
	jan1 := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC)

	for _, zone := range sevenZones {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			loc := mustZone(t, zone)
			line := newTimeline(loc, firstYear-1, firstYear+years+2)
			seen := map[Resolution]int{}
			changes, checked := 0, 0

			check := func(label string, m Moment, naive time.Time) (offset int64) {
				unix, how := line.resolve(naive.Unix())
				if m.At.Unix() != unix || m.Resolution != how || m.Wall.String() != naive.Format(layout) {
					t.Fatalf("%s: got %s (%s) for %s, want %s (%s) for %s", label, m.At, m.Resolution, m.Wall,
						time.Unix(unix, 0).In(loc), how, naive.Format(layout))
				}
				if how != Gap && m.At.Format(layout) != naive.Format(layout) {
					t.Fatalf("%s: shows %s, want %s", label, m.At.Format(layout), naive.Format(layout))
				}
				seen[how]++
				return zoneOffset(unix, loc)
			}

			for weekday := range 7 {
				for _, clock := range clocks {
					// The clock is the opt-in's and the match's: both meet gaps and folds.
					optIn := jan1.AddDate(0, 0, weekday).Add(clock)
					match := optIn.AddDate(0, 0, 3)
					for every := range maxEveryWeeks + 1 {
						s, err := NewSchedule(Recurrence{
							Dates:      Dates{OptIn: mustWall(optIn.Format(layout)), Match: mustWall(match.Format(layout))},
							Zone:       zone,
							EveryWeeks: every,
						}, nil, Holidays{})
						require.NoError(t, err)

						want := 1
						if every > 0 {
							want = (years*52 + every - 1) / every
						}
						got := s.Occurrences(jan1.AddDate(0, 0, -2), optIn.AddDate(0, 0, 7*52*years-1), 0)
						require.Len(t, got, want, "every %d weeks", every)
						for n, o := range got {
							label := o.Rule.OptIn.String()
							if o.Ordinal != n || o.Status != StatusPlanned || o.Reason != "" {
								t.Fatalf("%s: ordinal %d, %s %s; want %d, planned", label, o.Ordinal, o.Status, o.Reason, n)
							}
							from := check(label+" opt-in", o.OptIn, optIn.AddDate(0, 0, 7*every*n))
							to := check(label+" match", o.Match, match.AddDate(0, 0, 7*every*n))
							if o.ClockChange != (from != to) {
								t.Fatalf("%s: clock change %t, offsets %d and %d", label, o.ClockChange, from, to)
							}
							if o.ClockChange {
								changes++
							}
							checked++
						}
					}
				}
			}
			require.NotZero(t, seen[Gap], "no date ever fell into a gap")
			require.NotZero(t, seen[Fold], "no date ever fell into a fold")
			require.NotZero(t, changes, "no occurrence ever spanned a clock change")
			t.Logf("%s: %d clock changes; %d occurrences: %d dates exact, %d in a gap, %d in a fold; %d occurrences span a change",
				zone, len(line)-1, checked, seen[Exact], seen[Gap], seen[Fold], changes)
		})
	}
}
