package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestSequenceReport(t *testing.T) {
	d := setupCampaign(t)
	ctx, db := t.Context(), d.server.store
	s := steps()
	sequence := d.sequence(s[0], s[3], s[1])
	all := d.engage(sequence, d.mailbox(nil), d.people(8, nil), nil)
	other := d.engage(sequence, d.mailbox(nil), d.people(1, nil), nil)[0]
	d.send(other.ID)
	respond := func(i int, kind string) {
		_, _, err := db.Respond(ctx, store.Response{Enrollment: all[i].ID, Key: "k", Kind: kind})
		require.NoError(t, err)
	}

	respond(0, "meeting") // before anything was sent
	for i := 1; i <= 6; i++ {
		d.send(all[i].ID)
	}
	for i, kinds := range map[int][]store.EventKind{1: {store.Delivered, store.Opened, store.Clicked}, 2: {store.Delivered, store.Opened}, 3: {store.Bounced}} {
		for _, kind := range kinds {
			d.event(all[i].ID, 1, kind)
		}
	}
	respond(1, "reply")
	respond(1, "reply") // the same
	_, _, err := db.Respond(ctx, store.Response{Enrollment: all[1].ID, Key: "again", Kind: "reply"})
	require.NoError(t, err)
	respond(2, "out_of_office") // no reply
	d.send(all[4].ID)
	_, err = db.BlacklistPerson(ctx, all[4].PersonID, store.ByUnsubscribe, "page")
	require.NoError(t, err)
	d.send(all[5].ID)
	d.take(all[5].ID)
	turn := d.take(all[6].ID)
	_, err = db.StepUnknown(ctx, *turn.Mail, time.Hour)
	require.NoError(t, err)
	require.NotNil(t, d.take(all[7].ID).Mail) // and the provider has not answered

	path := "/v1/sequences/" + decimal(sequence) + "/report"
	r := get[SequenceReport](t, d.call(Read, "GET", path+"?batch="+decimal(all[0].BatchID), nil), 200)
	require.Equal(t, 8, r.Contacts)
	require.Len(t, r.States, 10)
	require.Equal(t, 2, r.States["replied"])
	require.Equal(t, 1, r.States["unsubscribed"])
	require.Equal(t, 1, r.States["paused"])
	require.Equal(t, 4, r.States["active"])
	require.Equal(t, 5, r.Open)
	require.Len(t, r.Steps, 3)
	require.Equal(t, StepReport{Step: 1, Kind: "mail", Subject: "Hello", StepCounts: StepCounts{
		Sending: 1, Sent: 6, Delivered: 2, Opened: 2, Clicked: 1, Bounced: 1, Replied: 1,
		DeliveredShare: 2. / 6, OpenedShare: 2. / 6, ClickedShare: 1. / 6, BouncedShare: 1. / 6, RepliedShare: 1. / 6,
	}}, r.Steps[0])
	require.Equal(t, StepReport{Step: 2, Kind: "mail", StepCounts: StepCounts{
		Planned: 2, Sent: 2, InDoubt: 1, Unsubscribed: 1, UnsubscribedShare: 1. / 2,
	}}, r.Steps[1], "of those that are not over and did not get it: number 3 and 7")
	require.Equal(t, StepReport{Step: 3, Kind: "task", StepCounts: StepCounts{TasksOpen: 1}}, r.Steps[2])
	require.Equal(t, 8, r.Total.Sent)
	require.Equal(t, 1, r.Total.Meetings)
	require.InDelta(t, 1./7, r.Total.RepliedShare, 1e-9, "one of those whose first mail went, or is going")

	whole := get[SequenceReport](t, d.call(Read, "GET", path, nil), 200)
	require.Equal(t, 9, whole.Contacts)
	require.Equal(t, 7, whole.Steps[0].Sent)
	require.Equal(t, 3, whole.Steps[1].Planned)

	empty := get[SequenceReport](t, d.call(Read, "GET", "/v1/sequences/"+decimal(d.sequence(s[0]))+"/report", nil), 200)
	require.Zero(t, empty.Contacts)
	require.Len(t, empty.Steps, 1)
	require.Equal(t, "sequence_not_found", d.call(Read, "GET", "/v1/sequences/999/report", nil).Problem.Code)
	require.Equal(t, "batch_not_found", d.call(Read, "GET", path+"?batch=999", nil).Problem.Code)
	require.Equal(t, "batch_not_found", d.call(Read, "GET", "/v1/sequences/"+decimal(d.sequence(s[0]))+"/report?batch="+decimal(other.BatchID), nil).Problem.Code)
}
