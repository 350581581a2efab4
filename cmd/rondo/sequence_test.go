package main_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/api/client"
)

// mailboxes makes users whose mailboxes send at any hour.
func (h *house) mailboxes(n int) []int64 {
	h.t.Helper()
	ids := make([]int64, n)
	for i := range ids {
		u, err := h.client.CreateUserWithResponse(h.t.Context(), nil, client.CreateUserInputBody{Email: fmt.Sprintf("s%d@%s", i, domain)})
		ok(h.t, u, err)
		ids[i] = u.JSON201.ID
		box, err := h.client.PutSenderWithResponse(h.t.Context(), ids[i], nil, client.SenderFields{
			Days: []int32{0, 1, 2, 3, 4, 5, 6}, FromHour: new(int64(0)), ToHour: new(int64(24)), PerHour: new(int64(1000)), PerDay: new(int64(10_000)),
		})
		ok(h.t, box, err)
	}
	return ids
}

// sequence makes one of two mails, the second a minute after the first, as an answer to it.
func (h *house) sequence() int64 {
	h.t.Helper()
	s, err := h.client.CreateSequenceWithResponse(h.t.Context(), nil, client.SequenceFields{Name: new("Outreach"), Steps: []client.Step{
		{Kind: "mail", Subject: new("An invitation"), Text: "Dear {{ person.name }}"},
		{Kind: "mail", Text: "Did you read it?", Thread: new(true), DelayMinutes: new(int64(1))},
	}})
	ok(h.t, s, err)
	return s.JSON201.ID
}

// engage adds everybody, to begin at once.
func (h *house) engage(sequence int64, senders []int64) {
	h.t.Helper()
	ctx := h.t.Context()
	made, err := h.client.CreateBatchWithResponse(ctx, sequence, nil, client.CreateBatchInputBody{Filter: new("")})
	ok(h.t, made, err)
	id := made.JSON201.ID
	edited, err := h.client.UpdateBatchWithResponse(ctx, id, &client.UpdateBatchParams{IfMatch: new(made.HTTPResponse.Header.Get("ETag"))},
		client.UpdateBatchInputBody{Senders: new(client.UpdateBatchInputBodySenders("selected")), SenderIds: senders, Start: new(client.UpdateBatchInputBodyStart("at_once"))})
	ok(h.t, edited, err)
	plan, err := h.client.GetBatchSummaryWithResponse(ctx, id)
	ok(h.t, plan, err)
	done, err := h.client.EngageBatchWithResponse(ctx, id, &client.EngageBatchParams{IfMatch: new(edited.HTTPResponse.Header.Get("ETag"))},
		client.EngageInputBody{AsOf: plan.JSON200.AsOf, Digest: plan.JSON200.Digest})
	ok(h.t, done, err)
	require.False(h.t, done.JSON200.Changed)
}

// inState waits until so many contacts are in a state.
func (h *house) inState(state string, n int) {
	h.t.Helper()
	await(h.t, 2*patience, fmt.Sprintf("%d contacts are %s", n, state), func() (bool, string) {
		now := one[string](h, `SELECT coalesce(jsonb_object_agg(state, n), '{}')::text FROM (SELECT state, count(*) n FROM enrollments GROUP BY 1) x`)
		return one[int](h, `SELECT count(*) FROM enrollments WHERE state = $1`, state) == n, now
	})
}

