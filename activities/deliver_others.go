package activities

import (
	"cmp"
	"context"
	"slices"

	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/workflows"
)

// others says whom each recipient of a page meets, in the order of their names: the others of the group that the message
// is about, or of all their groups where one message is about all.
func (d *delivery) others(ctx context.Context, p page) (func(r store.Recipient) []*mail.Person, error) {
	if d.mailing.Purpose == string(workflows.MetMail) {
		return d.met(ctx, p)
	}
	if p.people[0].Group == 0 {
		return func(store.Recipient) []*mail.Person { return nil }, nil
	}
	of := func(r store.Recipient) []int64 { return []int64{r.Group} }
	if d.mailing.Purpose == string(workflows.CheckInMail) && d.facts.Mode == matching.ModeCompose {
		all, err := d.groupsOf(ctx, p)
		if err != nil {
			return nil, err
		}
		of = func(r store.Recipient) []int64 { return all[r.Person] }
	}
	groups, err := d.groups(ctx, p, of)
	return func(r store.Recipient) (others []*mail.Person) {
		for _, number := range of(r) {
			for _, other := range groups[number] {
				if other.ID != r.Person && !slices.Contains(others, other) {
					others = append(others, other)
				}
			}
		}
		slices.SortFunc(others, func(a, b *mail.Person) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
		return others
	}, err
}

// groupsOf are the numbers of all groups of a page's people.
func (d *delivery) groupsOf(ctx context.Context, p page) (map[int64][]int64, error) {
	people := make([]int64, len(p.people))
	for i, r := range p.people {
		people[i] = r.Person
	}
	rows, err := d.DB.GroupsOfPeople(ctx, d.mailing.Subject, people)
	all := make(map[int64][]int64, len(people))
	for _, m := range rows {
		all[m.Person] = append(all[m.Person], m.Group)
	}
	return all, err
}

// groups are the people of the groups that a page is about, by number. Most of them are on the page, which goes by groups.
func (d *delivery) groups(ctx context.Context, p page, of func(store.Recipient) []int64) (map[int64][]*mail.Person, error) {
	var numbers []int64
	for _, r := range p.people {
		numbers = append(numbers, of(r)...)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	members, err := d.DB.GroupMembers(ctx, d.mailing.Subject, numbers)
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
