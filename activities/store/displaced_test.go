package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/activities/mail"
	"rondo/activities/store"
)

// planned counts the slots ahead by step and hour, and checks them against the rules as they are now.
func (o *outreach) planned() map[int]map[string]int {
	o.t.Helper()
	rows, err := o.Pool().Query(context.Background(), `SELECT step, to_char(at AT TIME ZONE 'UTC', 'Dy HH24') || 'h', count(*) FROM slots WHERE NOT claimed GROUP BY 1, 2`)
	require.NoError(o.t, err)
	n := map[int]map[string]int{}
	for rows.Next() {
		var step, mails int
		var hour string
		require.NoError(o.t, rows.Scan(&step, &hour, &mails))
		if n[step] == nil {
			n[step] = map[string]int{}
		}
		n[step][hour] = mails
	}
	require.NoError(o.t, rows.Err())
	require.Empty(o.t, o.broken())
	var off int
	require.NoError(o.t, o.Pool().QueryRow(context.Background(), `SELECT count(*) FROM enrollments e WHERE e.ended_at IS NULL AND e.due_at IS DISTINCT FROM
		(SELECT at FROM slots s WHERE s.enrollment_id = e.id AND s.step = e.step)`).Scan(&off))
	require.Zero(o.t, off, "everybody is due when their slot is")
	return n
}

// edit replaces what an admin may change of a sender.
func (o *outreach) edit(sender int64, change func(*store.Sender)) {
	o.t.Helper()
	s, err := o.Sender(context.Background(), sender)
	require.NoError(o.t, err)
	change(&s)
	_, err = o.PutSender(context.Background(), sender, s.Version, s)
	require.NoError(o.t, err)
}

// reserved is what a forecast says of the first days.
func (o *outreach) reserved(days int) (reserved, most []int) {
	o.t.Helper()
	f, err := o.SenderForecast(context.Background(), o.senders[0], days)
	require.NoError(o.t, err)
	for _, d := range f.Days {
		reserved, most = append(reserved, d.Reserved), append(most, d.Quota)
	}
	return reserved, most
}

func nextDay(subject string) store.Step {
	s := letter(subject)
	s.DelayDays = 1
	return s
}

func TestANewHolidayMovesWhatWasPlannedForIt(t *testing.T) {
	o := setupOutreach(t, 6, []store.Sender{office(50, 400)}, letter("Hello"), nextDay("Again"), nextDay("Once more"))
	ctx := t.Context()
	list, _, err := o.PutHolidayList(ctx, 0, 0, "Feasts", map[calendar.Date]string{})
	require.NoError(t, err)
	o.edit(o.senders[0], func(s *store.Sender) { s.HolidayListID = &list.ID })
	all := o.engage(o.draft(1, 3, nil))
	require.Equal(t, map[int]map[string]int{1: {"Tue 11h": 3}, 2: {"Wed 09h": 3}, 3: {"Thu 09h": 3}}, o.planned())
	holiday := func(days ...string) {
		t.Helper()
		named := map[calendar.Date]string{}
		for _, d := range days {
			day, err := calendar.ParseDate(d)
			require.NoError(t, err)
			named[day] = "Feast"
		}
		list, _, err = o.PutHolidayList(ctx, list.ID, list.Version, list.Name, named)
		require.NoError(t, err)
	}

	holiday("2041-06-05") // Wednesday
	require.Equal(t, map[int]map[string]int{1: {"Tue 11h": 3}, 2: {"Thu 09h": 3}, 3: {"Fri 09h": 3}}, o.planned(), "the third comes a day after the second")
	got, most := o.reserved(4)
	require.Equal(t, []int{3, 0, 3, 3}, got)
	require.Zero(t, most[1])
	for _, m := range o.preview(o.draft(4, 6, nil)).Mails {
		require.NotEqual(t, time.Wednesday, m.At.Weekday())
	}
	for id, e := range all {
		again, err := o.Enrollment(ctx, e.ID)
		require.NoError(t, err)
		require.Equal(t, e.DueAt, again.DueAt, "what is allowed stays where it is: person %d", id)
	}

	holiday("2041-06-04", "2041-06-05") // today, too
	require.Equal(t, map[int]map[string]int{1: {"Thu 09h": 3}, 2: {"Fri 09h": 3}, 3: {"Mon 09h": 3}}, o.planned())
	require.NoError(t, o.MarkStarted(ctx, []int64{all[1].ID}))
	why, err := o.Why(ctx, all[1].ID)
	require.NoError(t, err)
	require.Equal(t, store.WhyHoliday, why.Code)
	e := o.wake(all[1].ID) // its workflow still waits for the old instant
	require.Equal(t, []any{store.StateAdded, "Thu 09h"}, []any{e.State, when(e)})

	holiday() // no feast at all
	require.Equal(t, map[int]map[string]int{1: {"Thu 09h": 3}, 2: {"Fri 09h": 3}, 3: {"Mon 09h": 3}}, o.planned(), "what is allowed stays")
}

