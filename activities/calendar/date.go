package calendar

import (
	"cmp"
	"time"
)

const (
	secondsPerDay = 24 * 60 * 60
	// unixToYearOne is the Unix time of 0001-01-01T00:00:00Z, negated.
	unixToYearOne = 62135596800

	minYear = 1900
	maxYear = 9999
)

// Date is a day of the Gregorian calendar without a zone. Dates compare with ==
// and serve as map keys. The zero Date means "none"; its text is empty.
type Date struct {
	days int64 // since 0001-01-01
}

// ParseDate reads YYYY-MM-DD, years 1900 to 9999. Its error is a *ParseError.
func ParseDate(text string) (Date, error) {
	p := parser{what: "date", example: "2026-06-04", text: text, rest: text}
	d := p.date()
	p.end()
	if p.err != nil {
		return Date{}, p.err
	}
	return d, nil
}

func dateOf(year int, month time.Month, day int) Date {
	unix := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()
	return Date{days: (unix + unixToYearOne) / secondsPerDay}
}

func (d Date) utc() time.Time {
	return time.Unix(d.days*secondsPerDay-unixToYearOne, 0).UTC()
}

// String returns YYYY-MM-DD, or nothing for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText returns String; it fails for years outside 1900 to 9999, which
// ParseDate would not read back.
func (d Date) MarshalText() ([]byte, error) {
	if !d.IsZero() && !validYear(d.utc().Year()) {
		return nil, &ParseError{What: "date", Text: d.String(), Problem: yearProblem}
	}
	return []byte(d.String()), nil
}

// UnmarshalText is ParseDate, except that empty text gives the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// IsZero reports whether d is the zero Date, "none".
func (d Date) IsZero() bool { return d == Date{} }

// Compare returns -1, 0 or +1 as d is before, the same as or after e.
func (d Date) Compare(e Date) int { return cmp.Compare(d.days, e.days) }

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool { return d.days < e.days }

// AddDays returns the day n days after d; n may be negative.
func (d Date) AddDays(n int) Date { return Date{days: d.days + int64(n)} }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }
