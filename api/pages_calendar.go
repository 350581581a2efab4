package api

import (
	"fmt"
	"net/http"
	"strings"

	ics "github.com/arran4/golang-ical"
	"github.com/gin-gonic/gin"

	"rondo/activities/calendar"
	"rondo/activities/mail"
)

func (p *pages) addCalendar() {
	plain(p.Server, Route{
		Method: http.MethodGet, Path: "/c/{token}", ID: "match-calendar", Tag: "pages", Scope: Public,
		Summary: "Calendar file of somebody's match", Problem: p.problem, Document: documentFeed,
	}, p.calendarFile)
}

// calendarFile is an entry for the day of the match. Nobody knows an hour yet: it lasts all day, blocks no time, and is
// there to be moved once the people have agreed.
func (p *pages) calendarFile(c *gin.Context) error {
	v, err := p.visit(c, mail.LinkCalendar)
	if err != nil {
		return err
	}
	if matchState(v.round) != "matched" || v.round.MatchAt == nil {
		return newProblem(http.StatusGone, "no_match", "there is no match in this round")
	}
	others, err := p.others(v)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `inline; filename="match.ics"`)
	c.Data(http.StatusOK, "text/calendar; charset=utf-8", []byte(matchCalendar(v, others)))
	return nil
}

func matchCalendar(v *pageVisit, others []matchedPerson) string {
	m := v.round
	text := []string{"No time is set: agree on one, then move this entry to it.", ""}
	for _, o := range others {
		line := o.Name
		if o.Email != "" && o.Email != o.Name {
			line += " <" + o.Email + ">"
		}
		for _, a := range o.Attributes {
			line += ", " + a.Name + ": " + a.Value
		}
		text = append(text, line)
	}
	cal := ics.NewCalendarFor("Rondo")
	cal.SetMethod(ics.MethodPublish)
	e := cal.AddEvent(fmt.Sprintf("round-%d-%d@rondo", m.ID, v.person.ID))
	e.SetDtStampTime(deref(m.MatchedAt))
	e.SetSummary("Meet " + namesOf(others) + " (" + m.Program + ")")
	e.SetDescription(strings.Join(text, "\n"))
	today := calendar.WallOf(*m.MatchAt, v.zone()).Date()
	e.SetProperty(ics.ComponentPropertyDtStart, dateValue(today), ics.WithValue(string(ics.ValueDataTypeDate)))
	e.SetProperty(ics.ComponentPropertyDtEnd, dateValue(today.AddDays(1)), ics.WithValue(string(ics.ValueDataTypeDate)))
	e.SetTimeTransparency(ics.TransparencyTransparent)
	e.SetStatus(ics.ObjectStatusTentative)
	return cal.Serialize(ics.WithNewLineWindows)
}

func dateValue(d calendar.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
