package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/pairing"
	"rondo/activities/store"
	"rondo/api/web"
)

// roomRate is how often one attendee may act.
var roomRate = Rate{PerSecond: 5, Burst: 40}

// addRoom declares the attendee room: the page of a join link, and what it speaks with. The link is the authority, for one
// person in one session.
func (p *pages) addRoom() {
	p.rooms = &rooms{store: p.store, hub: p.hub, log: p.log, open: p.open, feeds: map[int64]*roomFeed{}}
	p.queue = newRoomQueue(p.store)
	p.perAttendee = newLimiters[int64](roomRate)
	go p.queue.run(p.open)
	plain(p.Server, Route{
		Method: http.MethodGet, Path: "/n/{token}", ID: "room-page", Tag: "room", Scope: Public, Signed: true,
		Summary: "Page of a networking session for one attendee", Document: documentPage, Problem: p.problem,
	}, p.showRoom)
	handle(p.Server, Route{
		Method: http.MethodGet, Path: "/n/{token}/events", ID: "watch-room", Tag: "room", Scope: Public, Signed: true, Stream: true,
		Summary: "Watch a networking session as one attendee: server-sent events",
		Description: "Sends everything that the page shows, as `state`, at once and with every change. `replaced` tells a page that the attendee " +
			"goes on in a newer tab; the stream then ends.",
		Document: func(op *huma.Operation) {
			sends[RoomView](p.Server, "Events named `state`, with everything that the page shows")(op)
		},
	}, p.watchRoom)
	handle(p.Server, Route{
		Method: http.MethodPost, Path: "/n/{token}/actions", ID: "act-in-room", Tag: "room", Scope: Public, Signed: true,
		Status: http.StatusAccepted, Summary: "What an attendee does", MaxBody: 16 << 10,
		Description: "Answered when it is committed; what comes of it is seen in the events. The same key again changes nothing.",
	}, p.actInRoom)
	handle(p.Server, Route{
		Method: http.MethodGet, Path: "/n/{token}/matches", ID: "list-matches", Tag: "room", Scope: Public, Signed: true,
		Summary: "Whom the attendee has met", Description: "Also after the session.",
	}, p.listMatches)
	plain(p.Server, Route{
		Method: http.MethodGet, Path: "/n/{token}/media", ID: "get-room-media", Tag: "room", Scope: Public, Signed: true,
		Summary: "What is shown before the doors open", Document: documentPage,
	}, p.roomMedia)
	p.addDirect()
}

// guest is who a join link is for.
type guest struct {
	session, person int64
	path            string
}

func (p *pages) guest(token string) (guest, error) {
	link, err := p.links.Verify(token, mail.LinkSession, time.Now())
	if errors.Is(err, &fault.Error{Code: mail.LinkExpired}) {
		return guest{}, newProblem(http.StatusGone, mail.LinkExpired, "This link was good until %s.", shownDay(link.Expires, time.UTC))
	}
	return guest{link.Round, link.Person, p.base + "/n/" + token}, err
}

type roomPageContent struct {
	Base, Path, Session, Video string
}

func (p *pages) showRoom(c *gin.Context) error {
	g, err := p.guest(c.Param("token"))
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	if _, err := p.store.RoomView(ctx, g.session, g.person); err != nil {
		return err
	}
	f, err := p.store.RoomFacts(ctx, g.session)
	if err != nil {
		return gone(err)
	}
	return p.showWith(c, http.StatusOK, "room", web.Page{
		Title: f.Name, Program: f.Event, Content: roomPageContent{p.base, g.path, f.Name, p.video.URL()},
	}, roomPolicy(p.video.URL()))
}

// roomPolicy lets the room load our own scripts and background models, use camera pictures, and reach the video server.
func roomPolicy(videoURL string) string {
	http := strings.Replace(videoURL, "ws", "http", 1) // the client validates there
	return "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob:; media-src 'self'; " +
		"connect-src 'self' " + videoURL + " " + http + "; worker-src blob:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
}

// RoomToken is embedded by the inputs of what the page speaks with.
type RoomToken struct {
	Token string `path:"token" maxLength:"120" doc:"From a join link"`
}

type watchRoomInput struct {
	RoomToken
	EventsQuery
	Tab string `query:"tab" maxLength:"64" doc:"A name of the page's own; a newer tab of the same attendee takes over"`
}

func (p *pages) watchRoom(ctx context.Context, in *watchRoomInput) (*Events, error) {
	g, err := p.guest(in.Token)
	if err != nil {
		return nil, err
	}
	if _, err := p.store.RoomView(ctx, g.session, g.person); err != nil {
		return nil, err
	}
	return p.events(ctx, func(ctx context.Context, send func(Event) error) error {
		page, leave := p.rooms.join(ctx, g.session, g.person)
		defer leave()
		return p.follow(ctx, g, page, in.Tab, send)
	}), nil
}

