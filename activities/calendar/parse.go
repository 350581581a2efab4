package calendar

import (
	"fmt"
	"strings"
	"time"
)

var yearProblem = fmt.Sprintf("the year must be from %d to %d", minYear, maxYear)

func validYear(year int) bool { return year >= minYear && year <= maxYear }

// ParseError says why a text is not a date or a date-time, and what would be.
type ParseError struct {
	What    string // "date" or "date-time"
	Text    string // what was given
	Problem string // what is wrong and what would be right
}

func (e *ParseError) Error() string {
	const longest = 40
	text := e.Text
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return fmt.Sprintf("%s %q: %s", e.What, text, e.Problem)
}

// parser reads a text from left to right and keeps the first error.
type parser struct {
	what, example string
	text, rest    string
	err           *ParseError
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = &ParseError{What: p.what, Text: p.text, Problem: fmt.Sprintf(format, args...)}
	}
}

// digits takes exactly n digits, which hold the named part.
func (p *parser) digits(n int, part string) int {
	if p.err != nil {
		return 0
	}
	value := 0
	for i := range n {
		if i >= len(p.rest) || p.rest[i] < '0' || p.rest[i] > '9' {
			p.fail("the %s needs %d digits, as in %s", part, n, p.example)
			return 0
		}
		value = value*10 + int(p.rest[i]-'0')
	}
	p.rest = p.rest[n:]
	return value
}

func (p *parser) literal(c byte, between string) {
	if p.err != nil {
		return
	}
	if p.rest == "" || p.rest[0] != c {
		p.fail("expected %q between %s, as in %s", c, between, p.example)
		return
	}
	p.rest = p.rest[1:]
}

func (p *parser) date() Date {
	year := p.digits(4, "year")
	p.literal('-', "year and month")
	month := time.Month(p.digits(2, "month"))
	p.literal('-', "month and day")
	day := p.digits(2, "day")
	if p.err != nil {
		return Date{}
	}
	switch {
	case !validYear(year):
		p.fail("%s", yearProblem)
	case month < time.January || month > time.December:
		p.fail("the month must be from 01 to 12")
	case day < 1 || day > daysIn(year, month):
		p.fail("%s %d has days 01 to %d", month, year, daysIn(year, month))
	}
	return dateOf(year, month, day)
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func (p *parser) separator() {
	if p.err == nil && p.rest == "" {
		p.fail("the time of day is missing, as in %s", p.example)
	}
	p.literal('T', "date and time")
}

// clock takes HH:MM or HH:MM:SS and returns the seconds since midnight.
func (p *parser) clock() int64 {
	hour := p.digits(2, "hour")
	p.literal(':', "hour and minute")
	minute := p.digits(2, "minute")
	second := 0
	if strings.HasPrefix(p.rest, ":") {
		p.rest = p.rest[1:]
		second = p.digits(2, "second")
	}
	switch {
	case hour > 23:
		p.fail("the hour must be from 00 to 23")
	case minute > 59:
		p.fail("the minute must be from 00 to 59")
	case second > 59:
		p.fail("the second must be from 00 to 59")
	}
	return int64(hour*60*60 + minute*60 + second)
}

// end refuses whatever is left over.
func (p *parser) end() {
	switch {
	case p.err != nil || p.rest == "":
	case p.what == "date-time" && strings.ContainsAny(p.rest[:1], "Zz+-["):
		p.fail("a wall clock has no offset; leave out %q and name the zone separately", p.rest)
	case p.what == "date-time" && strings.ContainsAny(p.rest[:1], ".,"):
		p.fail("only whole seconds are kept; leave out %q", p.rest)
	default:
		p.fail("unexpected %q at the end; write it as in %s", p.rest, p.example)
	}
}
