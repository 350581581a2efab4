package api

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
)

func (k *pageKit) wishes(person int64) string {
	return k.text(`SELECT coalesce(string_agg((CASE WHEN avoid THEN '-' ELSE '+' END) || other_id, ' ' ORDER BY avoid, rank), '') FROM wishes WHERE person_id = $1`, person)
}

func TestAMemberNamesPeopleToMeetAndToAvoid(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkPreferences, ana)
	k.open(at+"?q=young").has(t, "Cy Young", "Meet<span")
	k.done(at, "action", "meet", "person", "3", "q", "YOUNG").has(t, "You would like to meet", "Cy Young", "Your wishes are saved.")
	k.done(at, "action", "meet", "person", "2", "q", "o'brien")
	require.Equal(t, "+3 +2", k.wishes(ana))
	k.done(at, "action", "first", "person", "2")
	require.Equal(t, "+2 +3", k.wishes(ana))
	k.done(at, "action", "avoid", "person", "4", "q", "dee zoe").has(t, "You would rather not meet", "Dee Zoë")
	k.done(at, "action", "avoid", "person", "2")
	require.Equal(t, "+3 -4 -2", k.wishes(ana))
	k.done(at, "action", "forget", "person", "4")
	require.Equal(t, "+3 -2", k.wishes(ana))
	k.open(at+"?q=young").has(t, "You have chosen everybody of that name already.")
	k.open(k.link(mail.LinkPreferences, cy)).lacks(t, "Ana")
	require.Empty(t, k.wishes(cy), "wishes are nobody else's")
}

// Nobody can use the search, or the form behind it, to read off who takes part.
func TestASearchFindsWhomOneCanName(t *testing.T) {
	k := setupPages(t)
	at := k.link(mail.LinkPreferences, ana)
	for query, found := range map[string]bool{
		"Cy Young": true, "young": true, "YOUNG cy": true, "cy-young": true, "zoe": true, "ZOË": true, "o’brien": true, "brien": true,
		"you": false, "y": false, "": false, "%": false, "_": false, "cy brien": false, "cy@example.org": false, "ana": false, "zed": false, "Legal": false,
		"' OR 1=1 --": false, "\x00": false, "a b c d e f g h i j k l cy": false,
	} {
		s := k.open(at + "?q=" + url.QueryEscape(query))
		require.Equal(t, http.StatusOK, s.Status, "%q", query)
		if found {
			require.Contains(t, s.Body, `value="meet"`, "%q", query)
		} else {
			require.NotContains(t, s.Body, `value="meet"`, "%q", query)
		}
		s.lacks(t, "Zed Young")
	}
	for _, form := range [][]string{
		{"person", "3"},
		{"person", "3", "q", "bo"},
		{"person", "5", "q", "young"},
		{"person", "5", "q", "zed"},
		{"person", "1", "q", "ana"},
		{"person", "x", "q", "young"},
		{"person", "999", "q", "young"},
		{"person", "-1"},
		{},
	} {
		for _, action := range []string{"meet", "avoid", "first", "forget"} {
			if action != "meet" && action != "avoid" && len(form) > 2 && form[1] == "3" {
				continue
			}
			s := k.send(at, append([]string{"action", action}, form...)...)
			require.Equal(t, http.StatusUnprocessableEntity, s.Status, "%s %q", action, form)
		}
	}
	require.Empty(t, k.wishes(ana))

	k.exec(`UPDATE people SET name = 'Cy Young', attributes = '{"team": "Sales", "salary": "9"}' WHERE id = 2`)
	s := k.open(at + "?q=young")
	s.has(t, "Legal", "Sales")
	s.lacks(t, "salary")

	k.exec(`INSERT INTO people (email, name) SELECT 'y' || i || '@example.org', 'Y' || i || ' Young' FROM generate_series(1, 10) i`)
	k.exec(`INSERT INTO round_members (round_id, person_id) SELECT $1, id FROM people WHERE email LIKE 'y%'`, k.round)
	s = k.open(at + "?q=young")
	s.has(t, "Many people have that name")
	s.lacks(t, "Legal", `value="meet"`)
	k.open(at+"?q=y7+young").has(t, "Y7 Young")
}

func TestPeopleMetLatelyAreAtHand(t *testing.T) {
	k := setupPages(t)
	k.everybodyIn("review")
	at := k.link(mail.LinkPreferences, ana)
	k.open(at).lacks(t, "People you met lately")
	k.exec(`UPDATE rounds SET phase = 'sent' WHERE id = $1`, k.round)
	s := k.open(at)
	s.has(t, "People you met lately", "Bo O&#39;Brien", "Cy Young")
	s.lacks(t, "Dee")
	k.done(at, "action", "avoid", "person", "2")
	require.Equal(t, "-2", k.wishes(ana))
}

func TestAMemberLeavesTheProgramsTheyAreInOnly(t *testing.T) {
	k := setupPages(t)
	other := k.id(`INSERT INTO programs (name, color) VALUES ('Lunch', '#0072b2') RETURNING id`)
	at := k.link(mail.LinkPreferences, ana)
	k.open(at).lacks(t, "Lunch")
	for _, program := range []string{fmt.Sprint(other), "999", "x", ""} {
		require.Equal(t, http.StatusUnprocessableEntity, k.send(at, "action", "leave", "program", program).Status)
	}
	k.done(at, "action", "leave", "program", fmt.Sprint(k.program)).has(t, "you have left", "Come back")
	require.Equal(t, "1", k.text(`SELECT string_agg(person_id::text, ' ') FROM program_leavers`))
	k.done(at, "action", "rejoin", "program", fmt.Sprint(k.program)).lacks(t, "you have left")
	k.done(at, "action", "snooze", "weeks", "4").has(t, "You are on a break until")
	k.done(at, "action", "resume").has(t, "Or until")
}
