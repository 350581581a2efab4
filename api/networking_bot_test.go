package api

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBotOfASession(t *testing.T) {
	f := setup(t, withTemporal(t))
	event := f.event("Founder", "Investor")
	s := f.session(event)
	require.False(t, s.Bot)
	path := fmt.Sprintf("/v1/sessions/%d/bot", s.ID)
	a := f.call(Admin, "POST", path, nil)
	require.Equal(t, http.StatusOK, a.Status, "%s", a.Body)
	require.NotEmpty(t, a.Header.Get("ETag"))
	f.decode(a, &s)
	require.True(t, s.Bot)
	bot := *s.BotID
	var tickets Page[Ticket]
	read := func() string {
		tickets = Page[Ticket]{}
		f.decode(f.call(Read, "GET", fmt.Sprintf("/v1/events/%d/tickets", event), nil), &tickets)
		require.Len(t, tickets.Items, 1)
		require.Equal(t, bot, tickets.Items[0].PersonID)
		return fmt.Sprint(tickets.Items[0].Type, " ", tickets.Items[0].RevokedAt == nil)
	}
	require.Equal(t, "Founder true", read())
	f.decode(f.call(Admin, "POST", path, `{"type": "Investor"}`), &s)
	require.Equal(t, "Investor true", read())
	require.Equal(t, "ticket_type_not_found", f.call(Admin, "POST", path, `{"type": "Sponsor"}`).Problem.Code)
	require.Equal(t, http.StatusForbidden, f.call(Signal, "POST", path, nil).Status)

	f.decode(f.call(Admin, "DELETE", path, nil), &s)
	require.False(t, s.Bot)
	require.Equal(t, "Investor false", read())
	require.Equal(t, "person_is_bot", f.call(Admin, "POST", fmt.Sprintf("/v1/people/%d/reactivate", bot), nil).Problem.Code)
	_, err := f.server.store.Pool().Exec(t.Context(), `UPDATE networking_sessions SET phase = 'closed'`)
	require.NoError(t, err)
	require.Equal(t, "session_over", f.call(Admin, "POST", path, nil).Problem.Code)
	require.Equal(t, "session_over", f.call(Admin, "DELETE", path, nil).Problem.Code)
	require.Equal(t, "session_not_found", f.call(Admin, "POST", "/v1/sessions/99999/bot", nil).Problem.Code)
}
