package mail

import (
	"strings"
)

// letter is one reader's message being made. It signs links when they are asked for, once each.
type letter struct {
	t     *Template
	r     *Reader
	links map[string]string
	vars  map[string]any // for Liquid
}

// isValue reports whether a path is a value that print knows, so that Liquid need not be asked.
func (v vocabulary) isValue(path []string) bool {
	if path[0] == "person" {
		return len(path) == 2
	}
	return path[0] != "others" && v.listed(strings.Join(path, "."))
}

// harmless reports whether the value can hold nothing that HTML or a header would have to escape, so that one value
// serves everywhere.
func harmless(path []string) bool { return path[0] == "links" || path[0] == "round" }

// print gives the value of a path that vocabulary.isValue knows.
func (l *letter) print(path []string) string {
	o := &l.t.occasion
	name := path[len(path)-1]
	switch path[0] {
	case "person":
		return l.r.Person.field(name)
	case "links":
		return l.link(name)
	case "program":
		return o.ProgramName
	case "event":
		return o.EventName
	case "session":
		if name == "name" {
			return o.SessionName
		}
		return l.t.dates.in(o.StartsAt, l.r.Person.Timezone)
	case "reason":
		return l.r.Reason
	case "sender":
		if name == "name" {
			return o.SenderName
		}
		return o.SenderEmail
	}
	if name == "match_date" {
		return l.t.dates.in(o.MatchAt, l.r.Person.Timezone)
	}
	return l.t.dates.in(o.AnswersCloseAt, l.r.Person.Timezone)
}

func (l *letter) link(name string) string {
	if url, ok := l.links[name]; ok {
		return url
	}
	o, person := &l.t.occasion, l.r.Person.ID
	var url string
	switch name {
	case "answer":
		url = o.Links.AnswerURL(o.Round, person, o.Expires)
	case "answer_yes":
		url = l.link("answer") + "?answer=yes"
	case "answer_no":
		url = l.link("answer") + "?answer=no"
	case "match":
		url = o.Links.MatchURL(o.Round, person, o.Expires)
	case "calendar":
		url = o.Links.CalendarURL(o.Round, person, o.Expires)
	case "check_in":
		url = o.Links.CheckInURL(o.Round, person, o.Expires)
	case "session":
		url = o.Links.SessionURL(o.Session, person, o.Expires)
	case "preferences":
		url = o.Links.PreferencesURL(o.Program, person, o.Expires)
	case "unsubscribe":
		url = l.t.Unsubscribe(l.r)
	}
	if l.links == nil {
		l.links = make(map[string]string, 8)
	}
	l.links[name] = url
	return url
}

// bindings are the values of all variables, for blocks.
func (l *letter) bindings() map[string]any {
	if l.vars != nil {
		return l.vars
	}
	person := asMap(&l.r.Person)
	delete(person, "attributes")
	l.vars = map[string]any{"person": person}
	for _, v := range variables {
		space, name, nested := strings.Cut(v.Name, ".")
		if !v.knownTo(l.t.occasion.Purpose) || space == "person" || space == "others" {
			continue
		}
		if !nested {
			l.vars[space] = l.print([]string{space})
			continue
		}
		m, ok := l.vars[space].(map[string]any)
		if !ok {
			m = map[string]any{}
			l.vars[space] = m
		}
		if s := l.print([]string{space, name}); s != "" {
			m[name] = s // a missing date is nil, so that {% if %} works
		}
	}
	others := make([]any, len(l.r.Others))
	for i, o := range l.r.Others {
		others[i] = asMap(o)
	}
	l.vars["others"] = others
	return l.vars
}

func asMap(p *Person) map[string]any {
	m := map[string]any{}
	list := []any{}
	for _, a := range p.attributes() {
		m[a.name] = a.value
		list = append(list, map[string]any{"name": a.name, "value": a.value})
	}
	m["attributes"], m["name"] = list, p.call()
	delete(m, "email")
	if p.Email != "" { // else it is nil, so that {% if %} works
		m["email"] = p.Email
	}
	return m
}