// Contacts go through a sequence; one answers by mail, one is stopped, and the histories replay and name nobody.
func TestSequence(t *testing.T) {
	t.Parallel()
	h := setup(t, "RONDO_INBOUND_DOMAIN=in.quixote.example")
	h.simulator.call("PUT", "/api/settings", map[string]any{"inbound_webhook_url": h.url + "/webhooks/sendgrid/inbound"}, nil)
	people := h.importPeople(6)
	h.engage(h.sequence(), h.mailboxes(2))
	first := h.awaitMail(addressOf(1), "An invitation")
	h.awaitMail(addressOf(2), "An invitation")
	h.simulator.call("POST", fmt.Sprintf("/api/messages/%d/reply", first.ID), map[string]any{"text": "Gladly."}, nil)
	h.inState("replied", 1)
	await(t, patience, "the answer is forwarded to the sender", func() (bool, string) {
		return len(h.simulator.inbox("s0@"+domain, "Re: An invitation"))+len(h.simulator.inbox("s1@"+domain, "Re: An invitation")) == 1, ""
	})
	stopped, err := h.client.StopEnrollmentsWithResponse(t.Context(), client.Selection{PersonID: &people[2]})
	ok(t, stopped, err)
	h.inState("stopped", 5) // four of them after their last mail
	for i := 3; i <= 6; i++ {
		require.Len(t, h.simulator.inbox(addressOf(i), "Re: An invitation"), 1)
	}
	for i := 1; i <= 2; i++ {
		require.Empty(t, h.simulator.inbox(addressOf(i), "Re: An invitation"))
	}
	h.exec(`UPDATE enrollments SET due_at = now(), ring_since = now() - interval '1 minute' WHERE ended_at IS NULL`)
	h.inState("unresponsive", 4)
	await(t, patience, "all workflows have ended", func() (bool, string) {
		for _, id := range people[1:] {
			if !h.ended(fmt.Sprint("contact-", id)) {
				return false, fmt.Sprint("contact-", id)
			}
		}
		return true, ""
	})
	h.requirePrivate()
	h.requireReplays("sequence")
}

// The worker is killed while a batch is being engaged and while its mails go out: everybody gets the first mail, or a doubt
// that is in the ledger, and nobody gets it twice.
func TestSequenceKilledAtRandom(t *testing.T) {
	t.Parallel()
	const contacts = 300
	seed := seedOf(t)
	draw := rand.New(rand.NewPCG(seed, 7))
	h := setup(t, "RONDO_UNKNOWN_AFTER=3s", "RONDO_LOG_LEVEL=warn")
	h.importPeople(contacts)
	sequence, senders := h.sequence(), h.mailboxes(30)
	h.engage(sequence, senders)
	for _, share := range []int{40, 70} {
		await(t, patience, "contacts are being started", func() (bool, string) {
			n := one[int](h, `SELECT count(*) FROM enrollments WHERE started_at IS NOT NULL`)
			return n*100 >= contacts*share*draw.IntN(100)/100, fmt.Sprint(n)
		})
		h.workers[0].kill()
		h.workers[0].again()
	}
	for sent := 20; sent < contacts; sent += 60 + draw.IntN(60) {
		await(t, 2*patience, "mails go out", func() (bool, string) {
			n := h.simulator.last()
			return n >= sent, fmt.Sprint(n)
		})
		time.Sleep(time.Duration(draw.IntN(200)) * time.Millisecond) // this is the moment, not a wait for something
		h.workers[0].kill()
		h.workers[0].again()
	}
	await(t, 4*patience, "the first step of everybody is behind them", func() (bool, string) {
		n := one[int](h, `SELECT count(*) FROM enrollments WHERE step > 1 OR ended_at IS NOT NULL OR state = 'stopped'`)
		return n == contacts, fmt.Sprint(n)
	})
	mails := map[string]int{}
	for _, m := range h.simulator.after(0) {
		if m.Subject == "An invitation" {
			mails[m.to()]++
		}
	}
	doubts := 0
	for i := 1; i <= contacts; i++ {
		got := mails[addressOf(i)]
		require.LessOrEqual(t, got, 1, "contact %d was written to twice", i)
		if got == 0 {
			doubts++
			require.Equal(t, 1, one[int](h, `SELECT count(*) FROM messages m JOIN people p ON p.id = m.person_id
				WHERE p.email = $1 AND m.purpose = 'step' AND m.step = 1 AND m.state = 'unknown'`, addressOf(i)), "contact %d has neither a mail nor a doubt", i)
		}
	}
	t.Logf("%d contacts, %d without the first mail, each with its doubt in the ledger", contacts, doubts)
	h.requireReplays("")
}
