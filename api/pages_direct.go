package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rondo/activities/store"
	"rondo/api/web"
)

// addDirect declares the direct link of a session, which anybody may have: it shows the waiting media and when the doors open,
// and from then on that a ticket is needed. Who has one has a join link.
func (p *pages) addDirect() {
	plain(p.Server, Route{
		Method: http.MethodGet, Path: "/s/{id}", ID: "session-page", Tag: "room", Scope: Public,
		Summary: "Direct link of a networking session, for everybody", Document: documentDirect, Problem: p.problem,
	}, p.showDirect)
	plain(p.Server, Route{
		Method: http.MethodGet, Path: "/s/{id}/media", ID: "get-session-media", Tag: "room", Scope: Public,
		Summary: "What the direct link shows before the doors open", Document: documentDirect,
	}, func(c *gin.Context) error {
		f, err := p.direct(c)
		if err != nil {
			return err
		}
		return p.media(c, f.ID)
	})
}

func (p *pages) direct(c *gin.Context) (store.RoomFacts, error) {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil || id < 1 {
		return store.RoomFacts{}, newProblem(http.StatusNotFound, "session_not_found", "there is no such networking session")
	}
	return p.store.RoomFacts(c.Request.Context(), id)
}

func documentDirect(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "id", In: "path", Required: true, Description: "Of the session", Schema: &huma.Schema{Type: huma.TypeInteger, Format: "int64"},
	})
	op.Responses = map[string]*huma.Response{
		"200": htmlResponse("The page, or the media"), "404": htmlResponse("There is no such session, or it has no media"),
	}
}

type directPage struct {
	State        string // waiting, ticket or over
	Name         string
	Doors, Start *shownTime
	Image, Film  string
}

func (p *pages) showDirect(c *gin.Context) error {
	f, err := p.direct(c)
	if err != nil {
		return err
	}
	loc, err := time.LoadLocation(f.Timezone)
	if err != nil {
		return err
	}
	doors, starts := f.DoorsAt(), f.StartsAt
	page := directPage{Name: f.Name, State: "ticket", Doors: shownInstant(&doors, loc), Start: shownInstant(&starts, loc)}
	switch {
	case f.Over():
		page.State = "over"
	case f.Phase == store.SessionPlanned:
		page.State = "waiting"
		media := p.base + c.Request.URL.Path + "/media"
		switch {
		case strings.HasPrefix(f.MediaType, "image/"):
			page.Image = media
		case f.MediaType != "":
			page.Film = media
		}
	}
	return p.showWith(c, http.StatusOK, "session", web.Page{Title: f.Name, Program: f.Event, Content: page},
		strings.Replace(contentPolicy, "img-src 'self'", "img-src 'self'; media-src 'self'", 1))
}
