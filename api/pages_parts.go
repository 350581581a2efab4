package api

import (
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/mail"
)

// shownTime is an instant or a day on a page: Text in the person's zone; scripts put instants into the browser's.
type shownTime struct {
	ISO, Text string
}

func shownInstant(t *time.Time, loc *time.Location) *shownTime {
	if t == nil {
		return nil
	}
	text := t.In(loc).Format("Monday 2 January 2006 at 15:04 (MST)")
	text = strings.NewReplacer("(+", "(UTC+", "(-", "(UTC-").Replace(text)
	return &shownTime{ISO: t.UTC().Format(time.RFC3339), Text: text}
}

func shownDay(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("Monday 2 January 2006")
}

// zone is the person's, or else the round's, or else UTC.
func (v *pageVisit) zone() *time.Location {
	for _, name := range []string{v.person.Timezone, v.round.Timezone} {
		if loc, err := calendar.Zone(name); err == nil {
			return loc
		}
	}
	return time.UTC
}

// breakPart is the part of a page where a person takes a break.
type breakPart struct {
	Action           string
	SnoozedUntil     *shownTime // a day
	Tomorrow, Latest string     // bounds of the date field
}

// longestBreak in days: whoever is away for longer leaves.
const longestBreak = 366

func (v *pageVisit) pause(loc *time.Location) breakPart {
	today := calendar.WallOf(time.Now(), loc).Date()
	p := breakPart{Action: v.at, Tomorrow: today.AddDays(1).String(), Latest: today.AddDays(longestBreak).String()}
	if until := v.person.SnoozedUntil; until != nil && until.After(time.Now()) {
		p.SnoozedUntil = &shownTime{ISO: calendar.WallOf(*until, loc).Date().String(), Text: shownDay(*until, loc)}
	}
	return p
}

// snooze takes a break until the first instant of a day in the person's zone.
func (p *pages) snooze(v *pageVisit, loc *time.Location) (notice, error) {
	today := calendar.WallOf(time.Now(), loc).Date()
	until, err := breakEnd(today, v.PostForm("weeks"), v.PostForm("until"))
	if err != nil {
		return "", err
	}
	midnight, err := calendar.ParseWall(until.String() + "T00:00")
	if err != nil {
		return "", err
	}
	at := midnight.In(loc)
	_, rings, err := p.store.SnoozePerson(v.Request.Context(), v.person.ID, &at)
	p.ring(v.Request.Context(), rings)
	return "snoozed", err
}

func breakEnd(today calendar.Date, weeks, until string) (calendar.Date, error) {
	days, known := map[string]int{"2": 14, "4": 28, "12": 84}[weeks]
	if known {
		return today.AddDays(days), nil
	}
	d, err := calendar.ParseDate(until)
	if err != nil {
		return d, fault.BadField("break_invalid", "body.until", "please choose the day you are back, such as %s", today.AddDays(14))
	}
	if !today.Before(d) || today.AddDays(longestBreak).Before(d) {
		return d, fault.BadField("break_out_of_range", "body.until", "a break ends between tomorrow and a year from now; to stay away for longer, leave the program")
	}
	return d, nil
}

func (p *pages) resume(v *pageVisit) (notice, error) {
	_, rings, err := p.store.SnoozePerson(v.Request.Context(), v.person.ID, nil)
	p.ring(v.Request.Context(), rings)
	return "resumed", err
}

func (p *pages) leave(v *pageVisit, program int64) (notice, error) {
	rings, err := p.store.LeaveProgram(v.Request.Context(), program, v.person.ID)
	p.ring(v.Request.Context(), rings)
	return "left", err
}

func (p *pages) rejoin(v *pageVisit, program int64) (notice, error) {
	rings, err := p.store.RejoinProgram(v.Request.Context(), program, v.person.ID)
	p.ring(v.Request.Context(), rings)
	return "rejoined", err
}

var errUnknownAction = newProblem(http.StatusUnprocessableEntity, "unknown_action", "this form is not one of ours")

// unsubscribe is the link to the page that stops every mail; it lives as long as the link it is reached from.
func (p *pages) unsubscribe(v *pageVisit) string {
	return p.base + "/u/" + p.links.Sign(mail.Link{Purpose: mail.LinkUnsubscribe, Person: v.person.ID, Expires: v.link.Expires})
}

// together joins names: Ana; Ana and Bo; Ana, Bo and Cy.
func together(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// sentence makes one of a problem's detail.
func sentence(detail string) string {
	first, size := utf8.DecodeRuneInString(detail)
	if size == 0 {
		return ""
	}
	return strings.TrimSuffix(string(unicode.ToUpper(first))+detail[size:], ".") + "."
}
