package store_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/filter"
)

func TestTicketTypesOfAnEvent(t *testing.T) {
	f := newFair(t, 1)
	ctx := t.Context()
	for name, code := range map[string]string{" ": "name_missing", "Founder": "name_taken", "42": "name_is_number", "a\nb": "control_character", "  Press ": ""} {
		kind, err := f.CreateTicketType(ctx, f.event.ID, name)
		require.Equal(t, code, faultCode(err), "%q", name)
		if code == "" {
			require.Equal(t, "Press", kind.Name)
		}
	}
	_, err := f.CreateTicketType(ctx, 99, "Press")
	require.Equal(t, "event_not_found", faultCode(err))
	_, err = f.TicketTypes(ctx, 99, store.Page{Limit: 9})
	require.Equal(t, "event_not_found", faultCode(err))
	kinds, err := f.TicketTypes(ctx, f.event.ID, store.Page{After: f.types["Founder"], Limit: 9})
	require.NoError(t, err)
	require.Len(t, kinds, 2)

	f.tickets(1)
	_, err = f.RevokeTickets(ctx, f.event.ID, []int64{1})
	require.NoError(t, err)
	require.Equal(t, "ticket_type_in_use", faultCode(f.DeleteTicketType(ctx, f.event.ID, f.types["Founder"])), "a revoked ticket has it too")
	require.NoError(t, f.DeleteTicketType(ctx, f.event.ID, f.types["Investor"]))
	require.Equal(t, "ticket_type_not_found", faultCode(f.DeleteTicketType(ctx, f.event.ID, f.types["Investor"])))

	f.exec(`INSERT INTO ticket_types (event_id, name) SELECT $1, 'type ' || i FROM generate_series(1, 98) i`, f.event.ID)
	_, err = f.CreateTicketType(ctx, f.event.ID, "one too many")
	require.Equal(t, "too_many_ticket_types", faultCode(err))
}

func TestTicketsAreRegisteredLineByLine(t *testing.T) {
	f := newFair(t, 4)
	ctx := t.Context()
	f.exec(`UPDATE people SET email = NULL, status = 'erased' WHERE id = 4`)
	investor := fmt.Sprint(f.types["Investor"])
	done, err := f.RegisterTickets(ctx, f.event.ID, []store.TicketLine{
		{PersonID: 1, Type: " Founder "},
		{Email: " P2@Example.org ", Type: investor},
		{Email: "p1@example.org", Type: "Investor", Key: "order 3"},
		{PersonID: 99, Type: "Founder"},
		{PersonID: 4, Type: "Founder"},
		{Email: "nobody@example.org", Type: "Founder"},
		{Email: "p3", Type: "Founder"},
		{Type: "Founder"},
		{PersonID: 3, Type: "Pilot", Key: "order 9"},
		{PersonID: 3, Type: ""},
	})
	require.NoError(t, err)
	require.Equal(t, 2, done.Created)
	codes := []string{}
	for _, r := range done.Refused {
		codes = append(codes, fmt.Sprint(r.Line, " ", r.Key, " ", r.Column, " ", r.Code))
		require.NotEmpty(t, r.Message)
	}
	require.Equal(t, []string{
		"3 order 3 email duplicate_line", "4  person_id person_not_found", "5  person_id person_not_found", "6  email person_not_found", "7  email email_invalid",
		"8  email email_required", "9 order 9 type ticket_type_not_found", "10  type ticket_type_not_found",
	}, codes)

	lines := []store.TicketLine{{PersonID: 1, Type: "Investor"}, {PersonID: 2, Type: "Investor"}}
	done, err = f.RegisterTickets(ctx, f.event.ID, lines)
	require.NoError(t, err)
	require.Equal(t, store.RegisteredTickets{Updated: 1, Unchanged: 1}, done)
	done, err = f.RegisterTickets(ctx, f.event.ID, lines)
	require.NoError(t, err)
	require.Equal(t, store.RegisteredTickets{Unchanged: 2}, done, "the same again changes nothing")

	_, err = f.RegisterTickets(ctx, f.event.ID, make([]store.TicketLine, store.MaxTickets+1))
	require.Equal(t, "too_many_tickets", faultCode(err))
	_, err = f.RegisterTickets(ctx, 99, lines)
	require.Equal(t, "event_not_found", faultCode(err))
}

func TestListedTickets(t *testing.T) {
	f := newFair(t, 4)
	ctx := t.Context()
	f.tickets(4)
	_, err := f.RevokeTickets(ctx, f.event.ID, []int64{3})
	require.NoError(t, err)
	list := func(filters store.TicketFilter, p store.Page) (people []int64) {
		rows, err := f.Tickets(ctx, f.event.ID, filters, p)
		require.NoError(t, err)
		for _, r := range rows {
			people = append(people, r.PersonID)
		}
		return people
	}
	all := store.Page{Limit: 9}
	require.Equal(t, []int64{1, 2, 3, 4}, list(store.TicketFilter{}, all))
	require.Equal(t, []int64{2, 3}, list(store.TicketFilter{}, store.Page{After: 1, Limit: 2}))
	require.Equal(t, []int64{1, 3}, list(store.TicketFilter{Type: f.types["Founder"]}, all))
	revoked, valid := true, false
	require.Equal(t, []int64{3}, list(store.TicketFilter{Revoked: &revoked}, all))
	require.Equal(t, []int64{1}, list(store.TicketFilter{Revoked: &valid, Type: f.types["Founder"]}, all))
	e, err := filter.Parse(`name = "Person 2"`)
	require.NoError(t, err)
	require.Equal(t, []int64{2}, list(store.TicketFilter{People: e}, all))
	_, err = f.Tickets(ctx, 99, store.TicketFilter{}, all)
	require.Equal(t, "event_not_found", faultCode(err))
}

