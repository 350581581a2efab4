package api

import (
	"net/http"
	"time"

	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/api/web"
)

func (p *pages) addAnswer() {
	p.page(Route{Path: "/a/{token}", ID: "answer-page", Summary: "Page that asks whether somebody takes part in a round"},
		mail.LinkAnswer, p.showAnswer, p.actAnswer)
}

type answerPage struct {
	State                string
	Program, Name        string
	Chosen               string // in the mail: yes, no or nothing yet
	Opens, Closes, Match *shownTime
	Grouped, Mystery     bool
	Answers              answerForm
	Pause                breakPart
	Action, Unsubscribe  string
}

type answerForm struct {
	Action  string
	Answers []answerButton
}

type answerButton struct {
	Value, Label string
	Main         bool
}

func (p *pages) showAnswer(v *pageVisit) error {
	if err := v.active(); err != nil {
		return err
	}
	m := v.round
	loc := v.zone()
	content := answerPage{
		State: answerState(m, v.person, time.Now()), Program: m.Program, Name: v.person.Name, Grouped: m.GroupNo != nil, Mystery: m.Mode == matching.ModeMystery,
		Opens: shownInstant(&m.OpensAt, loc), Closes: shownInstant(m.AnswersCloseAt, loc), Match: shownInstant(m.MatchAt, loc),
		Pause: v.pause(loc), Action: v.at, Unsubscribe: p.unsubscribe(v),
	}
	if c := v.Query("answer"); c == "yes" || c == "no" {
		content.Chosen = c
	}
	content.Answers = answerForm{v.at, answerButtons(content.State, content.Chosen)}
	return p.show(v.Context, http.StatusOK, "answer", web.Page{Title: answerTitles[content.State], Program: m.Program, Notice: v.notice(), Content: content})
}

// answerTitles names the page in each state.
var answerTitles = map[string]string{
	"ask": "Are you in?", "yes": "You are in", "no": "Not this time", "closed_yes": "You are in", "closed_no": "Not this time",
	"closed": "Answers have closed", "out": "The introductions have gone out", "planned": "It has not begun yet",
	"cancelled": "This round does not take place", "snoozed": "You are on a break", "left": "You have left", "gone": "You are not part of this round",
}

func answerState(m store.Membership, person store.Person, now time.Time) string {
	switch {
	case m.Phase == "cancelled" || m.Phase == "skipped":
		return "cancelled"
	case m.Left:
		return "left"
	case m.GroupsOut():
		return "out"
	case person.SnoozedUntil != nil && person.SnoozedUntil.After(now):
		return "snoozed"
	case m.RemovedAt != nil:
		return "gone"
	case m.Phase == "planned":
		return "planned"
	}
	answer := deref(m.Answer)
	if m.AnswersOpen(now) {
		if answer == "" {
			return "ask"
		}
		return answer
	}
	if answer == "" {
		return "closed"
	}
	return "closed_" + answer
}

func answerButtons(state, chosen string) []answerButton {
	switch state {
	case "ask":
		yes := answerButton{"yes", "Yes, count me in", chosen != "no"}
		no := answerButton{"no", "Not this time", chosen == "no"}
		if chosen == "no" {
			return []answerButton{no, yes}
		}
		return []answerButton{yes, no}
	case "yes":
		return []answerButton{{"no", "Not this time after all", false}}
	case "no":
		return []answerButton{{"yes", "Count me in after all", false}}
	case "closed_yes":
		return []answerButton{{"no", "I cannot make it", false}}
	}
	return nil
}

func (p *pages) actAnswer(v *pageVisit) (notice, error) {
	if err := v.active(); err != nil {
		return "", err
	}
	switch action := v.PostForm("action"); action {
	case "yes", "no":
		return p.answer(v, action)
	case "snooze":
		return p.snooze(v, v.zone())
	case "resume":
		return p.resume(v)
	case "leave":
		return p.leave(v, v.round.ProgramID)
	case "rejoin":
		return p.rejoin(v, v.round.ProgramID)
	}
	return "", errUnknownAction
}

// answer stores what the person says. One who is not in the round any more is told so by the page itself.
func (p *pages) answer(v *pageVisit, text string) (notice, error) {
	ctx := v.Request.Context()
	done, rings, err := p.store.Answer(ctx, v.link.Round, store.FromPage, []store.OptInAnswer{{PersonID: v.person.ID, Answer: text}})
	p.ring(ctx, rings)
	if err != nil {
		return "", err
	}
	if len(done.Refused) > 0 && done.Refused[0].Reason == store.NotInvited {
		return "", nil
	}
	if len(done.Refused) > 0 {
		return "", newProblem(http.StatusConflict, "answer_too_late", "answers have closed")
	}
	return "answered", nil
}
