package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

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

// page is what one call was claimed for.
type page struct {
	call   store.Call
	at     time.Time // no later than the claim
	people []store.Recipient
}

func (d *delivery) claim(ctx context.Context, s *store.Stretch) (page, error) {
	p := page{call: d.newCall(), at: time.Now()}
	err := d.insist(ctx, func(ctx context.Context) (err error) {
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

// letters is a page written: the messages that share a text; those too large for that, which go alone; and those whose
// text cannot be rendered for their person.
type letters struct {
	shared []mail.Addressee
	alone  []mail.Post
	failed []int64
}

func (d *delivery) write(ctx context.Context, p page) (letters, error) {
	var l letters
	groups, err := d.groups(ctx, p)
	if err != nil {
		return l, err
	}
	for _, r := range p.people {
		if r.Message == 0 {
			continue
		}
		reader := &mail.Reader{Person: mail.Person{ID: r.Person, Email: r.Email, Name: r.Name, Timezone: r.Timezone, Attributes: r.Attributes}}
		for _, other := range groups[r.Group] {
			if other.ID != r.Person {
				reader.Others = append(reader.Others, other)
			}
		}
		if d.mailing.Purpose == string(workflows.NoMatchMail) {
			reader.Reason = unmatchedReason(r.Unmatched)
		}
		to := mail.Addressee{ID: r.Message, Email: r.Email, Name: r.Name, Unsubscribe: d.template.Unsubscribe(reader)}
		values, err := d.template.Substitutions(reader)
		if err == nil && mail.Fits(values) {
			to.Substitutions = values
			l.shared = append(l.shared, to)
			continue
		}
		whole, err := d.template.Render(reader)
		if err != nil {
			l.failed = append(l.failed, r.Message)
			continue
		}
		l.alone = append(l.alone, mail.Post{Message: whole, To: []mail.Addressee{to}})
	}
	return l, nil
}

// groups are the people of the groups that a page is about, by number and in the order of their names. Most of them are on
// the page, which goes by groups.
func (d *delivery) groups(ctx context.Context, p page) (map[int64][]*mail.Person, error) {
	if p.people[0].Group == 0 {
		return nil, nil
	}
	var numbers []int64
	for _, r := range p.people {
		if n := len(numbers); n == 0 || numbers[n-1] != r.Group {
			numbers = append(numbers, r.Group)
		}
	}
	members, err := d.DB.GroupMembers(ctx, d.mailing.Round, numbers)
	if err != nil {
		return nil, err
	}
	known, err := d.known(ctx, p, members)
	if err != nil {
		return nil, err
	}
	groups := make(map[int64][]*mail.Person, len(numbers))
	for _, m := range members {
		if person := known[m.Person]; person != nil {
			groups[m.Group] = append(groups[m.Group], person)
		}
	}
	for _, g := range groups {
		slices.SortFunc(g, func(a, b *mail.Person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	}
	return groups, nil
}

// known is what members of groups let others see of them, by id; nothing of those who were erased.
func (d *delivery) known(ctx context.Context, p page, members []store.GroupMember) (map[int64]*mail.Person, error) {
	visible := append([]string{}, d.facts.VisibleAttributes...) // never nil, which would show everything
	known := make(map[int64]*mail.Person, len(members))
	for _, r := range p.people {
		known[r.Person] = nil
		if r.Stop != "erased" {
			known[r.Person] = &mail.Person{ID: r.Person, Email: r.Email, Name: r.Name, Attributes: r.Attributes, Visible: visible}
		}
	}
	var missing []int64
	for _, m := range members {
		if _, ok := known[m.Person]; !ok {
			missing = append(missing, m.Person)
		}
	}
	if len(missing) == 0 {
		return known, nil
	}
	list, err := d.DB.Others(ctx, missing)
	for _, o := range list {
		known[o.ID] = &mail.Person{ID: o.ID, Email: o.Email, Name: o.Name, Attributes: o.Attributes, Visible: visible}
	}
	return known, err
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
