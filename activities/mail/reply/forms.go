package reply

import (
	"regexp"
	"time"

	"rondo/activities/calendar"
)

// reader says which day is meant, seen from today.
type reader = func(today calendar.Date, lang string) calendar.Date

// forms are the ways to write a date, those that say most first.
var forms = []form{
	{regexp.MustCompile(`\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b`), false, func(g []string) reader {
		return dayOf(number(g[0]), number(g[1]), number(g[2]))
	}},
	{regexp.MustCompile(`\b(\d{1,2})(?:st|nd|rd|th|er|o)?\.?(?: ?(?:of|de|den))? ?(` + monthNames + `)\b\.?(?:,? ?(?:of |del? )?(\d{4})\b)?`), false, func(g []string) reader {
		return dayOf(number(g[2]), int(months[g[1]]), number(g[0]))
	}},
	{regexp.MustCompile(`\b(` + monthNames + `)\b\.? (?:the )?(\d{1,2})(?:st|nd|rd|th)?\b(?:,? (\d{4})\b)?`), false, func(g []string) reader {
		return dayOf(number(g[2]), int(months[g[0]]), number(g[1]))
	}},
	{regexp.MustCompile(`\b(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})\b`), false, numeric},
	{regexp.MustCompile(`\b(\d{1,2})/(\d{1,2})()\b`), false, numeric},
	{regexp.MustCompile(`\b(\d{1,2})\.(\d{1,2})()\b\.?`), false, func(g []string) reader { return dayOf(0, number(g[1]), number(g[0])) }},
	{regexp.MustCompile(`\b(?:end of|ende|fin|finale?s? de|a finales de)(?: (?:de |du |des |of |the |next |nachsten )?)?(?:the )?(` + monthNames + `|month|monats|mois|mes)\b(?: (?:de )?(\d{4}))?`), false, func(g []string) reader {
		return func(today calendar.Date, _ string) calendar.Date {
			return lastOf(today, int(months[g[0]]), number(g[1]))
		}
	}},
	{regexp.MustCompile(`\b(?:in|im|en|early|debut|anfang|principios de|until|till|bis|hasta|jusqu'en) (` + monthNames + `)\b(?: (?:de )?(\d{4}))?`), true, func(g []string) reader {
		return dayOf(number(g[1]), int(months[g[0]]), 1)
	}},
	{regexp.MustCompile(`\b(?:next week|(?:in der )?nachste[rn]? woche|(?:la )?semaine prochaine|(?:la )?semana que viene|(?:la )?proxima semana)\b`), true, func([]string) reader {
		return func(today calendar.Date, _ string) calendar.Date { return next(today, time.Monday) }
	}},
	{regexp.MustCompile(`\b(?:(?:next|this|coming|nachste[nmr]?|kommende[nmr]?|proximo|este) )?(` + weekdayNames + `)\b\.?`), false, func(g []string) reader {
		return func(today calendar.Date, _ string) calendar.Date { return next(today, weekdays[g[0]]) }
	}},
	{regexp.MustCompile(`\b(?:tomorrow|demain|morgen|manana)\b`), false, func([]string) reader {
		return func(today calendar.Date, _ string) calendar.Date { return today.AddDays(1) }
	}},
	{regexp.MustCompile(`\b(?:the (\d{1,2})(?:st|nd|rd|th)|(?:am|dem|den|zum) (\d{1,2})\.|(?:le|au) (\d{1,2})|(?:el|al) (\d{1,2}))`), false, func(g []string) reader {
		return func(today calendar.Date, _ string) calendar.Date { return nextNumbered(today, number(first(g...))) }
	}},
}

// minYear and maxYear are those of calendar's dates.
const (
	minYear = 1900
	maxYear = 9999
)

// numeric reads 12/03/2026 and 12/03. The day comes first, but in English either may: then the reading is meant that comes
// sooner after today, and where only one can be, that one.
func numeric(g []string) reader {
	a, b, year := number(g[0]), number(g[1]), number(g[2])
	if year > 0 && year < 100 {
		year += 2000
	}
	return func(today calendar.Date, lang string) calendar.Date {
		day := dayOf(year, b, a)(today, lang)
		other := dayOf(year, a, b)(today, lang)
		switch {
		case day.IsZero():
			return other
		case lang != "en" || other.IsZero() || other.Before(today):
			return day
		case day.Before(today) || other.Before(day):
			return other
		default:
			return day
		}
	}
}

// dayOf reads a day; without a year (0), the next such day from today on, unless the last one is hardly past.
func dayOf(year, month, day int) reader {
	return func(today calendar.Date, _ string) calendar.Date {
		if year != 0 {
			return date(year, month, day)
		}
		for y := yearOf(today) - 1; y <= yearOf(today)+4; y++ { // 29 February may be that far
			if d := date(y, month, day); !d.IsZero() && !d.Before(today.AddDays(-stale)) {
				return d // perhaps past, and then not believed
			}
		}
		return calendar.Date{}
	}
}

// lastOf is the last day of a month; of today's if it is 0.
func lastOf(today calendar.Date, month, year int) calendar.Date {
	if month == 0 {
		for d := today; ; d = d.AddDays(1) {
			if d.AddDays(1).String()[8:] == "01" {
				return d
			}
		}
	}
	for day := 31; day >= 28; day-- {
		if d := dayOf(year, month, day)(today, ""); !d.IsZero() && d.AddDays(1).String()[8:] == "01" {
			return d
		}
	}
	return calendar.Date{}
}

// next is the first such weekday after today.
func next(today calendar.Date, day time.Weekday) calendar.Date {
	for d := today.AddDays(1); ; d = d.AddDays(1) {
		if d.Weekday() == day {
			return d
		}
	}
}

// nextNumbered is the first day with that number in its month, from today on.
func nextNumbered(today calendar.Date, day int) calendar.Date {
	for n := range 62 {
		if d := today.AddDays(n); number(d.String()[8:]) == day {
			return d
		}
	}
	return calendar.Date{}
}

// date is a day of the calendar, or zero.
func date(year, month, day int) calendar.Date {
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if year < minYear || year > maxYear || t.Year() != year || int(t.Month()) != month || t.Day() != day {
		return calendar.Date{}
	}
	return calendar.WallOf(t, time.UTC).Date()
}

func yearOf(d calendar.Date) int { return number(d.String()[:4]) }