// follow sends what the page shows, until a newer tab takes over.
func (p *pages) follow(ctx context.Context, g guest, page *roomPage, tab string, send func(Event) error) error {
	view, err := p.store.RoomView(ctx, g.session, g.person)
	if err != nil {
		return err
	}
	facts := page.feed.now()
	mine := false
	for {
		mine = mine || view.Tab == tab
		if view.Revoked {
			return nil // the page asks again, and hears why not
		}
		if mine && view.Tab != tab {
			return send(Event{Name: "replaced", Data: struct{}{}})
		}
		out, err := p.roomView(ctx, facts, view, g.path)
		if err != nil {
			return err
		}
		if err := send(Event{Name: "state", Data: out}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case c := <-page.changed:
			facts = c.facts
			if c.view != nil && c.view.Seq >= view.Seq {
				view = *c.view
			}
		}
	}
}

type roomAction struct {
	Key     string `json:"key" minLength:"8" maxLength:"64" doc:"A text of the page's own, unique to this action"`
	Kind    string `json:"kind" enum:"enter,ready,unready,media,leave,extend,decline,connect,accept,block,report,exit,rename"`
	Meeting int    `json:"meeting,omitempty" minimum:"0" doc:"The meeting that is meant"`
	Person  int64  `json:"person,omitempty" minimum:"0" doc:"The other one, with connect, accept, block and report"`
	Tab     string `json:"tab,omitempty" maxLength:"64"`
	Reason  string `json:"reason,omitempty" enum:",harassment,inappropriate,spam,other" doc:"With report"`
	Text    string `json:"text,omitempty" maxLength:"8000" doc:"With report and rename"`
}

type roomActionInput struct {
	RoomToken
	Body roomAction
}

type roomActionOutput struct {
	Body struct {
		Kind string `json:"kind"`
	}
}

func (p *pages) actInRoom(ctx context.Context, in *roomActionInput) (*roomActionOutput, error) {
	g, err := p.guest(in.Token)
	if err != nil {
		return nil, err
	}
	if !p.perAttendee.get(g.person).Allow() {
		problem := newProblem(http.StatusTooManyRequests, "too_many_requests", "slow down: %g actions a second are allowed", roomRate.PerSecond)
		problem.retryAfter = time.Second
		return nil, problem
	}
	out := &roomActionOutput{}
	out.Body.Kind = in.Body.Kind
	return out, p.act(ctx, g, in.Body)
}

func (p *pages) act(ctx context.Context, g guest, a roomAction) error {
	action := store.SessionAction{
		Session: g.session, Person: g.person, Key: a.Key, Kind: pairing.Kind(a.Kind), Meeting: a.Meeting, Other: a.Person, Tab: a.Tab,
	}
	switch a.Kind {
	case "enter":
		return p.store.EnterSession(ctx, action)
	case "connect", "accept":
		return p.store.Connect(ctx, g.session, g.person, a.Person)
	case "block":
		return p.store.BlockPerson(ctx, action)
	case "report":
		return p.store.ReportPerson(ctx, g.session, g.person, a.Person, a.Reason, a.Text)
	case "rename":
		return p.store.RenameAttendee(ctx, g.session, g.person, a.Text)
	default:
		return p.queue.add(ctx, action)
	}
}

// RoomMatch is somebody whom an attendee has met.
type RoomMatch struct {
	Meeting    int             `json:"meeting"`
	Person     int64           `json:"person"`
	Name       string          `json:"name"`
	Shows      []RoomAttribute `json:"shows"`
	MetAt      time.Time       `json:"met_at"`
	Seconds    int             `json:"seconds"`
	Connection string          `json:"connection" enum:"none,requested,asked,connected"`
	Email      string          `json:"email,omitempty" doc:"Once connected"`
}

type matchesOutput struct {
	Body struct {
		Matches []RoomMatch `json:"matches"`
	}
}

func (p *pages) listMatches(ctx context.Context, in *RoomToken) (*matchesOutput, error) {
	g, err := p.guest(in.Token)
	if err != nil {
		return nil, err
	}
	matches, err := p.store.Matches(ctx, g.session, g.person)
	if err != nil {
		return nil, err
	}
	out := &matchesOutput{}
	out.Body.Matches = make([]RoomMatch, len(matches))
	for i, m := range matches {
		out.Body.Matches[i] = RoomMatch{m.No, m.Person, m.Name, attributes(m.Shows), m.MetAt, m.Seconds, string(m.Connection), m.Email}
	}
	return out, nil
}

func (p *pages) roomMedia(c *gin.Context) error {
	g, err := p.guest(c.Param("token"))
	if err != nil {
		return err
	}
	return p.media(c, g.session)
}

// media answers with the waiting media; browsers ask for parts of a film.
func (p *pages) media(c *gin.Context, session int64) error {
	contentType, content, err := p.store.WaitingMedia(c.Request.Context(), session)
	if err != nil {
		return err
	}
	c.Header("Content-Type", contentType)
	c.Header("Cache-Control", "private, max-age=60")
	http.ServeContent(c.Writer, c.Request, "", time.Time{}, strings.NewReader(string(content)))
	return nil
}
