package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/filter"
)

func ptr[T any](v T) *T { return &v }

func TestCreateAndPatchPerson(t *testing.T) {
	b := newCrowd(t)
	p, _, err := b.CreatePerson(t.Context(), b.key, store.NewPerson{
		Email: "Ada@Example.com", Name: " Ada ", Timezone: "Europe/London", Owner: "Boss@corp.example",
		Attributes: map[string]string{" Department ": "R&D", "office": ""},
	})
	require.NoError(t, err)
	require.Equal(t, "ada@example.com", p.Email)
	require.Equal(t, "Ada", p.Name)
	require.Equal(t, "boss@corp.example", p.Owner)
	require.Equal(t, map[string]string{"department": "R&D"}, p.Attributes)
	require.EqualValues(t, 1, p.Version)
	_, _, err = b.CreatePerson(t.Context(), b.key, store.NewPerson{Email: "ADA@example.com"})
	require.Equal(t, "email_taken", faultCode(err))

	q, _, err := b.PatchPerson(t.Context(), b.key, p.ID, 1, store.PersonPatch{
		Email: ptr("ada@new.example"), Owner: ptr(""), Attributes: map[string]string{"Department": "", "Office": "Paris"},
	})
	require.NoError(t, err)
	require.Equal(t, "ada@new.example", q.Email)
	require.Equal(t, "Ada", q.Name, "what is not named stays")
	require.Nil(t, q.OwnerID)
	require.Equal(t, map[string]string{"office": "Paris"}, q.Attributes)
	require.EqualValues(t, 2, q.Version)

	b.create("bob@example.com")
	for want, patch := range map[string]store.PersonPatch{
		"stale_version":           {},
		"email_taken":             {Email: ptr("bob@example.com")},
		"email_invalid":           {Email: ptr("x")},
		"control_character":       {Name: ptr("a\r\nb")},
		"timezone_unknown":        {Timezone: ptr("CET+1")},
		"owner_unknown":           {Owner: ptr("nobody@corp.example")},
		"attribute_name_required": {Attributes: map[string]string{" ": "x"}},
		"attribute_repeated":      {Attributes: map[string]string{"X": "", "x": "y"}},
		"not_utf8":                {Attributes: map[string]string{"x": "\xff"}},
	} {
		version := int64(2)
		if want == "stale_version" {
			version = 1
		}
		_, _, err := b.PatchPerson(t.Context(), b.key, p.ID, version, patch)
		require.Equal(t, want, faultCode(err), "%v", err)
	}
	same, err := b.Person(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, q, same, "a refused edit changes nothing")
	_, err = b.Person(t.Context(), 999)
	require.Equal(t, "person_not_found", faultCode(err))
}

func TestPeopleArePaged(t *testing.T) {
	b := newCrowd(t)
	b.importCSV("email,team\na@example.com,x\nb@example.com,y\nc@example.com,x\nd@example.com,x\n", store.ImportOptions{})
	_, _, err := b.ErasePerson(t.Context(), b.key, b.byEmail("c@example.com").ID)
	require.NoError(t, err)
	e, err := filter.Parse("team != y")
	require.NoError(t, err)
	var seen []string
	page := store.Page{Limit: 1}
	for {
		found, err := b.People(t.Context(), e, page)
		require.NoError(t, err)
		if len(found) == 0 {
			break
		}
		seen = append(seen, found[0].Email)
		page.After = found[0].ID
	}
	require.Equal(t, []string{"a@example.com", "d@example.com"}, seen, "the erased are never listed")
}

func TestDeactivateSnoozeReactivate(t *testing.T) {
	b := newCrowd(t)
	ada, bob := b.create("ada@example.com"), b.create("bob@example.com")
	round := b.openRound()
	b.exec(`INSERT INTO round_members (round_id, person_id, answer) VALUES ($1, $2, 'yes'), ($1, $3, 'yes')`, round, ada.ID, bob.ID)

	p, _, err := b.DeactivatePerson(t.Context(), ada.ID)
	require.NoError(t, err)
	require.Equal(t, store.Inactive, p.Status)
	require.Equal(t, "admin", p.InactiveReason)
	require.False(t, b.inRound(round, ada.ID))
	again, rings, err := b.DeactivatePerson(t.Context(), ada.ID)
	require.NoError(t, err)
	require.Equal(t, p, again)
	require.Empty(t, rings)

	p, rings, err = b.ReactivatePerson(t.Context(), ada.ID)
	require.NoError(t, err)
	require.Equal(t, store.Active, p.Status)
	require.Empty(t, p.InactiveReason)
	require.Len(t, rings, 1, "the open round looks for her again")

	b.exec(`UPDATE rounds SET phase = 'review'`)
	until := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Microsecond)
	p, rings, err = b.SnoozePerson(t.Context(), bob.ID, &until)
	require.NoError(t, err)
	require.True(t, until.Equal(*p.SnoozedUntil))
	require.Len(t, rings, 1, "the round repairs its groups")
	require.False(t, b.inRound(round, bob.ID))
	p, _, err = b.SnoozePerson(t.Context(), bob.ID, nil)
	require.NoError(t, err)
	require.Nil(t, p.SnoozedUntil)
	past := time.Now().Add(-time.Second)
	_, _, err = b.SnoozePerson(t.Context(), bob.ID, &past)
	require.Equal(t, "snooze_past", faultCode(err))
}

