package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addSenders() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/senders", ID: "list-senders", Tag: "senders", Scope: Read,
		Summary: "List the mailboxes of users",
	}, s.listSenders)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/users/{id}/sender", ID: "get-sender", Tag: "senders", Scope: Read,
		Summary: "Read a user's mailbox",
	}, s.getSender)
	handle(s, Route{
		Method: http.MethodPut, Path: "/v1/users/{id}/sender", ID: "put-sender", Tag: "senders", Scope: Admin,
		Summary: "Give a user a mailbox, or replace it", Description: putSenderHelp,
	}, s.putSender)
}

const putSenderHelp = "Without `If-Match` the user gets a mailbox; 428 `if_match_missing` if there is one. With `If-Match` that version of it is " +
	"replaced. What is missing in the body has its default, in a replacement too.\n\n" +
	"Days and hours are on the wall clock of `timezone`. Of all limits the smallest wins: `per_hour` in each clock hour, `per_day` in " +
	"every window of 24 hours, `min_gap_seconds` between two mails, the `ramp` while it lasts, and the caps per recipient domain and company.\n\n" +
	"Mails that were planned for where the new calendar or quota allows them no more are planned anew at once, later; all others stay where they are.\n\n" +
	"A mailbox that was deleted is made anew; what it sent in the last 24 hours still counts."

// Sender is a user's mailbox.
type Sender struct {
	UserID        int64      `json:"user_id"`
	Address       string     `json:"address"`
	Name          string     `json:"name" doc:"Shown beside the address; may be empty"`
	Timezone      string     `json:"timezone" doc:"IANA name"`
	Days          []int32    `json:"days" nullable:"false" doc:"On which it sends, ascending; 0 is Sunday"`
	FromHour      int        `json:"from_hour"`
	ToHour        int        `json:"to_hour" doc:"The first hour in which it sends no more"`
	HolidayListID *int64     `json:"holiday_list_id,omitempty"`
	PerHour       int        `json:"per_hour"`
	PerDay        int        `json:"per_day" doc:"In any 24 hours"`
	MinGapSeconds int        `json:"min_gap_seconds"`
	Ramp          *Ramp      `json:"ramp,omitempty"`
	PerDomain     int        `json:"per_domain" doc:"To one recipient domain in a calendar day; 0: no cap"`
	PerCompany    int        `json:"per_company" doc:"To one company in a calendar day; 0: no cap"`
	PausedAt      *time.Time `json:"paused_at,omitempty" doc:"Paused by a user: it sends nothing"`
	HaltedAt      *time.Time `json:"halted_at,omitempty" doc:"Too many of its mails bounced: it sends no first steps"`
	CreatedAt     time.Time  `json:"created_at"`
}

// Ramp lets a mailbox send more from day to day.
type Ramp struct {
	Since string `json:"since" maxLength:"10" doc:"Its first day, in the mailbox's zone" example:"2026-06-01"`
	First int    `json:"first" minimum:"1" maximum:"10000" doc:"Mails in any 24 hours from that day on"`
	Step  int    `json:"step" minimum:"1" maximum:"10000" doc:"More with each sending day after it, up to per_day"`
}

type senderFields struct {
	Address       *string  `json:"address,omitempty" maxLength:"320" doc:"Default: the user's address"`
	Name          *string  `json:"name,omitempty" maxLength:"200" doc:"Default: empty"`
	Timezone      *string  `json:"timezone,omitempty" maxLength:"64" doc:"IANA name; default: the user's"`
	Days          *[]int32 `json:"days,omitempty" maxItems:"7" nullable:"false" doc:"0 is Sunday; default: Monday to Friday" example:"[1,2,3,4,5]"`
	FromHour      *int     `json:"from_hour,omitempty" minimum:"0" maximum:"23" doc:"Default 9"`
	ToHour        *int     `json:"to_hour,omitempty" minimum:"1" maximum:"24" doc:"The first hour in which it sends no more; default 18"`
	HolidayListID *int64   `json:"holiday_list_id,omitempty" minimum:"1" doc:"On its days nothing is sent; default: none"`
	PerHour       *int     `json:"per_hour,omitempty" minimum:"1" maximum:"1000" doc:"Default 50"`
	PerDay        *int     `json:"per_day,omitempty" minimum:"1" maximum:"10000" doc:"In any 24 hours; default 400"`
	MinGapSeconds *int     `json:"min_gap_seconds,omitempty" minimum:"0" maximum:"3600" doc:"Between two mails; default 0"`
	Ramp          *Ramp    `json:"ramp,omitempty" doc:"Default: none"`
	PerDomain     *int     `json:"per_domain,omitempty" minimum:"0" maximum:"10000" doc:"To one recipient domain in a calendar day; default 0: no cap"`
	PerCompany    *int     `json:"per_company,omitempty" minimum:"0" maximum:"10000" doc:"To one company in a calendar day; default 0: no cap"`
}

