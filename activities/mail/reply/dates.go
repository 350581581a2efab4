package reply

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rondo/activities/calendar"
)

// months are the names of months, folded, of all four languages.
var months = func() map[string]time.Month {
	m := map[string]time.Month{}
	for i, names := range [...]string{
		"january jan janvier janv januar janner jaenner enero ene", "february feb fevrier fevr fev februar febrero",
		"march mar mars marz maerz marzo", "april apr avril avr abril abr", "may mai mayo", "june jun juin juni junio",
		"july jul juillet juil juli julio", "august aug aout agosto ago", "september sept sep septembre septiembre setiembre",
		"october oct octobre oktober okt octubre", "november nov novembre noviembre", "december dec decembre dezember dez diciembre dic",
	} {
		for _, name := range strings.Fields(names) {
			m[name] = time.Month(i + 1)
		}
	}
	return m
}()

// weekdays are the names of days, likewise; short ones would be other words ("mon retour") and always stand with a date.
var weekdays = func() map[string]time.Weekday {
	m := map[string]time.Weekday{}
	for i, names := range [...]string{
		"sunday dimanche sonntag domingo", "monday lundi montag lunes", "tuesday mardi dienstag martes", "wednesday mercredi mittwoch miercoles",
		"thursday jeudi donnerstag jueves", "friday vendredi freitag viernes", "saturday samedi samstag sonnabend sabado",
	} {
		for _, name := range strings.Fields(names) {
			m[name] = time.Weekday(i)
		}
	}
	return m
}()

var monthNames, weekdayNames = alternatives(months), alternatives(weekdays)

// alternatives is a pattern of the keys, longer ones first.
func alternatives[V any](m map[string]V) string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return strings.Join(names, "|")
}

// dated is a date in a text.
type dated struct {
	start, end int // without the weekday before it
	vague      bool
	day        func(today calendar.Date, lang string) calendar.Date // zero if there is no such day
}

// form is a way to write a date; read gets what its groups hold, "" for those that took no part.
type form struct {
	written *regexp.Regexp
	vague   bool
	read    func(g []string) func(today calendar.Date, lang string) calendar.Date
}

const maxDates = 50

// dates are the dates in folded text, in order. Of forms that overlap, the one that says more wins.
func dates(text string) []dated {
	var found []dated
	for _, f := range forms {
		for _, at := range f.written.FindAllStringSubmatchIndex(text, maxDates) {
			d := dated{start: startOf(at), end: at[1], vague: f.vague}
			if slices.ContainsFunc(found, func(o dated) bool { return d.start < o.end && o.start < d.end }) || inNumber(text, d.start, d.end) {
				continue
			}
			groups := make([]string, 0, len(at)/2)
			for i := 2; i < len(at); i += 2 {
				group := ""
				if at[i] >= 0 {
					group = text[at[i]:at[i+1]]
				}
				groups = append(groups, group)
			}
			d.day = f.read(groups)
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b dated) int { return cmp.Compare(a.start, b.start) })
	// "Monday, 22 June" is one date.
	return slices.DeleteFunc(found, func(d dated) bool {
		return slices.ContainsFunc(found, func(o dated) bool {
			return weekday.MatchString(text[d.start:d.end]) && o.start >= d.end && o.start-d.end <= 9 && joint.MatchString(text[d.end:o.start])
		})
	})
}

// startOf is where the first group of a match begins: words before it, as in "in June", are for the cues.
func startOf(at []int) int {
	for i := 2; i < len(at); i += 2 {
		if at[i] >= 0 {
			return at[i]
		}
	}
	return at[0]
}

var (
	weekday = regexp.MustCompile(`^(?:\w+ )?(?:` + weekdayNames + `)\.?$`)
	joint   = regexp.MustCompile(`^,? ?(?:(?:the|den|dem|le|el|dia) ?)*$`)
)

// inNumber says whether a date is part of a telephone number, a time or a version.
func inNumber(text string, start, end int) bool {
	digit := func(i int) bool { return i >= 0 && i < len(text) && text[i] >= '0' && text[i] <= '9' }
	sign := func(i int) bool { return i >= 0 && i < len(text) && strings.IndexByte("./:-", text[i]) >= 0 }
	if start >= len("24/7") && text[start:end] == "24/7" || !digit(start) && !digit(end-1) {
		return false
	}
	return digit(start) && (digit(start-1) || sign(start-1) && digit(start-2) && text[start-1] != '-' || start > 0 && text[start-1] == '+') ||
		digit(end) || sign(end) && digit(end+1) && text[end] != '-' || strings.HasPrefix(strings.TrimLeft(text[end:], " "), "uhr")
}

// number is that of a decimal group; 0 if it is empty.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
