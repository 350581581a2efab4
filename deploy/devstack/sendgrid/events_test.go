package sendgrid

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sendgrid/sendgrid-go/helpers/eventwebhook"
	"github.com/stretchr/testify/require"
)

func TestSpecialAddressesBehaveAsNamed(t *testing.T) {
	plans := map[string][]string{
		"ann":         {"processed", "delivered"},
		"bounce":      {"processed", "bounce"},
		"blocked":     {"processed", "bounce"},
		"drop":        {"dropped"},
		"dropped":     {"dropped"},
		"defer":       {"processed", "deferred", "delivered"},
		"deferred":    {"processed", "deferred", "delivered"},
		"asyncbounce": {"processed", "delivered", "bounce"},
		"spam":        {"processed", "delivered", "spamreport"},
		"unsubscribe": {"processed", "delivered", "unsubscribe"},
		"open":        {"processed", "delivered", "open"},
		"click":       {"processed", "delivered", "click"},
	}
	s := start(t)
	want, total := map[string][]string{}, 0
	for name, events := range plans {
		for _, suffix := range []string{"", "+7", "+any.thing", ".3", "12", "-4"} {
			want[name+suffix+"@example.com"] = events
			total += len(events)
		}
	}
	s.send(with(letter(slices.Collect(keys(want))...), "content", []any{object{"type": "text/plain", "value": "see https://rondo.example/a and more"}}))
	s.await("every event", func() bool { return len(s.events()) >= total })
	for address, events := range want {
		require.ElementsMatch(t, events, s.names(address), address)
	}
	require.Len(t, s.events(), total)
}

