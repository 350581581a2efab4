package api

import (
	"fmt"
	"net/http"
	"strings"

	ics "github.com/arran4/golang-ical"
	"github.com/gin-gonic/gin"

	"rondo/activities/calendar"
	"rondo/activities/mail"
	"rondo/activities/matching"
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
	meetings, err := p.meetings(v)
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `inline; filename="match.ics"`)
	c.Data(http.StatusOK, "text/calendar; charset=utf-8", []byte(matchCalendar(v, meetings)))
	return nil
}

// matchCalendar has an entry for each of the reader's groups.
func matchCalendar(v *pageVisit, meetings []meeting) string {
	cal := ics.NewCalendarFor("Rondo")
	cal.SetMethod(ics.MethodPublish)
	for _, g := range meetings {
		addEntry(cal, v, g)
	}
	return cal.Serialize(ics.WithNewLineWindows)
}

func addEntry(cal *ics.Calendar, v *pageVisit, g meeting) {
	m := v.round
	text := []string{"No time is set: agree on one, then move this entry to it.", ""}
	summary := "Meet " + g.Names
	if m.Mode == matching.ModeMystery { // they know nothing of it
		text, summary = nil, "Give to "+g.Names
	}
	for _, o := range g.Others {
		line := o.Name
		if o.Email != "" && o.Email != o.Name {
			line += " <" + o.Email + ">"
		}
		for _, a := range o.Attributes {
			line += ", " + a.Name + ": " + a.Value
		}
		text = append(text, line)
	}
	e := cal.AddEvent(fmt.Sprintf("round-%d-%d-%d@rondo", m.ID, g.Group, v.person.ID))
	e.SetDtStampTime(deref(m.MatchedAt))
	e.SetSummary(summary + " (" + m.Program + ")")
	e.SetDescription(strings.Join(text, "\n"))
	today := calendar.WallOf(*m.MatchAt, v.zone()).Date()
	e.SetProperty(ics.ComponentPropertyDtStart, dateValue(today), ics.WithValue(string(ics.ValueDataTypeDate)))
	e.SetProperty(ics.ComponentPropertyDtEnd, dateValue(today.AddDays(1)), ics.WithValue(string(ics.ValueDataTypeDate)))
	e.SetTimeTransparency(ics.TransparencyTransparent)
	e.SetStatus(ics.ObjectStatusTentative)
}

func dateValue(d calendar.Date) string { return strings.ReplaceAll(d.String(), "-", "") }
