package api

import (
	"net/http"
	"slices"
	"strconv"

	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/api/web"
)

func (p *pages) addPreferences() {
	p.page(Route{Path: "/p/{token}", ID: "preferences-page", Summary: "Page to take a break, leave programs, and name people to meet or avoid"},
		mail.LinkPreferences, p.showPreferences, p.actPreferences)
}

type preferencesPage struct {
	Pause               breakPart
	Programs            []store.ProgramOf
	Meet, Avoid         wishList
	Query               string
	Found               *foundPeople
	Action, Unsubscribe string
}

type wishList struct {
	Heading, Action string
	Ranked          bool
	People          []store.Acquaintance
}

type foundPeople struct {
	Heading, Empty string
	People         []store.Acquaintance
}

func (p *pages) showPreferences(v *pageVisit) error {
	if err := v.active(); err != nil {
		return err
	}
	ctx := v.Request.Context()
	content := preferencesPage{Pause: v.pause(v.zone()), Action: v.at, Unsubscribe: p.unsubscribe(v), Query: v.Query("q")}
	var err error
	if content.Programs, err = p.store.ProgramsOf(ctx, v.person.ID, v.program.ID); err != nil {
		return err
	}
	meet, avoid, _, err := p.store.WishedFor(ctx, v.person.ID)
	if err != nil {
		return err
	}
	content.Meet = wishList{Heading: "You would like to meet", Action: v.at, Ranked: true, People: meet}
	content.Avoid = wishList{Heading: "You would rather not meet", Action: v.at, People: avoid}
	content.Found, err = p.suggestions(v, content.Query, append(meet, avoid...))
	if err != nil {
		return err
	}
	return p.show(v.Context, http.StatusOK, "preferences", web.Page{Title: "Your preferences", Program: v.program.Name, Notice: v.notice(), Content: content})
}

// suggestions are people to choose from: whom the query finds or, without one, whom the person met lately.
func (p *pages) suggestions(v *pageVisit, query string, chosen []store.Acquaintance) (*foundPeople, error) {
	f := &foundPeople{Heading: "Found"}
	people, tooMany, err := p.choosable(v, query)
	if err != nil {
		return nil, err
	}
	f.People = slices.DeleteFunc(people, func(a store.Acquaintance) bool {
		return slices.ContainsFunc(chosen, func(c store.Acquaintance) bool { return c.ID == a.ID })
	})
	switch {
	case query == "" && len(f.People) == 0:
		return nil, nil
	case query == "":
		f.Heading = "People you met lately"
	case tooMany:
		f.Empty = "Many people have that name: please write the whole name."
	case len(people) == 0:
		f.Empty = "Nobody of that name is in your programs. Is it spelt as in our mails?"
	case len(f.People) == 0:
		f.Empty = "You have chosen everybody of that name already."
	}
	return f, nil
}

func (p *pages) choosable(v *pageVisit, query string) ([]store.Acquaintance, bool, error) {
	if query == "" {
		people, err := p.store.Acquaintances(v.Request.Context(), v.person.ID)
		return people, false, err
	}
	return p.store.FindAcquaintances(v.Request.Context(), v.person.ID, query)
}

func (p *pages) actPreferences(v *pageVisit) (notice, error) {
	if err := v.active(); err != nil {
		return "", err
	}
	switch action := v.PostForm("action"); action {
	case "snooze":
		return p.snooze(v, v.zone())
	case "resume":
		return p.resume(v)
	case "leave", "rejoin":
		return p.leaveOrRejoin(v, action)
	case "meet", "avoid", "first", "forget":
		return p.wish(v, action)
	}
	return "", errUnknownAction
}

func (p *pages) leaveOrRejoin(v *pageVisit, action string) (notice, error) {
	program, err := strconv.ParseInt(v.PostForm("program"), 10, 64)
	if err != nil {
		return "", errUnknownAction
	}
	mine, err := p.store.ProgramsOf(v.Request.Context(), v.person.ID, v.program.ID)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(mine, func(m store.ProgramOf) bool { return m.ID == program }) {
		return "", errUnknownAction
	}
	if action == "leave" {
		return p.leave(v, program)
	}
	return p.rejoin(v, program)
}

// wish changes the person's wishes. Whoever is added was found or met by the same person, asked anew: else ids could be
// tried out to read names.
func (p *pages) wish(v *pageVisit, action string) (notice, error) {
	ctx := v.Request.Context()
	id, err := strconv.ParseInt(v.PostForm("person"), 10, 64)
	if err != nil {
		return "", errUnknownAction
	}
	w, version, err := p.store.Wishes(ctx, v.person.ID)
	if err != nil {
		return "", err
	}
	known := slices.Contains(w.Meet, id) || slices.Contains(w.Avoid, id)
	if !known && (action == "meet" || action == "avoid") {
		people, _, err := p.choosable(v, v.PostForm("q"))
		if err != nil {
			return "", err
		}
		known = slices.ContainsFunc(people, func(a store.Acquaintance) bool { return a.ID == id })
	}
	if !known {
		return "", errUnknownAction
	}
	w.Meet, w.Avoid = without(w.Meet, id), without(w.Avoid, id)
	switch action {
	case "meet":
		w.Meet = append(w.Meet, id)
	case "first":
		w.Meet = append([]int64{id}, w.Meet...)
	case "avoid":
		w.Avoid = append(w.Avoid, id)
	}
	_, err = p.store.PutWishes(ctx, v.person.ID, version, w)
	return "wished", err
}

func without(ids []int64, id int64) []int64 {
	return slices.DeleteFunc(ids, func(i int64) bool { return i == id })
}
