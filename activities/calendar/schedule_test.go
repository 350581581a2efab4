package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneOccurrenceChanged(t *testing.T) {
	christmas := map[Date]string{
		mustDate("2026-06-08"): "Spring bank holiday", // Monday, the second opt-in
		mustDate("2026-06-11"): "Corpus Christi",      // Thursday, the second match
		mustDate("2026-06-12"): "Bridge day",
	}
	days := func(texts ...string) map[Date]string {
		m := map[Date]string{}
		for _, text := range texts {
			m[mustDate(text)] = christmas[mustDate(text)]
		}
		return m
	}
	to := func(optIn, match string) Override {
		return Override{Action: ActionMove, To: Dates{OptIn: mustWall(optIn), Match: mustWall(match)}}
	}
	for name, c := range map[string]struct {
		override     Override
		holidays     Holidays
		optIn, match string
		status       Status
		reason       Reason
		holiday      string
	}{
		"by the rule": {
			optIn: "2026-06-08T10:00", match: "2026-06-11T10:00", status: StatusPlanned,
		},
		"match moved": {
			override: to("", "2026-06-12T16:30"),
			optIn:    "2026-06-08T10:00", match: "2026-06-12T16:30", status: StatusMoved, reason: ReasonByHand,
		},
		"both moved": {
			override: to("2026-05-25T09:00", "2026-05-26T09:00"),
			optIn:    "2026-05-25T09:00", match: "2026-05-26T09:00", status: StatusMoved, reason: ReasonByHand,
		},
		"moved to where it was": {
			override: to("2026-06-08T10:00", ""),
			optIn:    "2026-06-08T10:00", match: "2026-06-11T10:00", status: StatusPlanned,
		},
		"moved out of order": {
			override: to("2026-06-11T10:00", ""),
			optIn:    "2026-06-11T10:00", match: "2026-06-11T10:00", status: StatusSkipped, reason: ReasonOrder,
		},
		"skipped": {
			override: Override{Action: ActionSkip},
			optIn:    "2026-06-08T10:00", match: "2026-06-11T10:00", status: StatusSkipped, reason: ReasonByHand,
		},
		"cancelled after a move": {
			override: Override{Action: ActionCancel, To: Dates{Match: mustWall("2026-06-12T10:00")}},
			optIn:    "2026-06-08T10:00", match: "2026-06-12T10:00", status: StatusCancelled, reason: ReasonByHand,
		},
		"cancelled on a holiday": {
			override: Override{Action: ActionCancel},
			holidays: Holidays{Days: christmas},
			optIn:    "2026-06-08T10:00", match: "2026-06-11T10:00", status: StatusCancelled, reason: ReasonByHand,
		},
		"holiday skips": {
			holidays: Holidays{Days: days("2026-06-11"), Policy: HolidaySkip},
			optIn:    "2026-06-08T10:00", match: "2026-06-11T10:00",
			status: StatusSkipped, reason: ReasonHoliday, holiday: "Corpus Christi",
		},
		"holiday moves the opt-in alone": {
			holidays: Holidays{Days: days("2026-06-08"), Policy: HolidayNextWorkingDay},
			optIn:    "2026-06-09T10:00", match: "2026-06-11T10:00",
			status: StatusMoved, reason: ReasonHoliday, holiday: "Spring bank holiday",
		},
		"holiday moves the match over bridge day and weekend": {
			holidays: Holidays{Days: days("2026-06-11", "2026-06-12"), Policy: HolidayNextWorkingDay},
			optIn:    "2026-06-08T10:00", match: "2026-06-15T10:00",
			status: StatusMoved, reason: ReasonHoliday, holiday: "Corpus Christi",
		},
		"Saturday is a working day": {
			holidays: Holidays{
				Days: days("2026-06-11", "2026-06-12"), Policy: HolidayNextWorkingDay,
				Workdays: []time.Weekday{time.Saturday},
			},
			optIn: "2026-06-08T10:00", match: "2026-06-13T10:00",
			status: StatusMoved, reason: ReasonHoliday, holiday: "Corpus Christi",
		},
		"holiday moves the opt-in past the match": {
			override: to("", "2026-06-09T09:00"),
			holidays: Holidays{Days: days("2026-06-08"), Policy: HolidayNextWorkingDay},
			optIn:    "2026-06-08T10:00", match: "2026-06-09T09:00",
			status: StatusSkipped, reason: ReasonOrder, holiday: "Spring bank holiday",
		},
		"set by hand on a holiday stays": {
			override: to("", "2026-06-12T10:00"),
			holidays: Holidays{Days: days("2026-06-12"), Policy: HolidaySkip},
			optIn:    "2026-06-08T10:00", match: "2026-06-12T10:00", status: StatusMoved, reason: ReasonByHand,
		},
		"an unnamed holiday": {
			holidays: Holidays{Days: map[Date]string{mustDate("2026-06-11"): ""}, Policy: HolidayNextWorkingDay},
			optIn:    "2026-06-08T10:00", match: "2026-06-12T10:00", status: StatusMoved, reason: ReasonHoliday,
		},
	} {
		t.Run(name, func(t *testing.T) {
			overrides := Overrides{}
			if c.override.Action != "" {
				overrides[1] = c.override
			}
			s, err := NewSchedule(weekly(), overrides, c.holidays)
			require.NoError(t, err)
			o, ok := s.At(1)
			require.True(t, ok)
			require.Equal(t, c.optIn, o.OptIn.Wall.String())
			require.Equal(t, c.match, o.Match.Wall.String())
			require.Equal(t, c.status, o.Status)
			require.Equal(t, c.reason, o.Reason)
			require.Equal(t, c.holiday, o.Holiday)
			require.Equal(t, "2026-06-08T10:00", o.Rule.OptIn.String())
			require.Equal(t, "2026-06-11T10:00", o.Rule.Match.String())
			require.Equal(t, c.status == StatusPlanned || c.status == StatusMoved, o.Happens())

			next, ok := s.Next(0)
			require.True(t, ok)
			if o.Happens() {
				require.Equal(t, 1, next.Ordinal)
			} else {
				require.Equal(t, 2, next.Ordinal)
			}
		})
	}
}