func TestWhoLosesTheTicketLeavesRunningSessions(t *testing.T) {
	f := newFair(t, 3)
	ctx := t.Context()
	f.tickets(3)
	planned, _, err := f.CreateSession(ctx, f.sessionAt("2041-06-04T10:32", "2041-06-04T11:00"))
	require.NoError(t, err)
	soon, _, err := f.CreateSession(ctx, f.sessionAt("2041-06-04T10:31", "2041-06-04T11:00"))
	require.NoError(t, err)
	f.exec(`UPDATE networking_sessions SET doors_open_s = 1 WHERE id = $1`, soon.ID)
	running := f.at(f.session(), "2041-06-04T10:30")
	f.come(running, "meeting", 1)
	done, err := f.RevokeTickets(ctx, f.event.ID, []int64{1, 2, 2, 99})
	require.NoError(t, err)
	require.Equal(t, store.RevokedTickets{Revoked: 2, Unknown: []int64{99}}, done)
	require.ElementsMatch(t, []string{"revoked 1 0 0", "revoked 2 0 0"}, f.asked(running), "also who is just coming in")
	require.Empty(t, f.asked(planned))
	require.Len(t, f.asked(soon), 2, "its doors may have opened by now")
	done, err = f.RevokeTickets(ctx, f.event.ID, []int64{1, 2})
	require.NoError(t, err)
	require.Equal(t, store.RevokedTickets{}, done)
	require.Len(t, f.asked(running), 2)

	f.tickets(3) // valid again, and revoked again
	_, err = f.RevokeTickets(ctx, f.event.ID, []int64{1})
	require.NoError(t, err)
	require.Len(t, f.asked(running), 3)
	_, err = f.RevokeTickets(ctx, f.event.ID, make([]int64, store.MaxTickets+1))
	require.Equal(t, "too_many_tickets", faultCode(err))
}

// Seed 002: "Do admins need a ticket to join a networking session? Yes, anyone who wants to join has to have a ticket."
func TestEverybodyNeedsATicketAdminsToo(t *testing.T) {
	f := newFair(t, 3)
	ctx := t.Context()
	f.tickets(2)
	s := f.session()
	f.exec(`UPDATE tickets SET display_name = 'Ace' WHERE person_id = 2`)
	guests, err := f.SessionGuests(ctx, s.ID, store.Page{Limit: 9})
	require.NoError(t, err)
	require.Equal(t, []store.JoinLink{{PersonID: 1, Name: "Person 1"}, {PersonID: 2, Name: "Ace"}}, guests)
	_, err = f.SessionGuest(ctx, s.ID, 3)
	require.Equal(t, "ticket_not_found", faultCode(err))
	g, err := f.SessionGuest(ctx, s.ID, 2)
	require.NoError(t, err)
	require.Equal(t, "Ace", g.Name)
	_, err = f.RevokeTickets(ctx, f.event.ID, []int64{2})
	require.NoError(t, err)
	_, err = f.SessionGuest(ctx, s.ID, 2)
	require.Equal(t, "ticket_not_found", faultCode(err))
}

// Registrations, revocations and an erasure of the same people wait for each other; none is half done.
func TestTicketsRegisteredAndRevokedAtOnce(t *testing.T) {
	f := newFair(t, 100)
	ctx := t.Context()
	key, err := store.NewErasureKey(make([]byte, 32))
	require.NoError(t, err)
	up, down, people := make([]store.TicketLine, 100), make([]store.TicketLine, 100), make([]int64, 100)
	for i := range up {
		up[i] = store.TicketLine{PersonID: int64(i + 1), Type: "Founder"}
		down[99-i] = store.TicketLine{Email: fmt.Sprintf("p%d@example.org", i+1), Type: "Investor"}
		people[99-i] = int64(i + 1)
	}
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			switch i % 4 {
			case 0:
				_, errs[i] = f.RegisterTickets(ctx, f.event.ID, up)
			case 1:
				_, errs[i] = f.RegisterTickets(ctx, f.event.ID, down)
			case 2:
				_, errs[i] = f.RevokeTickets(ctx, f.event.ID, people)
			case 3:
				_, _, errs[i] = f.ErasePerson(ctx, key, int64(50+i))
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	var left int
	require.NoError(t, f.Pool().QueryRow(ctx, `SELECT count(*) FROM tickets t JOIN people p ON p.id = t.person_id WHERE p.status = 'erased' AND t.revoked_at IS NULL`).Scan(&left))
	require.Zero(t, left, "nobody erased has a ticket")
}