func keys(m map[string][]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestBehaviourOfOrdinaryNames(t *testing.T) {
	for _, address := range []string{"bouncer@x.com", "spam.filter@x.com", "open.mike@x.com", "dropbox@x.com", "7@x.com", "ann+bounce@x.com"} {
		require.Equal(t, delivers, behaviourOf(address), address)
	}
	require.Equal(t, bounces, behaviourOf("BOUNCE+9@x.com"))
}

// bySG finds the posted event of one kind for an address.
func (s *stack) event(address, event string) object {
	s.Helper()
	var found object
	s.await(event+" for "+address, func() bool {
		for _, e := range s.events() {
			if e["email"] == address && e["event"] == event {
				found = e
			}
		}
		return found != nil
	})
	return found
}

func TestEventsCarryThePublishedFields(t *testing.T) {
	s := start(t)
	body := letter("click@example.com", "bounce@example.com", "blocked@example.com", "deferred@example.com", "drop@example.com", "unsubscribe@example.com", "asyncbounce@example.com", "open@example.com")
	for i, p := range body["personalizations"].([]any) {
		p.(object)["custom_args"] = object{"ledger": fmt.Sprint(i), "email": "not this"}
	}
	body = with(body, "categories", []any{"optin"}, "custom_args", object{"purpose": "round", "ledger": "overridden"}, "asm", object{"group_id": 7},
		"content", []any{object{"type": "text/html", "value": `<p><a class=x href="https://rondo.example/yes?a=1&amp;b=2">yes</a> <a href='https://rondo.example/no'>no</a>`}})
	id := s.send(body)

	click := s.event("click@example.com", "click")
	require.Equal(t, "https://rondo.example/yes?a=1&b=2", click["url"])
	require.Equal(t, "0", click["ledger"])
	require.Equal(t, "round", click["purpose"])
	require.Equal(t, "optin", click["category"])
	require.EqualValues(t, 7, click["asm_group_id"])
	require.True(t, strings.HasPrefix(click["sg_message_id"].(string), id+"."))
	require.Contains(t, click["smtp-id"], id)
	require.NotEmpty(t, click["sg_event_id"])
	require.NotEmpty(t, click["useragent"])
	require.NotEmpty(t, click["ip"])
	require.InDelta(t, time.Now().Unix(), click["timestamp"], 30)

	bounce := s.event("bounce@example.com", "bounce")
	require.Equal(t, "bounce", bounce["type"])
	require.NotEmpty(t, bounce["reason"])
	require.Equal(t, "5.1.1", bounce["status"])
	require.Equal(t, "blocked", s.event("blocked@example.com", "bounce")["type"])
	deferred := s.event("deferred@example.com", "deferred")
	require.Equal(t, "1", deferred["attempt"])
	require.NotEmpty(t, deferred["response"])
	require.NotEmpty(t, s.event("deferred@example.com", "delivered")["response"])
	require.Equal(t, "Bounced Address", s.event("drop@example.com", "dropped")["reason"])
	require.EqualValues(t, 7, s.event("unsubscribe@example.com", "group_unsubscribe")["asm_group_id"])
	require.NotEmpty(t, s.event("open@example.com", "open")["useragent"])

	late := s.event("asyncbounce@example.com", "bounce")
	require.NotContains(t, late, "sg_message_id")
	require.NotContains(t, late, "ledger")
}

func TestEverySignatureVerifiesWithSendGridsOwnHelper(t *testing.T) {
	s := start(t)
	s.send(letter("ann@example.com"))
	s.await("delivered", func() bool { return len(s.events()) == 2 })
	encoded, err := PublicKey(s.dir)
	require.NoError(t, err)
	key, err := eventwebhook.ConvertPublicKeyBase64ToECDSA(encoded)
	require.NoError(t, err)
	verify := func(p post, body []byte) bool {
		ok, err := eventwebhook.VerifySignature(key, body, p.header.Get(eventwebhook.VerificationHTTPHeader), p.header.Get(eventwebhook.TimestampHTTPHeader))
		require.NoError(t, err)
		return ok
	}
	for _, p := range s.receiver.all("/events") {
		require.True(t, verify(p, p.body))
		require.False(t, verify(p, append(slices.Clone(p.body), ' ')))
	}

	s.api(http.MethodPut, "/api/faults", Faults{Rules: []Rule{{Kind: ForgeSignature, Next: 1}}}, nil)
	before := len(s.receiver.all("/events"))
	s.send(letter("drop@example.com"))
	s.await("a forged post", func() bool { return len(s.receiver.all("/events")) > before })
	forged := s.receiver.all("/events")[before]
	require.False(t, verify(forged, forged.body))
}

func TestKeyStaysTheSame(t *testing.T) {
	dir := t.TempDir()
	first, err := PublicKey(dir)
	require.NoError(t, err)
	second, err := PublicKey(dir)
	require.NoError(t, err)
	require.Equal(t, first, second)
	other, err := PublicKey(t.TempDir())
	require.NoError(t, err)
	require.NotEqual(t, first, other)
}

func TestRefusedPostsComeAgainWithNewEventIDs(t *testing.T) {
	s := start(t)
	var refusals atomic.Int32
	s.receiver.mu.Lock()
	s.receiver.answer = func(post) int {
		if refusals.Add(1) <= 2 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	}
	s.receiver.mu.Unlock()
	s.send(letter("drop@example.com"))
	s.await("two refusals and a success", func() bool { return len(s.events()) == 3 })
	ids := map[any]bool{}
	for _, e := range s.events() {
		ids[e["sg_event_id"]] = true
	}
	require.Len(t, ids, 3)
	s.await("the history says so", func() bool { return s.only().Events[0].Webhook == postedOnce.String() })
}

func TestRetriesBackOffForADay(t *testing.T) {
	require.Equal(t, firstRetry, retryAfter(1))
	require.Equal(t, 2*firstRetry, retryAfter(2))
	require.Equal(t, longestRetry, retryAfter(1000))
}

func TestScheduledMailWaits(t *testing.T) {
	s := start(t)
	at := time.Now().Add(time.Hour).Unix()
	s.send(personal(letter("ann@example.com", "bob@example.com"), "send_at", at))
	s.await("the unscheduled one", func() bool { return len(s.names("bob@example.com")) == 2 })
	require.Empty(t, s.names("ann@example.com"))
	require.Equal(t, 2, s.server.happenings.len())
}

func TestEventsByHand(t *testing.T) {
	s := start(t)
	s.send(personal(letter("ann@example.com"), "cc", []any{object{"email": "Cc@example.com"}}))
	m := s.only()
	for event := range knownEvents {
		s.api(http.MethodPost, fmt.Sprintf("/api/messages/%d/events", m.ID), EventRequest{Event: event, Recipient: "cc@example.com", URL: "https://x.example/", Reason: "because"}, nil)
	}
	posted := map[string]bool{}
	s.await("each of them", func() bool {
		for _, name := range s.names("Cc@example.com") {
			posted[name] = true
		}
		return len(posted) == len(knownEvents)-1 // blocked is posted as a bounce
	})
	require.Equal(t, "because", s.event("Cc@example.com", "dropped")["reason"])
	for _, bad := range []EventRequest{{Event: "teleported"}, {Event: "open", Recipient: "eve@example.com"}} {
		res, _ := s.call(http.MethodPost, fmt.Sprintf("/api/messages/%d/events", m.ID), bad)
		require.Equal(t, http.StatusBadRequest, res.StatusCode)
	}
}

func TestEventsCanBeSwitchedOff(t *testing.T) {
	s := start(t)
	s.api(http.MethodPut, "/api/settings", object{"events": false}, nil)
	s.send(letter("ann@example.com"))
	s.await("nothing left to happen", func() bool { return s.server.happenings.len() == 0 })
	s.api(http.MethodPut, "/api/settings", object{"events": true}, nil)
	s.send(letter("drop@example.com"))
	s.await("the second mail's", func() bool { return len(s.events()) > 0 })
	require.Empty(t, s.names("ann@example.com"))
}

// A batch holds at most eventsPerPost events and a thousand messages need few posts.
func TestEventsAreBatched(t *testing.T) {
	s := start(t)
	var addresses []string
	for i := range 1000 {
		addresses = append(addresses, fmt.Sprintf("m%d@example.com", i))
	}
	s.send(letter(addresses...))
	s.await("2,000 events", func() bool { return len(s.events()) == 2000 })
	for _, p := range s.receiver.all("/events") {
		var events []json.RawMessage
		require.NoError(t, json.Unmarshal(p.body, &events))
		require.LessOrEqual(t, len(events), eventsPerPost)
	}
	var stats Stats
	s.api(http.MethodGet, "/api/stats", nil, &stats)
	require.LessOrEqual(t, stats.EventPosts, 1000)
}
