package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addSchedules() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/schedules", ID: "list-schedules", Tag: "schedules", Scope: Read,
		Summary: "List the schedules of a program, or of all",
	}, s.listSchedules)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/programs/{id}/schedules", ID: "create-schedule", Tag: "schedules", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Schedule rounds", Description: scheduleHelp,
	}, s.createSchedule)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/schedules/{id}", ID: "get-schedule", Tag: "schedules", Scope: Read,
		Summary: "Read a schedule",
	}, s.getSchedule)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/schedules/{id}/end", ID: "end-schedule", Tag: "schedules", Scope: Admin,
		Summary: "Plan no further rounds; a planned one is skipped, running ones go on",
	}, s.endSchedule)
}

const scheduleHelp = "`kind` is `automatic` (opt-in messages, if the program asks, then matches, all by themselves) or `review_first` " +
	"(no opt-in even if the program asks: groups of all eligible members are made at once, reviewed, and go out when a match date " +
	"is set with `POST /v1/rounds/{id}/move`).\n\n`opt_in` and `match` are wall clocks in `timezone`, such as `2026-06-04T10:00`, or `now`. " +
	"With `review`, answers close `answers_close_hours` before the match date, groups are made then, and the match date is the " +
	"deadline of the review: `at_deadline` says whether they go out (`send`) or wait for approval (`hold`).\n\n" +
	"A time that a clock change skips counts from the offset before it; one that occurs twice is the first (RFC 5545, 3.3.5)."

// ScheduleFields are what an admin sets.
type ScheduleFields struct {
	Kind              string `json:"kind,omitempty" enum:"automatic,review_first" default:"automatic"`
	OptIn             string `json:"opt_in,omitempty" maxLength:"19" doc:"Wall clock or now; only if the program asks" example:"2026-06-04T10:00"`
	Match             string `json:"match,omitempty" maxLength:"19" doc:"Wall clock or now; not for review_first" example:"2026-06-10T10:00"`
	Timezone          string `json:"timezone" maxLength:"64" doc:"IANA zone" example:"Europe/Paris"`
	EveryWeeks        int    `json:"every_weeks,omitempty" minimum:"0" maximum:"4" doc:"0: once; 1 to 4: every so many weeks on the same days"`
	Until             string `json:"until,omitempty" maxLength:"10" doc:"Last day on which a round may begin; not with count" example:"2026-12-31"`
	Count             int    `json:"count,omitempty" minimum:"0" maximum:"1000" doc:"How many rounds; not with until"`
	Review            bool   `json:"review,omitempty" doc:"Opt-in and review in one round"`
	AnswersCloseHours *int   `json:"answers_close_hours,omitempty" minimum:"1" maximum:"720" doc:"With review: hours before the match date at which answers close; default 24"`
	AtDeadline        string `json:"at_deadline,omitempty" enum:"send,hold" default:"send"`
	HolidayListID     *int64 `json:"holiday_list_id,omitempty" minimum:"1"`
	OnHoliday         string `json:"on_holiday,omitempty" enum:"skip,next_working_day" default:"skip"`
}

// Schedule holds the dates of a program's rounds.
type Schedule struct {
	ID        int64 `json:"id"`
	ProgramID int64 `json:"program_id"`
	ScheduleFields
	EndedAt   *time.Time `json:"ended_at,omitempty" doc:"No further round is planned"`
	CreatedAt time.Time  `json:"created_at"`
}

// SchedulePath is embedded by inputs about one schedule.
type SchedulePath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	schedulesOutput struct{ Body Page[Schedule] }
	scheduleOutput  struct {
		ETag ETag `header:"ETag"`
		Body Schedule
	}
)

func showSchedule(s store.Schedule) Schedule {
	r := s.Recurrence()
	out := Schedule{ID: s.ID, ProgramID: s.ProgramID, EndedAt: s.EndedAt, CreatedAt: s.CreatedAt, ScheduleFields: ScheduleFields{
		Kind: s.Kind, OptIn: r.Dates.OptIn.String(), Match: r.Dates.Match.String(), Timezone: s.Timezone, EveryWeeks: s.EveryWeeks,
		Until: r.Until.String(), Count: r.Count, Review: s.Review, AtDeadline: s.AtDeadline, HolidayListID: s.HolidayListID,
		OnHoliday: s.OnHoliday,
	}}
	if s.Review {
		out.AnswersCloseHours = ptr(s.AnswersCloseS / 3600)
	}
	return out
}

type listSchedulesInput struct {
	PageQuery
	Program int64 `query:"program" minimum:"0" doc:"Of this program only"`
}

func (s *Server) listSchedules(ctx context.Context, in *listSchedulesInput) (*schedulesOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Schedules(ctx, in.Program, p)
	if err != nil {
		return nil, err
	}
	return &schedulesOutput{Body: newPage(in.PageQuery, rows, func(s store.Schedule) int64 { return s.ID }, showSchedule)}, nil
}

type createScheduleInput struct {
	ProgramPath
	Body ScheduleFields
}

