package calendar

import (
	"cmp"
	"time"
)

// Wall is what a clock on the wall and the calendar beside it show: a date and a
// time to the second, without a zone. Walls compare with == and order with
// Compare, which says nothing about instants. The zero Wall means "none"; its
// text is empty.
//
// For a database column without a zone use w.In(time.UTC) and
// WallOf(t, time.UTC): both are exact, because UTC has no clock changes.
type Wall struct {
	seconds int64 // since 0001-01-01T00:00:00, every day counted as 24 hours
}

// ParseWall reads YYYY-MM-DDTHH:MM or YYYY-MM-DDTHH:MM:SS, years 1900 to 9999,
// without an offset or a zone. Its error is a *ParseError.
func ParseWall(text string) (Wall, error) {
	p := parser{what: "date-time", example: "2026-06-04T10:00", text: text, rest: text}
	d := p.date()
	p.separator()
	seconds := p.clock()
	p.end()
	if p.err != nil {
		return Wall{}, p.err
	}
	return Wall{seconds: d.days*secondsPerDay + seconds}, nil
}

// WallOf returns what a clock in loc shows at t, fractions of a second dropped.
// Inside a fold two instants show the same Wall, so WallOf(t, loc).In(loc) is
// then the first of them.
func WallOf(t time.Time, loc *time.Location) Wall {
	_, offset := t.In(loc).Zone()
	return Wall{seconds: t.Unix() + int64(offset) + unixToYearOne}
}

// unix returns the Unix time at which a clock set to UTC shows w.
func (w Wall) unix() int64 { return w.seconds - unixToYearOne }

// String returns YYYY-MM-DDTHH:MM, with seconds where they are not zero, or
// nothing for the zero Wall.
func (w Wall) String() string {
	switch {
	case w.IsZero():
		return ""
	case w.seconds%60 == 0:
		return time.Unix(w.unix(), 0).UTC().Format("2006-01-02T15:04")
	default:
		return time.Unix(w.unix(), 0).UTC().Format("2006-01-02T15:04:05")
	}
}

// MarshalText returns String; it fails for years outside 1900 to 9999, which
// ParseWall would not read back.
func (w Wall) MarshalText() ([]byte, error) {
	if !w.IsZero() && !validYear(w.Date().utc().Year()) {
		return nil, &ParseError{What: "date-time", Text: w.String(), Problem: yearProblem}
	}
	return []byte(w.String()), nil
}

// UnmarshalText is ParseWall, except that empty text gives the zero Wall.
func (w *Wall) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*w = Wall{}
		return nil
	}
	parsed, err := ParseWall(string(text))
	if err != nil {
		return err
	}
	*w = parsed
	return nil
}

// IsZero reports whether w is the zero Wall, "none".
func (w Wall) IsZero() bool { return w == Wall{} }

// Compare returns -1, 0 or +1 as w shows an earlier, the same or a later
// date-time than v.
func (w Wall) Compare(v Wall) int { return cmp.Compare(w.seconds, v.seconds) }

// Before reports whether w shows an earlier date-time than v.
func (w Wall) Before(v Wall) bool { return w.seconds < v.seconds }

// AddDays returns the same time of day n days later; n may be negative.
func (w Wall) AddDays(n int) Wall {
	return Wall{seconds: w.seconds + int64(n)*secondsPerDay}
}

// Date returns the day w shows.
func (w Wall) Date() Date {
	days := w.seconds / secondsPerDay
	if w.seconds%secondsPerDay < 0 {
		days-- // a day before the year 1, reached only by WallOf
	}
	return Date{days: days}
}

// Weekday returns the day of the week w shows.
func (w Wall) Weekday() time.Weekday { return w.Date().Weekday() }
