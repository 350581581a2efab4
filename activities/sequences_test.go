package activities_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"rondo/activities/mail"
	"rondo/activities/store"
	"rondo/workflows"
)

// outreach is a sequence of two mails, the second an answer to the first, with senders that may send at any time.
type outreach struct {
	*post
	sequence int64
	senders  []int64
}

func setupOutreach(t testing.TB, contacts, senders int) *outreach {
	o := &outreach{post: setupPost(t, contacts)}
	o.a.InboundDomain = "in.example.com"
	ctx := context.Background()
	for i := range senders {
		u, err := o.CreateUser(ctx, fmt.Sprintf("sender%d@%s", i, o.domain), "Sender", "")
		require.NoError(t, err)
		_, err = o.PutSender(ctx, u.ID, 0, store.Sender{
			Address: fmt.Sprintf("sender%d@%s", i, o.domain), Name: "Sam Sender", Timezone: "UTC", Days: []int32{0, 1, 2, 3, 4, 5, 6}, FromHour: 0, ToHour: 24,
			PerHour: 1000, PerDay: 10000,
		})
		require.NoError(t, err)
		o.senders = append(o.senders, u.ID)
	}
	s, err := o.CreateSequence(ctx, store.Sequence{Name: "Outreach", Safeguards: true, UnresponsiveDays: 7}, []store.Step{
		{Kind: "mail", Subject: "Hello {{ person.name }}", Text: "From {{ sender.name }} to {{ person.team | default: 'you' }}", FromHour: 0, ToHour: 24, StaleHours: 24},
		{Kind: "mail", Text: "Did you read it?", Thread: true, DelayMinutes: 5, FromHour: 0, ToHour: 24, StaleHours: 24},
	})
	require.NoError(t, err)
	o.sequence = s.ID
	return o
}

// engage engages everybody at once with the senders, and gives the enrollments by person.
func (o *outreach) engage() map[int64]int64 {
	ctx := context.Background()
	b := o.batch()
	p, err := o.PreviewBatch(ctx, b, time.Time{}, mail.Needs)
	require.NoError(o.t, err)
	done, rings, err := o.EngageBatch(ctx, b.ID, b.Version, p.AsOf, p.Digest, false, mail.Needs)
	require.NoError(o.t, err)
	require.Equal(o.t, p.Mails, done.Mails, "what was previewed happens")
	require.Len(o.t, rings, 1)
	rows, err := o.Enrollments(ctx, store.EnrollmentFilter{}, store.Page{Limit: 1000})
	require.NoError(o.t, err)
	found := map[int64]int64{}
	for _, e := range rows {
		found[e.PersonID] = e.ID
	}
	return found
}

func (o *outreach) batch() store.Batch {
	ctx := context.Background()
	var people []int64
	rows, err := o.Pool().Query(ctx, `SELECT id FROM people ORDER BY id`)
	require.NoError(o.t, err)
	for rows.Next() {
		var id int64
		require.NoError(o.t, rows.Scan(&id))
		people = append(people, id)
	}
	b, err := o.CreateBatch(ctx, o.sequence, store.Whom{IDs: people})
	require.NoError(o.t, err)
	b, err = o.EditBatch(ctx, b.ID, b.Version, func(b *store.Batch) error {
		b.Senders, b.SenderIDs, b.Start = "selected", o.senders, "at_once"
		return nil
	})
	require.NoError(o.t, err)
	return b
}

// take runs the activity as a worker would.
func (o *outreach) take(enrollment int64) (workflows.Turn, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(o.a.TakeStep)
	value, err := env.ExecuteActivity(o.a.TakeStep, workflows.Ref{ID: enrollment})
	var turn workflows.Turn
	if err == nil {
		err = value.Get(&turn)
	}
	return turn, err
}

// due lets what an enrollment waits for be due now.
func (o *outreach) due(enrollment int64) {
	o.exec(`UPDATE enrollments SET due_at = now() WHERE id = $1`, enrollment)
}

func (o *outreach) enrollment(id int64) store.Enrollment {
	e, err := o.Enrollment(context.Background(), id)
	require.NoError(o.t, err)
	return e
}

