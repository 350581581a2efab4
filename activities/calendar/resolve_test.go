package calendar

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"
)

func TestResolveKnownAnswers(t *testing.T) {
	// The expected instants carry their offset, so they do not depend on any zone.
	for _, c := range []struct {
		zone, wall, want string
		how              Resolution
	}{
		// Gaps: the offset before.
		{"America/New_York", "2027-03-14T02:30", "2027-03-14T03:30:00-04:00", Gap},
		{"America/New_York", "2027-03-14T02:00", "2027-03-14T03:00:00-04:00", Gap},
		{"America/New_York", "2027-03-14T03:00", "2027-03-14T03:00:00-04:00", Exact},
		{"America/New_York", "2027-03-14T01:59:59", "2027-03-14T01:59:59-05:00", Exact},
		{"Europe/Paris", "2027-03-28T02:30", "2027-03-28T03:30:00+02:00", Gap},
		{"Europe/London", "2027-03-28T01:30", "2027-03-28T02:30:00+01:00", Gap},
		{"Australia/Sydney", "2026-10-04T02:30", "2026-10-04T03:30:00+11:00", Gap},
		{"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-04T02:45:00+11:00", Gap},
		{"Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-04T02:30:00+11:00", Exact},
		// Gaps at midnight.
		{"America/Santiago", "2026-09-06T00:00", "2026-09-06T01:00:00-03:00", Gap},
		{"America/Santiago", "2026-09-05T23:59:59", "2026-09-05T23:59:59-04:00", Exact},
		{"Africa/Cairo", "2027-04-30T00:00", "2027-04-30T01:00:00+03:00", Gap},
		{"America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T01:00:00-02:00", Gap},
		// Folds: the first time.
		{"America/New_York", "2026-11-01T01:30", "2026-11-01T01:30:00-04:00", Fold},
		{"America/New_York", "2026-11-01T01:00", "2026-11-01T01:00:00-04:00", Fold},
		{"America/New_York", "2026-11-01T02:00", "2026-11-01T02:00:00-05:00", Exact},
		{"Europe/Paris", "2026-10-25T02:30", "2026-10-25T02:30:00+02:00", Fold},
		{"Europe/London", "2026-10-25T01:30", "2026-10-25T01:30:00+01:00", Fold},
		{"Australia/Sydney", "2027-04-04T02:30", "2027-04-04T02:30:00+11:00", Fold},
		{"Australia/Lord_Howe", "2027-04-04T01:45", "2027-04-04T01:45:00+11:00", Fold},
		{"Australia/Lord_Howe", "2027-04-04T01:15", "2027-04-04T01:15:00+11:00", Exact},
		{"America/Santiago", "2027-04-03T23:30", "2027-04-03T23:30:00-03:00", Fold},
		{"Africa/Cairo", "2026-10-29T23:30", "2026-10-29T23:30:00+03:00", Fold},
		// A day that never was, and one that came twice.
		{"Pacific/Apia", "2011-12-30T10:00", "2011-12-31T10:00:00+14:00", Gap},
		{"Pacific/Apia", "2011-12-29T23:59", "2011-12-29T23:59:00-10:00", Exact},
		{"Pacific/Apia", "2011-12-31T00:00", "2011-12-31T00:00:00+14:00", Exact},
		{"Pacific/Kwajalein", "1993-08-21T10:00", "1993-08-22T10:00:00+12:00", Gap},
		{"Pacific/Kwajalein", "1969-09-30T12:00", "1969-09-30T12:00:00+11:00", Fold},
		// Offsets that changed for another reason than summer time.
		{"America/Caracas", "2016-05-01T02:45", "2016-05-01T03:15:00-04:00", Gap},
		{"Asia/Pyongyang", "2015-08-14T23:45", "2015-08-14T23:45:00+09:00", Fold},
		{"Asia/Pyongyang", "2018-05-04T23:45", "2018-05-05T00:15:00+09:00", Gap},
		{"Africa/Monrovia", "1972-01-07T00:30", "1972-01-07T01:14:30+00:00", Gap},
		// No clock changes at all.
		{"UTC", "2026-03-29T02:30", "2026-03-29T02:30:00+00:00", Exact},
		{"Asia/Kathmandu", "2026-03-29T02:30", "2026-03-29T02:30:00+05:45", Exact},
	} {
		t.Run(c.zone+" "+c.wall, func(t *testing.T) {
			loc, err := Zone(c.zone)
			require.NoError(t, err)
			wall, err := ParseWall(c.wall)
			require.NoError(t, err)
			got, how := wall.Resolve(loc)
			require.Equal(t, c.want, got.Format("2006-01-02T15:04:05-07:00"))
			require.Equal(t, c.how, how)
			require.True(t, got.Equal(wall.In(loc)))
			if how != Gap {
				require.Equal(t, wall, WallOf(got, loc))
			}
			want, err := time.Parse(time.RFC3339, c.want)
			require.NoError(t, err)
			require.True(t, got.Equal(want))
		})
	}
}
