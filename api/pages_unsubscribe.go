package api

import (
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/api/web"
)

// addUnsubscribe serves the List-Unsubscribe link of RFC 8058: opening it shows a button, a POST unsubscribes, also one that
// a mail provider sends for the reader, from wherever, without cookies; it is answered without a redirect.
func (p *pages) addUnsubscribe() {
	route := Route{Path: "/u/{token}", Tag: "pages", Scope: Public, MaxBody: maxForm, Problem: p.problem, Document: documentPage}
	get, post := route, route
	get.Method, get.ID, get.Summary = http.MethodGet, "unsubscribe-page", "Page to stop every kind of mail"
	plain(p.Server, get, func(c *gin.Context) error {
		v, err := p.visit(c, mail.LinkUnsubscribe)
		if err != nil {
			return err
		}
		return p.showUnsubscribe(v, v.person.Status == store.Erased || v.person.InactiveReason == store.ByUnsubscribe)
	})
	post.Method, post.ID, post.Summary = http.MethodPost, "unsubscribe", "Stop every kind of mail: RFC 8058 one-click, and the page's own button"
	post.Document = documentUnsubscribe
	plain(p.Server, post, p.unsubscribeNow)
}

func documentUnsubscribe(op *huma.Operation) {
	documentPage(op)
	form := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{
		"List-Unsubscribe": {Type: huma.TypeString, Enum: []any{"One-Click"}},
	}}}
	op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/x-www-form-urlencoded": form, "multipart/form-data": form}}
}

type unsubscribePage struct {
	Done            bool
	Address, Action string
}

func (p *pages) showUnsubscribe(v *pageVisit, done bool) error {
	title := "Stop all mail?"
	if done {
		title = "You get no more mail"
	}
	return p.show(v.Context, http.StatusOK, "unsubscribe", web.Page{Title: title, Content: unsubscribePage{Done: done, Address: veil(v.person.Email), Action: v.at}})
}

func (p *pages) unsubscribeNow(c *gin.Context) error {
	oneClick := c.PostForm("List-Unsubscribe") == "One-Click"
	if err := p.sameOrigin(c.Request); err != nil && !oneClick {
		return err
	}
	v, err := p.visit(c, mail.LinkUnsubscribe)
	if err != nil {
		return err
	}
	how := "page"
	if oneClick {
		how = "one-click"
	}
	ctx := c.Request.Context()
	rings, err := p.store.BlacklistPerson(ctx, v.person.ID, store.ByUnsubscribe, how)
	p.ring(ctx, rings)
	if err != nil {
		return err
	}
	return p.showUnsubscribe(v, true)
}

// veil hides most of an address: the reader knows their own, and the link may have been forwarded.
func veil(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(local)
	return string(first) + "•••@" + domain
}
