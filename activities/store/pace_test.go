package store_test

import (
	"context"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// firsts counts first steps by hour: those that went, and those that have a slot.
func (o *outreach) firsts() map[string]int {
	o.t.Helper()
	rows, err := o.Pool().Query(context.Background(), `SELECT to_char(at AT TIME ZONE 'UTC', 'Dy HH24') || 'h', count(*) FROM slots WHERE step = 1 GROUP BY 1`)
	require.NoError(o.t, err)
	n := map[string]int{}
	for rows.Next() {
		var hour string
		var mails int
		require.NoError(o.t, rows.Scan(&hour, &mails))
		n[hour] = mails
	}
	require.NoError(o.t, rows.Err())
	return n
}

// most is how many of these are in one hour at most, on one day at most, and in all.
func (o *outreach) most() []int {
	o.t.Helper()
	hours, days, all := 0, map[string]int{}, 0
	for hour, n := range o.firsts() {
		hours, all = max(hours, n), all+n
		days[hour[:3]] += n
	}
	return []int{hours, slices.Max(slices.Collect(maps.Values(days))), all}
}

// turns lets the workflows of enrollments wake at once, some side by side, and lets what is sent be accepted.
func (o *outreach) turns(ids []int64) {
	o.t.Helper()
	var wg sync.WaitGroup
	for part := range slices.Chunk(ids, len(ids)/4+1) {
		wg.Go(func() {
			for _, id := range part {
				turn, err := o.TakeStep(context.Background(), id, uuid.NewString(), time.Hour)
				if err == nil && turn.Mail != nil {
					_, err = o.StepSent(context.Background(), *turn.Mail, "x")
				}
				if err != nil {
					o.t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// 150 contacts at 100 a day and 50 an hour are 50 and 50, then 50, all senders together; also whoever is planned anew.
func TestThePaceHoldsWhenContactsArePlannedAnew(t *testing.T) {
	ctx := context.Background()
	engaged := func(t *testing.T) (*outreach, store.EnrollmentFilter, []int64) {
		o := setupOutreach(t, 150, []store.Sender{office(400, 1000), office(400, 1000)}, letter("Hello"))
		b := o.draft(1, 150, func(b *store.Batch) { b.PerHour, b.PerDay = 50, 100 })
		var ids []int64
		for _, e := range o.engage(b) {
			ids = append(ids, e.ID)
		}
		require.Equal(t, map[string]int{"Tue 11h": 50, "Tue 12h": 50, "Wed 09h": 50}, o.firsts())
		return o, store.EnrollmentFilter{Batch: b.ID}, ids
	}
	t.Run("after a pause", func(t *testing.T) {
		o, batch, ids := engaged(t)
		_, _, err := o.PauseEnrollments(ctx, batch, nil, 0)
		require.NoError(t, err)
		require.Empty(t, o.firsts())
		o.now("2041-06-05T13:30:00Z") // Wednesday, all slots have passed
		_, err = o.ResumeEnrollments(ctx, batch)
		require.NoError(t, err)
		o.turns(ids)
		require.Equal(t, map[string]int{"Wed 13h": 50, "Wed 14h": 50, "Thu 09h": 50}, o.firsts())
	})
	t.Run("after an outage", func(t *testing.T) {
		o, _, ids := engaged(t)
		o.now("2041-06-06T09:00:00Z")
		o.turns(ids)
		require.Equal(t, map[string]int{"Thu 09h": 50, "Thu 10h": 50, "Fri 09h": 50}, o.firsts())
	})
	t.Run("with another sender", func(t *testing.T) {
		o, batch, ids := engaged(t)
		o.now("2041-06-04T10:45:00Z")
		_, err := o.ReassignEnrollments(ctx, batch, o.senders[1])
		require.NoError(t, err)
		o.turns(ids)
		require.Equal(t, []int{50, 100, 150}, o.most(), "most in an hour, most on a day, all")
	})
	t.Run("after a task became a mail", func(t *testing.T) {
		o := setupOutreach(t, 60, []store.Sender{office(400, 1000)}, store.Step{Kind: store.TaskStep, Text: "Call", ToHour: 24, StaleHours: 24})
		b := o.draft(1, 60, func(b *store.Batch) { b.PerHour = 50 })
		var ids []int64
		for _, e := range o.engage(b) {
			ids = append(ids, e.ID)
		}
		s, err := o.UpdateSequence(ctx, o.sequence.ID, o.sequence.Version, func(*store.Sequence) {}, []store.Step{letter("Hello")})
		require.NoError(t, err)
		_, _, err = o.MigrateBatch(ctx, b.ID, s.Edition)
		require.NoError(t, err)
		o.now("2041-06-04T11:00:01Z") // the tasks would turn up now
		o.turns(ids)
		require.Equal(t, []int{50, 60, 60}, o.most())
	})
	t.Run("after those who went", func(t *testing.T) {
		o, batch, ids := engaged(t)
		var due []int64
		for _, e := range o.inOrder(ids)[:30] { // the thirty of the first hour whose slots come first
			due = append(due, e.ID)
		}
		last := o.inOrder(ids)[29].DueAt
		o.now(last.Format(time.RFC3339Nano))
		o.turns(due)
		_, _, err := o.PauseEnrollments(ctx, batch, nil, 0)
		require.NoError(t, err)
		_, err = o.ResumeEnrollments(ctx, batch)
		require.NoError(t, err)
		o.turns(ids)
		require.Equal(t, []int{50, 100, 150}, o.most(), "30 have gone, and count")
	})
}

// inOrder reads enrollments in the order in which they are due.
func (o *outreach) inOrder(ids []int64) []store.Enrollment {
	o.t.Helper()
	rows, err := o.Enrollments(context.Background(), store.EnrollmentFilter{IDs: ids}, store.Page{Limit: 1000})
	require.NoError(o.t, err)
	slices.SortFunc(rows, func(a, b store.Enrollment) int { return a.DueAt.Compare(*b.DueAt) })
	return rows
}
