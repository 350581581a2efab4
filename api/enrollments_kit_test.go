package api

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// campaign makes contacts of sequences with the store's own means, whose workflows the test plays. What the time is, the
// test says: nothing depends on when it runs.
type campaign struct {
	*fixture
	clock *storetest.Clock
	n     int // for names
}

// setupCampaign is at ten past twelve, today.
func setupCampaign(t *testing.T, change ...func(*Config)) *campaign {
	return campaignAt(t, 10*time.Minute, change...)
}

// campaignAt is so long after twelve, today.
func campaignAt(t *testing.T, past time.Duration, change ...func(*Config)) *campaign {
	d := &campaign{}
	db, clock := storetest.NewWithClock(t, time.Now().UTC().Truncate(24*time.Hour).Add(12*time.Hour+past), 16)
	d.clock = clock
	d.fixture = setup(t, append([]func(*Config){unrung(t), generous, func(c *Config) { c.Store = db }}, change...)...)
	return d
}

func (d *campaign) name() string {
	d.n++
	return fmt.Sprintf("n%d", d.n)
}

// mailbox makes a sender that may send much and always, but for the change.
func (d *campaign) mailbox(change func(*store.Sender)) int64 {
	d.t.Helper()
	address := d.name() + "@sender.example"
	u, err := d.server.store.CreateUser(d.t.Context(), address, "Sam", "")
	require.NoError(d.t, err)
	s := store.Sender{Address: address, Timezone: "UTC", Days: []int32{0, 1, 2, 3, 4, 5, 6}, ToHour: 24, PerHour: 1000, PerDay: 10000}
	if change != nil {
		change(&s)
	}
	_, err = d.server.store.PutSender(d.t.Context(), u.ID, 0, s)
	require.NoError(d.t, err)
	return u.ID
}

func (d *campaign) people(n int, attributes map[string]string) []int64 {
	d.t.Helper()
	ids := make([]int64, n)
	for i := range ids {
		p, _, err := d.server.store.CreatePerson(d.t.Context(), store.ErasureKey{}, store.NewPerson{
			Email: d.name() + "@" + d.name() + ".example", Name: "Ada " + d.name(), Attributes: attributes,
		})
		require.NoError(d.t, err)
		ids[i] = p.ID
	}
	return ids
}

// steps are a mail, a task, and two more mails, all at any hour.
func steps() []store.Step {
	return []store.Step{
		{Kind: store.MailStep, Subject: "Hello", Text: "First", ToHour: 24, StaleHours: 24},
		{Kind: store.TaskStep, Text: "Call them", ToHour: 24, StaleHours: 24},
		{Kind: store.MailStep, Text: "Second", Thread: true, DelayDays: 2, ToHour: 24, StaleHours: 24},
		{Kind: store.MailStep, Text: "Third", Thread: true, DelayMinutes: 30, ToHour: 24, StaleHours: 24},
	}
}

func (d *campaign) sequence(steps ...store.Step) int64 {
	d.t.Helper()
	s, err := d.server.store.CreateSequence(d.t.Context(), store.Sequence{Name: d.name(), StopOnMeeting: true, UnresponsiveDays: 7}, steps)
	require.NoError(d.t, err)
	return s.ID
}

// engage makes contacts of a sequence with one sender, to be begun at once but for the change. They are in the order of
// their slots, and started.
func (d *campaign) engage(sequence, sender int64, people []int64, change func(*store.Batch)) []store.Enrollment {
	d.t.Helper()
	ctx, db := d.t.Context(), d.server.store
	b, err := db.CreateBatch(ctx, sequence, store.Whom{IDs: people})
	require.NoError(d.t, err)
	b, err = db.EditBatch(ctx, b.ID, b.Version, func(b *store.Batch) error {
		b.Senders, b.SenderIDs, b.Start = "selected", []int64{sender}, "at_once"
		if change != nil {
			change(b)
		}
		return nil
	})
	require.NoError(d.t, err)
	p, err := db.PreviewBatch(ctx, b, time.Time{}, mail.Needs)
	require.NoError(d.t, err)
	_, _, err = db.EngageBatch(ctx, b.ID, b.Version, p.AsOf, p.Digest, true, mail.Needs)
	require.NoError(d.t, err)
	rows, err := db.Pool().Query(ctx, `SELECT id FROM enrollments WHERE batch_id = $1 ORDER BY due_at, id`, b.ID)
	require.NoError(d.t, err)
	var ids []int64
	for rows.Next() {
		var id int64
		require.NoError(d.t, rows.Scan(&id))
		ids = append(ids, id)
	}
	require.NoError(d.t, db.MarkStarted(ctx, ids))
	out := make([]store.Enrollment, len(ids))
	for i, id := range ids {
		out[i] = d.read(id)
	}
	return out
}

// one is a contact of the usual sequence.
func (d *campaign) one() store.Enrollment {
	d.t.Helper()
	return d.engage(d.sequence(steps()...), d.mailbox(nil), d.people(1, nil), nil)[0]
}

func (d *campaign) read(id int64) store.Enrollment {
	d.t.Helper()
	e, err := d.server.store.Enrollment(d.t.Context(), id)
	require.NoError(d.t, err)
	return e
}

func (d *campaign) exec(sql string, args ...any) {
	d.t.Helper()
	_, err := d.server.store.Pool().Exec(d.t.Context(), sql, args...)
	require.NoError(d.t, err)
}

// due makes an enrollment's step due a while ago, 0 is just now.
func (d *campaign) due(id int64, ago time.Duration) {
	d.t.Helper()
	d.exec(`UPDATE enrollments SET due_at = now() - $2::interval WHERE id = $1`, id, ago)
}

// take does what is due now.
func (d *campaign) take(id int64) store.Turn {
	d.t.Helper()
	d.due(id, 0)
	return d.wake(id)
}

// wake does what is due, if anything is.
func (d *campaign) wake(id int64) store.Turn {
	d.t.Helper()
	turn, err := d.server.store.TakeStep(d.t.Context(), id, uuid.NewString(), time.Hour)
	require.NoError(d.t, err)
	return turn
}

// send lets the mail that an enrollment has next go out now.
func (d *campaign) send(id int64) store.Enrollment {
	d.t.Helper()
	turn := d.take(id)
	require.NotNil(d.t, turn.Mail, "%+v", turn.Enrollment)
	e, err := d.server.store.StepSent(d.t.Context(), *turn.Mail, "provider")
	require.NoError(d.t, err)
	return e
}

// event is what the provider says of the mail of a step.
func (d *campaign) event(id int64, step int, kind store.EventKind) {
	d.t.Helper()
	mails, err := d.server.store.StepMails(d.t.Context(), id)
	require.NoError(d.t, err)
	for _, m := range mails {
		if m.Group == step {
			_, err := d.server.store.ApplyEvents(d.t.Context(), []store.Event{{Message: m.ID, Kind: kind, At: d.clock.Now}})
			require.NoError(d.t, err)
			return
		}
	}
	d.t.Fatalf("enrollment %d has no mail of step %d", id, step)
}

func (d *campaign) view(id int64) EnrollmentView {
	d.t.Helper()
	return get[EnrollmentView](d.t, d.call(Read, "GET", "/v1/enrollments/"+decimal(id), nil), 200)
}
