package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addPeopleActions() {
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/people/{id}/deactivate", ID: "deactivate-person", Tag: "people", Scope: Admin,
		Summary: "Stop everything for a person", Description: "What the person did stays. No import makes them active again.",
	}, s.deactivatePerson)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/people/{id}/reactivate", ID: "reactivate-person", Tag: "people", Scope: Admin,
		Summary: "Make a person active again", Description: "Refused with `blacklisted` while their address is on the blacklist.",
	}, s.reactivatePerson)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/people/{id}/snooze", ID: "snooze-person", Tag: "people", Scope: Admin,
		Summary: "Leave a person out of everything until a date",
	}, s.snoozePerson)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/people/{id}/erase", ID: "erase-person", Tag: "people", Scope: Admin,
		Summary: "Erase a person for good",
		Description: "Everything personal leaves the database; histories hold the bare id. A keyed hash of the address keeps later imports " +
			"from bringing the person back. It cannot be undone.",
	}, s.erasePerson)
}

func (s *Server) deactivatePerson(ctx context.Context, in *PersonPath) (*personOutput, error) {
	p, rings, err := s.store.DeactivatePerson(ctx, in.ID)
	return s.answerPerson(ctx, p, rings, err)
}

func (s *Server) reactivatePerson(ctx context.Context, in *PersonPath) (*personOutput, error) {
	p, rings, err := s.store.ReactivatePerson(ctx, in.ID)
	return s.answerPerson(ctx, p, rings, err)
}

type snoozePersonInput struct {
	PersonPath
	Body struct {
		Until string `json:"until,omitempty" maxLength:"40" doc:"A date, which means its first moment in the person's zone (UTC where none is known), or an instant. Missing: the snooze ends now" example:"2026-09-01"`
	}
}

func (s *Server) snoozePerson(ctx context.Context, in *snoozePersonInput) (*personOutput, error) {
	p, err := s.store.Person(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var until *time.Time
	if in.Body.Until != "" {
		t, err := startOf(in.Body.Until, p.Timezone)
		if err != nil {
			return nil, err
		}
		until = &t
	}
	p, rings, err := s.store.SnoozePerson(ctx, in.ID, until)
	return s.answerPerson(ctx, p, rings, err)
}

// startOf reads an instant, or a date as its first moment in a zone.
func startOf(text, timezone string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	day, err := calendar.ParseDate(text)
	if err != nil {
		return time.Time{}, fault.BadField("invalid_date", "body.until", "give a date such as 2026-09-01 or an instant such as 2026-09-01T08:00:00Z")
	}
	loc := time.UTC
	if timezone != "" {
		if loc, err = calendar.Zone(timezone); err != nil {
			return time.Time{}, err
		}
	}
	midnight, err := calendar.ParseWall(day.String() + "T00:00")
	if err != nil {
		return time.Time{}, err
	}
	return midnight.In(loc), nil
}

func (s *Server) erasePerson(ctx context.Context, in *PersonPath) (*personOutput, error) {
	key, err := store.NewErasureKey(s.secret)
	if err != nil {
		return nil, err
	}
	p, rings, err := s.store.ErasePerson(ctx, key, in.ID)
	return s.answerPerson(ctx, p, rings, err)
}
