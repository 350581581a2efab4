package api

import (
	"net/http"

	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/api/web"
)

func (p *pages) addCheckIn() {
	p.page(Route{Path: "/d/{token}", ID: "check-in-page", Summary: "Page that asks whether people met"}, mail.LinkCheckIn, p.showCheckIn, p.actCheckIn)
}

type checkInPage struct {
	State          string
	Program, Names string
	Several        bool
	Mystery        bool
	Choices        []checkInChoice
	Said, Note     string // as saved before
	Action         string
}

type checkInChoice struct {
	Value, Label string
	Checked      bool
}

var metLabels = []checkInChoice{
	{Value: store.MetYes, Label: "Yes, we met"},
	{Value: store.MetPlanned, Label: "Not yet, but we will"},
	{Value: store.MetNo, Label: "No"},
}

var givenLabels = []checkInChoice{
	{Value: store.MetYes, Label: "Yes, I have"},
	{Value: store.MetPlanned, Label: "Not yet, but I will"},
	{Value: store.MetNo, Label: "No"},
}

func (p *pages) showCheckIn(v *pageVisit) error {
	ctx := v.Request.Context()
	m := v.round
	said, _, err := p.store.CheckIn(ctx, m.ID, v.person.ID)
	if err != nil {
		return err
	}
	meetings, err := p.meetings(v)
	if err != nil {
		return err
	}
	content := checkInPage{State: checkInState(m), Program: m.Program, Names: namesOf(meetings), Note: said.Note, Action: v.at}
	content.Several = len(meetings) > 1 || len(meetings) == 1 && len(meetings[0].Others) > 1
	title, choices := "Did you meet?", metLabels
	if m.Mode == matching.ModeMystery {
		title, choices, content.Mystery = "Have you given?", givenLabels, true
	}
	chosen := said.Answer
	if chosen == "" {
		chosen = v.Query("answer")
	}
	for _, c := range choices {
		if c.Value == said.Answer {
			content.Said = c.Label
		}
		c.Checked = c.Value == chosen
		content.Choices = append(content.Choices, c)
	}
	return p.show(v.Context, http.StatusOK, "checkin", web.Page{Title: title, Program: m.Program, Notice: v.notice(), Content: content})
}

func checkInState(m store.Membership) string {
	switch {
	case !m.GroupsOut():
		return "early"
	case m.GroupNo == nil:
		return "none"
	case m.Phase == "closed":
		return "closed"
	}
	return "open"
}

func (p *pages) actCheckIn(v *pageVisit) (notice, error) {
	err := p.store.PutCheckIn(v.Request.Context(), v.link.Round, v.person.ID, v.PostForm("answer"), v.PostForm("note"))
	return "told", err
}
