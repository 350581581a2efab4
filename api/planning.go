package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
)

func (s *Server) addPlanning() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/rounds", ID: "list-rounds", Tag: "rounds", Scope: Read,
		Summary: "The planning: past, running, undated and future rounds, over one program or all",
		Description: "What a calendar shows between `from` and `to`, in the zone asked for. Future rounds are computed from the schedules: " +
			"they have no `round_id` yet. Undated rounds are always there. Without `from` and `to`: from 30 days ago, for a year.",
	}, s.listRounds)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/rounds/feed", ID: "create-planning-feed", Tag: "rounds", Scope: Read,
		Summary:     "Make a link under which calendar programs can subscribe to the planning",
		Description: "Whoever has the link can read names of programs and dates of rounds, nothing else, for a year.",
	}, s.createFeed)
	plain(s, Route{
		Method: http.MethodGet, Path: "/f/{token}", ID: "get-planning-feed", Tag: "rounds", Scope: Public,
		Summary: "The planning as an iCalendar feed", Document: documentFeed,
	}, s.feed)
}

// PlanningQuery selects a part of the planning.
type PlanningQuery struct {
	From     time.Time `query:"from" doc:"First instant; default 30 days ago"`
	To       time.Time `query:"to" doc:"Up to this instant; default a year after from; at most five years after it"`
	Timezone string    `query:"timezone" default:"UTC" maxLength:"64" doc:"IANA zone in which dates are shown"`
	Program  int64     `query:"program" minimum:"0" doc:"This program only"`
}

// PlanningCard is one round in the planning.
type PlanningCard struct {
	RoundID     int64  `json:"round_id,omitempty" doc:"Missing: a future occurrence of its schedule"`
	ScheduleID  int64  `json:"schedule_id"`
	Ordinal     int    `json:"ordinal"`
	ProgramID   int64  `json:"program_id"`
	Program     string `json:"program" doc:"Its name"`
	Color       string `json:"color" doc:"Stable, one a program"`
	Phase       string `json:"phase" enum:"planned,open,matching,review,ready,sending,sent,closed,skipped,cancelled"`
	Reason      string `json:"reason,omitempty" doc:"Why skipped, cancelled or moved"`
	Holiday     string `json:"holiday,omitempty"`
	Undated     bool   `json:"undated" doc:"Reviewed, and waits for a match date"`
	OptIn       *Clock `json:"opt_in,omitempty"`
	Match       *Clock `json:"match,omitempty"`
	ClockChange bool   `json:"clock_change" doc:"A warning: in the round's own zone the clocks change between the two"`
}

type planningOutput struct {
	Body struct {
		Items     []PlanningCard `json:"items" nullable:"false"`
		Truncated bool           `json:"truncated" doc:"There are more: ask for a shorter time or one program"`
	}
}

func (s *Server) listRounds(ctx context.Context, in *PlanningQuery) (*planningOutput, error) {
	cards, loc, more, err := s.planning(ctx, *in)
	if err != nil {
		return nil, err
	}
	out := &planningOutput{}
	out.Body.Items, out.Body.Truncated = make([]PlanningCard, len(cards)), more
	for i, c := range cards {
		out.Body.Items[i] = showCard(c, loc)
	}
	return out, nil
}

func (s *Server) planning(ctx context.Context, q PlanningQuery) ([]store.Planned, *time.Location, bool, error) {
	if q.From.IsZero() {
		q.From = time.Now().AddDate(0, 0, -30)
	}
	if q.To.IsZero() {
		q.To = q.From.AddDate(1, 0, 0)
	}
	if !q.From.Before(q.To) || q.To.After(q.From.AddDate(5, 0, 0)) {
		return nil, nil, false, fault.BadField("invalid_range", "query.to", "to must be after from, by five years at most")
	}
	loc, err := zone(q.Timezone, "query.timezone")
	if err != nil {
		return nil, nil, false, err
	}
	cards, more, err := s.store.Planning(ctx, q.From, q.To, q.Program)
	return cards, loc, more, err
}

func showCard(p store.Planned, loc *time.Location) PlanningCard {
	c := PlanningCard{
		RoundID: p.Round, ScheduleID: p.Schedule, Ordinal: p.Ordinal, ProgramID: p.Program, Program: p.Name, Color: p.Color, Phase: p.Phase,
		Reason: p.Reason, Holiday: p.Holiday, ClockChange: p.ZoneShift, Undated: p.MatchAt == nil,
	}
	if p.OptInAt != nil {
		c.OptIn = clock(*p.OptInAt, loc)
	}
	if p.MatchAt != nil {
		c.Match = clock(*p.MatchAt, loc)
	}
	return c
}

// feedLife is how long a subscription link works.
const feedLife = 365 * 24 * time.Hour

type createFeedInput struct {
	Body struct {
		ProgramID int64 `json:"program_id,omitempty" minimum:"0" doc:"This program only; missing: all"`
	}
}

type feedOutput struct {
	Body struct {
		URL       string    `json:"url"`
		ExpiresAt time.Time `json:"expires_at"`
	}
}

func (s *Server) createFeed(ctx context.Context, in *createFeedInput) (*feedOutput, error) {
	if in.Body.ProgramID != 0 {
		if _, err := s.store.Program(ctx, in.Body.ProgramID); err != nil {
			return nil, err
		}
	}
	out := &feedOutput{}
	out.Body.ExpiresAt = time.Now().Add(feedLife).UTC().Truncate(time.Second)
	out.Body.URL = s.publicURL + "/f/" + s.links.Sign(mail.Link{Purpose: mail.LinkPlanning, Program: in.Body.ProgramID, Expires: out.Body.ExpiresAt}) + ".ics"
	return out, nil
}

func documentFeed(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "token", In: "path", Required: true, Description: "From create-planning-feed, with .ics at its end", Schema: &huma.Schema{Type: huma.TypeString},
	})
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{
		"text/calendar": {Schema: &huma.Schema{Type: huma.TypeString}},
	}}}
}

// feed is the planning of the coming year, and the past 30 days, for calendar programs.
func (s *Server) feed(c *gin.Context) error {
	link, err := s.links.Verify(strings.TrimSuffix(c.Param("token"), ".ics"), mail.LinkPlanning, time.Now())
	if err != nil {
		return err
	}
	q := PlanningQuery{Timezone: "UTC", Program: link.Program}
	cards, _, _, err := s.planning(c.Request.Context(), q)
	if err != nil {
		return err
	}
	cal := ics.NewCalendarFor("Rondo")
	cal.SetMethod(ics.MethodPublish)
	cal.SetName("Rondo rounds")
	for _, p := range cards {
		addCard(cal, p)
	}
	c.Data(http.StatusOK, "text/calendar; charset=utf-8", []byte(cal.Serialize(ics.WithNewLineWindows)))
	return nil
}

func addCard(cal *ics.Calendar, p store.Planned) {
	if p.Phase == "skipped" || p.Phase == "cancelled" {
		return
	}
	e := cal.AddEvent(fmt.Sprintf("schedule-%d-%d@rondo", p.Schedule, p.Ordinal))
	e.SetDtStampTime(time.Now())
	e.SetSummary(p.Name + ": " + p.Phase)
	e.SetStartAt(p.OpensAt)
	e.SetEndAt(p.OpensAt.Add(time.Hour))
	if p.MatchAt != nil && p.MatchAt.After(p.OpensAt) {
		e.SetEndAt(*p.MatchAt)
	}
	if p.MatchAt == nil {
		e.SetDescription("Undated: waits for a match date.")
	}
}
