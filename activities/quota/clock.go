package quota

import (
	"time"

	"rondo/activities/calendar"
)

const (
	hour = int64(time.Hour)
	// window is how long a mail counts against PerDay.
	window = 24 * hour
)

// nano is Unix time in nanoseconds, of 1700 or 2200 for instants before or after.
func nano(t time.Time) int64 {
	const first, last = -8520336000, 7258118400
	switch unix := t.Unix(); {
	case unix < first:
		return first * int64(time.Second)
	case unix >= last:
		return last * int64(time.Second)
	}
	return t.UnixNano()
}

// floor is a/b rounded down.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// hourOf numbers the clock hours of a zone, 24 to a calendar day: hourOf/24 is the day. Day 0 is 1970-01-01.
func hourOf(at time.Time, zone *time.Location) int64 {
	_, offset := at.In(zone).Zone()
	return floor(at.Unix()+int64(offset), 3600)
}

func dateOf(day int64) calendar.Date {
	return calendar.WallOf(time.Unix(day*86400, 0), time.UTC).Date()
}

func dayOf(d calendar.Date) int64 {
	t, err := time.Parse(time.DateOnly, d.String())
	if err != nil {
		return 0 // a year that calendar does not read either
	}
	return t.Unix() / 86400
}

func weekday(day int64) time.Weekday { return time.Weekday(((day+4)%7 + 7) % 7) }

// begins is when a clock hour begins; false if the clock skips that.
func begins(clockHour int64, zone *time.Location) (time.Time, bool) {
	at, how := calendar.WallOf(time.Unix(clockHour*3600, 0), time.UTC).Resolve(zone)
	return at, how != calendar.Gap
}

// Open reports whether an instant lies in a slot of the sender.
func (s Sender) Open(at time.Time) bool {
	h := hourOf(at, s.Zone)
	day := floor(h, 24)
	if of := int(h - 24*day); of < s.From || of >= s.To || !s.sends(day) {
		return false
	}
	start, ok := begins(h, s.Zone)
	return ok && at.Before(start.Add(time.Hour))
}

// NextSlot returns the beginning of the first slot that begins at or after an instant: 10:40 gives 11:00. It reports false
// if none does within a year.
func (s Sender) NextSlot(at time.Time) (time.Time, bool) {
	today := floor(hourOf(at, s.Zone), 24)
	for day := today; day <= today+366; day++ {
		if !s.sends(day) {
			continue
		}
		for of := s.From; of < s.To; of++ {
			if start, ok := begins(24*day+int64(of), s.Zone); ok && !start.Before(at) {
				return start, true
			}
		}
	}
	return time.Time{}, false
}

// AfterDays returns the beginning of the local day that is so many sending days after the day of sent: Friday + 2 is
// Tuesday. Days that are no sending days do not count. 0 days or fewer is sent itself.
func (s Sender) AfterDays(sent time.Time, days int) time.Time {
	if days <= 0 {
		return sent
	}
	day := floor(hourOf(sent, s.Zone), 24)
	for days > 0 {
		if day++; s.sends(day) {
			days--
		}
	}
	at, _ := begins(24*day, s.Zone) // a midnight that the clock skips is the instant of the skip
	return at
}
