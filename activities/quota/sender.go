package quota

import (
	"math/bits"
	"time"

	"rondo/activities/calendar"
)

// Limits of a Sender.
const (
	MaxPerHour = 3600
	MaxPerDay  = 24 * MaxPerHour
	MaxGap     = 24 * time.Hour
)

// Sender is a mailbox: when it may send and how much.
type Sender struct {
	Zone     *time.Location
	Days     []time.Weekday         // sending days; empty: Monday to Friday
	From, To int                    // wall-clock hours of its slots: From <= hour < To, 0 to 24
	Holidays map[calendar.Date]bool // no sending on these

	PerHour int           // mails in one clock hour of Zone, 1 to MaxPerHour
	PerDay  int           // mails in any 24 h (t-24h, t], 1 to MaxPerDay
	MinGap  time.Duration // between two mails, 0 to MaxGap; 0: none
	Ramp    Ramp          // zero: none

	PerDomain, PerCompany int // mails to one domain or company of recipients in one calendar day of Zone; 0: no cap
}

// Ramp lowers PerDay at first: on the n-th sending day since Since, counted from 0, it is min(PerDay, First + n*Step).
// Before Since it is what it is on Since.
type Ramp struct {
	Since       calendar.Date
	First, Step int // 1 and 0 at least, MaxPerDay at most
}

// Validate names every field that is wrong. Its error is a calendar.FieldErrors.
func (s Sender) Validate() error {
	var errs calendar.FieldErrors
	check := func(ok bool, field, code, detail string) {
		if !ok {
			errs = append(errs, calendar.FieldError{Field: field, Code: code, Detail: detail})
		}
	}
	inRange := func(ok bool, field, detail string) { check(ok, field, calendar.CodeOutOfRange, detail) }

	check(s.Zone != nil, "zone", calendar.CodeRequired, "a sender needs a time zone")
	for _, d := range s.Days {
		inRange(d >= time.Sunday && d <= time.Saturday, "days", "a sending day must be from 0 (Sunday) to 6 (Saturday)")
	}
	inRange(s.From >= 0 && s.From < 24, "from", "the first hour must be from 0 to 23")
	inRange(s.To > s.From && s.To <= 24, "to", "the hours must end after they begin, at 24 at the latest")
	inRange(s.PerHour >= 1 && s.PerHour <= MaxPerHour, "per_hour", "the quota of an hour must be from 1 to 3600")
	inRange(s.PerDay >= 1 && s.PerDay <= MaxPerDay, "per_day", "the quota of 24 hours must be from 1 to 86400")
	inRange(s.MinGap >= 0 && s.MinGap <= MaxGap, "min_gap", "the gap between two mails must be from 0 to 24 hours")
	if s.Ramp != (Ramp{}) {
		check(!s.Ramp.Since.IsZero(), "ramp.since", calendar.CodeRequired, "a ramp needs its first day")
		inRange(s.Ramp.First >= 1 && s.Ramp.First <= MaxPerDay, "ramp.first", "a ramp must begin with 1 to 86400 mails")
		inRange(s.Ramp.Step >= 0 && s.Ramp.Step <= MaxPerDay, "ramp.step", "a ramp must grow by 0 to 86400 mails")
	}
	inRange(s.PerDomain >= 0, "per_domain", "the cap of a domain must not be negative")
	inRange(s.PerCompany >= 0, "per_company", "the cap of a company must not be negative")
	if len(errs) == 0 {
		return nil
	}
	return errs
}

// DayQuota returns the most mails of a 24 h window that ends on d. It takes time linear in the holidays if there is a ramp.
func (s Sender) DayQuota(d calendar.Date) int {
	if s.Ramp == (Ramp{}) {
		return s.PerDay
	}
	return min(s.PerDay, s.Ramp.First+s.sendingDays(s.Ramp.Since, d)*s.Ramp.Step)
}

// sendingDays counts from <= d < to.
func (s Sender) sendingDays(from, to calendar.Date) int {
	first, last := dayOf(from), dayOf(to)
	if last <= first {
		return 0
	}
	mask := s.weekdays()
	n := int(last-first) / 7 * bits.OnesCount8(mask)
	for d := last - (last-first)%7; d < last; d++ {
		n += int(mask >> weekday(d) & 1)
	}
	for d, holiday := range s.Holidays {
		if holiday && !d.Before(from) && d.Before(to) {
			n -= int(mask >> d.Weekday() & 1)
		}
	}
	return n
}

func (s Sender) weekdays() uint8 {
	if len(s.Days) == 0 {
		return 1<<time.Saturday - 1<<time.Monday
	}
	return maskOf(s.Days)
}

// sends tells whether a day is a sending day.
func (s Sender) sends(day int64) bool {
	return s.weekdays()>>weekday(day)&1 == 1 && !s.Holidays[dateOf(day)]
}

func maskOf(days []time.Weekday) (mask uint8) {
	for _, d := range days {
		mask |= 1 << d
	}
	return mask
}
