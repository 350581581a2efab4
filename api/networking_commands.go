package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addNetworkingCommands() {
	command := func(name string, scope Scope, summary, description string) Route {
		return Route{
			Method: http.MethodPost, Path: "/v1/sessions/{id}/" + name, ID: name + "-session", Tag: "networking", Scope: scope, Idempotent: name == "extend" || name == "invite",
			Summary: summary, Description: description + " 409 `session_over` when the session is closed or cancelled.",
		}
	}
	handle(s, command("invite", Send, "Send everybody who has a valid ticket their join link by mail",
		"Asked again it reaches those who got their ticket since: nobody is sent a second one. It goes out within moments, and `GET /v1/messages?session=` "+
			"says what became of it. Until the session's end: also 409 `session_over` while the last meetings go on."),
		s.commandSession(s.store.InviteToSession))
	handle(s, command("pause", Signal, "Make no pairs until the session is resumed", "Meetings go on. Doing it again keeps the instant."),
		s.commandSession(s.store.PauseSession))
	handle(s, command("resume", Signal, "Make pairs again", "Without a pause it changes nothing."), s.commandSession(s.store.ResumeSession))
	handle(s, command("close", Signal, "End a session now: no more pairs, meetings last to their own limit",
		"Doing it again changes nothing. 409 `session_not_open` before it opened."), s.commandSession(s.store.EndSession))
	handle(s, command("cancel", Admin, "Let a session that has not opened not take place",
		"Doing it again changes nothing. 409 `session_started` once it is open."), s.commandSession(s.store.CancelSession))
	handle(s, command("extend", Admin, "Let a session end later, also while it runs",
		"Within the event's days. Give `ends` or `minutes`: the latter counts from the present end, so send an `Idempotency-Key` with it."), s.extendSession)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sessions/{id}/announce", ID: "announce-in-session", Tag: "networking", Scope: Admin,
		Summary: "Show a text to everybody in a session, instead of the one before", Description: "An empty text takes it away.",
	}, s.announceInSession)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sessions/{id}/pairs", ID: "force-pair", Tag: "networking", Scope: Admin, Status: http.StatusAccepted, Idempotent: true,
		Summary: "Let two people meet as soon as both are free, whatever the rules",
		Description: "It waits up to five minutes for them to be in the lobby or ready. Never over a block: 409 `blocked`. 409 `session_not_open`, `not_here`; " +
			"404 `attendee_not_found` for somebody who has not come in.",
	}, s.forcePair)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sessions/{id}/meetings/{no}/end", ID: "end-meeting", Tag: "networking", Scope: Admin, Status: http.StatusAccepted,
		Summary: "End a meeting", Description: "Both return to the lobby. 409 `meeting_over`, `session_not_running`.",
	}, s.endMeeting)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/sessions/{id}/attendees/{person}/remove", ID: "remove-attendee", Tag: "networking", Scope: Admin, Status: http.StatusAccepted,
		Summary: "Take somebody out of a session for good", Description: "Out of their meeting too. Their ticket still admits to other sessions. 409 `session_not_running`.",
	}, s.removeAttendee)
}

// commandSession is a command without a body.
func (s *Server) commandSession(command func(context.Context, int64) (store.NetworkingSession, []store.Ring, error)) func(context.Context, *SessionPath) (*sessionOutput, error) {
	return func(ctx context.Context, in *SessionPath) (*sessionOutput, error) {
		n, rings, err := command(ctx, in.ID)
		return s.answerSession(ctx, n, rings, err)
	}
}

type extendSessionInput struct {
	SessionPath
	Body struct {
		Ends    string `json:"ends,omitempty" maxLength:"19" doc:"Wall clock in the event's zone" example:"2026-06-04T11:30"`
		Minutes int    `json:"minutes,omitempty" minimum:"1" maximum:"10080" doc:"Later than it ends now"`
	}
}

func (s *Server) extendSession(ctx context.Context, in *extendSessionInput) (*sessionOutput, error) {
	if (in.Body.Ends == "") == (in.Body.Minutes == 0) {
		return nil, fault.BadField("extension_unclear", "body", "give ends or minutes, one of them")
	}
	var ends calendar.Wall
	if in.Body.Ends != "" {
		var err error
		if ends, err = calendar.ParseWall(in.Body.Ends); err != nil {
			return nil, fault.BadField("invalid_date_time", "body.ends", "%s", err.Error())
		}
	}
	n, rings, err := s.store.ExtendSession(ctx, in.ID, ends, time.Duration(in.Body.Minutes)*time.Minute)
	return s.answerSession(ctx, n, rings, err)
}

type announceInput struct {
	SessionPath
	Body struct {
		Text string `json:"text" maxLength:"500" doc:"May have several lines; empty: none any more"`
	}
}

func (s *Server) announceInSession(ctx context.Context, in *announceInput) (*sessionOutput, error) {
	n, rings, err := s.store.AnnounceInSession(ctx, in.ID, in.Body.Text)
	return s.answerSession(ctx, n, rings, err)
}

type forcePairInput struct {
	SessionPath
	Body struct {
		People []int64 `json:"people" minItems:"2" maxItems:"2" nullable:"false" doc:"Two ids of people"`
	}
}

func (s *Server) forcePair(ctx context.Context, in *forcePairInput) (*struct{}, error) {
	return nil, s.store.ForcePair(ctx, in.ID, in.Body.People[0], in.Body.People[1])
}

type endMeetingInput struct {
	SessionPath
	No int32 `path:"no" minimum:"1" doc:"Of the meeting"`
}

func (s *Server) endMeeting(ctx context.Context, in *endMeetingInput) (*struct{}, error) {
	return nil, s.store.EndMeeting(ctx, in.ID, int(in.No))
}

type attendeePathInput struct {
	SessionPath
	Person int64 `path:"person" minimum:"1"`
}

func (s *Server) removeAttendee(ctx context.Context, in *attendeePathInput) (*struct{}, error) {
	return nil, s.store.RemoveAttendee(ctx, in.ID, in.Person)
}
