package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/api/client"
)

// awaitEnded waits until the workflows of contacts have ended.
func (h *house) awaitEnded(people ...int64) {
	h.t.Helper()
	await(h.t, patience, "the workflows of contacts have ended", func() (bool, string) {
		for _, id := range people {
			if !h.ended(fmt.Sprint("contact-", id)) {
				return false, fmt.Sprint("contact-", id)
			}
		}
		return true, ""
	})
}

// contact reads somebody's enrollment.
func (h *house) contact(person int64) client.EnrollmentView {
	h.t.Helper()
	e, err := h.client.GetEnrollmentWithResponse(h.t.Context(), one[int64](h, `SELECT id FROM enrollments WHERE person_id = $1`, person))
	ok(h.t, e, err)
	return *e.JSON200
}

// A text that cannot be made for one contact, when its mail is due, ends that contact's sequence in error, and says so. The
// others go on to the end.
func TestATextThatFailsForOneContactEndsThatOneOnly(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(5)
	long := strings.Repeat("é", 1000) // 600 of them are more than a text may become
	edited, err := h.client.UpdatePersonWithResponse(t.Context(), people[2], &client.UpdatePersonParams{IfMatch: new(`"v1"`)},
		client.UpdatePersonInputBody{Attributes: map[string]string{"note": long}})
	ok(t, edited, err)
	notes := "{% if person.note %}" + strings.Repeat("{{ person.note }}", 600) + "{% endif %}"
	s, err := h.client.CreateSequenceWithResponse(t.Context(), nil, client.SequenceFields{Name: new("Outreach"), Steps: []client.Step{
		{Kind: "mail", Subject: new("An invitation"), Text: "Dear {{ person.name }}"},
		{Kind: "mail", Text: "Did you read it? " + notes, Thread: new(true), DelayMinutes: new(int64(1))},
	}})
	ok(t, s, err)
	h.engage(s.JSON201.ID, h.mailboxes(2))
	h.inState("stopped", 4)
	h.inState("error", 1)
	for i := 1; i <= 5; i++ {
		require.Len(t, h.simulator.inbox(addressOf(i), ""), map[bool]int{true: 1, false: 2}[i == 2], "contact %d", i)
	}
	h.awaitEnded(people[2])
	e := h.contact(people[2])
	require.Equal(t, []any{"error", "text_not_rendered"}, []any{string(e.State), *e.Reason})
	require.Contains(t, e.Why.Text, "A mail could not be sent (text_not_rendered)")
	require.Equal(t, []any{"failed", "text_not_rendered"}, []any{string(e.Mails[1].State), *e.Mails[1].Reason})
	require.Zero(t, one[int](h, `SELECT count(*) FROM slots WHERE enrollment_id = $1 AND step = 2`, e.ID), "its slot is free, and does not count")
	require.Equal(t, 1, one[int](h, `SELECT count(*) FROM messages WHERE purpose = 'step' AND state = 'failed'`))
	h.requirePrivate()
	h.requireReplays("")
}

// People are erased in the middle of a sequence: one who waits for the second mail, one who is away and whose answer holds
// their name, one whose text was edited. Nothing more goes to them, their workflows end, and nothing is left of them.
func TestErasedInTheMiddleOfASequence(t *testing.T) {
	t.Parallel()
	h := setup(t, "RONDO_INBOUND_DOMAIN=in.quixote.example")
	h.simulator.call("PUT", "/api/settings", map[string]any{"inbound_webhook_url": h.url + "/webhooks/sendgrid/inbound"}, nil)
	people := h.importPeople(6)
	h.engage(h.sequence(), h.mailboxes(2))
	for i := 1; i <= 6; i++ {
		h.awaitMail(addressOf(i), "An invitation")
	}
	h.exec(`UPDATE enrollments SET texts = jsonb_build_object('2', jsonb_build_object('text', $2::text)) WHERE person_id = $1`, people[3], "Only for Member 3 "+surname)
	away := h.awaitMail(addressOf(2), "An invitation")
	h.simulator.call("POST", fmt.Sprintf("/api/messages/%d/reply", away.ID), map[string]any{
		"text": "Member 2 " + surname + " is out of the office until further notice.", "headers": map[string]string{"Auto-Submitted": "auto-replied"},
	}, nil)
	h.inState("paused", 1)
	await(t, patience, "the answer has been forwarded", func() (bool, string) {
		return one[int](h, `SELECT count(*) FROM replies WHERE forwarded_at IS NOT NULL`) == 1, ""
	})
	for i := 1; i <= 3; i++ {
		erased, err := h.client.ErasePersonWithResponse(t.Context(), people[i])
		ok(t, erased, err)
		h.requireErased(i)
	}
	h.awaitEnded(people[1:4]...)
	h.inState("stopped", 3) // the others, after their second mail
	for i := 1; i <= 6; i++ {
		require.Len(t, h.simulator.inbox(addressOf(i), ""), map[bool]int{true: 1, false: 2}[i <= 3], "contact %d", i)
	}
	for i := 1; i <= 3; i++ {
		e := h.contact(people[i])
		require.NotNil(t, e.EndedAt)
		require.Contains(t, e.Why.Text, "The contact was erased, on ")
		require.Empty(t, e.Name)
		h.requireErased(i)
	}
	require.Zero(t, one[int](h, `SELECT count(*) FROM slots s JOIN enrollments e ON e.id = s.enrollment_id WHERE NOT s.claimed AND e.person_id = ANY ($1)`, people[1:4]))
	require.Zero(t, one[int](h, `SELECT count(*) FROM enrollments WHERE ended_at IS NULL AND person_id = ANY ($1)`, people[1:4]))
	for _, p := range h.workers {
		require.NotContains(t, p.output(), "stuck")
	}
	h.requirePrivate()
	h.requireReplays("")
}
