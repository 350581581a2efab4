package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/calendar"
	"rondo/activities/store"
)

func (d *campaign) ids(query string) []int64 {
	d.t.Helper()
	ids := []int64{}
	for _, e := range get[Page[Enrollment]](d.t, d.call(Read, "GET", "/v1/enrollments"+query, nil), 200).Items {
		ids = append(ids, e.ID)
	}
	return ids
}

func idsOf(enrollments []store.Enrollment) []int64 {
	ids := make([]int64, len(enrollments))
	for i, e := range enrollments {
		ids[i] = e.ID
	}
	return ids
}

func TestEnrollmentsAreFilteredAndPaged(t *testing.T) {
	d := setupCampaign(t)
	a := d.engage(d.sequence(steps()...), d.mailbox(nil), d.people(3, nil), nil)
	b := d.engage(d.sequence(steps()...), d.mailbox(nil), d.people(1, nil), nil)
	_, err := d.server.store.StopEnrollments(t.Context(), store.EnrollmentFilter{IDs: []int64{b[0].ID}}, 0)
	require.NoError(t, err)

	require.ElementsMatch(t, append(idsOf(a), b[0].ID), d.ids(""))
	require.ElementsMatch(t, idsOf(a), d.ids("?open=true"))
	for _, query := range []string{"?sequence=%d", "?batch=%d", "?sender=%d", "?person=%d", "?state=stopped&person=%d"} {
		of := map[string]int64{"?sequence=%d": b[0].SequenceID, "?batch=%d": b[0].BatchID, "?sender=%d": b[0].SenderID}[query]
		if of == 0 {
			of = b[0].PersonID
		}
		require.Equal(t, idsOf(b), d.ids(fmt.Sprintf(query, of)), query)
	}
	require.Empty(t, d.ids("?state=error"))
	require.Empty(t, d.ids("?open=true&state=stopped"))

	var paged []int64
	for cursor := ""; ; {
		page := get[Page[Enrollment]](t, d.call(Read, "GET", "/v1/enrollments?limit=3&cursor="+cursor, nil), 200)
		for _, e := range page.Items {
			paged = append(paged, e.ID)
			require.Contains(t, e.Name, "Ada")
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, d.ids(""), paged)
	require.Equal(t, 422, d.call(Read, "GET", "/v1/enrollments?state=happy", nil).Status)
	require.Equal(t, "enrollment_not_found", d.call(Read, "GET", "/v1/enrollments/999", nil).Problem.Code)
}

func TestEnrollmentShowsItsHistory(t *testing.T) {
	d := setupCampaign(t)
	s := steps()
	e := d.engage(d.sequence(s[0], s[3], s[2]), d.mailbox(nil), d.people(1, nil), nil)[0]
	v := d.view(e.ID)
	require.Equal(t, "added", v.State)
	require.Equal(t, 1, v.Step)
	require.Empty(t, v.Mails)
	require.Empty(t, v.Replies)
	require.WithinDuration(t, *e.DueAt, v.Due.At, 0)
	require.Equal(t, "UTC", v.Due.Timezone)

	d.send(e.ID)
	for _, kind := range []store.EventKind{store.Delivered, store.Opened, store.Clicked} {
		d.event(e.ID, 1, kind)
	}
	turn := d.take(e.ID)
	_, err := d.server.store.StepUnknown(t.Context(), *turn.Mail, time.Hour)
	require.NoError(t, err)
	_, _, err = d.server.store.Respond(t.Context(), store.Response{
		Enrollment: e.ID, Key: "1", Kind: "out_of_office", Until: calendar.WallOf(d.clock.Now.AddDate(0, 0, 3), time.UTC).Date(),
	})
	require.NoError(t, err)
	v = d.view(e.ID)
	require.Equal(t, "paused", v.State)
	require.NotNil(t, v.LastSentAt)
	require.NotNil(t, v.ResumeAt)
	require.Len(t, v.Mails, 2)
	require.Equal(t, "sent", v.Mails[0].State)
	require.NotNil(t, v.Mails[0].SentAt)
	require.NotNil(t, v.Mails[0].DeliveredAt)
	require.NotNil(t, v.Mails[0].OpenedAt)
	require.NotNil(t, v.Mails[0].ClickedAt)
	require.Nil(t, v.Mails[0].BouncedAt)
	require.Equal(t, "unknown", v.Mails[1].State)
	require.Equal(t, 2, v.Mails[1].Step)
	require.Len(t, v.Replies, 1)
	require.Equal(t, "out_of_office", v.Replies[0].Kind)
	require.Equal(t, d.clock.Now.AddDate(0, 0, 3).Format(time.DateOnly), v.Replies[0].Until)
}

func (d *campaign) act(action string, body any) int {
	d.t.Helper()
	return get[Changed](d.t, d.call(Send, "POST", "/v1/enrollments/"+action, body), 200).Changed
}

func TestBulkActions(t *testing.T) {
	d := setupCampaign(t)
	sender := d.mailbox(nil)
	sequence := d.sequence(steps()...)
	a := d.engage(sequence, sender, d.people(3, nil), nil)
	b := d.engage(sequence, d.mailbox(nil), d.people(1, nil), nil)
	states := func() map[store.State]int {
		n := map[store.State]int{}
		for _, e := range append(a, b...) {
			n[d.read(e.ID).State]++
		}
		return n
	}

	require.Equal(t, 1, d.act("pause", Selection{IDs: []int64{a[0].ID, 999}}))
	require.Equal(t, 2, d.act("pause", Selection{BatchID: a[0].BatchID}), "one is paused already")
	require.Equal(t, map[store.State]int{"paused": 3, "added": 1}, states())
	until := d.clock.Now.Add(48 * time.Hour).UTC().Truncate(time.Second)
	require.Equal(t, 1, d.act("pause", map[string]any{"person_id": b[0].PersonID, "until": until}))
	require.WithinDuration(t, until, *d.view(b[0].ID).ResumeAt, 0)
	require.Zero(t, d.act("pause", Selection{SequenceID: sequence}))

	require.Equal(t, 3, d.act("resume", Selection{SenderID: sender}))
	require.Nil(t, d.wake(a[0].ID).Mail)
	require.Equal(t, "added", d.view(a[0].ID).State)
	require.Zero(t, d.act("resume", Selection{SenderID: 999}))

	to := d.mailbox(nil)
	require.Equal(t, 2, d.act("reassign", map[string]any{"ids": []int64{a[1].ID, a[2].ID}, "to": to}))
	require.Equal(t, to, d.view(a[1].ID).SenderID)
	require.Nil(t, d.wake(a[1].ID).Mail)
	require.Equal(t, "added", d.view(a[1].ID).State)
	p, err := d.server.store.Person(t.Context(), a[1].PersonID)
	require.NoError(t, err)
	require.Equal(t, to, *p.OwnerID)

	require.Equal(t, 4, d.act("stop", Selection{SequenceID: sequence}))
	require.Equal(t, map[store.State]int{"stopped": 4}, states())
	require.Zero(t, d.act("stop", Selection{SequenceID: sequence}))
	require.Zero(t, d.act("resume", Selection{SequenceID: sequence}))
	var reserved int
	require.NoError(t, d.server.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM slots`).Scan(&reserved))
	require.Zero(t, reserved)
}

func TestBulkActionRefusals(t *testing.T) {
	d := setupCampaign(t)
	e := d.one()
	for _, action := range []string{"pause", "resume", "stop"} {
		path := "/v1/enrollments/" + action
		require.Equal(t, "selection_empty", d.call(Send, "POST", path, `{}`).Problem.Code)
		require.Equal(t, 422, d.call(Send, "POST", path, `{"ids": []}`).Status, "a list that came out empty is not everybody")
		require.Equal(t, 422, d.call(Send, "POST", path, `{"sequence_id": 0}`).Status)
		require.Equal(t, http.StatusForbidden, d.call(Read, "POST", path, `{}`).Status)
	}
	for _, until := range []time.Time{d.clock.Now.AddDate(0, 0, -1), d.clock.Now.AddDate(2, 0, 0)} {
		a := d.call(Send, "POST", "/v1/enrollments/pause", map[string]any{"ids": []int64{e.ID}, "until": until})
		require.Equal(t, "until_out_of_range", a.Problem.Code)
		require.Equal(t, "body.until", a.Problem.Errors[0].Location)
	}
	require.Equal(t, "selection_empty", d.call(Send, "POST", "/v1/enrollments/reassign", `{"to": 1}`).Problem.Code)
	a := d.call(Send, "POST", "/v1/enrollments/reassign", map[string]any{"ids": []int64{e.ID}, "to": 999})
	require.Equal(t, "sender_unknown", a.Problem.Code)
	require.Equal(t, "body.to", a.Problem.Errors[0].Location)
	require.Equal(t, e, d.read(e.ID))
}

func TestMigrateBatch(t *testing.T) {
	d := setupCampaign(t)
	s := steps()
	sequence := d.sequence(s[0], s[3])
	all := d.engage(sequence, d.mailbox(nil), d.people(3, nil), nil)
	d.send(all[0].ID)
	d.send(all[0].ID) // waits for an answer
	d.send(all[1].ID)
	row, err := d.server.store.Sequence(t.Context(), sequence)
	require.NoError(t, err)
	_, err = d.server.store.UpdateSequence(t.Context(), sequence, row.Version, func(*store.Sequence) {}, s[:1])
	require.NoError(t, err)

	path := "/v1/batches/" + decimal(all[0].BatchID) + "/migrate"
	var done struct{ Migrated, Stayed int }
	require.NoError(t, json.Unmarshal(d.call(Send, "POST", path, `{"edition": 2}`).Body, &done))
	require.Equal(t, 1, done.Migrated, "the one before its first step")
	require.Equal(t, 2, done.Stayed)
	require.Equal(t, 2, d.view(all[2].ID).Edition)
	require.Equal(t, 1, d.view(all[1].ID).Edition)
	a := d.call(Send, "POST", path, `{"edition": 3}`)
	require.Equal(t, "edition_unknown", a.Problem.Code)
	require.Equal(t, "body.edition", a.Problem.Errors[0].Location)
	require.Equal(t, 422, d.call(Send, "POST", path, `{"edition": 0}`).Status)
	require.Equal(t, "batch_not_found", d.call(Send, "POST", "/v1/batches/999/migrate", `{"edition": 1}`).Problem.Code)
	require.Equal(t, http.StatusForbidden, d.call(Read, "POST", path, `{"edition": 2}`).Status)
}

type responded struct {
	Stored bool
	State  string
}

func TestResponsesOfIntegrations(t *testing.T) {
	d := setupCampaign(t)
	sender := d.mailbox(nil)
	all := d.engage(d.sequence(steps()...), sender, d.people(6, nil), nil)
	respond := func(i int, body string) answer {
		return d.call(Signal, "POST", "/v1/enrollments/"+decimal(all[i].ID)+"/responses", body)
	}
	require.Equal(t, responded{true, "replied"}, get[responded](t, respond(0, `{"kind": "reply", "key": "a"}`), 200))
	require.Equal(t, responded{false, "replied"}, get[responded](t, respond(0, `{"kind": "reply", "key": "a"}`), 200))
	require.Equal(t, responded{true, "replied"}, get[responded](t, respond(1, `{"kind": "meeting", "key": "a"}`), 200))
	require.Equal(t, responded{true, "added"}, get[responded](t, respond(2, `{"kind": "click", "key": "a"}`), 200), "the sequence does not stop on clicks")
	require.Equal(t, responded{true, "unsubscribed"}, get[responded](t, respond(3, `{"kind": "unsubscribe", "key": "a"}`), 200))
	day := d.clock.Now.AddDate(0, 0, 9).Format(time.DateOnly)
	require.Equal(t, responded{true, "paused"}, get[responded](t, respond(4, `{"kind": "out_of_office", "key": "a", "until": "`+day+`"}`), 200))
	require.Equal(t, responded{true, "replied"}, get[responded](t, respond(5, `{"kind": "negative", "key": "a"}`), 200))
	require.NotNil(t, d.view(all[5].ID).EndedAt)
	p, err := d.server.store.Person(t.Context(), all[3].PersonID)
	require.NoError(t, err)
	require.Equal(t, store.Inactive, p.Status)
	list, err := d.server.store.Blacklist(t.Context(), "", "", store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, list, 2)
	v := d.view(all[4].ID)
	require.Equal(t, day, v.Replies[0].Until)
	require.Equal(t, "out_of_office", v.Why.Code)

	for _, c := range []struct{ body, code, location string }{
		{`{"kind": "click", "key": "b", "until": "2030-01-01"}`, "until_unused", "body.until"},
		{`{"kind": "out_of_office", "key": "b", "until": "9999-01-01"}`, "until_out_of_range", "body.until"},
		{`{"kind": "out_of_office", "key": "b", "until": "soon"}`, "invalid_date", "body.until"},
		{`{"kind": "reply", "key": "a\u0000b"}`, "control_character", "body.key"},
		{`{"kind": "bounce", "key": "b"}`, "invalid_request", "body.kind"},
		{`{"kind": "reply", "key": ""}`, "invalid_request", "body.key"},
	} {
		a := respond(2, c.body)
		require.Equal(t, 422, a.Status)
		require.Equal(t, c.code, a.Problem.Code)
		require.Equal(t, c.location, a.Problem.Errors[0].Location)
	}
	require.Equal(t, "enrollment_not_found", d.call(Signal, "POST", "/v1/enrollments/999/responses", `{"kind": "reply", "key": "a"}`).Problem.Code)
	require.Equal(t, http.StatusForbidden, d.call(Send, "POST", "/v1/enrollments/1/responses", `{"kind": "reply", "key": "a"}`).Status)
}
