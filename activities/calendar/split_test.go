package calendar

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplitMovesThisAndAllFollowing(t *testing.T) {
	r := weekly()
	r.Count = 10
	head, tail, err := Split(r, 4, Dates{OptIn: mustWall("2026-06-30T14:00")})
	require.NoError(t, err)

	require.Equal(t, r.Dates, head.Dates)
	require.Equal(t, 4, head.Count)
	require.Equal(t, Recurrence{
		Dates: Dates{OptIn: mustWall("2026-06-30T14:00"), Match: mustWall("2026-07-02T10:00")},
		Zone:  "Europe/Paris", EveryWeeks: 1, Count: 6,
	}, tail)

	r.Count, r.Until = 0, mustDate("2026-08-03")
	head, tail, err = Split(r, 4, Dates{})
	require.NoError(t, err)
	require.Equal(t, Date{}, head.Until)
	require.Equal(t, 4, head.Count)
	require.Equal(t, r.Until, tail.Until)
	require.Zero(t, tail.Count)
	require.Equal(t, 9, head.lastOrdinal()+1+tail.lastOrdinal())
}

func TestSplitRefuses(t *testing.T) {
	r := weekly()
	r.Until = mustDate("2026-06-29")
	once := weekly()
	once.EveryWeeks = 0
	invalid := weekly()
	invalid.Zone = "Local"
	for name, c := range map[string]struct {
		rule        Recurrence
		ordinal     int
		to          Dates
		field, code string
	}{
		"at the first":         {r, 0, Dates{}, "ordinal", CodeNoSuchOrdinal},
		"below the first":      {r, -1, Dates{}, "ordinal", CodeNoSuchOrdinal},
		"past the last":        {r, 5, Dates{}, "ordinal", CodeNoSuchOrdinal},
		"of one that is once":  {once, 1, Dates{}, "ordinal", CodeNoSuchOrdinal},
		"of an invalid rule":   {invalid, 1, Dates{}, "zone", CodeUnknownZone},
		"opt-in after match":   {r, 2, Dates{OptIn: mustWall("2026-06-19T10:00")}, "opt_in", CodeNotBeforeMatch},
		"to after the until":   {r, 4, Dates{OptIn: mustWall("2026-06-30T10:00")}, "until", CodeUntilBeforeFirst},
		"a review with opt-in": {r, 2, Dates{Review: mustWall("2026-06-15T10:00")}, "review", CodeConflict},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Split(c.rule, c.ordinal, c.to)
			var errs FieldErrors
			require.ErrorAs(t, err, &errs)
			require.Len(t, errs, 1)
			require.Equal(t, c.field, errs[0].Field)
			require.Equal(t, c.code, errs[0].Code)
		})
	}
}
