package activities

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/workflows"
)

// linksWork is how long the links in a round's mail work, from when it is written; unsubscribing works for ever.
const linksWork = 90 * 24 * time.Hour

func (d *delivery) compile() (*mail.Template, error) {
	if d.facts.Session != nil {
		return d.compileSession()
	}
	var texts mail.Texts
	if err := json.Unmarshal(d.facts.Texts, &texts); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "text_invalid", "the texts of program %d cannot be read", d.facts.Program)
	}
	purpose := workflows.Purpose(d.mailing.Purpose)
	return mail.Compile(mail.Occasion{
		Purpose: purpose, Program: d.facts.Program, ProgramName: d.facts.ProgramName, Round: d.mailing.Subject,
		MatchAt: orZero(d.facts.MatchAt), AnswersCloseAt: orZero(d.facts.AnswersCloseAt), Zone: d.facts.Timezone,
		Expires: d.facts.Now.Add(linksWork), Links: d.Links,
	}, texts.For(purpose, string(d.facts.Mode)), d.facts.VisibleAttributes)
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// page is what one call was claimed for.
type page struct {
	call   store.Call
	at     time.Time // no later than the claim
	people []store.Recipient
}

func (d *delivery) claim(ctx context.Context, s *store.Stretch) (page, error) {
	p := page{call: d.newCall(), at: time.Now()}
	err := insist(ctx, func(ctx context.Context) (err error) {
		p.people, err = d.DB.ClaimPage(ctx, p.call, d.cutoff, s)
		return err
	})
	return p, err
}

func (d *delivery) newCall() store.Call {
	return store.Call{ID: uuid.NewString(), Attempt: d.attempt, Mailing: d.mailing}
}

// claimed counts the messages that the call is to carry.
func (p page) claimed() (n int) {
	for _, r := range p.people {
		if r.Message != 0 {
			n++
		}
	}
	return n
}

// letters is a page written: the messages that share a text and a call; those that need calls of their own, because they
// are too large or their person is in the shared call already, which the provider refuses; and those whose text cannot be
// rendered for their person.
type letters struct {
	shared []mail.Addressee
	apart  []mail.Post
	failed []int64
}

func (d *delivery) write(ctx context.Context, p page) (letters, error) {
	var l letters
	others, err := d.others(ctx, p)
	if err != nil {
		return l, err
	}
	var again []mail.Post // the second messages of people, the third ones, ...
	nth := map[int64]int{}
	for _, r := range p.people {
		if r.Message == 0 {
			continue
		}
		reader := &mail.Reader{Person: mail.Person{ID: r.Person, Email: r.Email, Name: r.Name, Timezone: r.Timezone, Attributes: r.Attributes}}
		reader.Others = others(r)
		if d.mailing.Purpose == string(workflows.NoMatchMail) {
			reader.Reason = unmatchedReason(r.Unmatched)
		}
		to := mail.Addressee{ID: r.Message, Email: r.Email, Name: r.Name, Unsubscribe: d.template.Unsubscribe(reader)}
		values, err := d.template.Substitutions(reader)
		if err == nil && mail.Fits(values) {
			to.Substitutions = values
			n := nth[r.Person]
			switch nth[r.Person]++; {
			case n == 0:
				l.shared = append(l.shared, to)
			case n > len(again):
				again = append(again, mail.Post{Message: d.template.Shared(), To: []mail.Addressee{to}})
			default:
				again[n-1].To = append(again[n-1].To, to)
			}
			continue
		}
		whole, err := d.template.Render(reader)
		if err != nil {
			l.failed = append(l.failed, r.Message)
			continue
		}
		l.apart = append(l.apart, mail.Post{Message: whole, To: []mail.Addressee{to}})
	}
	l.apart = append(l.apart, again...)
	return l, nil
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
	case matching.CodeNoSeat:
		return "The groups of this program have no seat for you."
	default:
		return fmt.Sprintf("The reason is %s.", u.Code)
	}
}
