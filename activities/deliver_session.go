package activities

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/workflows"
)

// compileSession compiles the text of a networking session's mail: its links work for as long as others to the session.
func (d *delivery) compileSession() (*mail.Template, error) {
	s, purpose := d.facts.Session, workflows.Purpose(d.mailing.Purpose)
	return mail.Compile(mail.Occasion{
		Purpose: purpose, Session: s.ID, EventName: s.Event, SessionName: s.Name, StartsAt: s.StartsAt, Zone: s.Timezone,
		Expires: s.LinksUntil(), Links: d.Links,
	}, mail.Default(purpose, ""), d.facts.VisibleAttributes)
}

// met says whom each recipient of a page met, the latest first, with what those chose to show. An address is known of them
// only where the two are connected.
func (d *delivery) met(ctx context.Context, p page) (func(r store.Recipient) []*mail.Person, error) {
	people := make([]int64, len(p.people))
	for i, r := range p.people {
		people[i] = r.Person
	}
	all, err := d.DB.MatchesOf(ctx, d.mailing.Subject, people)
	if err != nil {
		return nil, err
	}
	return func(r store.Recipient) []*mail.Person {
		others := make([]*mail.Person, len(all[r.Person]))
		for i, m := range all[r.Person] {
			shows, err := json.Marshal(m.Shows)
			if err != nil {
				panic(fmt.Sprintf("encode texts: %v", err)) // texts always encode
			}
			others[i] = &mail.Person{ID: m.Person, Email: m.Email, Name: cmp.Or(m.Name, "Somebody"), Attributes: shows}
		}
		return others
	}, nil
}
