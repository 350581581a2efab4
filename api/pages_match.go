package api

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/api/web"
)

func (p *pages) addMatch() {
	p.page(Route{Path: "/m/{token}", ID: "match-page", Summary: "Page that shows whom somebody meets"}, mail.LinkMatch, p.showMatch, p.actMatch)
}

type matchPage struct {
	State                    string
	Mystery                  bool
	Names                    string
	Meetings                 []meeting
	Match                    *shownTime
	MayStepBack              bool
	Reason, Calendar, Action string
}

// meeting is a group as one of its members sees it.
type meeting struct {
	Group       int
	Names, Them string // of several, how a button calls them
	Others      []matchedPerson
	WriteAll    template.URL
}

// matchedPerson is somebody whom the reader meets, with what the program shows of them.
type matchedPerson struct {
	Name, Email string
	Mailto      template.URL
	Attributes  []shownAttribute
}

type shownAttribute struct{ Name, Value string }

func (p *pages) showMatch(v *pageVisit) error {
	m := v.round
	content := matchPage{State: matchState(m), Match: shownInstant(m.MatchAt, v.zone()), MayStepBack: m.MayStepBack(), Action: v.at, Mystery: m.Mode == matching.ModeMystery}
	title := "Your match"
	switch content.State {
	case "matched":
		meetings, err := p.meetings(v)
		if err != nil {
			return err
		}
		content.Meetings, content.Names = meetings, namesOf(meetings)
		content.Calendar = p.base + "/c/" + p.links.Sign(mail.Link{
			Purpose: mail.LinkCalendar, Round: m.ID, Person: v.person.ID, Expires: v.link.Expires,
		}) + ".ics"
		if title = "You meet " + content.Names; content.Mystery {
			title = "You give to " + content.Names
		}
	case "unmatched":
		var u matching.Unmatched
		if err := json.Unmarshal(m.Unmatched, &u); err != nil {
			return fmt.Errorf("read why person %d is unmatched: %w", v.person.ID, err)
		}
		content.Reason, title = u.Text(), "No match this time"
	}
	return p.show(v.Context, http.StatusOK, "match", web.Page{Title: title, Program: m.Program, Notice: v.notice(), Content: content})
}

func matchState(m store.Membership) string {
	switch {
	case m.Phase == "cancelled" || m.Phase == "skipped":
		return "cancelled"
	case m.GroupsOut() && m.GroupNo != nil:
		return "matched"
	case m.GroupsOut() && m.Unmatched != nil:
		return "unmatched"
	case !m.GroupsOut() && m.RemovedAt == nil && deref(m.Answer) == "yes":
		return "soon"
	}
	return "none"
}

// actMatch takes somebody out who cannot make it, while that still helps the others.
func (p *pages) actMatch(v *pageVisit) (notice, error) {
	if v.PostForm("action") != "no" {
		return "", errUnknownAction
	}
	return p.answer(v, "no")
}

// meetings lists whom the reader meets, by group; of a mystery whom they give to. Of an erased person nothing is left to
// show.
func (p *pages) meetings(v *pageVisit) ([]meeting, error) {
	people, err := p.store.MatchOf(v.Request.Context(), v.round.ID, v.person.ID)
	if err != nil {
		return nil, err
	}
	var out []meeting
	for _, person := range people {
		if len(out) == 0 || out[len(out)-1].Group != person.GroupNo {
			out = append(out, meeting{Group: person.GroupNo})
		}
		g := &out[len(out)-1]
		g.Others = append(g.Others, showMatched(person.Person, v.round.Visible))
	}
	for i := range out {
		g := &out[i]
		g.Names, g.Them = namesOf(out[i:i+1]), "them"
		if len(g.Others) == 1 {
			g.Them = g.Names
		}
		if v.round.Mode != matching.ModeMystery {
			g.WriteAll = writeAll(g.Others, v.round.Program)
		}
	}
	return out, nil
}

func showMatched(person store.Person, visible []string) matchedPerson {
	o := matchedPerson{Name: person.Name, Email: person.Email}
	switch {
	case person.Status == store.Erased:
		o.Name = "somebody who has left"
	case o.Name == "":
		o.Name = o.Email
	}
	if o.Email != "" {
		o.Mailto = mailto([]string{o.Email}, "")
	}
	for _, name := range slices.Sorted(slices.Values(visible)) {
		if value := person.Attributes[name]; value != "" {
			o.Attributes = append(o.Attributes, shownAttribute{name, value})
		}
	}
	return o
}

// namesOf names everybody, each once.
func namesOf(meetings []meeting) string {
	var all []string
	for _, g := range meetings {
		for _, o := range g.Others {
			all = append(all, o.Name)
		}
	}
	return together(all)
}

func writeAll(others []matchedPerson, program string) template.URL {
	var to []string
	for _, o := range others {
		if o.Email != "" {
			to = append(to, o.Email)
		}
	}
	if len(to) == 0 {
		return ""
	}
	return mailto(to, program)
}

// mailto is RFC 6068. Whatever could end an address or begin a header is escaped, so the URL is safe in an attribute.
func mailto(to []string, subject string) template.URL {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	for i, address := range to {
		to[i] = strings.ReplaceAll(escape(address), "%40", "@")
	}
	s := "mailto:" + strings.Join(to, ",")
	if subject != "" {
		s += "?subject=" + escape(subject)
	}
	return template.URL(s) //nolint:gosec // escaped above
}
