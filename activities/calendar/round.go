package calendar

import "time"

const day = 24 * time.Hour

// AnswersClose returns when the answers of a round close, a duration before its
// match. Whole days are counted on the wall clock and what is left of them in
// elapsed time, as RFC 5545, 3.3.6 does: 24 h before a match at 10:00 is 10:00
// the day before, also across a clock change, and 90 minutes before are 90
// minutes. The result is before the match if before is positive.
func AnswersClose(match Wall, before time.Duration, loc *time.Location) time.Time {
	closes := match.AddDays(-int(before / day)).In(loc).Add(-(before % day))
	at := match.In(loc)
	if before > 0 && !closes.Before(at) {
		return at.Add(-before) // the zone skipped that whole day, as Apia did
	}
	return closes
}

// Reminder returns when members who have not answered are reminded: the same
// wall clock in loc one day before answers close. It reports false if members
// were not asked before that; a reminder together with the question is none.
func Reminder(optIn, answersClose time.Time, loc *time.Location) (time.Time, bool) {
	at := AnswersClose(WallOf(answersClose, loc), day, loc)
	return at, optIn.Before(at)
}
