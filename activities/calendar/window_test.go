package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func at(text string) time.Time { return mustWall(text).In(time.UTC) }

func TestOccurrencesWindow(t *testing.T) {
	// Opt-in Monday 08:00Z, match Thursday 08:00Z in summer.
	moved := Overrides{
		3: {Action: ActionMove, To: Dates{OptIn: mustWall("2026-12-01T10:00"), Match: mustWall("2026-12-02T10:00")}},
		9: {Action: ActionMove, To: Dates{OptIn: mustWall("2026-06-09T10:00"), Match: mustWall("2026-06-10T10:00")}},
		4: {Action: ActionCancel},
		5: {Action: ActionSkip},
	}
	for name, c := range map[string]struct {
		from, to string
		limit    int
		want     []int
	}{
		"before the anchor":           {"2020-01-01T00:00", "2026-06-01T08:00", 0, []int{}},
		"to is exclusive":             {"2026-06-01T08:00", "2026-06-08T08:00", 0, []int{0}},
		"from is inclusive":           {"2026-06-04T08:00", "2026-06-08T08:01", 0, []int{0, 1}},
		"running all the time":        {"2026-06-02T00:00", "2026-06-03T00:00", 0, []int{0}},
		"between two":                 {"2026-06-05T00:00", "2026-06-06T00:00", 0, []int{}},
		"moved in, by time":           {"2026-06-08T00:00", "2026-06-16T00:00", 0, []int{1, 9, 2}},
		"moved out; others stay":      {"2026-06-22T00:00", "2026-07-08T00:00", 0, []int{4, 5}},
		"where it was moved to":       {"2026-11-30T12:00", "2026-12-01T12:00", 0, []int{26, 3}},
		"limit cuts by time":          {"2026-06-01T00:00", "2027-01-01T00:00", 3, []int{0, 1, 9}},
		"limit is not ended by a far": {"2026-06-23T00:00", "2027-01-01T00:00", 4, []int{4, 5, 6, 7}},
		"an empty window":             {"2026-06-08T00:00", "2026-06-08T00:00", 0, []int{}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewSchedule(weekly(), moved, Holidays{})
			require.NoError(t, err)
			require.Equal(t, c.want, ordinals(s.Occurrences(at(c.from), at(c.to), c.limit)))
		})
	}
}

func TestOccurrencesFindsWhatAHolidayPushedIntoTheWindow(t *testing.T) {
	shutdown := Holidays{Days: map[Date]string{}, Policy: HolidayNextWorkingDay}
	for d := mustDate("2026-06-08"); d.Before(mustDate("2026-08-03")); d = d.AddDays(1) {
		shutdown.Days[d] = "shutdown"
	}
	s, err := NewSchedule(Recurrence{
		Dates: Dates{Match: mustWall("2026-06-01T10:00")}, Zone: "Europe/Paris", EveryWeeks: 1,
	}, nil, shutdown)
	require.NoError(t, err)
	// Eight matches wait for the third of August; the ninth was there already.
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, ordinals(s.Occurrences(at("2026-08-03T00:00"), at("2026-08-04T00:00"), 0)))
	require.Empty(t, s.Occurrences(at("2026-06-08T00:00"), at("2026-08-03T00:00"), 0))
}

func TestOccurrencesLimitBreaksTiesByOrdinal(t *testing.T) {
	s, err := NewSchedule(weekly(), Overrides{
		9: {Action: ActionMove, To: Dates{OptIn: mustWall("2026-06-08T10:00")}},
	}, Holidays{})
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, ordinals(s.Occurrences(at("2026-06-01T00:00"), at("2027-01-01T00:00"), 2)))
	require.Equal(t, []int{0, 1, 9}, ordinals(s.Occurrences(at("2026-06-01T00:00"), at("2027-01-01T00:00"), 3)))
}

func TestOccurrencesCostTheSameFarAhead(t *testing.T) {
	s, err := NewSchedule(weekly(), nil, Holidays{})
	require.NoError(t, err)
	cost := func(from time.Time) float64 {
		require.Len(t, s.Occurrences(from, from.AddDate(0, 0, 28), 0), 5)
		return testing.AllocsPerRun(10, func() { s.Occurrences(from, from.AddDate(0, 0, 28), 0) })
	}
	start := at("2026-06-04T00:00")
	near, far := cost(start), cost(start.AddDate(0, 0, 7*300000))
	require.InDelta(t, near, far, near/2)

	limited := testing.AllocsPerRun(10, func() { s.Occurrences(start, at("9999-01-01T00:00"), 5) })
	require.InDelta(t, near, limited, near/2)
	require.Empty(t, s.Occurrences(time.Date(40000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(50000, 1, 1, 0, 0, 0, 0, time.UTC), 0))
	require.Empty(t, s.Occurrences(time.Time{}, at("1999-01-01T00:00"), 0))
}
