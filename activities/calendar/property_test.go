package calendar

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWallRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := mustZone(t, zoneNames.Draw(t, "zone"))
		w := walls.Draw(t, "wall")
		at, how := w.Resolve(loc)
		shown := WallOf(at, loc)
		switch how {
		case Gap:
			require.True(t, w.Before(shown), "a gap pushes forward")
		default:
			require.Equal(t, w, shown)
			require.Equal(t, w.String(), WallOf(at.Add(999*time.Millisecond), loc).String())
		}

		instant := time.Unix(rapid.Int64Range(1104537600, 2208988800).Draw(t, "unix"), 0)
		back, how := WallOf(instant, loc).Resolve(loc)
		require.NotEqual(t, Gap, how)
		if how == Exact {
			require.True(t, back.Equal(instant))
		} else {
			require.False(t, back.After(instant), "a fold takes the first")
		}
	})
}

// TestRuleKeepsTheWallClock also proves that occurrences never drift: each one
// is compared with whole weeks from the anchor, counted by the standard library.
func TestRuleKeepsTheWallClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := recurrences.Draw(t, "recurrence")
		s, err := NewSchedule(r, nil, Holidays{})
		require.NoError(t, err)
		var before Occurrence
		for n := range 80 {
			o, ok := s.At(n)
			if !ok {
				require.Positive(t, n)
				break
			}
			require.Equal(t, StatusPlanned, o.Status)
			weeks := func(w Wall) time.Time { return w.In(time.UTC).AddDate(0, 0, 7*r.EveryWeeks*n) }
			if !r.Dates.OptIn.IsZero() {
				require.Equal(t, weeks(r.Dates.OptIn), o.OptIn.Wall.In(time.UTC))
				require.True(t, o.OptIn.At.Before(o.Match.At))
			}
			if !r.Dates.Match.IsZero() {
				require.Equal(t, weeks(r.Dates.Match), o.Match.Wall.In(time.UTC))
			}
			if n > 0 {
				require.True(t, o.First().After(before.First()), "ordinals are in the order of time")
				require.True(t, o.Last().After(before.Last()))
			}
			before = o
		}
	})
}

// TestOccurrencesIsAFilterOfAll compares the window with walking every ordinal.
func TestOccurrencesIsAFilterOfAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := recurrences.Draw(t, "recurrence")
		s, err := NewSchedule(r, overridesOf(r).Draw(t, "overrides"), holidaysOf(r).Draw(t, "holidays"))
		require.NoError(t, err)

		from := r.Dates.first().AddDays(rapid.IntRange(-300, 1500).Draw(t, "from")).In(time.UTC)
		to := from.Add(time.Duration(rapid.IntRange(0, 400*24).Draw(t, "hours")) * time.Hour)
		limit := rapid.IntRange(0, 12).Draw(t, "limit")

		want := []Occurrence{}
		for n := 0; n < 500; n++ { // 500 weeks lie beyond every window drawn above
			o, ok := s.At(n)
			if !ok {
				break
			}
			if o.First().Before(to) && !o.Last().Before(from) {
				want = append(want, o)
			}
		}
		slices.SortFunc(want, func(a, b Occurrence) int {
			return cmp.Or(a.First().Compare(b.First()), cmp.Compare(a.Ordinal, b.Ordinal))
		})
		if limit > 0 {
			want = want[:min(limit, len(want))]
		}
		require.Equal(t, ordinals(want), ordinals(s.Occurrences(from, to, limit)))
	})
}

func ordinals(list []Occurrence) []int {
	all := []int{}
	for _, o := range list {
		all = append(all, o.Ordinal)
	}
	return all
}

func TestHolidaysLeaveNoDateOfTheRuleOnAHoliday(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := recurrences.Draw(t, "recurrence")
		holidays := holidaysOf(r).Draw(t, "holidays")
		s, err := NewSchedule(r, nil, holidays)
		require.NoError(t, err)
		for n := range 70 {
			o, ok := s.At(n)
			if !ok {
				break
			}
			touched := false
			check := func(rule Wall, m Moment) {
				_, wasHoliday := holidays.Days[rule.Date()]
				touched = touched || wasHoliday
				if rule.IsZero() || !o.Happens() {
					return
				}
				require.NotContains(t, holidays.Days, m.Wall.Date())
				if !wasHoliday {
					require.Equal(t, rule, m.Wall)
					return
				}
				require.True(t, rule.Before(m.Wall))
				require.Equal(t, rule.String()[10:], m.Wall.String()[10:], "the hour stays")
				if len(holidays.Workdays) > 0 {
					require.Contains(t, holidays.Workdays, m.Wall.Weekday())
				} else {
					require.NotContains(t, []time.Weekday{time.Saturday, time.Sunday}, m.Wall.Weekday())
				}
			}
			check(o.Rule.Review, o.Review)
			check(o.Rule.OptIn, o.OptIn)
			check(o.Rule.Match, o.Match)
			require.Equal(t, touched, o.Status != StatusPlanned)
			require.Equal(t, touched, o.Holiday != "")
			if touched && holidays.Policy == HolidaySkip {
				require.Equal(t, StatusSkipped, o.Status)
			}
		}
	})
}

func TestNextWalksWhatHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := recurrences.Draw(t, "recurrence")
		s, err := NewSchedule(r, overridesOf(r).Draw(t, "overrides"), holidaysOf(r).Draw(t, "holidays"))
		require.NoError(t, err)
		next := -1
		for n := range 40 {
			o, ok := s.At(n)
			if !ok {
				_, more := s.Next(next)
				require.False(t, more)
				return
			}
			if !o.Happens() {
				continue
			}
			got, ok := s.Next(next)
			require.True(t, ok)
			require.Equal(t, o, got)
			next = n
		}
	})
}

func TestSplitThatMovesNothingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := recurrences.Draw(t, "recurrence")
		whole, err := NewSchedule(r, nil, Holidays{})
		require.NoError(t, err)
		at := rapid.IntRange(1, 20).Draw(t, "at")
		if _, ok := whole.At(at); !ok {
			_, _, err := Split(r, at, Dates{})
			require.Error(t, err)
			return
		}
		overrides := overridesOf(r).Draw(t, "overrides")
		holidays := holidaysOf(r).Draw(t, "holidays")
		headRule, tailRule, err := Split(r, at, Dates{})
		require.NoError(t, err)
		headOverrides, tailOverrides := overrides.Split(at)

		whole, err = NewSchedule(r, overrides, holidays)
		require.NoError(t, err)
		head, err := NewSchedule(headRule, headOverrides, holidays)
		require.NoError(t, err)
		tail, err := NewSchedule(tailRule, tailOverrides, holidays)
		require.NoError(t, err)
		for n := range 120 {
			want, wantOK := whole.At(n)
			got, ok := head.At(n)
			if n >= at {
				require.False(t, ok, "the head ends before the split")
				if got, ok = tail.At(n - at); ok {
					got.Ordinal += at
				}
			}
			require.Equal(t, wantOK, ok)
			require.Equal(t, want, got)
		}
	})
}
