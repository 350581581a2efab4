package sendgrid

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func (s *stack) page(path string) string {
	s.Helper()
	res, body := s.call(http.MethodGet, path, nil)
	require.Equal(s, http.StatusOK, res.StatusCode, string(body))
	require.Equal(s, "text/html; charset=utf-8", res.Header.Get("Content-Type"))
	return string(body)
}

func TestInboxListsSearchesAndPages(t *testing.T) {
	s := start(t)
	require.Contains(t, s.page("/"), "No mail yet")
	for i := range pageLength + 5 {
		s.send(with(letter(fmt.Sprintf("member%d@example.com", i)), "subject", fmt.Sprintf("Round %d", i)))
	}
	first := s.page("/")
	require.Contains(t, first, "<title>Inbox")
	require.Contains(t, first, "Round 54<")
	require.NotContains(t, first, "Round 4<")
	require.Contains(t, first, "Older messages")
	second := s.page("/?before=6")
	require.Contains(t, second, "Round 4<")
	require.NotContains(t, second, "Older messages")
	found := s.page("/?to=member7@example.com")
	require.Contains(t, found, "Round 7<")
	require.NotContains(t, found, "Round 8<")
	require.Contains(t, s.page("/?to=MEMBER1"), "Round 19<")
	require.Contains(t, s.page("/?to=nobody"), "No message to an address with")
}

func TestMessagePageShowsTheMailAsItIs(t *testing.T) {
	s := start(t)
	s.send(with(personal(letter("ann@example.com"), "custom_args", object{"ledger": "42"}), "subject", "<b>bold</b>", "headers", object{"List-Unsubscribe": "<https://x.example/u>"},
		"content", []any{object{"type": "text/plain", "value": "plain <text>"}, object{"type": "text/html", "value": `<p>rich <a href="https://x.example/yes">yes</a><script>x</script></p>`}}))
	id := s.only().ID
	s.await("events", func() bool { return len(s.only().Events) == 2 })
	page := s.page(fmt.Sprintf("/messages/%d", id))
	require.Contains(t, page, "&lt;b&gt;bold&lt;/b&gt;")
	require.Contains(t, page, "plain &lt;text&gt;")
	require.Contains(t, page, `sandbox="allow-popups allow-popups-to-escape-sandbox"`)
	require.Contains(t, page, `href="https://x.example/yes"`)
	require.Contains(t, page, "List-Unsubscribe")
	require.Contains(t, page, "42")
	require.Contains(t, page, "delivered")

	res, frame := s.call(http.MethodGet, fmt.Sprintf("/messages/%d/html", id), nil)
	require.Contains(t, string(frame), `<a href="https://x.example/yes">yes</a><script>x</script>`)
	require.Contains(t, string(frame), `<base target="_blank">`)
	require.Equal(t, frameRules, res.Header.Get("Content-Security-Policy"))

	for _, path := range []string{"/messages/999", "/messages/x", "/messages/999/html"} {
		res, body := s.call(http.MethodGet, path, nil)
		require.Equal(t, http.StatusNotFound, res.StatusCode)
		require.Contains(t, string(body), "not here")
	}
}

func TestButtonsMakeEvents(t *testing.T) {
	s := start(t)
	s.send(letter("ann@example.com"))
	id := s.only().ID
	for _, b := range buttons {
		res, page := s.form(fmt.Sprintf("/messages/%d/events", id), url.Values{"event": {b.Event}})
		require.Equal(t, http.StatusOK, res.StatusCode)
		require.Contains(t, page, notices["event"])
	}
	s.await("all of them", func() bool { return len(s.names("ann@example.com")) == 2+len(buttons) })
	require.ElementsMatch(t, []string{"processed", "delivered", "open", "click", "bounce", "bounce", "spamreport", "unsubscribe"}, s.names("ann@example.com"))
	res, _ := s.form(fmt.Sprintf("/messages/%d/events", id), url.Values{"event": {"nonsense"}})
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	s := start(t)
	s.send(letter("ann@example.com"))
	res, _ := s.call(http.MethodPost, "/clear", nil, "Sec-Fetch-Site", "cross-site")
	require.Equal(t, http.StatusForbidden, res.StatusCode)
	require.Equal(t, 1, s.server.store.total())
}

func TestEmptyingTheInbox(t *testing.T) {
	s := start(t)
	s.send(letter("ann@example.com"))
	last := s.only().ID
	_, page := s.form("/clear", nil)
	require.Contains(t, page, "No mail yet")
	s.send(letter("bob@example.com"))
	require.Greater(t, s.only().ID, last, "ids are not used again")
	res, _ := s.call(http.MethodDelete, "/api/messages", nil)
	require.Equal(t, http.StatusNoContent, res.StatusCode)
	require.Zero(t, s.server.store.total())
}

func TestMessagesThroughTheAPI(t *testing.T) {
	s := start(t)
	s.send(letter("ann@example.com", "bob@example.com"))
	between := time.Now().Format(time.RFC3339Nano)
	s.send(with(letter("ann@example.com"), "subject", "Your match"))
	find := func(query string) (subjects []string) {
		var list MessageList
		s.api(http.MethodGet, "/api/messages?"+query, nil, &list)
		for _, m := range list.Messages {
			subjects = append(subjects, m.Subject)
		}
		return subjects
	}
	require.Equal(t, []string{"Your match", "Hello", "Hello"}, find(""))
	require.Equal(t, []string{"Your match", "Hello"}, find("to=ANN@example.com"))
	require.Equal(t, []string{"Your match"}, find("subject=MATCH"))
	require.Equal(t, []string{"Your match"}, find("after=2"))
	require.Equal(t, []string{"Your match"}, find("after="+url.QueryEscape(between)))
	require.Equal(t, []string{"Your match"}, find("limit=1"))
	require.Equal(t, []string{"Hello"}, find("before=2"))
	require.Empty(t, find("to=eve@example.com"))
	var list MessageList
	s.api(http.MethodGet, "/api/messages?limit=2", nil, &list)
	require.Equal(t, 2, list.Next)
	for _, bad := range []string{"limit=0", "limit=x", "limit=5001", "after=yesterday", "before=x"} {
		res, _ := s.call(http.MethodGet, "/api/messages?"+bad, nil)
		require.Equal(t, http.StatusBadRequest, res.StatusCode, bad)
	}
	var stats Stats
	s.api(http.MethodGet, "/api/stats", nil, &stats)
	require.Equal(t, 2, stats.Calls)
	require.Equal(t, 2, stats.AcceptedCalls)
	require.Equal(t, 3, stats.Messages)
	require.Equal(t, map[string]int{"ann@example.com": 2, "bob@example.com": 1}, stats.PerAddress)
	require.Equal(t, 2, stats.MaxPerAddress)
	require.Equal(t, 1, stats.PeakInFlight)
	require.Equal(t, map[string]int{"202": 2}, stats.Statuses)
}

func TestSettingsChangeWhatTheyName(t *testing.T) {
	s := start(t)
	var before, after Settings
	s.api(http.MethodGet, "/api/settings", nil, &before)
	s.api(http.MethodPut, "/api/settings", object{"event_delay": "3s"}, &after)
	require.Equal(t, "3s", time.Duration(after.EventDelay).String())
	after.EventDelay = before.EventDelay
	require.Equal(t, before, after)
	res, _ := s.call(http.MethodPut, "/api/settings", object{"event_dealy": "3s"})
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
}
