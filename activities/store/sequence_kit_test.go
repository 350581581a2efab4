package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
	"rondo/activities/quota"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// outreach is a database with people, senders and a sequence, in which the time is what the test says.
type outreach struct {
	*store.DB
	t        testing.TB
	clock    *storetest.Clock
	senders  []int64
	sequence store.Sequence
}

// now turns the clock of Postgres.
func (o *outreach) now(at string) time.Time {
	o.t.Helper()
	now, err := time.Parse(time.RFC3339, at)
	require.NoError(o.t, err)
	require.NoError(o.t, o.clock.Set(now))
	return now
}

func (o *outreach) exec(sql string, args ...any) {
	o.t.Helper()
	_, err := o.Pool().Exec(context.Background(), sql, args...)
	require.NoError(o.t, err)
}

// office is a mailbox in UTC from Monday to Friday, 9 to 18.
func office(perHour, perDay int) store.Sender {
	return store.Sender{Timezone: "UTC", Days: []int32{1, 2, 3, 4, 5}, FromHour: 9, ToHour: 18, PerHour: perHour, PerDay: perDay}
}

func letter(subject string) store.Step {
	return store.Step{Kind: store.MailStep, Subject: subject, Text: "Hello", ToHour: 24, StaleHours: 24}
}

// setupOutreach starts on a Tuesday at 10:40.
func setupOutreach(t testing.TB, people int, boxes []store.Sender, steps ...store.Step) *outreach {
	ctx := context.Background()
	o := &outreach{t: t}
	o.DB, o.clock = storetest.NewWithClock(t, time.Date(2041, 6, 4, 10, 40, 0, 0, time.UTC), 16)
	o.exec(`INSERT INTO people (email, name) SELECT 'p' || i || '@d' || i || '.example', 'Person ' || i FROM generate_series(1, $1::int) i`, people)
	for i, b := range boxes {
		u, err := o.CreateUser(ctx, fmt.Sprintf("s%d@us.example", i), "", "")
		require.NoError(t, err)
		b.Address = fmt.Sprintf("s%d@us.example", i)
		_, err = o.PutSender(ctx, u.ID, 0, b)
		require.NoError(t, err)
		o.senders = append(o.senders, u.ID)
	}
	var err error
	o.sequence, err = o.CreateSequence(ctx, store.Sequence{Name: "Outreach", Safeguards: true, UnresponsiveDays: 7}, steps)
	require.NoError(t, err)
	return o
}

// draft is a batch of the people from one id to another, sent by all senders in turn from the next slot on, then changed.
func (o *outreach) draft(from, to int64, change func(b *store.Batch)) store.Batch {
	o.t.Helper()
	ctx := context.Background()
	who := store.Whom{}
	for id := from; id <= to; id++ {
		who.IDs = append(who.IDs, id)
	}
	b, err := o.CreateBatch(ctx, o.sequence.ID, who)
	require.NoError(o.t, err)
	b, err = o.EditBatch(ctx, b.ID, b.Version, func(b *store.Batch) error {
		b.Senders, b.SenderIDs, b.Split, b.Start, b.Timezone = "selected", o.senders, "even", "next_slot", "UTC"
		if change != nil {
			change(b)
		}
		return nil
	})
	require.NoError(o.t, err)
	return b
}

func (o *outreach) preview(b store.Batch) store.BatchPlan {
	o.t.Helper()
	p, err := o.PreviewBatch(context.Background(), b, time.Time{}, mail.Needs)
	require.NoError(o.t, err)
	return p
}

// engage does what a preview shows, and gives the enrollments by person.
func (o *outreach) engage(b store.Batch) map[int64]store.Enrollment {
	o.t.Helper()
	ctx := context.Background()
	p := o.preview(b)
	done, _, err := o.EngageBatch(ctx, b.ID, b.Version, p.AsOf, p.Digest, false, mail.Needs)
	require.NoError(o.t, err)
	require.Equal(o.t, p.Mails, done.Mails, "what was previewed happens")
	rows, err := o.Enrollments(ctx, store.EnrollmentFilter{Batch: b.ID}, store.Page{Limit: 1000})
	require.NoError(o.t, err)
	all := map[int64]store.Enrollment{}
	for _, e := range rows {
		all[e.PersonID] = e
	}
	return all
}

// refused are the people of a preview by why they are refused; "" are those who are not.
func refused(p store.BatchPlan) map[string][]int64 {
	all := map[string][]int64{}
	for _, c := range p.Candidates {
		all[c.Refused] = append(all[c.Refused], c.ID)
	}
	for _, ids := range all {
		slices.Sort(ids)
	}
	return all
}

// begun counts first mails by hour.
func begun(p store.BatchPlan) map[string]int {
	n := map[string]int{}
	for _, m := range p.Mails {
		if m.Step == 1 {
			n[m.At.UTC().Format("Mon 15h")]++
		}
	}
	return n
}

// broken is what the slots of all senders, reserved and claimed, break of their quotas.
func (o *outreach) broken() map[int64][]quota.Violation {
	o.t.Helper()
	ctx := context.Background()
	found := map[int64][]quota.Violation{}
	for _, id := range o.senders {
		s, err := o.Sender(ctx, id)
		require.NoError(o.t, err)
		box := quota.Sender{Zone: time.UTC, From: s.FromHour, To: s.ToHour, PerHour: s.PerHour, PerDay: s.PerDay, MinGap: time.Duration(s.MinGapS) * time.Second, PerDomain: s.PerDomain}
		for _, d := range s.Days {
			box.Days = append(box.Days, time.Weekday(d))
		}
		rows, err := o.Pool().Query(ctx, `SELECT at, domain FROM slots WHERE sender_id = $1`, id)
		require.NoError(o.t, err)
		var all []quota.Taken
		for rows.Next() {
			var m quota.Taken
			require.NoError(o.t, rows.Scan(&m.At, &m.Domain))
			all = append(all, m)
		}
		require.NoError(o.t, rows.Err())
		if v := quota.Check(box, all); len(v) > 0 {
			found[id] = v
		}
	}
	return found
}
