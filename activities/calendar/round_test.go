package calendar

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAnswersClose(t *testing.T) {
	for name, c := range map[string]struct {
		zone, match string
		before      time.Duration
		want        string
	}{
		"a day":                        {"Europe/Paris", "2026-06-04T10:00", 24 * time.Hour, "2026-06-03T10:00:00+02:00"},
		"a day across spring":          {"America/New_York", "2027-03-14T10:00", 24 * time.Hour, "2027-03-13T10:00:00-05:00"},
		"a day across autumn":          {"Europe/Paris", "2026-10-25T10:00", 24 * time.Hour, "2026-10-24T10:00:00+02:00"},
		"a day before lies in the gap": {"America/New_York", "2027-03-15T02:30", 24 * time.Hour, "2027-03-14T03:30:00-04:00"},
		"a week":                       {"Europe/Paris", "2026-10-28T10:00", 7 * 24 * time.Hour, "2026-10-21T10:00:00+02:00"},
		"half an hour after a gap":     {"America/New_York", "2027-03-14T03:15", 30 * time.Minute, "2027-03-14T01:45:00-05:00"},
		"a day and a half":             {"Europe/Paris", "2026-10-26T10:00", 36 * time.Hour, "2026-10-24T23:00:00+02:00"},
		"the day before never was":     {"Pacific/Apia", "2011-12-31T10:00", 24 * time.Hour, "2011-12-29T10:00:00-10:00"},
		"at the match":                 {"Europe/Paris", "2026-06-04T10:00", 0, "2026-06-04T10:00:00+02:00"},
	} {
		t.Run(name, func(t *testing.T) {
			loc := mustZone(t, c.zone)
			require.Equal(t, c.want, AnswersClose(mustWall(c.match), c.before, loc).Format("2006-01-02T15:04:05-07:00"))
		})
	}
}

func TestAnswersCloseBeforeTheMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := mustZone(t, zoneNames.Draw(t, "zone"))
		match := walls.Draw(t, "match")
		before := time.Duration(rapid.Int64Range(1, 30*24*60).Draw(t, "minutes")) * time.Minute
		closes := AnswersClose(match, before, loc)
		require.True(t, closes.Before(match.In(loc)))
		reminder, ok := Reminder(closes.Add(-30*day), closes, loc)
		require.True(t, ok)
		require.True(t, reminder.Before(closes))
	})
}

func TestReminder(t *testing.T) {
	loc := mustZone(t, "Europe/Paris")
	closes := mustWall("2026-03-29T10:00").In(loc) // the night before it the clock went forward
	want := mustWall("2026-03-28T10:00").In(loc)

	got, ok := Reminder(want.Add(-time.Minute), closes, loc)
	require.True(t, ok)
	require.Equal(t, want, got)
	_, ok = Reminder(want, closes, loc)
	require.False(t, ok, "together with the opt-in it reminds nobody")
	_, ok = Reminder(want.Add(time.Minute), closes, loc)
	require.False(t, ok)
}
