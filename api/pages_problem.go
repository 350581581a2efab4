package api

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"rondo/activities/mail"
	"rondo/api/web"
)

// apology is how a page tells a problem: what it is, and what the reader can do.
type apology struct {
	Heading string
	Text    []string
	Back    string // path of the page the form was on
	Request string // id, for what the server's log explains
}

const (
	newestMail = "Please open the newest mail you have from us, and use the link in it."
	askThem    = "If you have none, ask those who run the program."
)

var apologies = map[string]apology{
	mail.LinkInvalid:      {Heading: "This link does not work", Text: []string{"It may have been cut off on its way. " + newestMail, askThem}},
	mail.LinkWrongPurpose: {Heading: "This link is for another page", Text: []string{newestMail}},
	mail.LinkExpired:      {Heading: "This link has expired", Text: []string{newestMail, askThem}},
	"person_erased":       {Heading: "There is nothing here any more", Text: []string{"Everything about the person whom this link was for has been deleted, as they asked."}},
	"person_inactive": {Heading: "You take part in nothing at the moment", Text: []string{
		"You have unsubscribed, or we could not reach you, or somebody took you off the list. So we neither write nor introduce anybody to you.",
		"To come back, ask those who run the program. They can let you in again, with your consent.",
	}},
	"ticket_needed":     {Heading: "You need a ticket", Text: []string{"This session is open to people with a ticket, organisers too. Yours is not good, or not any more: ask those who run the event."}},
	"answer_too_late":   {Heading: "That came too late", Text: []string{"Answers have closed meanwhile, so your answer could not be saved."}},
	"stale_version":     {Heading: "Something changed meanwhile", Text: []string{"You may have had the page open twice. Please look again and repeat what you did."}},
	"cross_origin":      {Heading: "That did not come from our page", Text: []string{"Another site tried to send this form for you, so we did nothing. " + newestMail}},
	"too_many_requests": {Heading: "One moment, please", Text: []string{"Too many people are opening pages at once. Please try again in a few seconds."}},
	"body_too_large":    {Heading: "That is too long", Text: []string{"Please shorten your text."}},
}

// otherwise are apologies for problems without one of their own.
var otherwise = map[int]apology{
	http.StatusGone:                {Heading: "There is nothing here any more", Text: []string{newestMail, askThem}},
	http.StatusConflict:            {Heading: "That is not possible now"},
	http.StatusUnprocessableEntity: {Heading: "That did not work"},
}

// problem is Route.Problem of the pages.
func (p *pages) problem(c *gin.Context, problem *Problem) {
	a, known := apologies[problem.Code]
	if !known {
		a, known = otherwise[problem.Status]
	}
	switch {
	case !known:
		a = apology{Heading: "Something went wrong on our side", Text: []string{"We have been told. Please try again in a minute."}, Request: problem.RequestID}
	case problem.Code == mail.LinkExpired:
		a.Text = append([]string{problem.Detail}, a.Text...)
	case len(a.Text) == 0:
		a.Text = []string{sentence(problem.Detail)}
	}
	switch problem.Status {
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity:
		a.Back = p.base + c.Request.URL.Path
	}
	if err := p.show(c, problem.Status, "problem", web.Page{Title: a.Heading, Content: a}); err != nil {
		logger(c.Request.Context()).ErrorContext(c.Request.Context(), "problem page", slog.Any("error", err))
		c.Status(http.StatusInternalServerError)
	}
}
