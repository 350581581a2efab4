package reply

import (
	"regexp"
	"strings"
	"time"

	"rondo/activities/calendar"
)

// Kind is what a mail means for the outreach it answers.
type Kind string

// The kinds. OutOfOffice is any answer of a machine that is no bounce, also "we received your request": nobody has read
// the mail yet. Negative is a demand never to write again, a threat or an insult; a polite no is a Reply. Unsubscribe is
// a mail that says little else.
const (
	Reply       Kind = "reply"
	OutOfOffice Kind = "out_of_office"
	Negative    Kind = "negative"
	Unsubscribe Kind = "unsubscribe"
	Bounce      Kind = "bounce"
)

// Verdict is what a mail says.
type Verdict struct {
	Kind Kind
	// Until is the first day back of an OutOfOffice; zero if it names none, or none that can be right.
	Until calendar.Date
	// Language is the ISO 639-1 code of one of the four languages, or empty.
	Language string
}

// maxClassified bounds what is searched: what a mail means is said at its beginning.
const maxClassified = 16 << 10

// Classify says what a mail means. Only fresh text counts, never what it quotes, such as our own unsubscribe line. now
// is when the mail came, in the zone whose days matter.
func Classify(m Mail, now time.Time) Verdict {
	text, subject := fold(cut(m.Fresh(), maxClassified)), fold(m.Subject)
	v := Verdict{Kind: Reply, Language: language(text + " " + subject)}
	if l := language(text); l != "" {
		v.Language = l
	}
	switch {
	case m.Bounce:
		v.Kind = Bounce
	case m.Auto || awaySubject.MatchString(subject):
		if v.Kind = wish(text, ""); v.Kind == Reply || away.MatchString(text) {
			v.Kind = OutOfOffice
		}
	case notice(text):
		v.Kind = OutOfOffice
	default:
		v.Kind = wish(text, subject)
	}
	if year := now.Year(); v.Kind != OutOfOffice || year <= minYear || year >= maxYear {
		return v
	}
	today := calendar.WallOf(now, now.Location()).Date()
	if v.Until = back(text, v.Language, today); v.Until.IsZero() {
		v.Until = back(subject, v.Language, today)
	}
	return v
}

// wish tells Negative and Unsubscribe from Reply. A mail without text says it in its subject, if that is its own.
func wish(text, subject string) Kind {
	if text == "" {
		if answering.MatchString(subject) {
			return Reply
		}
		text = subject
	}
	text = except.ReplaceAllString(text, " ")
	switch words := len(strings.Fields(text)); {
	case never.MatchString(text):
		return Negative
	case words <= 14 && leave.MatchString(text) && !others.MatchString(text):
		return Unsubscribe
	case words <= 60 && leaveMe.MatchString(text):
		return Negative
	default:
		return Reply
	}
}

// notice says whether text without any sign around it is an out-of-office notice: it says so, or it says that its writer
// is away now and has several of the other things that notices have, and nothing that belongs to a conversation.
func notice(text string) bool {
	if automated.MatchString(text) {
		return true
	}
	signs := 0
	if away.MatchString(text) {
		signs += 2
	}
	for _, re := range []*regexp.Regexp{boilerplate, thanks, standIn} {
		if re.MatchString(text) {
			signs++
		}
	}
	return signs >= 3 && !talking.MatchString(text) || signs == 2 && !away.MatchString(text) && returning(text) && !talking.MatchString(text)
}
