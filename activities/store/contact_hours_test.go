package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// setupZones has a mailbox that sends from 9 to 18 UTC, and five contacts who take mail from 9 to 17 of their own: in New York
// (13 to 21 UTC), in Kolkata (3:30 to 11:30 UTC), in Tokyo (0 to 8 UTC), and two who are nowhere.
func setupZones(t testing.TB) *outreach {
	second := store.Step{Kind: store.MailStep, Text: "Again", Thread: true, DelayDays: 1, ToHour: 24, StaleHours: 24}
	o := setupOutreach(t, 5, []store.Sender{office(50, 400)}, letter("Hello"), second)
	o.exec(`UPDATE people SET timezone = (ARRAY['America/New_York', 'Asia/Kolkata', 'Asia/Tokyo'])[id] WHERE id < 4`)
	o.hours(9, 17)
	return o
}

// hours are when contacts take mail from now on.
func (o *outreach) hours(from, to int) {
	o.t.Helper()
	s, err := o.UpdateSequence(context.Background(), o.sequence.ID, o.sequence.Version, func(s *store.Sequence) { s.ContactFromHour, s.ContactToHour = from, to }, nil)
	require.NoError(o.t, err)
	o.sequence = s
}

// wake is a turn of an enrollment; a mail is accepted.
func (o *outreach) wake(id int64) store.Enrollment {
	o.t.Helper()
	turn, err := o.TakeStep(context.Background(), id, uuid.NewString(), time.Hour)
	require.NoError(o.t, err)
	if turn.Mail == nil {
		return turn.Enrollment
	}
	e, err := o.StepSent(context.Background(), *turn.Mail, "x")
	require.NoError(o.t, err)
	return e
}

func when(e store.Enrollment) string { return e.DueAt.UTC().Format("Mon 15h") }

func TestAContactsOwnHoursOnlyRestrictFurther(t *testing.T) {
	o := setupZones(t)
	b := o.draft(1, 5, nil)
	p := o.preview(b)
	require.Equal(t, map[string][]int64{store.RefusedHours: {3}, "": {1, 2, 4, 5}}, refused(p), "9 to 18 UTC is never 9 to 17 in Tokyo")
	slots := map[int64][]string{}
	for _, m := range p.Mails {
		slots[m.Person] = append(slots[m.Person], m.At.UTC().Format("Mon 15h"))
	}
	require.Equal(t, map[int64][]string{1: {"Tue 13h", "Wed 13h"}, 2: {"Tue 11h", "Wed 09h"}, 4: {"Tue 11h", "Wed 09h"}, 5: {"Tue 11h", "Wed 09h"}}, slots)
	for id, e := range o.engage(b) {
		o.now(e.DueAt.Format(time.RFC3339Nano))
		if id == 2 {
			require.Less(t, e.DueAt.Minute(), 30, "17:00 in Kolkata is 11:30")
		}
	}
	all := o.preview(o.draft(3, 3, func(b *store.Batch) { b.SenderIDs = o.senders }))
	require.Equal(t, store.RefusedHours, all.Candidates[0].Refused)
	o.hours(0, 24)
	require.Empty(t, o.preview(o.draft(3, 3, nil)).Candidates[0].Refused, "at any hour")
	o.hours(9, 17)
	late := letter("Late")
	late.FromHour = 12 // after 11:30
	s, err := o.UpdateSequence(t.Context(), o.sequence.ID, o.sequence.Version, func(*store.Sequence) {}, []store.Step{letter("Hello"), late})
	require.NoError(t, err)
	o.sequence = s
	_, err = o.StopEnrollments(t.Context(), store.EnrollmentFilter{Sequence: s.ID}, 0)
	require.NoError(t, err)
	require.Equal(t, map[string][]int64{store.RefusedHours: {2, 3}, "": {1, 4, 5}},
		refused(o.preview(o.draft(1, 5, func(b *store.Batch) { b.Authorized = true }))), "the hours of each step count")
}

func TestAMailOutsideTheContactsHoursIsPlannedAnew(t *testing.T) {
	o := setupZones(t)
	ctx := t.Context()
	e := o.engage(o.draft(1, 1, nil))[1]
	require.Equal(t, "Tue 13h", when(e))
	why, err := o.Why(ctx, e.ID)
	require.NoError(t, err)
	require.Equal(t, store.WhyStart, why.Code)
	require.NoError(t, o.MarkStarted(ctx, []int64{e.ID}))
	o.now("2041-06-04T11:10:00Z")
	why, err = o.Why(ctx, e.ID)
	require.NoError(t, err)
	require.Equal(t, store.WhyContactHours, why.Code)
	require.Contains(t, why.Text, "It waits for the contact's own hours, 9:00 to 17:00 in America/New_York. Its slot is on Tue 4 Jun 2041 13:")

	p, err := o.Person(ctx, 1)
	require.NoError(t, err)
	kolkata := "Asia/Kolkata" // they have moved
	_, _, err = o.PatchPerson(ctx, store.ErasureKey{}, 1, p.Version, store.PersonPatch{Timezone: &kolkata})
	require.NoError(t, err)
	o.now(e.DueAt.Format(time.RFC3339Nano))
	e = o.wake(e.ID)
	require.Equal(t, []any{1, "contact_hours", "Wed 09h"}, []any{e.Step, e.Reason, when(e)}, "not in the evening of Kolkata")
	why, err = o.Why(ctx, e.ID)
	require.NoError(t, err)
	require.Equal(t, store.WhyContactHours, why.Code)
	require.Contains(t, why.Text, "in Asia/Kolkata. Its slot is on Wed 5 Jun 2041 09:")

	o.now(e.DueAt.Format(time.RFC3339Nano))
	e = o.wake(e.ID)
	require.Equal(t, []any{2, "Thu 09h"}, []any{e.Step, when(e)})
	_, _, err = o.PauseEnrollments(ctx, store.EnrollmentFilter{Person: 1}, nil, 0)
	require.NoError(t, err)
	o.now("2041-06-06T13:10:00Z")
	_, err = o.ResumeEnrollments(ctx, store.EnrollmentFilter{Person: 1})
	require.NoError(t, err)
	e = o.wake(e.ID)
	require.Equal(t, "Fri 09h", when(e), "resumed in their evening")
	o.now(e.DueAt.Add(time.Hour).Format(time.RFC3339Nano))
	e = o.wake(e.ID)
	require.Equal(t, []any{2, "late"}, []any{e.Step, e.Reason}, "nothing ran when it was due")
	require.True(t, e.DueAt.Before(time.Date(2041, 6, 7, 11, 30, 0, 0, time.UTC)))
}
