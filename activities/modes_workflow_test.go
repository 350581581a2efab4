package activities_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
	"rondo/activities/matching"
	"rondo/workflows"
)

// in gives the program a mode; fields is JSON of a matching.Problem.
func (v *voyage) in(mode matching.Mode, fields string) {
	v.t.Helper()
	var p matching.Problem
	require.NoError(v.t, json.Unmarshal([]byte(fields), &p))
	v.exec(`UPDATE programs SET mode = $1, group_size = $2, seats = $3, fixed = $4`, mode, max(p.GroupSize, 2), p.Seats, append([]int64{}, p.Fixed...))
}

func (v *voyage) everybody() {
	n := v.int(`SELECT count(*) FROM people`)
	var all []int64
	for id := int64(1); id <= n; id++ {
		all = append(all, id)
	}
	v.at(2*hour, func() { v.answer("yes", all...) })
}

// replays reports whether the round's problem is solved the same again.
func (v *voyage) replays() bool {
	v.t.Helper()
	r, err := v.ReplayMatching(v.t.Context(), v.round)
	require.NoError(v.t, err)
	return r.Same
}

func TestRoundOfAComposerWithRematch(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 17)
	v.exec(`UPDATE people SET attributes = jsonb_build_object('role', CASE WHEN id <= 5 THEN 'mentor' WHEN id <= 16 THEN 'mentee' ELSE 'boss' END)`)
	v.in(matching.ModeCompose, `{"seats": {"attribute": "role", "of": [{"value": "mentor", "count": 1}, {"value": "mentee", "count": 1}], "rematch": -1}}`)
	v.everybody()
	v.sail()
	require.EqualValues(t, 11, v.int(`SELECT count(*) FROM round_groups`))
	require.Zero(t, v.int(`SELECT count(*) FROM people p WHERE id <= 16 AND (SELECT count(*) FROM group_members g WHERE g.person_id = p.id)
		NOT BETWEEN CASE WHEN id <= 5 THEN 2 ELSE 1 END AND CASE WHEN id <= 5 THEN 3 ELSE 1 END`), "mentees once, mentors two or three times")
	require.Equal(t, map[string]int{"opt_in": 17, "match": 22, "no_match": 1, "check_in": 16}, v.mailed(), "a match mail for each group, a check-in for each person")
	require.EqualValues(t, 22, v.int(`SELECT count(*) FROM messages JOIN group_members g ON g.group_no = step AND g.person_id = messages.person_id WHERE purpose = 'match'`))
	require.EqualValues(t, 11, v.int(`SELECT count(*) FROM pairs_met WHERE times = 1`))
	require.EqualValues(t, 17, v.int(`SELECT max(person_id) FROM odd_ones`), "no seat is for a boss")
	require.True(t, v.replays())
	report, err := v.RoundReport(t.Context(), v.round)
	require.NoError(t, err)
	require.Equal(t, []int{16, 11, 11, 1}, []int{report.Grouped, report.Groups, report.Pairs, report.Unmatched})
}

func TestRoundOfALottery(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 12)
	v.in(matching.ModeLottery, `{"group_size": 3, "fixed": [7, 9]}`)
	v.exec(`INSERT INTO program_leavers (program_id, person_id) VALUES ($1, 9)`, v.program)
	v.at(2*hour, func() { v.answer("yes", 1, 2, 3, 4, 5, 6, 7, 8) })
	v.sail()
	require.Equal(t, map[string]int{"opt_in": 11, "match": 4, "check_in": 4, "reminder": 3}, v.mailed(), "nobody else is told anything")
	require.EqualValues(t, 1, v.int(`SELECT count(*) FROM group_members WHERE person_id = 7`), "who is fixed and takes part is in the group")
	require.EqualValues(t, 4, v.int(`SELECT count(*) FROM odd_ones`), "who was not drawn comes sooner next time")
	require.True(t, v.replays())
}

func TestRoundOfAMystery(t *testing.T) {
	t.Parallel()
	v := setupVoyage(t, 9)
	v.in(matching.ModeMystery, `{}`)
	v.everybody()
	v.sail()
	require.Equal(t, map[string]int{"opt_in": 9, "match": 9, "check_in": 9}, v.mailed())
	require.EqualValues(t, 9, v.int(`SELECT count(DISTINCT person_id) FROM group_members WHERE receives`))
	require.EqualValues(t, 9, v.int(`SELECT count(DISTINCT g.person_id) FROM group_members g JOIN messages m ON m.purpose = 'match'
		AND m.person_id = g.person_id AND m.step = g.group_no WHERE NOT receives`), "each is told of the group in which they give")
	require.EqualValues(t, 9, v.int(`SELECT count(*) FROM pairs_met WHERE times = 1`), "nobody gets from whom they give to")
	require.True(t, v.replays())
}

// What the provider is given about a mystery: each mail names whom its reader gives to, and nobody else.
func TestNobodyIsToldWhoGivesToThem(t *testing.T) {
	p := setupPost(t, 3)
	p.exec(`UPDATE rounds SET phase = 'sending', mode = 'mystery'`)
	p.exec(`INSERT INTO round_groups (round_id, no, score, reasons) SELECT 1, id, '{}', '[]' FROM people`)
	p.exec(`INSERT INTO group_members SELECT 1, id, id, false FROM people UNION ALL SELECT 1, id, id % 3 + 1, true FROM people`)
	for i, purpose := range []workflows.Purpose{workflows.MatchMail, workflows.CheckInMail} {
		_, err := p.deliver(purpose, nil)
		require.NoError(t, err)
		require.Equal(t, each(3, i+1), p.arrived())
		var list struct {
			Messages []struct{ Subject, Text string } `json:"messages"`
		}
		p.get("/api/messages?to=p1@"+p.domain, &list)
		require.Len(t, list.Messages, i+1)
		p.exec(`UPDATE rounds SET phase = 'sent'`)
	}
	for _, purpose := range []workflows.Purpose{workflows.MatchMail, workflows.CheckInMail} {
		text := mail.Texts{}.For(purpose, "mystery")
		require.NotContains(t, strings.ToLower(text.Subject+text.Text+text.HTML), "meet")
	}
	m := p.latest("p1")
	require.Contains(t, m.Text, "Have you given to Person <2>?")
	require.NotContains(t, m.Text+m.HTML+m.Subject, "Person <3>")
}

// A check-in is one message, also to somebody who is in several groups, and names the people of all.
func TestACheckInIsAboutAllGroups(t *testing.T) {
	p := setupPost(t, 3)
	p.exec(`UPDATE rounds SET phase = 'sending', mode = 'composer'`)
	p.exec(`INSERT INTO round_groups (round_id, no, score, reasons) SELECT 1, id, '{}', '[]' FROM people WHERE id < 3`)
	p.exec(`INSERT INTO group_members VALUES (1, 1, 1), (1, 1, 2), (1, 2, 1), (1, 2, 3)`)
	got, err := p.deliver(workflows.MatchMail, nil)
	require.NoError(t, err)
	require.Equal(t, 4, got.Sent)
	require.Equal(t, 2, got.Calls, "the provider takes an address once in a call")
	require.Equal(t, map[string]int{"p1": 2, "p2": 1, "p3": 1}, p.arrived())
	p.exec(`UPDATE rounds SET phase = 'sent'`)
	got, err = p.deliver(workflows.CheckInMail, nil)
	require.NoError(t, err)
	require.Equal(t, 3, got.Sent)
	require.Contains(t, p.latest("p1").Text, "Did you meet Person <2>, Person <3>?")
}