func (b crowd) inRound(round, person int64) (in bool) {
	b.t.Helper()
	require.NoError(b.t, b.Pool().QueryRow(b.t.Context(),
		`SELECT removed_at IS NULL FROM round_members WHERE round_id = $1 AND person_id = $2`, round, person).Scan(&in))
	return in
}

func TestListsHoldPeople(t *testing.T) {
	b := newCrowd(t)
	var ids []int64
	for _, a := range []string{"a@example.com", "b@example.com", "c@other.example"} {
		ids = append(ids, b.create(a).ID)
	}
	l, err := b.CreateList(t.Context(), " Paris ")
	require.NoError(t, err)
	require.Equal(t, "Paris", l.Name)
	_, err = b.CreateList(t.Context(), "Paris")
	require.Equal(t, "list_name_taken", faultCode(err))
	_, err = b.CreateList(t.Context(), " ")
	require.Equal(t, "list_name_required", faultCode(err))

	n, _, err := b.AddToList(t.Context(), l.ID, store.Selection{IDs: ids[:2]})
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	_, _, err = b.AddToList(t.Context(), l.ID, store.Selection{IDs: []int64{ids[2], 999}})
	require.Equal(t, "person_not_found", faultCode(err))
	e, err := filter.Parse("email contains example")
	require.NoError(t, err)
	n, _, err = b.AddToList(t.Context(), l.ID, store.Selection{Filter: e})
	require.NoError(t, err)
	require.EqualValues(t, 1, n, "only who was not on it")
	e, err = filter.Parse("list = paris and email starts with c")
	require.NoError(t, err)
	n, _, err = b.RemoveFromList(t.Context(), l.ID, store.Selection{Filter: e})
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	_, _, err = b.AddToList(t.Context(), 999, store.Selection{})
	require.Equal(t, "list_not_found", faultCode(err))

	_, _, err = b.RenameList(t.Context(), l.ID, 9, "Lyon")
	require.Equal(t, "stale_version", faultCode(err))
	l, _, err = b.RenameList(t.Context(), l.ID, l.Version, "Lyon")
	require.NoError(t, err)
	require.Equal(t, "Lyon", l.Name)
	require.EqualValues(t, 2, l.People)
	_, err = b.DeleteList(t.Context(), l.ID, l.Version)
	require.NoError(t, err)
	require.Equal(t, 3, b.countPeople(), "a list is not its people")
	all, err := b.Lists(t.Context(), store.Page{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestUsers(t *testing.T) {
	b := newCrowd(t)
	u, err := b.CreateUser(t.Context(), "Eva@corp.example", "Eva", "Europe/Berlin")
	require.NoError(t, err)
	require.Equal(t, "eva@corp.example", u.Email)
	_, err = b.CreateUser(t.Context(), "eva@CORP.example", "", "")
	require.Equal(t, "email_taken", faultCode(err))
	_, err = b.PatchUser(t.Context(), u.ID, 1, store.UserPatch{Timezone: ptr("")})
	require.Equal(t, "timezone_unknown", faultCode(err))
	v, err := b.PatchUser(t.Context(), u.ID, 1, store.UserPatch{Name: ptr("Eve")})
	require.NoError(t, err)
	require.Equal(t, "Eve", v.Name)
	require.Equal(t, "Europe/Berlin", v.Timezone)
	_, err = b.PatchUser(t.Context(), u.ID, 1, store.UserPatch{})
	require.Equal(t, fault.Stale, fault.From(err).Kind)
	all, err := b.Users(t.Context(), store.Page{Limit: 10})
	require.NoError(t, err)
	require.Equal(t, "UTC", all[0].Timezone)
	require.Equal(t, v, all[1])
}

func TestWishes(t *testing.T) {
	b := newCrowd(t)
	ada, bob, cat := b.create("ada@example.com").ID, b.create("bob@example.com").ID, b.create("cat@example.com").ID
	w, version, err := b.Wishes(t.Context(), ada)
	require.NoError(t, err)
	require.Equal(t, store.Wishes{Meet: []int64{}, Avoid: []int64{}}, w)
	want := store.Wishes{Meet: []int64{cat}, Avoid: []int64{bob}}
	next, err := b.PutWishes(t.Context(), ada, version, want)
	require.NoError(t, err)
	require.Equal(t, version+1, next)
	w, version, err = b.Wishes(t.Context(), ada)
	require.NoError(t, err)
	require.Equal(t, next, version)
	require.Equal(t, want, w)
	want = store.Wishes{Meet: []int64{cat, bob}, Avoid: []int64{}}
	_, err = b.PutWishes(t.Context(), ada, 0, want)
	require.NoError(t, err)
	w, _, err = b.Wishes(t.Context(), ada)
	require.NoError(t, err)
	require.Equal(t, want, w, "in the order of the wish")
	for code, bad := range map[string]store.Wishes{
		"wish_for_oneself": {Avoid: []int64{ada}},
		"wish_repeated":    {Meet: []int64{bob}, Avoid: []int64{bob}},
		"person_not_found": {Meet: []int64{999}},
		"too_many_wishes":  {Meet: make([]int64, store.MaxWishes+1)},
	} {
		_, err := b.PutWishes(t.Context(), ada, 0, bad)
		require.Equal(t, code, faultCode(err))
	}
	_, err = b.PutWishes(t.Context(), ada, 1, want)
	require.Equal(t, "stale_version", faultCode(err))
}
