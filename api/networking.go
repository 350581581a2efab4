package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addNetworking() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions", ID: "list-sessions", Tag: "networking", Scope: Read,
		Summary: "List networking sessions",
	}, s.listSessions)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/events/{id}/sessions", ID: "create-session", Tag: "networking", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Create a networking session of an event", Description: sessionHelp,
	}, s.createSession)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}", ID: "get-session", Tag: "networking", Scope: Read,
		Summary: "Read a networking session",
	}, s.getSession)
	handle(s, Route{
		Method: http.MethodPatch, Path: "/v1/sessions/{id}", ID: "update-session", Tag: "networking", Scope: Admin,
		Summary: "Change a networking session",
		Description: "Fields that are missing stay; `rules` are replaced as a whole. While the session is planned everything can change. Once its doors are open " +
			"`starts`, `ends` and `doors_open_minutes` stay (409 `session_started`); `meeting_seconds` is then that of meetings made from now on.",
	}, s.updateSession)
}

const sessionHelp = "`starts` and `ends` are wall clocks in the event's zone, on the event's days (422 `outside_event_days`); `starts` may be `now`. A session that has " +
	"started and not ended opens at once; one that has ended is refused (422 `session_ended`). After the end no pairs are made, and meetings last to their own limit.\n\n" +
	"Attendees meet 1:1 for `meeting_seconds`. With `extension` they are offered half of that more, once, when 30 seconds are left.\n\n" +
	"Without `rules` anybody meets anybody, and nobody the same person again within five minutes."

// SessionFields are what organisers set.
type SessionFields struct {
	Name              string          `json:"name"`
	Starts            string          `json:"starts" doc:"Wall clock in the event's zone" example:"2026-06-04T10:00"`
	Ends              string          `json:"ends" doc:"Wall clock in the event's zone" example:"2026-06-04T11:00"`
	DoorsOpenMinutes  int             `json:"doors_open_minutes" doc:"Before the start; from then on people may come in"`
	MeetingSeconds    int             `json:"meeting_seconds"`
	Extension         bool            `json:"extension"`
	Rules             NetworkingRules `json:"rules"`
	VisibleAttributes []string        `json:"visible_attributes" nullable:"false" doc:"Attributes of people that attendees may show to whom they meet"`
	MailMatches       bool            `json:"mail_matches" doc:"Once the session is closed, every attendee is sent by mail whom they met"`
}

