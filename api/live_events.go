package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/store"
)

func (s *Server) addLiveEvents() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/events", ID: "list-events", Tag: "networking", Scope: Read,
		Summary: "List live events",
	}, s.listLiveEvents)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/events", ID: "create-event", Tag: "networking", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Create a live event: days on which networking sessions take place",
	}, s.createLiveEvent)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/events/{id}", ID: "get-event", Tag: "networking", Scope: Read,
		Summary: "Read a live event",
	}, s.getLiveEvent)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/events/{id}", ID: "update-event", Tag: "networking", Scope: Admin,
		Summary: "Change a live event",
		Description: "Fields that are missing stay. 409 `session_outside` for days that a session does not lie within, unless it was cancelled; " +
			"409 `event_has_sessions` for another zone once there are sessions.",
	}, s.updateLiveEvent)
}

// LiveEvent is days on which networking sessions take place.
type LiveEvent struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	Timezone  string    `json:"timezone" doc:"IANA name; the wall clocks of its sessions are in it"`
	FirstDay  string    `json:"first_day" example:"2026-06-04"`
	LastDay   string    `json:"last_day" example:"2026-06-05"`
	CreatedAt time.Time `json:"created_at"`
}

// LiveEventPath is embedded by inputs about one live event.
type LiveEventPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	liveEventsOutput struct{ Body Page[LiveEvent] }
	liveEventOutput  struct {
		ETag ETag `header:"ETag"`
		Body LiveEvent
	}
)

func showLiveEvent(e store.LiveEvent) LiveEvent {
	first, last := e.Days()
	return LiveEvent{ID: e.ID, Name: e.Name, Timezone: e.Timezone, FirstDay: first.String(), LastDay: last.String(), CreatedAt: e.CreatedAt}
}

func answerLiveEvent(e store.LiveEvent, err error) (*liveEventOutput, error) {
	if err != nil {
		return nil, err
	}
	return &liveEventOutput{ETag: etag(e.Version), Body: showLiveEvent(e)}, nil
}

func (s *Server) listLiveEvents(ctx context.Context, in *PageQuery) (*liveEventsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.LiveEvents(ctx, p)
	if err != nil {
		return nil, err
	}
	return &liveEventsOutput{Body: newPage(*in, rows, func(e store.LiveEvent) int64 { return e.ID }, showLiveEvent)}, nil
}

type createLiveEventInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200"`
		Timezone string `json:"timezone" maxLength:"64" doc:"IANA name" example:"Europe/Paris"`
		FirstDay string `json:"first_day" maxLength:"10" example:"2026-06-04"`
		LastDay  string `json:"last_day" maxLength:"10" doc:"Not before the first" example:"2026-06-05"`
	}
}

func (s *Server) createLiveEvent(ctx context.Context, in *createLiveEventInput) (*liveEventOutput, error) {
	e := store.LiveEvent{Name: in.Body.Name, Timezone: in.Body.Timezone}
	first, err := date(in.Body.FirstDay, "body.first_day")
	if err != nil {
		return nil, err
	}
	last, err := date(in.Body.LastDay, "body.last_day")
	if err != nil {
		return nil, err
	}
	e.SetDays(first, last)
	return answerLiveEvent(s.store.CreateLiveEvent(ctx, e))
}

func (s *Server) getLiveEvent(ctx context.Context, in *LiveEventPath) (*liveEventOutput, error) {
	return answerLiveEvent(s.store.LiveEvent(ctx, in.ID))
}

type updateLiveEventInput struct {
	LiveEventPath
	IfMatch
	Body struct {
		Name     *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Timezone *string `json:"timezone,omitempty" maxLength:"64" doc:"IANA name"`
		FirstDay *string `json:"first_day,omitempty" maxLength:"10"`
		LastDay  *string `json:"last_day,omitempty" maxLength:"10"`
	}
}

func (s *Server) updateLiveEvent(ctx context.Context, in *updateLiveEventInput) (*liveEventOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	var first, last *calendar.Date
	for _, f := range []struct {
		text     *string
		location string
		day      **calendar.Date
	}{{in.Body.FirstDay, "body.first_day", &first}, {in.Body.LastDay, "body.last_day", &last}} {
		if f.text == nil {
			continue
		}
		d, err := date(*f.text, f.location)
		if err != nil {
			return nil, err
		}
		*f.day = &d
	}
	return answerLiveEvent(s.store.UpdateLiveEvent(ctx, in.ID, version, func(e *store.LiveEvent) {
		set(&e.Name, in.Body.Name)
		set(&e.Timezone, in.Body.Timezone)
		from, to := e.Days()
		set(&from, first)
		set(&to, last)
		e.SetDays(from, to)
	}))
}