func TestHolidaysWithoutAWorkingDaySkip(t *testing.T) {
	days := map[Date]string{}
	for n := range 500 {
		days[mustDate("2026-06-01").AddDays(n)] = "sabbatical"
	}
	s, err := NewSchedule(weekly(), nil, Holidays{Days: days, Policy: HolidayNextWorkingDay})
	require.NoError(t, err)
	o, _ := s.At(0)
	require.Equal(t, StatusSkipped, o.Status)
	require.Equal(t, ReasonHoliday, o.Reason)
}

// A rule can be in order on the wall clock and out of it in time: at the gap
// 02:30 is 03:30, after 03:10.
func TestAClockChangeThatSwapsOptInAndMatchSkips(t *testing.T) {
	s, err := NewSchedule(Recurrence{
		Dates:      Dates{OptIn: mustWall("2027-03-07T02:30"), Match: mustWall("2027-03-07T03:10")},
		Zone:       "America/New_York",
		EveryWeeks: 1,
	}, nil, Holidays{})
	require.NoError(t, err)
	o, _ := s.At(1)
	require.Equal(t, StatusSkipped, o.Status)
	require.Equal(t, ReasonOrder, o.Reason)
	require.Equal(t, Gap, o.OptIn.Resolution)
	o, _ = s.At(2)
	require.Equal(t, StatusPlanned, o.Status)
	require.Equal(t, "2027-03-21T02:30", o.OptIn.Wall.String(), "the gap does not stick")
}

func TestClockChangeIsToldPerOccurrence(t *testing.T) {
	r := weekly()
	r.Dates = Dates{OptIn: mustWall("2026-10-19T10:00"), Match: mustWall("2026-10-26T10:00")}
	s, err := NewSchedule(r, nil, Holidays{})
	require.NoError(t, err)
	first, _ := s.At(0)
	require.True(t, first.ClockChange)
	require.Equal(t, "CEST", first.OptIn.At.Format("MST"))
	require.Equal(t, "CET", first.Match.At.Format("MST"))
	require.Equal(t, 169*time.Hour, first.Last().Sub(first.First()))
	second, _ := s.At(1)
	require.False(t, second.ClockChange)
}

func TestReviewFirstIsUndatedUntilAMatchIsSet(t *testing.T) {
	r := Recurrence{Dates: Dates{Review: mustWall("2026-06-01T10:00")}, Zone: "Europe/Paris", EveryWeeks: 2}
	s, err := NewSchedule(r, Overrides{
		1: {Action: ActionMove, To: Dates{Match: mustWall("2026-06-18T09:00")}},
		2: {Action: ActionMove, To: Dates{Match: mustWall("2026-06-28T09:00")}}, // before its review
	}, Holidays{})
	require.NoError(t, err)

	undated, _ := s.At(0)
	require.Equal(t, StatusPlanned, undated.Status)
	require.Zero(t, undated.Match)
	require.Zero(t, undated.OptIn)
	require.Equal(t, undated.Review.At, undated.First())
	require.Equal(t, undated.Review.At, undated.Last())

	dated, _ := s.At(1)
	require.Equal(t, StatusMoved, dated.Status)
	require.Equal(t, "2026-06-15T10:00", dated.Review.Wall.String())
	require.Equal(t, "2026-06-18T09:00", dated.Match.Wall.String())

	early, _ := s.At(2)
	require.Equal(t, StatusSkipped, early.Status)
	require.Equal(t, ReasonOrder, early.Reason)
}

func TestNewScheduleRefuses(t *testing.T) {
	r := weekly()
	r.EveryWeeks = 7
	_, err := NewSchedule(r, nil, Holidays{})
	var errs FieldErrors
	require.ErrorAs(t, err, &errs)

	_, err = NewSchedule(weekly(), Overrides{4: {Action: "postpone"}}, Holidays{})
	require.EqualError(t, err, `override of occurrence 4: action "postpone" is none of ["move" "skip" "cancel"]`)
}
