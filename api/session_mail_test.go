package api

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestInvitingToASession(t *testing.T) {
	f := setup(t, withTemporal(t))
	event := f.event("Guest")
	f.people(2)
	s := f.session(event)
	require.True(t, s.MailMatches, "attendees get their matches unless somebody says otherwise")
	require.Nil(t, s.InvitedAt)
	path := fmt.Sprintf("/v1/sessions/%d", s.ID)

	a := f.call(Send, http.MethodPost, path+"/invite", nil)
	s = into[NetworkingSession](t, a, http.StatusOK)
	require.NotNil(t, s.InvitedAt)
	a = f.call(Admin, http.MethodPatch, path, `{"mail_matches":false}`, "If-Match", a.Header.Get("ETag"))
	s = into[NetworkingSession](t, a, http.StatusOK)
	require.False(t, s.MailMatches)
	require.NotNil(t, s.InvitedAt)

	_, err := f.server.store.Pool().Exec(t.Context(), `INSERT INTO ledger (purpose, subject_id, person_id, state, reason)
		VALUES ('join', $1, 1, 'suppressed', 'inactive'), ('met', $1, 2, 'failed', 'refused'), ('opt_in', $1, 1, 'suppressed', 'inactive')`, s.ID)
	require.NoError(t, err)
	list := into[Page[Message]](t, f.call(Read, http.MethodGet, "/v1/messages?session="+decimal(s.ID), nil), http.StatusOK).Items
	require.Len(t, list, 2)
	require.Equal(t, []int64{s.ID, 0}, []int64{list[0].SessionID, list[0].RoundID})
	require.Len(t, into[Page[Message]](t, f.call(Read, http.MethodGet, "/v1/messages?round="+decimal(s.ID), nil), http.StatusOK).Items, 1)
	require.Len(t, into[Page[Message]](t, f.call(Read, http.MethodGet, "/v1/messages?purpose=met", nil), http.StatusOK).Items, 1)

	_, err = f.server.store.Pool().Exec(t.Context(), `UPDATE networking_sessions SET phase = $2 WHERE id = $1`, s.ID, store.SessionEnding)
	require.NoError(t, err)
	require.Equal(t, "session_over", f.call(Send, http.MethodPost, path+"/invite", nil).Problem.Code)
	require.Equal(t, "session_not_found", f.call(Send, http.MethodPost, "/v1/sessions/99/invite", nil).Problem.Code)
}
