package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"rondo/api/client"
)

// TestProviderTrouble takes the same people through the same round twice: with a provider that does its work, and with one
// that limits, fails, accepts and does not answer, and whose events come forged, twice, late and in any order. In the end
// both ledgers, blacklists and people are the same.
func TestProviderTrouble(t *testing.T) {
	t.Parallel()
	calm := setup(t)
	want := calm.troubledRound(func() {}, func() {})
	stormy := setup(t)
	got := stormy.troubledRound(stormy.stormOfLimits, stormy.silence)
	require.Equal(t, want, got)
	require.Subset(t, stormy.simulator.stats().Statuses, map[string]int{"429": 2, "500": 1, "503": 1, "none": 1})
	require.GreaterOrEqual(t, stormy.simulator.stats().RefusedPosts, 2, "forged events are refused")
	for _, h := range []*house{calm, stormy} {
		h.requireKnown()
		h.requirePrivate()
	}
}

// events are spoilt in every way that leaves them true, after two that are not.
var events = []map[string]any{
	{"kind": "forge_signature", "next": 2},
	{"kind": "duplicate_event", "every": 1, "copies": 2},
	{"kind": "reorder_events", "every": 1},
	{"kind": "delay_event", "percent": 50, "delay": "300ms"},
}

func (h *house) stormOfLimits() {
	h.simulator.faults(1, append([]map[string]any{
		{"kind": "rate_limit", "next": 2, "reset": "1s"}, {"kind": "error", "next": 1}, {"kind": "error", "status": 503, "next": 1},
	}, events...)...)
}

func (h *house) silence() {
	h.simulator.faults(2, append([]map[string]any{{"kind": "accept_then_hang", "delay": "2s", "next": 1}}, events[1:]...)...)
}

// troubledRound is a round of people to whom all kinds of things happen. It says what is left in the end, by address.
func (h *house) troubledRound(beforeOptIn, beforeMatch func()) map[string]string {
	h.t.Helper()
	names := []string{"bounce", "asyncbounce", "blocked", "drop", "spam", "unsubscribe", "invalid", "defer", "open", "click"}
	for i := range 21 {
		names = append(names, fmt.Sprint("m", i))
	}
	for i := range names {
		names[i] += "@" + domain
	}
	people := h.importAddresses(names...)
	beforeOptIn()
	id := h.schedule(h.program(func(f *client.ProgramFields) { f.Reminder = new(false) }), asking(h.in(time.Hour)))
	h.awaitRound(id, "opt-in mails are delivered", func(r client.Round) bool { return r.Sent == int64(len(names)-1) && r.Delivered >= 27 })
	h.simulator.settled()
	require.Empty(h.t, h.simulator.inbox(names[6], ""))
	require.Equal(h.t, "failed: refused", one[string](h, `SELECT state || ': ' || reason FROM messages WHERE person_id = $1`, people[7]))
	h.answers(id, "yes", people[8:]...)
	beforeMatch()
	h.move(id, "now")
	h.awaitPhase(id, client.RoundPhaseSent)
	h.simulator.settled()
	h.requireGroupsMailed(id)
	require.Equal(h.t, map[string]string{
		names[0]: "bounce", names[1]: "bounce", names[3]: "bounce", names[4]: "spam", names[5]: "unsubscribe",
	}, h.blacklisted())
	return h.fates()
}

// blacklisted is the origin of each entry.
func (h *house) blacklisted() map[string]string {
	h.t.Helper()
	list, err := h.client.ListBlacklistWithResponse(h.t.Context(), nil)
	ok(h.t, list, err)
	all := map[string]string{}
	for _, e := range list.JSON200.Items {
		all[e.Value] = string(e.Origin)
	}
	return all
}

// fates are the state of each person and of each of their mails, with what happened to it.
func (h *house) fates() map[string]string {
	h.t.Helper()
	rows, err := h.db.Query(h.t.Context(), `SELECT p.email, p.status || ' ' || p.inactive_reason || coalesce(string_agg(format(E'\n%s %s %s %s', g.purpose, g.state, g.reason,
			(SELECT string_agg(key, ' ' ORDER BY key) FROM jsonb_each_text(to_jsonb(g)) WHERE key LIKE '%\_at' AND key NOT IN ('unknown_at') AND value IS NOT NULL)), '' ORDER BY g.purpose), '')
		FROM people p LEFT JOIN messages g ON g.person_id = p.id GROUP BY p.id`)
	require.NoError(h.t, err)
	all := map[string]string{}
	var email, fate string
	_, err = pgx.ForEachRow(rows, []any{&email, &fate}, func() error {
		all[email] = fate
		return nil
	})
	require.NoError(h.t, err)
	return all
}

// TestForgedEvents posts what anybody could: no signature, a wrong one, one of another body.
func TestForgedEvents(t *testing.T) {
	t.Parallel()
	h := setup(t)
	people := h.importPeople(1)
	body := fmt.Sprintf(`[{"email":%q,"timestamp":%d,"event":"spamreport"}]`, addressOf(1), time.Now().Unix())
	for name, signature := range map[string]string{"no signature": "", "a forged one": strings.Repeat("MEUCIQ", 16)} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/webhooks/sendgrid/events", strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("X-Twilio-Email-Event-Webhook-Signature", signature)
		r.Header.Set("X-Twilio-Email-Event-Webhook-Timestamp", fmt.Sprint(time.Now().Unix()))
		res, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.Contains(t, h.text(res, http.StatusUnauthorized), "signature_invalid", name)
	}
	require.Equal(t, client.PersonStatusActive, h.person(people[1]).Status)
	require.Empty(t, h.blacklisted())
}
