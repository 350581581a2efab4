package api

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
)

func (k *pageKit) answerOf(person int64) string {
	return k.text(`SELECT concat_ws(' ', coalesce(answer, 'none'), answer_source) FROM round_members WHERE round_id = $1 AND person_id = $2`, k.round, person)
}

func TestAMemberAnswersAndChangesTheirMind(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkAnswer, ana)
	s := k.open(at)
	s.has(t, "Are you in this time?", "Ana López", "Coffee introduces you", "(CE", `value="yes" class="main"`)
	k.open(at+"?answer=no").has(t, "Not this time?", `value="no" class="main"`)
	require.Equal(t, "none", k.answerOf(ana))

	k.done(at, "action", "yes").has(t, "<h1>You are in</h1>", "Your answer is saved.")
	require.Equal(t, "yes page", k.answerOf(ana))
	require.Equal(t, "1 0", k.text(`SELECT opted_in || ' ' || declined FROM round_counts WHERE round_id = $1`, k.round))
	k.done(at, "action", "no").has(t, "<h1>Not this time</h1>")
	require.Equal(t, "no page", k.answerOf(ana))
	require.Equal(t, "0 1", k.text(`SELECT opted_in || ' ' || declined FROM round_counts WHERE round_id = $1`, k.round))
	require.Equal(t, http.StatusUnprocessableEntity, k.send(at, "action", "maybe").Status)
	require.Equal(t, http.StatusUnprocessableEntity, k.send(at).Status)
	require.Equal(t, http.StatusRequestEntityTooLarge,
		k.send(at, "action", string(make([]byte, 100_000))).Status)
}

func TestAnswersCloseAndTheGroupsGoOut(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkAnswer, ana)
	k.exec(`UPDATE rounds SET answers_close_at = now() - interval '1 minute' WHERE id = $1`, k.round)
	k.open(at).has(t, "<h1>Answers have closed</h1>")
	s := k.send(at, "action", "yes")
	require.Equal(t, http.StatusConflict, s.Status)
	s.has(t, "That came too late", `href="`+at+`"`)

	k.everybodyIn("review")
	k.open(at).has(t, "<h1>You are in</h1>", "I cannot make it")
	k.done(at, "action", "no").has(t, "<h1>Not this time</h1>")
	require.Equal(t, "no page", k.answerOf(ana))
	require.Len(t, k.bell.rung, 1, "the round has lost somebody and is told to repair itself")
	require.Equal(t, http.StatusConflict, k.send(at, "action", "yes").Status)

	k.exec(`UPDATE rounds SET phase = 'sent' WHERE id = $1`, k.round)
	k.open(k.link(mail.LinkAnswer, bo)).has(t, "The introductions have gone out")
	require.Equal(t, http.StatusConflict, k.send(k.link(mail.LinkAnswer, bo), "action", "no").Status)
	k.exec(`UPDATE rounds SET phase = 'cancelled' WHERE id = $1`, k.round)
	k.open(at).has(t, "This round does not take place")
}

func TestABreakEndsWhenTheMemberSays(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkAnswer, ana)
	k.done(at, "action", "snooze", "weeks", "2").has(t, "<h1>You are on a break</h1>", "You are on a break until <time")
	require.Equal(t, "14 00:00", k.text(`SELECT (snoozed_until AT TIME ZONE 'Europe/Paris')::date - (now() AT TIME ZONE 'Europe/Paris')::date
		|| to_char(snoozed_until AT TIME ZONE 'Europe/Paris', ' HH24:MI') FROM people WHERE id = 1`))
	require.Equal(t, "f", k.text(`SELECT left((removed_at IS NULL)::text, 1) FROM round_members WHERE round_id = $1 AND person_id = 1`, k.round))
	k.done(at, "action", "resume").has(t, "your break has ended")
	require.Equal(t, "t", k.text(`SELECT left((snoozed_until IS NULL)::text, 1) FROM people WHERE id = 1`))
	require.Len(t, k.bell.rung, 1, "the open round looks for the person again")

	day := time.Now().AddDate(0, 0, 40).Format(time.DateOnly)
	k.done(at, "action", "snooze", "until", day)
	require.Equal(t, day, k.text(`SELECT (snoozed_until AT TIME ZONE 'Europe/Paris')::date::text FROM people WHERE id = 1`))
	for _, bad := range []string{"", "tomorrow", "2020-01-01", time.Now().Format(time.DateOnly), "9999-12-31", "0000-00-00", day + "T00:00"} {
		s := k.send(at, "action", "snooze", "until", bad)
		require.Equal(t, http.StatusUnprocessableEntity, s.Status, bad)
		s.has(t, "That did not work", "Back to the page")
	}
}

func TestAMemberLeavesAndComesBack(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkAnswer, ana)
	k.done(at, "action", "leave").has(t, "<h1>You have left Coffee</h1>")
	require.Equal(t, "1", k.text(`SELECT string_agg(person_id::text, ' ') FROM program_leavers`))
	k.done(at, "action", "rejoin").has(t, "You are not part of this round")
	require.Empty(t, k.text(`SELECT coalesce(string_agg(person_id::text, ' '), '') FROM program_leavers`))
	require.Len(t, k.bell.rung, 1)
}
