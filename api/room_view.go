package api

import (
	"context"
	"slices"
	"time"

	"rondo/activities/pairing"
	"rondo/activities/store"
	"rondo/activities/video"
)

// RoomView is everything that the page of an attendee shows. Instants are absolute; the page corrects its clock by Now.
type RoomView struct {
	Now     time.Time    `json:"now"`
	Seq     int64        `json:"seq" doc:"Rises with every change"`
	Session RoomSession  `json:"session"`
	Here    int          `json:"here" doc:"Who is present, in meetings too"`
	Ready   int          `json:"ready" doc:"Of them, who waits to be paired"`
	Me      RoomMe       `json:"me"`
	Meeting *RoomMeeting `json:"meeting"`
	Last    *RoomLast    `json:"last" doc:"The meeting that ended last"`
}

// RoomSession is what all attendees see of the session.
type RoomSession struct {
	ID             int64             `json:"id"`
	Name           string            `json:"name"`
	Event          string            `json:"event"`
	Phase          string            `json:"phase" enum:"planned,doors,open,ending,closed,cancelled"`
	Paused         bool              `json:"paused"`
	DoorsAt        time.Time         `json:"doors_at"`
	StartsAt       time.Time         `json:"starts_at"`
	EndsAt         time.Time         `json:"ends_at"`
	MeetingSeconds int               `json:"meeting_seconds"`
	Extension      bool              `json:"extension"`
	Media          *RoomMedia        `json:"media"`
	Announcement   *RoomAnnouncement `json:"announcement"`
}

// RoomMedia is what is shown before the doors open.
type RoomMedia struct {
	URL  string `json:"url"`
	Type string `json:"type" example:"image/png"`
}

// RoomAnnouncement is what the organisers tell everybody.
type RoomAnnouncement struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// RoomMe is the attendee.
type RoomMe struct {
	Person  int64           `json:"person"`
	Name    string          `json:"name"`
	State   string          `json:"state" enum:"outside,lobby,ready,meeting,away,exited,removed"`
	ReadyAt *time.Time      `json:"ready_at" doc:"Waits since, with the credit for meetings that others broke off"`
	Relaxed []string        `json:"relaxed" doc:"Rules that no longer hold after so long a wait"`
	Tab     string          `json:"tab" doc:"The newest"`
	Shows   []RoomAttribute `json:"shows"`
}

// RoomAttribute is something that attendees show of themselves.
type RoomAttribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// RoomMeeting is the attendee's meeting, with the key to its video room.
type RoomMeeting struct {
	No        int            `json:"no"`
	URL       string         `json:"url" doc:"Of the video server"`
	Token     string         `json:"token" doc:"Admits to this meeting's room and nothing else"`
	ConnectBy time.Time      `json:"connect_by" doc:"Without everybody's media by then the meeting ends"`
	StartedAt *time.Time     `json:"started_at"`
	EndsAt    *time.Time     `json:"ends_at"`
	Extended  bool           `json:"extended"`
	Extension *RoomExtension `json:"extension" doc:"While it can be asked for"`
	Relaxed   []string       `json:"relaxed"`
	Partners  []RoomPartner  `json:"partners"`
}

// RoomExtension is who wants to go on.
type RoomExtension struct {
	Mine   string `json:"mine" enum:",yes,no"`
	Theirs string `json:"theirs" enum:",yes,no"`
}

// RoomPartner is somebody whom the attendee meets.
type RoomPartner struct {
	Person     int64           `json:"person"`
	Name       string          `json:"name"`
	Shows      []RoomAttribute `json:"shows"`
	Here       bool            `json:"here" doc:"false: lost, and awaited"`
	Connection string          `json:"connection" enum:"none,requested,asked,connected"`
	Email      string          `json:"email,omitempty" doc:"Once connected"`
}

// RoomLast is the meeting that ended last.
type RoomLast struct {
	No     int    `json:"no"`
	Reason string `json:"reason" enum:"time,left,lost,no_media,removed,organiser,blocked"`
	Name   string `json:"name"`
}

