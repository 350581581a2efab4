package api

import (
	"context"
	"net/http"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addHolidays() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/holiday-lists", ID: "list-holiday-lists", Tag: "schedules", Scope: Read,
		Summary: "List holiday lists, without their days",
	}, s.listHolidayLists)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/holiday-lists", ID: "create-holiday-list", Tag: "schedules", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Create a holiday list",
	}, s.createHolidayList)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/holiday-lists/{id}", ID: "get-holiday-list", Tag: "schedules", Scope: Read,
		Summary: "Read a holiday list",
	}, s.getHolidayList)
	handle(s, Route{
		Method: http.MethodPut, Path: "/v1/holiday-lists/{id}", ID: "replace-holiday-list", Tag: "schedules", Scope: Admin,
		Summary:     "Replace a holiday list; occurrences that have no round yet follow it",
		Description: "Mails of sequences that senders who use it have planned for a day that is a holiday now are planned anew, later.",
	}, s.replaceHolidayList)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/holiday-lists/{id}", ID: "delete-holiday-list", Tag: "schedules", Scope: Admin,
		Summary: "Delete a holiday list that no schedule uses",
	}, s.deleteHolidayList)
}

// HolidayList names a set of days on which no date of a round falls.
type HolidayList struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// HolidayListPath is embedded by inputs about one holiday list.
type HolidayListPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type holidayFields struct {
	Name string            `json:"name" minLength:"1" maxLength:"200"`
	Days map[string]string `json:"days" doc:"Day to name: {\"2026-12-25\": \"Christmas\"}"`
}

type holidayListOutput struct {
	ETag ETag `header:"ETag"`
	Body struct {
		ID   int64             `json:"id"`
		Name string            `json:"name"`
		Days map[string]string `json:"days"`
	}
}

type holidayListsOutput struct{ Body Page[HolidayList] }

func (f holidayFields) days() (map[calendar.Date]string, error) {
	out := map[calendar.Date]string{}
	for text, name := range f.Days {
		d, err := calendar.ParseDate(text)
		if err != nil {
			return nil, fault.BadField("invalid_day", "body.days", "%s", err.Error())
		}
		out[d] = name
	}
	return out, nil
}

func showHolidayList(l store.HolidayList, days map[calendar.Date]string) *holidayListOutput {
	out := &holidayListOutput{ETag: etag(l.Version)}
	out.Body.ID, out.Body.Name, out.Body.Days = l.ID, l.Name, map[string]string{}
	for d, name := range days {
		out.Body.Days[d.String()] = name
	}
	return out
}

func (s *Server) listHolidayLists(ctx context.Context, in *PageQuery) (*holidayListsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.HolidayLists(ctx, p)
	if err != nil {
		return nil, err
	}
	return &holidayListsOutput{Body: newPage(*in, rows, func(l store.HolidayList) int64 { return l.ID },
		func(l store.HolidayList) HolidayList { return HolidayList{ID: l.ID, Name: l.Name} })}, nil
}

type createHolidayListInput struct {
	Body holidayFields
}

func (s *Server) createHolidayList(ctx context.Context, in *createHolidayListInput) (*holidayListOutput, error) {
	return s.putHolidayList(ctx, 0, 0, in.Body)
}

func (s *Server) getHolidayList(ctx context.Context, in *HolidayListPath) (*holidayListOutput, error) {
	l, days, err := s.store.HolidayList(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return showHolidayList(l, days), nil
}

type replaceHolidayListInput struct {
	HolidayListPath
	IfMatch
	Body holidayFields
}

func (s *Server) replaceHolidayList(ctx context.Context, in *replaceHolidayListInput) (*holidayListOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return s.putHolidayList(ctx, in.ID, version, in.Body)
}

func (s *Server) putHolidayList(ctx context.Context, id, version int64, f holidayFields) (*holidayListOutput, error) {
	days, err := f.days()
	if err != nil {
		return nil, err
	}
	l, rings, err := s.store.PutHolidayList(ctx, id, version, f.Name, days)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	return showHolidayList(l, days), nil
}

func (s *Server) deleteHolidayList(ctx context.Context, in *HolidayListPath) (*struct{}, error) {
	return nil, s.store.DeleteHolidayList(ctx, in.ID)
}
