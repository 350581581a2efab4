package calendar

import "time"

// Resolution says how a wall clock became an instant.
type Resolution string

// The three ways a wall clock becomes an instant.
const (
	Exact Resolution = "exact" // the clock shows it once
	Gap   Resolution = "gap"   // the clock skips it; the offset before the gap counts
	Fold  Resolution = "fold"  // the clock shows it twice; the first time counts
)

// In returns the instant at which a clock in loc shows w, as Resolve chooses it.
func (w Wall) In(loc *time.Location) time.Time {
	t, _ := w.Resolve(loc)
	return t
}

// Resolve returns the instant at which a clock in loc shows w, in loc, and how
// it was found. The rule is RFC 5545, 3.3.5: 02:30 in a gap from 02:00 to 03:00
// is 03:30, 01:30 in a fold is the first one. time.Date promises neither.
//
// It compares the offsets a day before and a day after, as the ECMAScript
// Temporal proposal does. No offset is a day long, so the transition that
// matters lies between them; it must be the only one there, which the tests
// check for every zone they know.
func (w Wall) Resolve(loc *time.Location) (time.Time, Resolution) {
	naive := w.unix()
	before := offsetAt(naive-secondsPerDay, loc)
	after := offsetAt(naive+secondsPerDay, loc)
	early, late := naive-before, naive-after
	shownEarly := offsetAt(early, loc) == before
	shownLate := offsetAt(late, loc) == after
	switch {
	case shownEarly && shownLate && early != late:
		return time.Unix(early, 0).In(loc), Fold
	case shownEarly:
		return time.Unix(early, 0).In(loc), Exact
	case shownLate:
		return time.Unix(late, 0).In(loc), Exact
	default:
		return time.Unix(early, 0).In(loc), Gap
	}
}

func offsetAt(unix int64, loc *time.Location) int64 {
	_, offset := time.Unix(unix, 0).In(loc).Zone()
	return int64(offset)
}