func TestASmallerQuotaMovesWhatIsTooMuch(t *testing.T) {
	o := setupOutreach(t, 90, []store.Sender{office(50, 400)}, letter("Hello"))
	ids := idsIn(o.engage(o.draft(1, 40, nil)))
	before := o.inOrder(ids)
	require.Equal(t, map[string]int{"Tue 11h": 40}, o.planned()[1])
	o.edit(o.senders[0], func(s *store.Sender) { s.PerHour = 15 })
	require.Equal(t, map[string]int{"Tue 11h": 15, "Tue 12h": 15, "Tue 13h": 10}, o.planned()[1])
	after := o.inOrder(ids)
	for i := range 15 {
		require.Equal(t, []any{before[i].ID, before[i].DueAt}, []any{after[i].ID, after[i].DueAt}, "the first stay where they are")
	}
	o.edit(o.senders[0], func(s *store.Sender) { s.PerDay = 20 })
	require.Equal(t, map[string]int{"Tue 11h": 15, "Tue 12h": 5, "Wed 11h": 15, "Wed 12h": 5}, o.planned()[1])
	got, most := o.reserved(2)
	require.Equal(t, [][]int{{20, 20}, {20, 20}}, [][]int{got, most})
	o.edit(o.senders[0], func(s *store.Sender) { s.FromHour, s.ToHour = 14, 16 })
	require.Equal(t, map[string]int{"Tue 14h": 15, "Tue 15h": 5, "Wed 14h": 15, "Wed 15h": 5}, o.planned()[1])
	o.edit(o.senders[0], func(s *store.Sender) { s.PerHour, s.PerDay, s.FromHour, s.ToHour = 50, 400, 9, 18 })
	require.Equal(t, map[string]int{"Tue 14h": 15, "Tue 15h": 5, "Wed 14h": 15, "Wed 15h": 5}, o.planned()[1], "a larger one moves nothing")
}

func TestWhatIsMovedKeepsThePaceOfItsBatch(t *testing.T) {
	o := setupOutreach(t, 40, []store.Sender{office(50, 400), office(50, 400)}, letter("Hello"))
	o.engage(o.draft(1, 40, func(b *store.Batch) { b.PerHour = 10 }))
	require.Equal(t, map[string]int{"Tue 11h": 10, "Tue 12h": 10, "Tue 13h": 10, "Tue 14h": 10}, o.planned()[1])
	o.edit(o.senders[0], func(s *store.Sender) { s.FromHour = 12 })
	require.Equal(t, map[string]int{"Tue 11h": 5, "Tue 12h": 10, "Tue 13h": 10, "Tue 14h": 10, "Tue 15h": 5}, o.planned()[1])
}

func TestOtherHoursOfTheContactsMoveWhatWasPlanned(t *testing.T) {
	o := setupZones(t)
	o.hours(0, 24)
	o.engage(o.draft(1, 5, nil))
	require.Equal(t, map[int]map[string]int{1: {"Tue 11h": 5}, 2: {"Wed 09h": 5}}, o.planned())
	o.hours(9, 17)
	rows, err := o.Enrollments(t.Context(), store.EnrollmentFilter{}, store.Page{Limit: 5})
	require.NoError(t, err)
	due := map[int64]store.Enrollment{}
	for _, e := range rows {
		due[e.PersonID] = e
	}
	require.Equal(t, "Tue 13h", when(due[1]), "New York waits for its morning")
	require.True(t, when(due[2]) == "Wed 09h" || due[2].DueAt.Minute() < 30, "Kolkata has time until 11:30")
	require.Equal(t, []string{"Tue 11h", "Tue 11h"}, []string{when(due[4]), when(due[5])})
	require.Equal(t, "horizon", due[3].Reason, "Tokyo has no slot any more: it is looked for every day")
	o.hours(9, 24)
	o.now(due[3].DueAt.Format(time.RFC3339Nano))
	e := o.wake(due[3].ID)
	require.Equal(t, "Wed 10h", when(e), "at once: it is evening in Tokyo")
}

// A sender is edited while its mails go and others are planned: nobody is refused, and what is planned then keeps the new rules.
func TestASenderIsEditedWhileItSends(t *testing.T) {
	o := setupOutreach(t, 120, []store.Sender{office(20, 400), office(20, 400)}, letter("Hello"), nextDay("Again"))
	ctx := context.Background()
	ids := idsIn(o.engage(o.draft(1, 60, func(b *store.Batch) { b.Start, b.PerHour = "at_once", 30 })))
	o.exec(`UPDATE enrollments SET due_at = now() WHERE id % 3 = 0`)
	next := o.draft(61, 120, func(b *store.Batch) { b.Start = "at_once" })
	done := make(chan error, 4)
	go func() {
		p, err := o.PreviewBatch(ctx, next, time.Time{}, mail.Needs)
		if err == nil {
			_, _, err = o.EngageBatch(ctx, next.ID, next.Version, p.AsOf, p.Digest, true, mail.Needs)
		}
		done <- err
	}()
	go func() { o.turns(ids); done <- nil }()
	go func() {
		_, _, err := o.PauseEnrollments(ctx, store.EnrollmentFilter{IDs: ids[:20]}, nil, 0)
		done <- err
	}()
	go func() {
		for i := range 6 {
			o.edit(o.senders[i%2], func(s *store.Sender) { s.PerHour, s.FromHour = 20-3*i, 9+i%3 })
		}
		done <- nil
	}()
	for range 4 {
		require.NoError(t, <-done)
	}
	for _, sender := range o.senders {
		o.edit(sender, func(s *store.Sender) { s.FromHour, s.PerHour = 13, 5 }) // nothing has gone in these hours
	}
	rows, err := o.Pool().Query(ctx, `SELECT sender_id, date_trunc('hour', at), count(*) FROM slots WHERE NOT claimed AND at > now() GROUP BY 1, 2`)
	require.NoError(t, err)
	all := 0
	for rows.Next() {
		var sender int64
		var hour time.Time
		var n int
		require.NoError(t, rows.Scan(&sender, &hour, &n))
		require.LessOrEqual(t, n, 5)
		require.GreaterOrEqual(t, hour.UTC().Hour(), 13)
		all += n
	}
	require.NoError(t, rows.Err())
	require.Greater(t, all, 100)
}

func idsIn(all map[int64]store.Enrollment) []int64 {
	ids := make([]int64, 0, len(all))
	for _, e := range all {
		ids = append(ids, e.ID)
	}
	return ids
}
