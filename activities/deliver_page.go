package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/workflows"
)

// linksWork is how long the links in a mail work, from when it is written; unsubscribing works for ever.
const linksWork = 90 * 24 * time.Hour

func (d *delivery) compile() (*mail.Template, error) {
	var texts mail.Texts
	if err := json.Unmarshal(d.facts.Texts, &texts); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "text_invalid", "the texts of program %d cannot be read", d.facts.Program)
	}
	purpose := workflows.Purpose(d.mailing.Purpose)
	return mail.Compile(mail.Occasion{
		Purpose: purpose, Program: d.facts.Program, ProgramName: d.facts.ProgramName, Round: d.mailing.Round,
		MatchAt: orZero(d.facts.MatchAt), AnswersCloseAt: orZero(d.facts.AnswersCloseAt), Zone: d.facts.Timezone,
		Expires: d.facts.Now.Add(linksWork), Links: d.Links,
	}, texts.For(purpose), d.facts.VisibleAttributes)
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// letter is one message written and not yet claimed. Its values go into the shared text; a message whose values are too
// large for that is written out whole and goes alone.
type letter struct {
	person int64
	to     mail.Addressee
	whole  *mail.Message
	failed bool // the text cannot be rendered for this person
}

// render writes the messages of a page.
func (d *delivery) render(ctx context.Context, owed []store.Recipient) ([]letter, error) {
	others, err := d.others(ctx, owed)
	if err != nil {
		return nil, err
	}
	page := make([]letter, len(owed))
	for i, r := range owed {
		reader := &mail.Reader{
			Person: mail.Person{ID: r.ID, Email: r.Email, Name: r.Name, Timezone: r.Timezone, Attributes: r.Attributes},
			Others: others[r.ID],
		}
		if d.mailing.Purpose == string(workflows.NoMatchMail) {
			reader.Reason = unmatchedReason(r.Unmatched)
		}
		page[i] = d.write(reader)
	}
	return page, nil
}

func (d *delivery) write(r *mail.Reader) letter {
	l := letter{person: r.Person.ID, to: mail.Addressee{
		Email: r.Person.Email, Name: r.Person.Name, Unsubscribe: d.Links.UnsubscribeURL(r.Person.ID),
	}}
	values, err := d.template.Substitutions(r)
	if err == nil && mail.Fits(values) {
		l.to.Substitutions = values
		return l
	}
	whole, err := d.template.Render(r)
	l.whole, l.failed = &whole, err != nil
	return l
}

// others are the people whom each of the page meets.
func (d *delivery) others(ctx context.Context, owed []store.Recipient) (map[int64][]*mail.Person, error) {
	if p := workflows.Purpose(d.mailing.Purpose); p != workflows.MatchMail && p != workflows.CheckInMail {
		return nil, nil
	}
	ids := make([]int64, len(owed))
	for i, r := range owed {
		ids[i] = r.ID
	}
	list, err := d.DB.Others(ctx, d.mailing.Round, ids)
	if err != nil {
		return nil, err
	}
	visible := append([]string{}, d.facts.VisibleAttributes...) // never nil, which would show everything
	others := make(map[int64][]*mail.Person, len(owed))
	for _, o := range list {
		others[o.Of] = append(others[o.Of], &mail.Person{
			ID: o.ID, Email: o.Email, Name: o.Name, Attributes: o.Attributes, Visible: visible,
		})
	}
	return others, nil
}

// unmatchedReason says to a person why there was nobody for them. It does not name the rule: rules can be about attributes
// that members do not show each other.
func unmatchedReason(raw json.RawMessage) string {
	var u matching.Unmatched
	if err := json.Unmarshal(raw, &u); err != nil {
		return ""
	}
	switch u.Code {
	case matching.CodeAlone:
		return "Nobody else was left to meet."
	case matching.CodeBlocked:
		return "The rules of the program left nobody whom you could meet."
	case matching.CodeNoRoom:
		return "Everybody whom you could have met was in a group that had no room left."
	default:
		return fmt.Sprintf("The reason is %s.", u.Code)
	}
}
