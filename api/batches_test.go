package api

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

// draft is a batch of people, with the sender selected.
func (d *campaign) draft(sequence, sender int64, people []int64) (batch int64, tag string) {
	d.t.Helper()
	made := d.call(Send, "POST", fmt.Sprintf("/v1/sequences/%d/batches", sequence), map[string]any{"people": people})
	b := get[Batch](d.t, made, 201)
	require.Equal(d.t, "draft", b.State)
	edited := d.call(Send, "PATCH", "/v1/batches/"+decimal(b.ID), map[string]any{"senders": "selected", "sender_ids": []int64{sender}, "start": "at_once"},
		"If-Match", made.Header.Get("ETag"))
	require.Equal(d.t, 200, edited.Status, "%s", edited.Body)
	return b.ID, edited.Header.Get("ETag")
}

// TestWizard walks from the choice of people to their enrollments.
func TestWizard(t *testing.T) {
	d := setupCampaign(t)
	s := steps()
	s[0].Text = "Hello {{ person.role }}"
	people := append(d.people(2, map[string]string{"role": "cook"}), d.people(1, nil)...)
	sender := d.mailbox(nil)
	id, _ := d.draft(d.sequence(s...), sender, people)
	path := "/v1/batches/" + decimal(id)

	type refusals struct {
		Refusals   []Refusal
		Engageable int
	}
	got := get[refusals](t, d.call(Read, "GET", path+"/refusals", nil), 200)
	require.Equal(t, 2, got.Engageable)
	require.Len(t, got.Refusals, 1)
	require.Equal(t, "missing_variables", got.Refusals[0].Code)
	require.Equal(t, []string{"role"}, got.Refusals[0].Contacts[0].Missing)

	contact := path + "/contacts/" + decimal(people[0]) + "/mails"
	mails := get[struct{ Mails []ContactMail }](t, d.call(Read, "GET", contact, nil), 200).Mails
	require.Len(t, mails, 4)
	require.Contains(t, mails[0].Text, "Hello cook")
	require.Equal(t, "Re: Hello", mails[2].Subject)
	require.Equal(t, "task", mails[1].Kind)
	edit := d.call(Send, "PUT", contact+"/1", map[string]string{"subject": "For you", "text": "Dear {{ person.name }}"})
	require.Equal(t, 200, edit.Status, "%s", edit.Body)
	mails = get[struct{ Mails []ContactMail }](t, d.call(Read, "GET", contact, nil), 200).Mails
	require.True(t, mails[0].Edited)
	require.Contains(t, mails[0].Text, "Dear Ada")
	require.Equal(t, "Re: For you", mails[2].Subject)
	for _, c := range []struct {
		path, body, code string
	}{
		{contact + "/1", `{"subject": "x", "text": "{{ nobody.knows }}"}`, "text_invalid"},
		{contact + "/1", `{"text": "x"}`, "subject_missing"},
		{contact + "/2", `{"subject": "x", "text": "x"}`, "no_such_mail"},
		{path + "/contacts/999/mails/1", `{"subject": "x", "text": "x"}`, "not_in_batch"},
	} {
		require.Equal(t, c.code, d.call(Send, "PUT", c.path, c.body).Problem.Code, c.body)
	}
	require.Equal(t, 204, d.call(Send, "DELETE", contact+"/3", nil).Status)

	schedule := get[struct {
		AsOf   time.Time `json:"as_of"`
		Digest string
		Hours  []ScheduledHour
		Mails  Page[ScheduledMail]
	}](t, d.call(Read, "GET", path+"/schedule?limit=3", nil), 200)
	require.Len(t, schedule.Mails.Items, 3)
	require.NotEmpty(t, schedule.Mails.NextCursor)
	sum := 0
	for _, h := range schedule.Hours {
		sum += h.Mails
	}
	require.Equal(t, 6, sum, "three mails to two contacts")
	rest := get[struct{ Mails Page[ScheduledMail] }](t, d.call(Read, "GET", path+"/schedule?limit=100&as_of="+schedule.AsOf.Format(time.RFC3339)+
		"&cursor="+schedule.Mails.NextCursor, nil), 200)
	require.Len(t, rest.Mails.Items, 5)

	tag := d.call(Read, "GET", path, nil).Header.Get("ETag")
	stale := d.call(Send, "POST", path+"/engage", map[string]any{"as_of": schedule.AsOf, "digest": "x"}, "If-Match", tag)
	require.Equal(t, "schedule_changed", stale.Problem.Code)
	require.Equal(t, http.StatusConflict, stale.Status)
	done := get[struct {
		Engaged, Mails int
		Changed        bool
		Refused        map[string]int
	}](t, d.call(Send, "POST", path+"/engage", map[string]any{"as_of": schedule.AsOf, "digest": schedule.Digest}, "If-Match", tag), 200)
	require.Equal(t, 2, done.Engaged)
	require.Equal(t, map[string]int{"missing_variables": 1}, done.Refused)
	require.False(t, done.Changed)
	require.Equal(t, "engaging", get[Batch](t, d.call(Read, "GET", path, nil), 200).State)
	require.Equal(t, "batch_not_draft", d.call(Send, "DELETE", path, nil).Problem.Code)
}

