package reply

import (
	"regexp"
	"strings"

	"rondo/activities/calendar"
)

// The dates that an out-of-office notice can name, as far as they are believed.
const (
	longest = 366 // days ahead
	stale   = 60  // days ago: a day without a year that is no longer past than this is not meant for next year
)

// meaning is what the words before a date make of it.
type meaning int

const (
	nothing meaning = iota
	onIt            // "back on": the first day back
	afterIt         // "until", "after", "from ... to": the day after
)

// cue is words that give a date a meaning.
type cue struct {
	language string
	means    meaning
	words    *regexp.Regexp
}

var cues = []cue{
	{"en", onIt, regexp.MustCompile(`\b(?:back|return(?:s|ing|ed)?|(?:available|reachable|online) (?:again|from)|resum(?:e|ing)|not before|re-?open(?:s|ing)?)\b`)},
	{"en", afterIt, regexp.MustCompile(`\b(?:until|till|through|thru|up to|after|following)\b`)},
	{"fr", onIt, regexp.MustCompile(`\b(?:retour|reviens|reviendr\w+|rentr\w+|repren\w+|(?:a|de) nouveau|pas avant|rouvr\w+|(?:joignable|disponible) (?:des|a partir))\b`)},
	{"fr", afterIt, regexp.MustCompile(`\b(?:jusqu'\w*|jusque|apres)`)},
	{"de", onIt, regexp.MustCompile(`\b(?:zurue?ck|wieder|kehre|nicht vor|ruckkehr)\b`)},
	{"de", afterIt, regexp.MustCompile(`\b(?:bis|nach)\b`)},
	{"es", onIt, regexp.MustCompile(`\b(?:vuelv\w+|vuelta|volver\w*|volvemos|regres\w+|reincorpor\w+|de nuevo|no antes|retorn\w+|reanud\w+|reabr\w+)\b`)},
	{"es", afterIt, regexp.MustCompile(`\b(?:hasta|despues)\b`)},
}

var (
	// begin is the end of the text before the second day of a range.
	begin = regexp.MustCompile(`(?:\d(?:st|nd|rd|th|er)?\.?|\b(?:` + monthNames + `)\.?|\b(?:` + weekdayNames + `)) ?(?:to|-|au|al?|through|thru|bis|hasta|and|et|und|y)(?: (?:and )?incl\w+| einschliesslich)?(?: (?:the|el|le|zum|dem|dia))*(?: (?:` + weekdayNames + `),?)?(?: (?:the|el|le|zum|dem|den))? ?$`)
	// between says that "and" joins the ends of a range.
	between = regexp.MustCompile(`\b(?:between|entre|zwischen)\b`)
	joins   = regexp.MustCompile(`\b(?:and|et|und|y)\b[^\d]*$`)
	// sentence is the end of one; that of an abbreviation or an ordinal is not.
	sentence = regexp.MustCompile(`[a-z]{5,}[.!?] |[a-z)][!?] |\n`)
)

const (
	windowBefore = 70 // bytes in which the cue is looked for
	windowAfter  = 50
)

// back is the first day back that folded text names: the first that is said to be that day, else the day after the first
// that is said to be the last away. A date that is past, or more than a year ahead, is not believed.
func back(text, lang string, today calendar.Date) calendar.Date {
	var away calendar.Date
	found := dates(text)
	for i, d := range found {
		from, to := max(0, d.start-windowBefore), min(len(text), d.end+windowAfter)
		if i > 0 { // as far as "between" before the beginning of a range
			from = max(from, found[i-1].start-len("between Wednesday, the "))
		}
		if i+1 < len(found) {
			to = min(to, found[i+1].start)
		}
		previous := 0
		if i > 0 {
			previous = max(0, found[i-1].start-from)
		}
		means, spoken := meant(text[from:d.start], text[d.end:to], previous)
		if means == nothing {
			continue
		}
		if spoken == "" {
			spoken = lang
		}
		day := d.day(today, spoken)
		if day.IsZero() {
			continue
		}
		if means == afterIt && !d.vague {
			day = day.AddDays(1)
		}
		switch {
		case day.Before(today) || today.AddDays(longest).Before(day):
		case means == onIt:
			return day
		case away.IsZero():
			away = day
		}
	}
	return away
}

// meant is what the words around a date make of it, and in which language they do. previous is where in before the date
// before this one begins: cues before that are about that date.
func meant(before, after string, previous int) (means meaning, lang string) {
	if ends := sentence.FindAllStringIndex(before, -1); ends != nil {
		end := ends[len(ends)-1][1]
		before, previous = before[end:], max(0, previous-end)
	}
	if begin.MatchString(before) && (!joins.MatchString(before) || between.MatchString(before)) {
		return afterIt, ""
	}
	last := -1
	before = before[min(len(before), previous):]
	for _, c := range cues {
		if at := c.words.FindAllStringIndex(before, -1); at != nil && at[len(at)-1][0] > last {
			last, means, lang = at[len(at)-1][0], c.means, c.language
		}
	}
	if last >= 0 {
		return means, lang
	}
	if end := sentence.FindStringIndex(after); end != nil {
		after = after[:end[1]]
	}
	for _, c := range cues {
		if c.means == onIt && c.words.MatchString(after) && !strings.Contains(after, "not ") {
			return onIt, c.language
		}
	}
	return nothing, ""
}

// returning says whether folded text names a day back, whichever it is.
func returning(text string) bool {
	for _, d := range dates(text) {
		if means, _ := meant(text[max(0, d.start-windowBefore):d.start], "", 0); means == onIt {
			return true
		}
	}
	return false
}
