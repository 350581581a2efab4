package api

import (
	"net/http"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
)

func TestAMatchShowsWhatTheProgramShows(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkMatch, ana)
	k.open(at).has(t, "You have no match in this round")

	k.everybodyIn("review")
	s := k.open(at)
	s.has(t, "Your match is on its way", "Wednesday 10 June 2026 at 10:00 (CEST)", "I cannot make it")
	s.lacks(t, "Bo O", "Cy Young")
	require.Equal(t, http.StatusGone, k.open(k.link(mail.LinkCalendar, ana)).Status)

	k.exec(`UPDATE rounds SET phase = 'sent' WHERE id = $1`, k.round)
	s = k.open(at)
	s.has(t, "You meet Bo O&#39;Brien and Cy Young", "mailto:bo@example.org", "Sales", "Cork", "Legal",
		"mailto:bo@example.org,cy@example.org?subject=Coffee", "/c/")
	s.lacks(t, "salary", "Ana", "Dee", "I cannot make it")
	require.Equal(t, http.StatusConflict, k.send(at, "action", "no").Status)

	k.open(k.link(mail.LinkMatch, dee)).has(t, "No match this time", "There was nobody else to meet.")

	k.exec(`UPDATE people SET status = 'erased', email = NULL, name = '', attributes = '{}' WHERE id = 2`)
	k.open(at).has(t, "You meet somebody who has left and Cy Young", "mailto:cy@example.org?subject=Coffee")
}

func TestAMemberWhoCannotMakeItStepsBackBeforeTheGroupsGoOut(t *testing.T) {
	k := setupPages(t)
	k.everybodyIn("ready")
	k.done(k.link(mail.LinkMatch, ana), "action", "no").has(t, "You have no match in this round", "Your answer is saved.")
	require.Equal(t, "no page", k.answerOf(ana))
	require.Len(t, k.bell.rung, 1)
	require.Equal(t, http.StatusUnprocessableEntity, k.send(k.link(mail.LinkMatch, bo), "action", "yes").Status)
}

func TestTheCalendarFileIsADayToMove(t *testing.T) {
	k := setupPages(t)
	k.everybodyIn("sent")
	k.exec(`UPDATE rounds SET match_at = '2026-06-10 23:30Z' WHERE id = $1`, k.round)
	k.exec(`UPDATE programs SET name = E'Coffee; cake, "tea"' `)
	for person, day := range map[int64]string{ana: "20260611", cy: "20260610"} { // the day it is in Paris and in New York
		at := k.link(mail.LinkCalendar, person)
		require.True(t, strings.HasSuffix(at, ".ics"))
		s := k.open(at)
		require.Equal(t, http.StatusOK, s.Status, "%s", s.Body)
		require.Equal(t, "text/calendar; charset=utf-8", s.Header.Get("Content-Type"))
		require.Equal(t, s.Body, k.open(strings.TrimSuffix(at, ".ics")).Body)
		cal, err := ics.ParseCalendar(strings.NewReader(s.Body))
		require.NoError(t, err)
		require.Len(t, cal.Events(), 1)
		e := cal.Events()[0]
		get := func(p ics.ComponentProperty) string { return e.GetProperty(p).Value }
		require.Equal(t, day, get(ics.ComponentPropertyDtStart))
		require.Equal(t, "TRANSPARENT", get(ics.ComponentPropertyTransp))
		require.Contains(t, get(ics.ComponentPropertySummary), `Coffee; cake, "tea"`)
		require.Contains(t, get(ics.ComponentPropertyDescription), "bo@example.org")
		require.Equal(t, "20260609T100000Z", get(ics.ComponentPropertyDtstamp))
		require.NotContains(t, s.Body, "salary")
		for line := range strings.SplitSeq(s.Body, "\r\n") {
			require.LessOrEqual(t, len(line), 75)
		}
	}
	require.Equal(t, http.StatusGone, k.open(k.link(mail.LinkCalendar, dee)).Status)
}

func TestAddressesCannotAddHeadersToAMail(t *testing.T) {
	require.Equal(t, "mailto:a%3Fbcc%3Dx%26y%2Cz@example.org?subject=R%26D%20%3Fbcc%3Dq",
		string(mailto([]string{"a?bcc=x&y,z@example.org"}, "R&D ?bcc=q")))
}

func TestAMysteryPageShowsWhomTheReaderGivesTo(t *testing.T) {
	k := setupPages(t)
	k.everybodyIn("sent")
	k.exec(`UPDATE rounds SET mode = 'mystery' WHERE id = $1`, k.round)
	k.exec(`DELETE FROM group_members`)
	k.exec(`INSERT INTO group_members VALUES ($1, 1, 1, false), ($1, 1, 2, true), ($1, 2, 3, false), ($1, 2, 1, true)`, k.round)
	s := k.open(k.link(mail.LinkMatch, ana))
	s.has(t, "You give to Bo O&#39;Brien", "bo@example.org", "you are not told who", "/c/")
	s.lacks(t, "Cy Young", "mailto:", "Write to")
	k.open(k.link(mail.LinkMatch, bo)).has(t, "You have no match in this round")
	require.Equal(t, http.StatusGone, k.open(k.link(mail.LinkCalendar, bo)).Status, "who only receives knows of nothing")
	calendar := k.open(k.link(mail.LinkCalendar, ana))
	calendar.has(t, "SUMMARY:Give to Bo O'Brien")
	calendar.lacks(t, "Cy", "agree on one")
	s = k.open(k.link(mail.LinkCheckIn, ana))
	s.has(t, "Have you given to Bo O&#39;Brien?", "Yes, I have")
	s.lacks(t, "Cy Young", "meet")
	s = k.open(k.link(mail.LinkCheckIn, bo))
	s.lacks(t, "Ana")
}

func TestAMemberOfSeveralGroupsSeesThemApart(t *testing.T) {
	k := setupPages(t)
	k.everybodyIn("sent")
	k.exec(`UPDATE rounds SET mode = 'composer' WHERE id = $1`, k.round)
	k.exec(`DELETE FROM group_members`)
	k.exec(`INSERT INTO group_members VALUES ($1, 1, 1), ($1, 1, 2), ($1, 2, 1), ($1, 2, 3)`, k.round)
	s := k.open(k.link(mail.LinkMatch, ana))
	s.has(t, "You meet Bo O&#39;Brien and Cy Young", "mailto:bo@example.org?subject=Coffee", "mailto:cy@example.org?subject=Coffee", "Write to Cy Young")
	s.lacks(t, "bo@example.org,cy@example.org")
	require.Equal(t, 2, strings.Count(k.open(k.link(mail.LinkCalendar, ana)).Body, "BEGIN:VEVENT"))
	k.open(k.link(mail.LinkCheckIn, ana)).has(t, "Did you meet Bo O&#39;Brien and Cy Young?")
}
