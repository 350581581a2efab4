package api

import (
	"context"
	"net/http"

	"rondo/activities/store"
)

func (s *Server) addSenderActions() {
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/senders/{id}/pause", ID: "pause-sender", Tag: "senders", Scope: Send,
		Summary: "Let a mailbox send nothing until it is resumed", Description: "What comes due waits. Manual tasks still turn up.",
	}, s.pauseSender)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/senders/{id}/resume", ID: "resume-sender", Tag: "senders", Scope: Send,
		Summary:     "Take back a pause of a mailbox, or a halt for bounces",
		Description: "What came due meanwhile is planned anew, so that nothing overdue goes out at once. The answer counts those contacts.",
	}, s.resumeSender)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/senders/{id}", ID: "delete-sender", Tag: "senders", Scope: Admin,
		Summary: "Take a user's mailbox away",
		Description: "Its contacts wait, and say so, until they are reassigned or stopped: `POST /v1/enrollments/reassign` or `stop` with `sender_id`. " +
			"The answer counts them.",
	}, s.deleteSender)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/senders/{id}/forecast", ID: "forecast-sender", Tag: "senders", Scope: Read,
		Summary:     "Read what a mailbox is going to send, day by day",
		Description: "From today, by the calendar of the mailbox.",
	}, s.forecastSender)
}

func (s *Server) pauseSender(ctx context.Context, in *UserPath) (*senderOutput, error) {
	if err := s.store.PauseSender(ctx, in.ID, caller(ctx).ID); err != nil {
		return nil, err
	}
	return answerSender(s.store.Sender(ctx, in.ID))
}

func (s *Server) resumeSender(ctx context.Context, in *UserPath) (*changedOutput, error) {
	rings, err := s.store.ResumeSender(ctx, in.ID)
	return s.changed(ctx, len(rings), rings, err)
}

type senderDeletedOutput struct {
	Body struct {
		Waiting int `json:"waiting" doc:"Contacts that are not over and have this sender"`
	}
}

func (s *Server) deleteSender(ctx context.Context, in *UserPath) (*senderDeletedOutput, error) {
	waiting, err := s.store.DeleteSender(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &senderDeletedOutput{}
	out.Body.Waiting = waiting
	return out, nil
}

// SenderDay is one day of a mailbox.
type SenderDay struct {
	Date     string `json:"date" example:"2026-06-04"`
	Reserved int    `json:"reserved" doc:"Mails to come"`
	Claimed  int    `json:"claimed" doc:"Mails that went, or may have gone"`
	Quota    int    `json:"quota" doc:"The most that may go that day; 0: it does not send then"`
	Left     int    `json:"left" doc:"At most so many more; the 24 hours that reach into the day may leave fewer"`
}

type (
	forecastSenderInput struct {
		UserPath
		Days int `query:"days" minimum:"1" maximum:"190" default:"30" doc:"How many, today first"`
	}
	forecastSenderOutput struct {
		Body struct {
			Timezone string      `json:"timezone"`
			Paused   bool        `json:"paused" doc:"Nothing goes out until the mailbox is resumed"`
			Overdue  int         `json:"overdue" doc:"Slots that have passed without their mail, which will be planned anew"`
			Days     []SenderDay `json:"days" nullable:"false"`
		}
	}
)

func (s *Server) forecastSender(ctx context.Context, in *forecastSenderInput) (*forecastSenderOutput, error) {
	f, err := s.store.SenderForecast(ctx, in.ID, min(in.Days, store.MaxSenderDays))
	if err != nil {
		return nil, err
	}
	out := &forecastSenderOutput{}
	out.Body.Timezone, out.Body.Paused, out.Body.Overdue = f.Sender.Timezone, f.Sender.PausedAt != nil, f.Overdue
	out.Body.Days = make([]SenderDay, len(f.Days))
	for i, d := range f.Days {
		out.Body.Days[i] = SenderDay{Date: d.Date.String(), Reserved: d.Reserved, Claimed: d.Claimed, Quota: d.Quota, Left: d.Left}
	}
	return out, nil
}