func TestSequenceFromFirstToLastMail(t *testing.T) {
	o := setupOutreach(t, 3, 2)
	all := o.engage()
	require.Len(t, all, 3)
	require.Equal(t, 6, o.count(`slots WHERE NOT claimed`), "every mail of every step has its slot")
	id := all[1]
	require.Equal(t, 3, o.count(`people WHERE owner_id = ANY ($1)`, o.senders), "who sends becomes the owner")
	o.exec(`UPDATE enrollments SET due_at = now() + interval '1 hour' WHERE id = $1`, id)
	turn, err := o.take(id)
	require.NoError(t, err)
	require.Equal(t, "added", turn.State, "woken early, it waits")
	o.due(id)
	turn, err = o.take(id)
	require.NoError(t, err)
	require.Equal(t, 2, turn.Step)
	e := o.enrollment(id)
	require.Equal(t, store.StateActive, e.State)
	require.GreaterOrEqual(t, e.DueAt.Sub(*e.LastSentAt), 4*time.Minute, "five minutes, but for a moment")
	first := o.latest("p1")
	require.Equal(t, "Hello Person <1>", first.Subject)
	require.Contains(t, first.Text, "From Sam Sender to t1")
	require.Contains(t, first.Text, "Rather not hear from us?")

	o.due(id)
	turn, err = o.take(id)
	require.NoError(t, err)
	require.Equal(t, "stopped", turn.State)
	require.Equal(t, "Re: Hello Person <1>", o.latest("p1").Subject)
	require.InDelta(t, 7*24, time.Until(turn.DueAt).Hours(), 1, "the contact has the sequence's days to answer")
	require.Equal(t, 2, o.count(`slots WHERE claimed AND enrollment_id = $1`, id))

	o.due(id)
	turn, err = o.take(id)
	require.NoError(t, err)
	require.True(t, turn.Over)
	require.Equal(t, "unresponsive", turn.State)
	require.Equal(t, map[string]int{"p1": 2}, o.arrived())
}

func TestStepOfUnknownFateIsNeverSentTwice(t *testing.T) {
	o := setupOutreach(t, 1, 1)
	id := o.engage()[1]
	o.due(id)
	o.fault = func(w http.ResponseWriter, _ *http.Request, _ []byte, forward func()) bool {
		forward() // accepted, and the answer lost
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	turn, err := o.take(id)
	require.NoError(t, err)
	require.Equal(t, "unknown", o.enrollment(id).Reason)
	require.InDelta(t, time.Hour.Seconds(), time.Until(turn.DueAt).Seconds(), 60, "evidence has its time")
	o.fault = nil
	o.due(id)
	_, err = o.take(id)
	require.NoError(t, err)
	require.Equal(t, 1, o.enrollment(id).Step, "still in doubt")
	o.exec(`UPDATE ledger SET unknown_at = now() - interval '2 hours'`)
	o.due(id)
	turn, err = o.take(id)
	require.NoError(t, err)
	require.Equal(t, 2, turn.Step, "without evidence the next step comes, and the mail is not repeated")
	require.Equal(t, map[string]int{"p1": 1}, o.arrived())
	require.Equal(t, 1, o.count(`ledger WHERE state = 'unknown' AND reason = 'at_most_once'`))
}

func TestEvidenceEndsTheDoubtOfAStep(t *testing.T) {
	o := setupOutreach(t, 1, 1)
	id := o.engage()[1]
	o.due(id)
	o.fault = func(w http.ResponseWriter, _ *http.Request, _ []byte, _ func()) bool {
		w.WriteHeader(http.StatusGatewayTimeout)
		return true
	}
	_, err := o.take(id)
	require.NoError(t, err)
	rings, err := o.ApplyEvents(context.Background(), []store.Event{{Message: 1, Kind: store.Delivered, At: time.Now()}})
	require.NoError(t, err)
	require.Len(t, rings, 1)
	turn, err := o.take(id)
	require.NoError(t, err)
	require.Equal(t, 2, turn.Step)
}

func TestProviderAwayPlansTheStepAnew(t *testing.T) {
	o := setupOutreach(t, 1, 1)
	id := o.engage()[1]
	o.due(id)
	o.fault = func(w http.ResponseWriter, _ *http.Request, _ []byte, _ func()) bool {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}
	turn, err := o.take(id)
	require.NoError(t, err)
	require.Equal(t, "provider_away", o.enrollment(id).Reason)
	require.Greater(t, time.Until(turn.DueAt), 80*time.Second)
	require.Zero(t, o.count(`ledger`), "nothing was sent: nothing is in the ledger")
	require.Zero(t, o.count(`slots WHERE claimed`))
	require.Equal(t, 1, o.count(`slots WHERE step = 1`), "it has another slot")
	o.fault = nil
	o.due(id)
	_, err = o.take(id)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"p1": 1}, o.arrived())
}

// startsAllBut is a Temporal that cannot start one contact, and has started the others by the time that is known.
type startsAllBut struct {
	client.Client
	enrollment int64
}

func (s startsAllBut) ExecuteWorkflow(ctx context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	if args[0].(workflows.Enrolled).ID == s.enrollment {
		return nil, errors.New("out of breath")
	}
	<-ctx.Done()
	return nil, nil
}