// tokenLasts is how long a token lasts beyond the meeting's length: LiveKit renews it while somebody is in the room.
const tokenLasts = time.Hour

// roomView puts together what an attendee sees. path is where the page is.
func (p *pages) roomView(_ context.Context, f store.RoomFacts, v store.RoomView, path string) (RoomView, error) {
	now := f.Now
	if v.Now.After(now) {
		now = v.Now
	}
	out := RoomView{
		Now: now, Seq: max(f.Seq, v.Seq), Here: f.Here, Ready: f.Ready, Session: p.roomSession(f, path),
		Me: RoomMe{
			Person: v.Person, Name: v.Name, State: string(v.State), ReadyAt: v.ReadyAt, Relaxed: v.Relaxed, Tab: v.Tab, Shows: attributes(v.Shows),
		},
	}
	if v.State == "" {
		out.Me.State = "outside"
	}
	if v.Previous != nil {
		out.Last = &RoomLast{No: v.Previous.No, Reason: string(v.Previous.Reason), Name: v.Previous.Name}
	}
	m := v.Meeting
	if m == nil {
		return out, nil
	}
	token, err := p.video.Token(video.RoomName(f.ID, m.No), v.Person, v.Name, time.Duration(f.MeetingS)*time.Second+tokenLasts)
	if err != nil {
		return out, err
	}
	out.Meeting = &RoomMeeting{
		No: m.No, URL: p.video.URL(), Token: token, ConnectBy: m.ConnectBy, StartedAt: m.StartedAt, EndsAt: m.EndsAt, Extended: m.Extended,
		Extension: extension(f, m, now), Relaxed: m.Relaxed, Partners: make([]RoomPartner, len(m.Others)),
	}
	for i, o := range m.Others {
		out.Meeting.Partners[i] = RoomPartner{
			Person: o.Person, Name: o.Name, Shows: attributes(o.Shows), Here: o.Here, Connection: string(o.Connection), Email: o.Email,
		}
	}
	return out, nil
}

func (p *pages) roomSession(f store.RoomFacts, path string) RoomSession {
	s := RoomSession{
		ID: f.ID, Name: f.Name, Event: f.Event, Phase: f.Phase, Paused: f.PausedAt != nil, DoorsAt: f.DoorsAt(), StartsAt: f.StartsAt,
		EndsAt: f.EndsAt, MeetingSeconds: f.MeetingS, Extension: f.Extension,
	}
	if f.MediaType != "" {
		s.Media = &RoomMedia{URL: path + "/media", Type: f.MediaType}
	}
	if f.Announcement != "" && f.AnnouncedAt != nil {
		s.Announcement = &RoomAnnouncement{Text: f.Announcement, At: *f.AnnouncedAt}
	}
	return s
}

// extension is nil unless the meeting can still be extended, which is offered shortly before its end; the lobby decides.
func extension(f store.RoomFacts, m *store.RoomMeeting, now time.Time) *RoomExtension {
	if m.StartedAt == nil || m.EndsAt == nil || m.Extended || !f.Extension || now.Before(m.EndsAt.Add(-pairing.OfferExtension)) {
		return nil
	}
	half := (time.Duration(f.MeetingS) * time.Second / 2).Truncate(time.Second)
	if m.EndsAt.Add(half).After(f.EndsAt) {
		return nil
	}
	e := &RoomExtension{Mine: m.Extend}
	for _, o := range m.Others {
		if o.Extend == "no" || e.Theirs == "" {
			e.Theirs = o.Extend
		}
	}
	if e.Mine == "no" || e.Theirs == "no" {
		return nil // declined: the button goes
	}
	return e
}

func attributes(values map[string]string) []RoomAttribute {
	out := make([]RoomAttribute, 0, len(values))
	for name, value := range values {
		out = append(out, RoomAttribute{name, value})
	}
	slices.SortFunc(out, func(a, b RoomAttribute) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}
