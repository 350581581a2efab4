package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// weekly asks on Monday and tells on Thursday, in Paris.
func weekly() Recurrence {
	return Recurrence{
		Dates:      Dates{OptIn: mustWall("2026-06-01T10:00"), Match: mustWall("2026-06-04T10:00")},
		Zone:       "Europe/Paris",
		EveryWeeks: 1,
	}
}

func TestValidateNamesFieldAndCode(t *testing.T) {
	now := time.Date(2026, 5, 20, 8, 0, 0, 0, time.UTC) // 10:00 in Paris
	type fault struct{ field, code string }
	for name, c := range map[string]struct {
		change func(*Recurrence)
		want   []fault
	}{
		"valid":                 {func(*Recurrence) {}, nil},
		"valid once":            {func(r *Recurrence) { r.EveryWeeks = 0 }, nil},
		"valid once, count 1":   {func(r *Recurrence) { r.EveryWeeks, r.Count = 0, 1 }, nil},
		"valid automatic":       {func(r *Recurrence) { r.Dates.OptIn = Wall{} }, nil},
		"valid review first":    {func(r *Recurrence) { r.Dates = Dates{Review: mustWall("2026-06-01T10:00")} }, nil},
		"valid until first day": {func(r *Recurrence) { r.Until = mustDate("2026-06-01") }, nil},
		"valid opt-in now":      {func(r *Recurrence) { r.Dates.OptIn = mustWall("2026-05-20T10:00") }, nil},

		"no dates":           {func(r *Recurrence) { r.Dates = Dates{} }, []fault{{"match", CodeRequired}}},
		"opt-in, no match":   {func(r *Recurrence) { r.Dates.Match = Wall{} }, []fault{{"match", CodeRequired}}},
		"review and match":   {func(r *Recurrence) { r.Dates.Review = r.Dates.OptIn }, []fault{{"review", CodeConflict}}},
		"opt-in after match": {func(r *Recurrence) { r.Dates.OptIn = r.Dates.Match.AddDays(1) }, []fault{{"opt_in", CodeNotBeforeMatch}}},
		"opt-in at match":    {func(r *Recurrence) { r.Dates.OptIn = r.Dates.Match }, []fault{{"opt_in", CodeNotBeforeMatch}}},
		"opt-in past":        {func(r *Recurrence) { r.Dates.OptIn = mustWall("2026-05-20T09:59") }, []fault{{"opt_in", CodePast}}},
		"both past": {
			func(r *Recurrence) {
				r.Dates = Dates{OptIn: mustWall("2026-05-01T10:00"), Match: mustWall("2026-05-02T10:00")}
			},
			[]fault{{"opt_in", CodePast}, {"match", CodePast}},
		},
		"review past":        {func(r *Recurrence) { r.Dates = Dates{Review: mustWall("2026-05-19T10:00")} }, []fault{{"review", CodePast}}},
		"no zone":            {func(r *Recurrence) { r.Zone = "" }, []fault{{"zone", CodeUnknownZone}}},
		"Local":              {func(r *Recurrence) { r.Zone = "Local" }, []fault{{"zone", CodeUnknownZone}}},
		"five weeks":         {func(r *Recurrence) { r.EveryWeeks = 5 }, []fault{{"every_weeks", CodeOutOfRange}}},
		"minus one week":     {func(r *Recurrence) { r.EveryWeeks = -1 }, []fault{{"every_weeks", CodeOutOfRange}}},
		"until before first": {func(r *Recurrence) { r.Until = mustDate("2026-05-31") }, []fault{{"until", CodeUntilBeforeFirst}}},
		"count below 0":      {func(r *Recurrence) { r.Count = -1 }, []fault{{"count", CodeOutOfRange}}},
		"until and count": {
			func(r *Recurrence) { r.Until, r.Count = mustDate("2026-12-31"), 3 },
			[]fault{{"until", CodeConflict}},
		},
		"once with until": {
			func(r *Recurrence) { r.EveryWeeks, r.Until = 0, mustDate("2026-12-31") },
			[]fault{{"until", CodeNotRecurring}},
		},
		"once with count": {func(r *Recurrence) { r.EveryWeeks, r.Count = 0, 2 }, []fault{{"count", CodeNotRecurring}}},
		"everything at once": {
			func(r *Recurrence) { *r = Recurrence{Zone: "CEST", EveryWeeks: 9, Count: -3} },
			[]fault{{"match", CodeRequired}, {"zone", CodeUnknownZone}, {"every_weeks", CodeOutOfRange}, {"count", CodeOutOfRange}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := weekly()
			c.change(&r)
			err := r.Validate(now)
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			var errs FieldErrors
			require.ErrorAs(t, err, &errs)
			var got []fault
			for _, f := range errs {
				got = append(got, fault{f.Field, f.Code})
				require.NotEmpty(t, f.Detail)
				require.ErrorContains(t, err, f.Field+": "+f.Detail)
			}
			require.Equal(t, c.want, got)
		})
	}
}

func TestValidateTakesNowForNowInTheSecondPassOfAFold(t *testing.T) {
	loc := mustZone(t, "Europe/Paris")
	now := time.Date(2026, 10, 25, 1, 30, 0, 5e8, time.UTC) // 02:30:00.5, the second time
	r := Recurrence{Dates: Dates{Match: WallOf(now, loc)}, Zone: "Europe/Paris"}
	require.NoError(t, r.Validate(now))
	r.Dates.Match = mustWall("2026-10-25T02:29:59")
	require.Error(t, r.Validate(now))
}

func TestRecurrenceEnds(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Recurrence)
		last   string // opt-in of the last occurrence
	}{
		"once":                 {func(r *Recurrence) { r.EveryWeeks = 0 }, "2026-06-01T10:00"},
		"count":                {func(r *Recurrence) { r.Count = 3 }, "2026-06-15T10:00"},
		"count, every 4 weeks": {func(r *Recurrence) { r.Count, r.EveryWeeks = 3, 4 }, "2026-07-27T10:00"},
		"until its opt-in day": {func(r *Recurrence) { r.Until = mustDate("2026-06-15") }, "2026-06-15T10:00"},
		"until the day before": {func(r *Recurrence) { r.Until = mustDate("2026-06-14") }, "2026-06-08T10:00"},
		"until the first":      {func(r *Recurrence) { r.Until = mustDate("2026-06-01") }, "2026-06-01T10:00"},
		"until the year 9999":  {func(r *Recurrence) { r.EveryWeeks = 4 }, "9999-12-20T10:00"},
	} {
		t.Run(name, func(t *testing.T) {
			r := weekly()
			c.change(&r)
			s, err := NewSchedule(r, nil, Holidays{})
			require.NoError(t, err)
			last, ok := s.At(r.lastOrdinal())
			require.True(t, ok)
			require.Equal(t, c.last, last.OptIn.Wall.String())
			_, ok = s.At(last.Ordinal + 1)
			require.False(t, ok)
			_, ok = s.Next(last.Ordinal)
			require.False(t, ok)
			_, ok = s.At(-1)
			require.False(t, ok)
		})
	}
}
