package api

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/api/web"
)

// pages are what people open from their mails. The link is the authority: no cookie, no account. Opening a page changes
// nothing, because programs that check mails open every link; what changes something is a form.
type pages struct {
	*Server
	base    string // path below which the server is reached
	origins *http.CrossOriginProtection

	rooms       *rooms
	queue       *roomQueue
	perAttendee *limiters[int64]
}

func (s *Server) addPages() {
	p := &pages{Server: s, base: basePath(s.publicURL), origins: http.NewCrossOriginProtection()}
	if err := p.origins.AddTrustedOrigin(strings.TrimSuffix(s.publicURL, p.base)); err != nil {
		panic(fmt.Errorf("api: public URL: %w", err)) // mail.NewLinks has checked it
	}
	p.addStatic()
	p.addAnswer()
	p.addMatch()
	p.addCalendar()
	p.addCheckIn()
	p.addPreferences()
	p.addUnsubscribe()
	p.addRoom()
}

func basePath(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Path, "/")
}

// A pageVisit is one opening of a signed link, or one form sent from its page.
type pageVisit struct {
	*gin.Context
	link    mail.Link
	person  store.Person
	round   store.Membership // what the person is in it, where the link is about a round
	program store.Program    // where it is about a program
	at      string           // path of the page, with its token
}

// page declares the two routes of a signed link: show answers GET, act answers POST and says which notice comes next.
func (p *pages) page(r Route, purpose mail.LinkPurpose, show func(*pageVisit) error, act func(*pageVisit) (notice, error)) {
	r.Tag, r.Scope, r.MaxBody, r.Problem = "pages", Public, maxForm, p.problem
	r.Document = documentPage
	get, post := r, r
	get.Method = http.MethodGet
	plain(p.Server, get, func(c *gin.Context) error {
		v, err := p.visit(c, purpose)
		if err != nil {
			return err
		}
		return show(v)
	})
	post.Method, post.ID, post.Summary = http.MethodPost, r.ID+"-form", r.Summary+": what its forms send"
	post.Document = documentForm
	plain(p.Server, post, func(c *gin.Context) error {
		if err := p.sameOrigin(c.Request); err != nil {
			return err
		}
		v, err := p.visit(c, purpose)
		if err != nil {
			return err
		}
		done, err := act(v)
		if err != nil {
			return err
		}
		if done != "" {
			v.at += "?done=" + string(done)
		}
		c.Redirect(http.StatusSeeOther, v.at)
		return nil
	})
}

// maxForm holds the longest note, percent-encoded.
const maxForm = 64 << 10

// visit reads the token of the path, whom it is for and what it is about.
func (p *pages) visit(c *gin.Context, purpose mail.LinkPurpose) (*pageVisit, error) {
	link, err := p.links.Verify(strings.TrimSuffix(c.Param("token"), ".ics"), purpose, time.Now())
	if errors.Is(err, &fault.Error{Code: mail.LinkExpired}) {
		return nil, newProblem(http.StatusGone, mail.LinkExpired, "This link was good until %s.", shownDay(link.Expires, time.UTC))
	}
	if err != nil {
		return nil, err
	}
	v := &pageVisit{Context: c, link: link, at: p.base + c.Request.URL.Path}
	ctx := c.Request.Context()
	if v.person, err = p.store.Person(ctx, link.Person); err != nil {
		return nil, gone(err)
	}
	if v.person.Status == store.Erased && purpose != mail.LinkUnsubscribe {
		return nil, newProblem(http.StatusGone, "person_erased", "the person was erased")
	}
	switch purpose {
	case mail.LinkAnswer, mail.LinkMatch, mail.LinkCheckIn, mail.LinkCalendar:
		v.round, err = p.store.Membership(ctx, link.Round, link.Person)
	case mail.LinkPreferences:
		v.program, err = p.store.Program(ctx, link.Program)
	}
	return v, gone(err)
}

// active refuses what makes no sense for somebody whom nobody is introduced to.
func (v *pageVisit) active() error {
	if v.person.Status != store.Active {
		return newProblem(http.StatusGone, "person_inactive", "the person is inactive")
	}
	return nil
}

// gone says so of what is not found: the link to it was ours, so it has been there.
func gone(err error) error {
	if f := fault.From(err); err != nil && f.Kind == fault.NotFound {
		return newProblem(http.StatusGone, f.Code, "%s", f.Message)
	}
	return err
}

// sameOrigin refuses forms that another site sends in somebody's name. Whoever can write such a form knows the link and
// could send it himself, so this is a second fence. Referrer-Policy no-referrer makes older browsers send the origin "null"
// with our own forms.
func (p *pages) sameOrigin(r *http.Request) error {
	if r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "null" {
		return nil
	}
	if err := p.origins.Check(r); err != nil {
		return newProblem(http.StatusForbidden, "cross_origin", "forms are taken from our own pages only")
	}
	return nil
}

// show answers with a page.
func (s *Server) show(c *gin.Context, status int, name string, page web.Page) error {
	return s.showWith(c, status, name, page, contentPolicy)
}

// showWith answers with a page that may load what its policy says.
func (s *Server) showWith(c *gin.Context, status int, name string, page web.Page, policy string) error {
	page.Base = basePath(s.publicURL)
	var body bytes.Buffer // so that a fault in a template is a problem, not half a page
	if err := web.Render(&body, name, page); err != nil {
		return err
	}
	c.Header("Content-Security-Policy", policy)
	c.Header("X-Robots-Tag", "noindex, nofollow")
	c.Data(status, "text/html; charset=utf-8", body.Bytes())
	return nil
}

// contentPolicy lets pages load our own styles and scripts, and send forms to ourselves, and nothing else.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// notice is a code in the address of a page for what was done last; the text stands here, so that no link can put words
// into our mouth.
type notice string

var notices = map[notice]string{
	"answered": "Your answer is saved.",
	"snoozed":  "Your break is saved.",
	"resumed":  "Welcome back: your break has ended.",
	"left":     "You have left the program.",
	"rejoined": "Welcome back.",
	"wished":   "Your wishes are saved.",
	"told":     "Thank you for telling us.",
}

func (v *pageVisit) notice() string { return notices[notice(v.Query("done"))] }

func documentPage(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "token", In: "path", Required: true, Description: "From a link in a mail; the page never changes anything by being opened",
		Schema: &huma.Schema{Type: huma.TypeString},
	})
	op.Responses = map[string]*huma.Response{
		"200": htmlResponse("The page"), "403": htmlResponse("The link is not ours, or for another page"),
		"410": htmlResponse("The link has expired, or what it was about is gone"),
	}
}

func documentForm(op *huma.Operation) {
	documentPage(op)
	op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
		"application/x-www-form-urlencoded": {Schema: &huma.Schema{Type: huma.TypeObject}},
	}}
	delete(op.Responses, "200")
	op.Responses["303"] = &huma.Response{Description: "Done: back to the page"}
}

func htmlResponse(description string) *huma.Response {
	return &huma.Response{Description: description, Content: map[string]*huma.MediaType{
		"text/html": {Schema: &huma.Schema{Type: huma.TypeString}},
	}}
}
