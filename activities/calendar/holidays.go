package calendar

import (
	"slices"
	"time"
)

// HolidayPolicy says what a date on a holiday does to its occurrence.
type HolidayPolicy string

// The two policies; anything but HolidayNextWorkingDay skips.
const (
	HolidaySkip           HolidayPolicy = "skip"             // the occurrence does not happen
	HolidayNextWorkingDay HolidayPolicy = "next_working_day" // the date moves, its hour stays
)

// Holidays is a list of days on which no date of a round may fall. Days that are
// no working days but not listed either are left alone: an admin who chose a
// Saturday meant it.
type Holidays struct {
	Days     map[Date]string // day -> name of the holiday
	Policy   HolidayPolicy
	Workdays []time.Weekday // where a date may move to; empty: Monday to Friday
}

func (h Holidays) works(d Date) bool {
	if _, holiday := h.Days[d]; holiday {
		return false
	}
	if len(h.Workdays) > 0 {
		return slices.Contains(h.Workdays, d.Weekday())
	}
	return d.Weekday() != time.Saturday && d.Weekday() != time.Sunday
}

// shift returns how many days a date on d moves forward: 0 if d is no holiday.
// It reports false where the occurrence is to be skipped, which includes a list
// that leaves no working day for a year.
func (h Holidays) shift(d Date) (days int, ok bool) {
	if _, holiday := h.Days[d]; !holiday {
		return 0, true
	}
	if h.Policy != HolidayNextWorkingDay {
		return 0, false
	}
	for days := 1; days <= 366; days++ {
		if h.works(d.AddDays(days)) {
			return days, true
		}
	}
	return 0, false
}

// apply moves every date of a round that falls on a holiday, each on its own,
// and names the first holiday it met. Dates set in fixed stay where they are.
// It reports false if the occurrence is to be skipped.
func (h Holidays) apply(dates, fixed Dates) (moved Dates, name string, ok bool) {
	ok = true
	move := func(w Wall, isFixed bool) Wall {
		holiday, hit := h.Days[w.Date()]
		if w.IsZero() || isFixed || !hit {
			return w
		}
		if name == "" {
			name = holiday
		}
		days, found := h.shift(w.Date())
		ok = ok && found
		return w.AddDays(days)
	}
	dates.Review = move(dates.Review, !fixed.Review.IsZero())
	dates.OptIn = move(dates.OptIn, !fixed.OptIn.IsZero())
	dates.Match = move(dates.Match, !fixed.Match.IsZero())
	return dates, name, ok
}

// reach returns the longest way, in days, that a holiday moves a date.
func (h Holidays) reach() int {
	longest := 0
	for d := range h.Days {
		days, _ := h.shift(d)
		longest = max(longest, days)
	}
	return longest
}
