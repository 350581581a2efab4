// Package calendar turns the wall clocks an admin enters into instants: local
// dates and times, time zones, recurrences, holidays and the instants a round
// derives from them.
//
// A date-time is kept as a wall clock plus an IANA zone and the instant is
// derived, so that 10:00 stays 10:00 across a clock change and a new edition of
// the time zone database corrects every instant that lies ahead. In a gap the
// offset before it counts, in a fold the first of the two readings
// (RFC 5545, 3.3.5). A recurrence counts whole weeks on the wall clock from its
// anchor and never from an earlier result.
//
// The package is pure: no I/O except loading a zone once, and no clock. "Now" is
// always a parameter.
package calendar
