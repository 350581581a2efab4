package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
)

func (k *pageKit) checkIn(person int64) string {
	return k.text(`SELECT coalesce((SELECT answer || ': ' || note FROM check_ins WHERE round_id = $1 AND person_id = $2), '')`, k.round, person)
}

func TestAMemberTellsWhetherTheyMet(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkCheckIn, ana)
	k.everybodyIn("ready")
	k.open(at).has(t, "Not yet")
	require.Equal(t, http.StatusConflict, k.send(at, "answer", "yes").Status)

	k.exec(`UPDATE rounds SET phase = 'sent' WHERE id = $1`, k.round)
	s := k.open(at)
	s.has(t, "Did you meet Bo O&#39;Brien and Cy Young?", "Those who run Coffee read this.")
	s.lacks(t, "checked")
	k.open(at+"?answer=planned").has(t, `value="planned" required checked`)
	require.Empty(t, k.checkIn(ana))

	k.done(at, "answer", "planned", "note", "Next week,\r\nat <b>noon</b>").has(t, "Thank you for telling us.", `value="planned" required checked`,
		"Next week,\nat &lt;b&gt;noon&lt;/b&gt;")
	require.Equal(t, "planned: Next week,\nat <b>noon</b>", k.checkIn(ana))
	k.done(at, "answer", "yes", "note", "")
	require.Equal(t, "yes: ", k.checkIn(ana), "the last word counts")

	for _, bad := range [][]string{{"answer", "maybe"}, {"answer", ""}, {"answer", "yes", "note", strings.Repeat("é", 2001)}, {"answer", "yes", "note", "\x00"}, {"answer", "yes", "note", "\xff"}} {
		s := k.send(at, bad...)
		require.Equal(t, http.StatusUnprocessableEntity, s.Status, "%.100q: %s", bad, s.Body)
	}
	require.Equal(t, "yes: ", k.checkIn(ana))
	k.open(k.link(mail.LinkCheckIn, dee)).has(t, "You had no match in this round")
	require.Equal(t, http.StatusConflict, k.send(k.link(mail.LinkCheckIn, dee), "answer", "yes").Status)

	k.exec(`UPDATE rounds SET phase = 'closed' WHERE id = $1`, k.round)
	k.open(at).has(t, "This round is closed. You said: Yes, we met.")
	require.Equal(t, http.StatusConflict, k.send(at, "answer", "no").Status)
}