func TestWhoseHoursNeverMeetTheSendersIsRefused(t *testing.T) {
	d := setupCampaign(t)
	people := append(d.living("Asia/Tokyo"), d.living("Europe/Paris")...)
	id, _ := d.draft(d.daytime(), d.mailbox(func(s *store.Sender) { s.FromHour, s.ToHour = 9, 17 }), people)
	path := "/v1/batches/" + decimal(id)
	got := get[struct {
		Refusals   []Refusal
		Engageable int
	}](t, d.call(Read, "GET", path+"/refusals", nil), 200)
	require.Equal(t, 1, got.Engageable)
	require.Len(t, got.Refusals, 1)
	require.Equal(t, []any{"no_common_hours", people[0]}, []any{got.Refusals[0].Code, got.Refusals[0].Contacts[0].ID})
	require.Contains(t, got.Refusals[0].Do, "contact_hours")
	contacts := get[Page[BatchContact]](t, d.call(Read, "GET", path+"/contacts", nil), 200).Items
	require.ElementsMatch(t, []string{"", "no_common_hours"}, []string{contacts[0].Refused, contacts[1].Refused})
}

func TestBatchRefusesWhatMakesNoSense(t *testing.T) {
	d := setupCampaign(t)
	sequence, sender, people := d.sequence(steps()...), d.mailbox(nil), d.people(1, nil)
	create := fmt.Sprintf("/v1/sequences/%d/batches", sequence)
	require.Equal(t, "nobody_selected", d.call(Send, "POST", create, `{}`).Problem.Code)
	require.Equal(t, "sequence_not_found", d.call(Send, "POST", "/v1/sequences/999/batches", map[string]any{"people": people}).Problem.Code)
	id, tag := d.draft(sequence, sender, people)
	path := "/v1/batches/" + decimal(id)
	for _, c := range []struct{ body, code string }{
		{`{"start": "at"}`, "start_at_missing"},
		{`{"start": "at", "start_at": "tomorrow"}`, "invalid_wall_clock"},
		{`{"timezone": "Mars/Olympus"}`, "timezone_unknown"},
		{`{"sender_ids": [999]}`, "sender_unknown"},
		{fmt.Sprintf(`{"sender_ids": [%d, %d]}`, sender, sender), "sender_twice"},
		{fmt.Sprintf(`{"senders": "me", "sender_ids": [%d, %d]}`, sender, sender), "senders_invalid"},
		{`{"edition": 7}`, "edition_unknown"},
	} {
		require.Equal(t, c.code, d.call(Send, "PATCH", path, c.body, "If-Match", tag).Problem.Code, c.body)
	}
	require.Equal(t, 412, d.call(Send, "PATCH", path, `{"per_day": 3}`, "If-Match", `"v77"`).Status)
	require.Equal(t, 428, d.call(Send, "PATCH", path, `{"per_day": 3}`).Status)
	require.Equal(t, 204, d.call(Send, "DELETE", path, nil).Status)
	require.Equal(t, "batch_not_draft", d.call(Send, "PATCH", path, `{"per_day": 3}`, "If-Match", `"v3"`).Problem.Code)
}

// inbound is what Inbound Parse posts.
func inbound(t *testing.T, to, headers, text string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, value := range map[string]string{
		"from": "Ada <ada@prospect.example>", "to": to, "subject": "Re: Hello", "text": text, "headers": headers,
		"envelope": fmt.Sprintf(`{"to":[%q],"from":"ada@prospect.example"}`, to),
	} {
		require.NoError(t, w.WriteField(name, value))
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}

func TestInboundAnswers(t *testing.T) {
	sendGrid := newProvider(t)
	d := setupCampaign(t, sendGrid.trusted)
	all := d.engage(d.sequence(steps()...), d.mailbox(nil), d.people(4, nil), nil)
	post := func(to, headers, text string) answer {
		contentType, body := inbound(t, to, headers, text)
		return sendGrid.signed(d.fixture, "/webhooks/sendgrid/inbound", body, "Content-Type", contentType)
	}
	address := func(i int) string { return d.server.links.ReplyAddress(all[i].ID, "in.example.com") }
	for range 2 { // it comes again when our answer got lost
		require.Equal(t, 204, post(strings.ToUpper(address(0)), "Message-ID: <1@prospect.example>", "Yes, gladly.").Status)
	}
	require.Equal(t, "replied", string(d.read(all[0].ID).State))
	require.Equal(t, 204, post(address(1), "Message-ID: <2@prospect.example>\nAuto-Submitted: auto-replied", "I am out of the office.").Status)
	require.Equal(t, "paused", string(d.read(all[1].ID).State))
	own := "<1." + d.server.links.ReplyToken(all[2].ID) + "@in.example.com>"
	require.Equal(t, 204, post("sam@sender.example", "Message-ID: <3@prospect.example>\nIn-Reply-To: "+own, "unsubscribe").Status)
	require.Equal(t, "unsubscribed", string(d.read(all[2].ID).State), "found by the mail it answers")
	require.Equal(t, 204, post("somebody@in.example.com", "Message-ID: <4@prospect.example>", "Hello?").Status, "not ours: let go")
	require.Equal(t, 204, post(address(3), "Message-ID: <5@prospect.example>", "Do not contact me ever again.").Status)
	require.Equal(t, "replied", string(d.read(all[3].ID).State), "%+v", d.read(all[3].ID))
	var negative int
	require.NoError(t, d.server.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM blacklist WHERE reason = 'a very negative answer'`).Scan(&negative))
	require.Equal(t, 1, negative)
	var stored int
	require.NoError(t, d.server.store.Pool().QueryRow(t.Context(), `SELECT count(*) FROM replies`).Scan(&stored))
	require.Equal(t, 4, stored)

	contentType, body := inbound(t, address(0), "", "x")
	require.Equal(t, "signature_invalid", d.call(Public, "POST", "/webhooks/sendgrid/inbound", body, "Content-Type", contentType).Problem.Code)
	require.Equal(t, "not_a_mail", sendGrid.signed(d.fixture, "/webhooks/sendgrid/inbound", "garbage", "Content-Type", "text/plain").Problem.Code)
}
