package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/calendar"
)

func (s *Server) addOccurrences() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/schedules/{id}/occurrences/{ordinal}", ID: "get-occurrence", Tag: "schedules", Scope: Read,
		Summary: "Read one occurrence of a schedule", Description: "The ETag is the schedule's.",
	}, s.getOccurrence)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/schedules/{id}/occurrences/{ordinal}/move", ID: "move-occurrence", Tag: "schedules", Scope: Admin,
		Summary: "Move one occurrence that has no round yet, or it and all that follow",
		Description: "With `following` the schedule ends before it and a new one goes on from there; its id is in the answer. " +
			"An occurrence that has a round is moved with `POST /v1/rounds/{id}/move`.",
	}, s.moveOccurrence)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/schedules/{id}/occurrences/{ordinal}/skip", ID: "skip-occurrence", Tag: "schedules", Scope: Admin,
		Summary: "Skip one occurrence that has no round yet",
	}, s.skipOccurrence)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/schedules/{id}/occurrences/{ordinal}/cancel", ID: "cancel-occurrence", Tag: "schedules", Scope: Admin,
		Summary: "Cancel one occurrence that has no round yet, or it and all that follow",
	}, s.cancelOccurrence)
}

// OccurrencePath is embedded by inputs about one occurrence.
type OccurrencePath struct {
	SchedulePath
	Ordinal int `path:"ordinal" minimum:"0" maximum:"100000" doc:"Counted from 0 by the rule; moving does not change it"`
}

// Occurrence is one round that a schedule asks for.
type Occurrence struct {
	ScheduleID  int64  `json:"schedule_id"`
	Ordinal     int    `json:"ordinal"`
	RoundID     int64  `json:"round_id,omitempty" doc:"Its round, once it has one"`
	Status      string `json:"status" enum:"planned,moved,skipped,cancelled"`
	Reason      string `json:"reason,omitempty" enum:"by_hand,holiday,order"`
	Holiday     string `json:"holiday,omitempty" doc:"The holiday that moved or skipped it"`
	OptIn       *Clock `json:"opt_in,omitempty"`
	Match       *Clock `json:"match,omitempty"`
	ClockChange bool   `json:"clock_change" doc:"The clocks change between the two"`
}

// Clock is an instant as a clock in a zone shows it.
type Clock struct {
	At           time.Time `json:"at" doc:"The instant, UTC"`
	Local        string    `json:"local" doc:"What the wall clock shows" example:"2026-06-04T10:00"`
	Timezone     string    `json:"timezone" example:"Europe/Paris"`
	Abbreviation string    `json:"abbreviation" doc:"Of the zone at that instant" example:"CEST"`
}

func clock(at time.Time, loc *time.Location) *Clock {
	name, _ := at.In(loc).Zone()
	return &Clock{At: at.UTC(), Local: calendar.WallOf(at, loc).String(), Timezone: loc.String(), Abbreviation: name}
}

type occurrenceOutput struct {
	ETag ETag `header:"ETag"`
	Body Occurrence
}

func showOccurrence(schedule, round int64, o calendar.Occurrence) Occurrence {
	out := Occurrence{
		ScheduleID: schedule, Ordinal: o.Ordinal, RoundID: round, Status: string(o.Status), Reason: string(o.Reason), Holiday: o.Holiday,
		ClockChange: o.ClockChange,
	}
	if !o.OptIn.Wall.IsZero() {
		out.OptIn = clock(o.OptIn.At, o.OptIn.At.Location())
	}
	if !o.Match.Wall.IsZero() {
		out.Match = clock(o.Match.At, o.Match.At.Location())
	}
	return out
}

func (s *Server) getOccurrence(ctx context.Context, in *OccurrencePath) (*occurrenceOutput, error) {
	row, err := s.store.Schedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	o, round, err := s.store.Occurrence(ctx, in.ID, in.Ordinal)
	if err != nil {
		return nil, err
	}
	return &occurrenceOutput{ETag: etag(row.Version), Body: showOccurrence(in.ID, round, o)}, nil
}

type moveOccurrenceInput struct {
	OccurrencePath
	IfMatch
	Body struct {
		OptIn     string `json:"opt_in,omitempty" maxLength:"19" doc:"Wall clock in the schedule's zone; missing: stays"`
		Match     string `json:"match,omitempty" maxLength:"19" doc:"Wall clock in the schedule's zone; missing: stays"`
		Following bool   `json:"following,omitempty" doc:"This and all following"`
	}
}

type changedOccurrenceOutput struct {
	Body struct {
		Occurrence *Occurrence `json:"occurrence,omitempty" doc:"As it is now; missing with following"`
		Schedule   *Schedule   `json:"schedule,omitempty" doc:"With following: the new schedule that goes on from here"`
	}
}

func (s *Server) moveOccurrence(ctx context.Context, in *moveOccurrenceInput) (*changedOccurrenceOutput, error) {
	row, err := s.store.Schedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	to, err := movedTo(in.Body.OptIn, in.Body.Match, row.Timezone, now)
	if err != nil {
		return nil, err
	}
	return s.changeOccurrence(ctx, in.OccurrencePath, in.IfMatch, "moved", to, in.Body.Following, now)
}

type cancelOccurrenceInput struct {
	OccurrencePath
	IfMatch
	Body struct {
		Following bool `json:"following,omitempty" doc:"This and all following"`
	}
}

func (s *Server) cancelOccurrence(ctx context.Context, in *cancelOccurrenceInput) (*changedOccurrenceOutput, error) {
	return s.changeOccurrence(ctx, in.OccurrencePath, in.IfMatch, "cancelled", calendar.Dates{}, in.Body.Following, time.Now())
}

type skipOccurrenceInput struct {
	OccurrencePath
	IfMatch
}

func (s *Server) skipOccurrence(ctx context.Context, in *skipOccurrenceInput) (*changedOccurrenceOutput, error) {
	return s.changeOccurrence(ctx, in.OccurrencePath, in.IfMatch, "skipped", calendar.Dates{}, false, time.Now())
}

func (s *Server) changeOccurrence(ctx context.Context, at OccurrencePath, m IfMatch, change string, to calendar.Dates, following bool, now time.Time) (*changedOccurrenceOutput, error) {
	version, err := m.version()
	if err != nil {
		return nil, err
	}
	out := &changedOccurrenceOutput{}
	if !following {
		o, err := s.store.ChangeOccurrence(ctx, at.ID, at.Ordinal, version, change, to, now)
		if err != nil {
			return nil, err
		}
		out.Body.Occurrence = ptr(showOccurrence(at.ID, 0, o))
		return out, nil
	}
	next, rings, err := s.store.ChangeFollowing(ctx, at.ID, at.Ordinal, version, to, now)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	if next != nil {
		out.Body.Schedule = ptr(showSchedule(*next))
	}
	return out, nil
}