// What one attempt has started, the next need not ask about.
func TestContactsAreMarkedThatWereStartedBesideAFailure(t *testing.T) {
	o := setupOutreach(t, 5, 1)
	id := o.engage()[3]
	o.a.Temporal = startsAllBut{enrollment: id}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(o.a.StartContacts)
	_, err := env.ExecuteActivity(o.a.StartContacts, workflows.Ref{ID: o.enrollment(id).BatchID})
	require.ErrorContains(t, err, "out of breath")
	require.Equal(t, 4, o.count(`enrollments WHERE started_at IS NOT NULL`))
}

// The first attempt is taken for dead, and lives on to learn what became of its call. The workflow waits for what the second one
// said, so it is rung.
func TestKilledBetweenClaimAndAnswer(t *testing.T) {
	o := setupOutreach(t, 4, 1)
	ctx := context.Background()
	all := o.engage()
	rung := func(id int64) (is bool) {
		require.NoError(t, o.Pool().QueryRow(ctx, `SELECT ring_since IS NOT NULL FROM enrollments WHERE id = $1`, id).Scan(&is))
		return is
	}
	take := func(id int64) store.StepCall {
		o.due(id)
		turn, err := o.TakeStep(ctx, id, "11111111-1111-1111-1111-111111111111", time.Hour)
		require.NoError(t, err)
		require.NotNil(t, turn.Mail)
		return *turn.Mail
	}
	for person, c := range map[int64]struct {
		late   func(store.StepCall) (store.Enrollment, error)
		step   int
		reason string
	}{
		1: {func(c store.StepCall) (store.Enrollment, error) { return o.StepSent(ctx, c, "x") }, 2, ""},
		2: {func(c store.StepCall) (store.Enrollment, error) { return o.StepLater(ctx, c, time.Minute) }, 1, "provider_away"},
		3: {func(c store.StepCall) (store.Enrollment, error) { return o.StepFailed(ctx, c, "refused") }, 1, "refused"},
	} {
		id := all[person]
		call := take(id)
		_, err := o.take(id) // another attempt
		require.NoError(t, err)
		require.Equal(t, "unknown", o.enrollment(id).Reason)
		require.Empty(t, o.arrived())
		require.False(t, rung(id))
		e, err := c.late(call)
		require.NoError(t, err)
		require.Equal(t, c.step, e.Step)
		require.Equal(t, c.reason, e.Reason)
		require.True(t, rung(id), "nobody else tells the workflow")
	}
	_, err := o.StepSent(ctx, take(all[4]), "x")
	require.NoError(t, err)
	require.False(t, rung(all[4]), "the workflow hears it from its own attempt")
}

func TestAnswerStopsAndIsForwarded(t *testing.T) {
	o := setupOutreach(t, 2, 1)
	all := o.engage()
	ctx := context.Background()
	o.due(all[1])
	_, err := o.take(all[1])
	require.NoError(t, err)
	answer := store.Response{Enrollment: all[1], Key: "<1@x>", Kind: "reply", Subject: "Re: Hello", Text: "Gladly."}
	id, rings, err := o.Respond(ctx, answer)
	require.NoError(t, err)
	require.NotZero(t, id)
	require.Len(t, rings, 1)
	again, _, err := o.Respond(ctx, answer)
	require.NoError(t, err)
	require.Zero(t, again, "the same answer is stored once")
	require.Zero(t, o.count(`slots WHERE NOT claimed AND enrollment_id = $1`, all[1]), "its slots are free for others")
	turn, err := o.take(all[1])
	require.NoError(t, err)
	require.True(t, turn.Over)
	require.Equal(t, "replied", turn.State)
	require.Equal(t, map[string]int{"p1": 1, "sender0": 1}, o.arrived())
	require.Contains(t, o.latest("sender0").Text, "Gladly.")
	_, err = o.take(all[1])
	require.NoError(t, err)
	require.Equal(t, 1, o.arrived()["sender0"], "forwarded once")

	_, rings, err = o.Respond(ctx, store.Response{Enrollment: all[2], Key: "ooo", Kind: "out_of_office"})
	require.NoError(t, err)
	require.Len(t, rings, 1)
	turn, err = o.take(all[2])
	require.NoError(t, err)
	require.Equal(t, "paused", turn.State)
	require.InDelta(t, 14*24, time.Until(turn.DueAt).Hours(), 1, "two weeks, where no date is named")
	o.exec(`UPDATE enrollments SET resume_at = now() - interval '1 second' WHERE id = $1`, all[2])
	turn, err = o.take(all[2])
	require.NoError(t, err)
	require.Equal(t, "added", turn.State)
	require.Equal(t, 1, o.count(`slots WHERE NOT claimed AND enrollment_id = $1 AND step = 1`, all[2]))
}
