package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addNetworkingLists() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/attendees", ID: "list-attendees", Tag: "networking", Scope: Read,
		Summary: "List who has come to a session, with their state",
	}, s.listAttendees)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/meetings", ID: "list-meetings", Tag: "networking", Scope: Read,
		Summary: "List the meetings of a session: who, when, and why they ended",
	}, s.listMeetings)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/connections", ID: "list-connections", Tag: "networking", Scope: Read,
		Summary: "List who asked whom in a session to stay in touch",
	}, s.listConnections)
}

// SessionAttendee is somebody who has come to a session.
type SessionAttendee struct {
	PersonID  int64      `json:"person_id"`
	Name      string     `json:"name" doc:"As others see it"`
	TypeID    int64      `json:"type_id,omitempty" doc:"Of their ticket"`
	State     string     `json:"state" enum:"lobby,ready,meeting,away,exited,removed"`
	ReadyAt   *time.Time `json:"ready_at,omitempty" doc:"Waits since; what broken meetings owe is counted as waited"`
	Relaxed   []string   `json:"relaxed" nullable:"false" doc:"Rules that waiting has relaxed"`
	Meeting   int        `json:"meeting,omitempty" doc:"The open one"`
	Meetings  int        `json:"meetings"`
	Met       int        `json:"met" doc:"Of the meetings, those in which both had media"`
	EnteredAt time.Time  `json:"entered_at"`
}

type (
	listAttendeesInput struct {
		SessionPath
		PageQuery
		State string `query:"state" enum:"lobby,ready,meeting,away,exited,removed" doc:"Missing: any"`
	}
	attendeesOutput struct{ Body Page[SessionAttendee] }
)

func (s *Server) listAttendees(ctx context.Context, in *listAttendeesInput) (*attendeesOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.SessionAttendees(ctx, in.ID, in.State, p)
	if err != nil {
		return nil, err
	}
	return &attendeesOutput{newPage(in.PageQuery, rows, func(a store.ListedAttendee) int64 { return a.PersonID }, func(a store.ListedAttendee) SessionAttendee {
		return SessionAttendee{
			PersonID: a.PersonID, Name: a.Name, TypeID: a.TypeID, State: a.State, ReadyAt: a.ReadyAt, Relaxed: a.Relaxed, Meeting: a.MeetingNo,
			Meetings: a.Meetings, Met: a.Met, EnteredAt: a.EnteredAt,
		}
	})}, nil
}

// SessionMeeting is a meeting of a session.
type SessionMeeting struct {
	No        int             `json:"no" doc:"From 1 within the session"`
	People    []MeetingMember `json:"people" nullable:"false"`
	MadeAt    time.Time       `json:"made_at"`
	StartedAt *time.Time      `json:"started_at,omitempty" doc:"All had media; missing: they have not met"`
	EndsAt    *time.Time      `json:"ends_at,omitempty"`
	EndedAt   *time.Time      `json:"ended_at,omitempty" doc:"Missing: it is open"`
	Reason    string          `json:"reason,omitempty" doc:"Why it ended: time, left, lost, no_media, removed, organiser, blocked, exited, session, room_failed"`
	Extended  bool            `json:"extended"`
	Forced    bool            `json:"forced" doc:"By an organiser"`
	Relaxed   []string        `json:"relaxed" nullable:"false" doc:"Rules that did not hold for it"`
}

// MeetingMember is somebody in a meeting.
type MeetingMember struct {
	PersonID int64   `json:"person_id"`
	Name     string  `json:"name" doc:"As others see it"`
	Waited   float64 `json:"waited" doc:"Seconds until the meeting was made"`
}

type (
	listMeetingsInput struct {
		SessionPath
		PageQuery
		Person int64 `query:"person" minimum:"0" doc:"Of this person only"`
		Open   bool  `query:"open" doc:"Only those that have not ended"`
	}
	meetingsOutput struct{ Body Page[SessionMeeting] }
)

func (s *Server) listMeetings(ctx context.Context, in *listMeetingsInput) (*meetingsOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.SessionMeetings(ctx, in.ID, in.Person, in.Open, p)
	if err != nil {
		return nil, err
	}
	return &meetingsOutput{newPage(in.PageQuery, rows, func(m store.ListedMeeting) int64 { return int64(m.No) }, showMeeting)}, nil
}

func showMeeting(m store.ListedMeeting) SessionMeeting {
	out := SessionMeeting{
		No: m.No, People: []MeetingMember{}, MadeAt: m.MadeAt, StartedAt: m.StartedAt, EndsAt: m.EndsAt, EndedAt: m.EndedAt, Reason: m.Reason,
		Extended: m.Extended, Forced: m.Forced, Relaxed: m.Relaxed,
	}
	for _, p := range m.People {
		out.People = append(out.People, MeetingMember{PersonID: p.PersonID, Name: p.Name, Waited: seconds(p.WaitedMS)})
	}
	return out
}

// SessionConnection is two people of whom one asked to stay in touch.
type SessionConnection struct {
	Meeting    int        `json:"meeting" doc:"In which it was asked"`
	FromID     int64      `json:"from_id" doc:"Who asked"`
	FromName   string     `json:"from_name"`
	ToID       int64      `json:"to_id"`
	ToName     string     `json:"to_name"`
	AskedAt    time.Time  `json:"asked_at"`
	AcceptedAt *time.Time `json:"accepted_at,omitempty" doc:"Missing: only asked for"`
}

type (
	listConnectionsInput struct {
		SessionPath
		PageQuery
	}
	connectionsOutput struct{ Body Page[SessionConnection] }
)

func (s *Server) listConnections(ctx context.Context, in *listConnectionsInput) (*connectionsOutput, error) {
	var after store.ConnectionPlace
	if in.Cursor != "" {
		if err := readCursor(in.Cursor, &after); err != nil {
			return nil, err
		}
		if after.No < 0 || after.No > 1<<31-1 {
			return nil, errBadCursor
		}
	}
	rows, err := s.store.SessionConnections(ctx, in.ID, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := &connectionsOutput{Body: Page[SessionConnection]{Items: []SessionConnection{}}}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		out.Body.NextCursor = newCursor(rows[len(rows)-1].Place())
	}
	for _, c := range rows {
		out.Body.Items = append(out.Body.Items, SessionConnection{
			Meeting: c.No, FromID: c.FromID, FromName: c.FromName, ToID: c.ToID, ToName: c.ToName, AskedAt: c.AskedAt, AcceptedAt: c.AcceptedAt,
		})
	}
	return out, nil
}