type (
	sendersOutput struct{ Body Page[Sender] }
	senderOutput  struct {
		ETag ETag `header:"ETag"`
		Body Sender
	}
)

func showSender(s store.Sender) Sender {
	out := Sender{
		UserID: s.UserID, Address: s.Address, Name: s.Name, Timezone: s.Timezone, Days: s.Days, FromHour: s.FromHour, ToHour: s.ToHour,
		HolidayListID: s.HolidayListID, PerHour: s.PerHour, PerDay: s.PerDay, MinGapSeconds: s.MinGapS, PerDomain: s.PerDomain,
		PerCompany: s.PerCompany, PausedAt: s.PausedAt, HaltedAt: s.HaltedAt, CreatedAt: s.CreatedAt,
	}
	if s.RampSince != nil {
		out.Ramp = &Ramp{Since: s.RampSince.Format(time.DateOnly), First: s.RampFirst, Step: s.RampStep}
	}
	return out
}

func answerSender(row store.Sender, err error) (*senderOutput, error) {
	if err != nil {
		return nil, err
	}
	return &senderOutput{ETag: etag(row.Version), Body: showSender(row)}, nil
}

func (s *Server) listSenders(ctx context.Context, in *PageQuery) (*sendersOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Senders(ctx, p)
	if err != nil {
		return nil, err
	}
	return &sendersOutput{Body: newPage(*in, rows, func(s store.Sender) int64 { return s.UserID }, showSender)}, nil
}

func (s *Server) getSender(ctx context.Context, in *UserPath) (*senderOutput, error) {
	return answerSender(s.store.Sender(ctx, in.ID))
}

type putSenderInput struct {
	UserPath
	IfMatch string `header:"If-Match" doc:"The ETag of the version to replace; no longer current: 412. Missing: there is none yet." example:"\"v3\""`
	Body    senderFields
}

func (s *Server) putSender(ctx context.Context, in *putSenderInput) (*senderOutput, error) {
	given := IfMatch{in.IfMatch}
	version, missing := given.version()
	if missing != nil && in.IfMatch != "" {
		return nil, missing
	}
	u, err := s.store.User(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	row := store.Sender{
		Address: u.Email, Timezone: u.Timezone, Days: []int32{1, 2, 3, 4, 5}, FromHour: 9, ToHour: 18, PerHour: 50, PerDay: 400,
	}
	if err := in.Body.apply(&row); err != nil {
		return nil, err
	}
	row, err = s.store.PutSender(ctx, in.ID, version, row)
	if fault.From(err).Code == "sender_exists" {
		err = missing
	}
	return answerSender(row, err)
}

func (f senderFields) apply(row *store.Sender) error {
	set(&row.Address, f.Address)
	set(&row.Name, f.Name)
	set(&row.Timezone, f.Timezone)
	set(&row.Days, f.Days)
	set(&row.FromHour, f.FromHour)
	set(&row.ToHour, f.ToHour)
	row.HolidayListID = f.HolidayListID
	set(&row.PerHour, f.PerHour)
	set(&row.PerDay, f.PerDay)
	set(&row.MinGapS, f.MinGapSeconds)
	set(&row.PerDomain, f.PerDomain)
	set(&row.PerCompany, f.PerCompany)
	if f.Ramp == nil {
		return nil
	}
	if _, err := date(f.Ramp.Since, "body.ramp.since"); err != nil {
		return err
	}
	since, err := time.Parse(time.DateOnly, f.Ramp.Since)
	row.RampSince, row.RampFirst, row.RampStep = &since, f.Ramp.First, f.Ramp.Step
	return err
}