func (s *Server) createSchedule(ctx context.Context, in *createScheduleInput) (*scheduleOutput, error) {
	p, err := s.store.Program(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	row, err := in.Body.row(p, now)
	if err != nil {
		return nil, err
	}
	row, err = s.store.CreateSchedule(ctx, row, now)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, []store.Ring{{Schedule: row.ID, Program: row.ProgramID, Version: row.Version}})
	return &scheduleOutput{ETag: etag(row.Version), Body: showSchedule(row)}, nil
}

// row checks what the calendar cannot know: how the dates go with the program and the kind.
func (f ScheduleFields) row(p store.Program, now time.Time) (store.Schedule, error) {
	out := store.Schedule{
		ProgramID: p.ID, Kind: f.Kind, Review: f.Review || f.Kind == "review_first", AnswersCloseS: 86400, AtDeadline: f.AtDeadline,
		HolidayListID: f.HolidayListID, OnHoliday: f.OnHoliday,
	}
	switch asks := p.Participation == "ask" && f.Kind == "automatic"; {
	case asks && f.OptIn == "":
		return out, fault.BadField("opt_in_missing", "body.opt_in", "the program asks its members: say when, a wall clock such as 2026-06-04T10:00 or now")
	case !asks && f.OptIn != "":
		return out, fault.BadField("opt_in_unused", "body.opt_in", "nobody is asked in this program or kind of round: leave opt_in out")
	case f.Kind == "automatic" && f.Match == "":
		return out, fault.BadField("match_missing", "body.match", "say when matches go out, a wall clock such as 2026-06-10T10:00 or now")
	case f.Kind == "review_first" && f.Match != "":
		return out, fault.BadField("match_unused", "body.match", "a review_first round gets its match date after the review: leave match out")
	case !f.Review && f.AnswersCloseHours != nil:
		return out, fault.BadField("answers_close_unused", "body.answers_close_hours", "without a review answers close at the match date: leave it out")
	}
	if f.AnswersCloseHours != nil {
		out.AnswersCloseS = *f.AnswersCloseHours * 3600
	}
	loc, err := zone(f.Timezone, "body.timezone")
	if err != nil {
		return out, err
	}
	r := calendar.Recurrence{Zone: f.Timezone, EveryWeeks: f.EveryWeeks, Count: f.Count}
	if r.Dates.OptIn, err = wall(f.OptIn, "body.opt_in", loc, now); err != nil {
		return out, err
	}
	if r.Dates.Match, err = wall(f.Match, "body.match", loc, now); err != nil {
		return out, err
	}
	if f.Kind == "review_first" {
		r.Dates.Review = calendar.WallOf(now, loc)
	}
	if f.Until != "" {
		if r.Until, err = date(f.Until, "body.until"); err != nil {
			return out, err
		}
	}
	out.SetRecurrence(r)
	return out, nil
}

func (s *Server) getSchedule(ctx context.Context, in *SchedulePath) (*scheduleOutput, error) {
	row, err := s.store.Schedule(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &scheduleOutput{ETag: etag(row.Version), Body: showSchedule(row)}, nil
}

type scheduleVersionInput struct {
	SchedulePath
	IfMatch
}

func (s *Server) endSchedule(ctx context.Context, in *scheduleVersionInput) (*scheduleOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	row, rings, err := s.store.EndSchedule(ctx, in.ID, version)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	return &scheduleOutput{ETag: etag(row.Version), Body: showSchedule(row)}, nil
}

// zone reads an IANA zone of an input.
func zone(name, location string) (*time.Location, error) {
	loc, err := calendar.Zone(name)
	if err != nil {
		return nil, fault.BadField("unknown_zone", location, "%s", err.Error())
	}
	return loc, nil
}

// wall reads a wall clock of an input; empty is none, "now" is what the clock in loc shows.
func wall(text, location string, loc *time.Location, now time.Time) (calendar.Wall, error) {
	switch text {
	case "":
		return calendar.Wall{}, nil
	case "now":
		return calendar.WallOf(now, loc), nil
	}
	w, err := calendar.ParseWall(text)
	if err != nil {
		return w, fault.BadField("invalid_date_time", location, "%s, or now", err.Error())
	}
	return w, nil
}

// movedTo reads the wall clocks of a move, in the zone of what is moved; missing ones are zero, both missing is wrong.
func movedTo(optIn, match, timezone string, now time.Time) (calendar.Dates, error) {
	var to calendar.Dates
	loc, err := zone(timezone, "body.timezone")
	if err != nil {
		return to, err
	}
	if to.OptIn, err = wall(optIn, "body.opt_in", loc, now); err != nil {
		return to, err
	}
	if to.Match, err = wall(match, "body.match", loc, now); err != nil {
		return to, err
	}
	if to == (calendar.Dates{}) {
		return to, fault.BadField("nothing_to_move", "body", "give opt_in, match or both")
	}
	return to, nil
}

// date reads a day of an input.
func date(text, location string) (calendar.Date, error) {
	d, err := calendar.ParseDate(text)
	if err != nil {
		return d, fault.BadField("invalid_date", location, "%s", err.Error())
	}
	return d, nil
}