// NetworkingSession is a time in which the attendees of an event meet one after the other.
type NetworkingSession struct {
	ID      int64 `json:"id"`
	EventID int64 `json:"event_id"`
	SessionFields
	Timezone     string     `json:"timezone" doc:"Of the event"`
	DoorsAt      time.Time  `json:"doors_at"`
	StartsAt     time.Time  `json:"starts_at"`
	EndsAt       time.Time  `json:"ends_at"`
	Phase        string     `json:"phase" enum:"planned,doors,open,ending,closed,cancelled" doc:"doors: people may come in; open: pairs are made; ending: no more pairs, the last meetings go on"`
	PausedAt     *time.Time `json:"paused_at,omitempty" doc:"No pairs are made"`
	WaitingMedia string     `json:"waiting_media,omitempty" doc:"Media type of what is shown before people come in"`
	Announcement string     `json:"announcement,omitempty" doc:"What attendees are shown"`
	AnnouncedAt  *time.Time `json:"announced_at,omitempty"`
	Bot          bool       `json:"bot" doc:"A bot partner takes part"`
	BotID        *int64     `json:"bot_id,omitempty" doc:"Which person it is, or was until it was taken out"`
	Meetings     int        `json:"meetings" doc:"Made so far"`
	Link         string     `json:"link" doc:"Shows the waiting media; to come in everybody needs a join link of their own"`
	InvitedAt    *time.Time `json:"invited_at,omitempty" doc:"When join mails were asked for last"`
	OpenedAt     *time.Time `json:"opened_at,omitempty"`
	EndedAt      *time.Time `json:"ended_at,omitempty" doc:"From when on no pairs were made"`
	ClosedAt     *time.Time `json:"closed_at,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
}

// SessionPath is embedded by inputs about one networking session.
type SessionPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	sessionsOutput struct{ Body Page[NetworkingSession] }
	sessionOutput  struct {
		ETag ETag `header:"ETag"`
		Body NetworkingSession
	}
)

func (s *Server) showSession(n store.NetworkingSession) NetworkingSession {
	starts, ends := n.Walls()
	return NetworkingSession{
		ID: n.ID, EventID: n.EventID, SessionFields: SessionFields{
			Name: n.Name, Starts: starts.String(), Ends: ends.String(), DoorsOpenMinutes: n.DoorsOpenS / 60, MeetingSeconds: n.MeetingS,
			Extension: n.Extension, Rules: showNetworkingRules(n.Rules), VisibleAttributes: n.VisibleAttributes,
			MailMatches: n.MailMatches,
		},
		Timezone: n.Timezone, DoorsAt: n.DoorsAt(), StartsAt: n.StartsAt, EndsAt: n.EndsAt, Phase: n.Phase, PausedAt: n.PausedAt, WaitingMedia: n.MediaType,
		Announcement: n.Announcement, AnnouncedAt: n.AnnouncedAt, Bot: n.Bot, BotID: n.BotID, Meetings: n.Meetings, Link: s.publicURL + "/s/" + strconv.FormatInt(n.ID, 10),
		InvitedAt: n.InvitedAt, OpenedAt: n.OpenedAt, EndedAt: n.EndedAt, ClosedAt: n.ClosedAt, CreatedAt: n.CreatedAt,
	}
}

// answerSession rings the workflow of a session that changed, and shows it.
func (s *Server) answerSession(ctx context.Context, n store.NetworkingSession, rings []store.Ring, err error) (*sessionOutput, error) {
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	return &sessionOutput{ETag: etag(n.Version), Body: s.showSession(n)}, nil
}

type listSessionsInput struct {
	PageQuery
	Event int64 `query:"event" minimum:"0" doc:"Of this event only"`
}

func (s *Server) listSessions(ctx context.Context, in *listSessionsInput) (*sessionsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Sessions(ctx, in.Event, p)
	if err != nil {
		return nil, err
	}
	return &sessionsOutput{newPage(in.PageQuery, rows, func(n store.NetworkingSession) int64 { return n.ID }, s.showSession)}, nil
}

// SessionOptions are what a request may say about a session; what is missing stays, or has its default.
type SessionOptions struct {
	DoorsOpenMinutes  *int             `json:"doors_open_minutes,omitempty" minimum:"0" maximum:"1440" doc:"How long before the start people may come in; default 0"`
	MeetingSeconds    *int             `json:"meeting_seconds,omitempty" minimum:"60" maximum:"86400" doc:"How long a meeting lasts; default 300"`
	Extension         *bool            `json:"extension,omitempty" doc:"Meetings can be extended once by half their length; default true"`
	Rules             *NetworkingRules `json:"rules,omitempty" doc:"Who may meet whom"`
	VisibleAttributes *[]string        `json:"visible_attributes,omitempty" maxItems:"20" nullable:"false" doc:"Attributes of people that attendees may show to whom they meet; default none"`
	MailMatches       *bool            `json:"mail_matches,omitempty" doc:"Once the session is closed, send every attendee by mail whom they met; default true"`
}

// apply writes the given fields over a session; the store checks them.
func (o SessionOptions) apply(n *store.NetworkingSession) {
	if o.DoorsOpenMinutes != nil {
		n.DoorsOpenS = *o.DoorsOpenMinutes * 60
	}
	set(&n.MeetingS, o.MeetingSeconds)
	set(&n.Extension, o.Extension)
	if o.Rules != nil {
		n.Rules = o.Rules.rules()
	}
	set(&n.VisibleAttributes, o.VisibleAttributes)
	set(&n.MailMatches, o.MailMatches)
}

type createSessionInput struct {
	LiveEventPath
	Body struct {
		Name   string `json:"name" minLength:"1" maxLength:"200"`
		Starts string `json:"starts" maxLength:"19" doc:"Wall clock in the event's zone, or now" example:"2026-06-04T10:00"`
		Ends   string `json:"ends" maxLength:"19" doc:"Wall clock in the event's zone" example:"2026-06-04T11:00"`
		SessionOptions
	}
}

func (s *Server) createSession(ctx context.Context, in *createSessionInput) (*sessionOutput, error) {
	e, err := s.store.LiveEvent(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	starts, ends, err := sessionWalls(&in.Body.Starts, &in.Body.Ends, e.Timezone)
	if err != nil {
		return nil, err
	}
	n := store.NetworkingSession{EventID: e.ID, Name: in.Body.Name, MeetingS: 300, Extension: true, MailMatches: true}
	n.SetWalls(*starts, *ends)
	in.Body.apply(&n)
	n, rings, err := s.store.CreateSession(ctx, n)
	return s.answerSession(ctx, n, rings, err)
}

// sessionWalls reads what is given of the wall clocks of a session.
func sessionWalls(starts, ends *string, timezone string) (from, to *calendar.Wall, err error) {
	loc, err := zone(timezone, "body")
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	read := func(text *string, location string) (*calendar.Wall, error) {
		if text == nil {
			return nil, nil
		}
		w, err := wall(*text, location, loc, now)
		if err == nil && w.IsZero() {
			err = fault.BadField("invalid_date_time", location, "give a wall clock such as 2026-06-04T10:00")
		}
		return &w, err
	}
	if from, err = read(starts, "body.starts"); err != nil {
		return nil, nil, err
	}
	to, err = read(ends, "body.ends")
	return from, to, err
}

func (s *Server) getSession(ctx context.Context, in *SessionPath) (*sessionOutput, error) {
	n, err := s.store.Session(ctx, in.ID)
	return s.answerSession(ctx, n, nil, err)
}

type updateSessionInput struct {
	SessionPath
	IfMatch
	Body struct {
		Name   *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
		Starts *string `json:"starts,omitempty" maxLength:"19" doc:"Wall clock in the event's zone, or now" example:"2026-06-04T10:00"`
		Ends   *string `json:"ends,omitempty" maxLength:"19" doc:"Wall clock in the event's zone" example:"2026-06-04T11:00"`
		SessionOptions
	}
}

func (s *Server) updateSession(ctx context.Context, in *updateSessionInput) (*sessionOutput, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	n, err := s.store.Session(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	starts, ends, err := sessionWalls(in.Body.Starts, in.Body.Ends, n.Timezone)
	if err != nil {
		return nil, err
	}
	n, rings, err := s.store.UpdateSession(ctx, in.ID, version, func(n *store.NetworkingSession) {
		from, to := n.Walls()
		set(&from, starts)
		set(&to, ends)
		n.SetWalls(from, to)
		set(&n.Name, in.Body.Name)
		in.Body.apply(n)
	})
	return s.answerSession(ctx, n, rings, err)
}
