package store_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// inMode makes a round in review whose members all said yes; p is what the program says.
func inMode(t *testing.T, people int, p matching.Problem) (*roundKit, int64) {
	k := setupRounds(t, storetest.New(t), people)
	k.exec(`UPDATE people SET attributes = jsonb_build_object('role', CASE WHEN id <= 2 THEN 'mentor' ELSE 'mentee' END)`)
	k.exec(`UPDATE programs SET mode = $1, group_size = $2, seats = $3, fixed = $4, leftover = $5`,
		p.Mode, p.GroupSize, p.Seats, append([]int64{}, p.Fixed...), max(p.Leftover, matching.LeftoverLarger))
	return k, k.matched(`review = true`, people)
}

var mentoring = matching.Problem{Mode: matching.ModeCompose, GroupSize: 2, Seats: matching.Seats{
	Attribute: "role", Of: []matching.Seat{{Value: "mentor", Count: 1}, {Value: "mentee", Count: 1}}, Rematch: -1,
}}

// gifts are who gives to whom, as they are shown.
func (k *roundKit) gifts(round int64) map[int64]int64 {
	k.t.Helper()
	rows, err := k.Pool().Query(bg, `SELECT a.person_id, b.person_id FROM group_members a JOIN group_members b USING (round_id, group_no)
		WHERE round_id = $1 AND NOT a.receives AND b.receives`, round)
	require.NoError(k.t, err)
	defer rows.Close()
	to := map[int64]int64{}
	for rows.Next() {
		var a, b int64
		require.NoError(k.t, rows.Scan(&a, &b))
		to[a] = b
	}
	require.NoError(k.t, rows.Err())
	return to
}

func (k *roundKit) refused(round int64, e store.GroupEdit) string {
	k.t.Helper()
	version, err := k.GroupsVersion(bg, round)
	require.NoError(k.t, err)
	_, err = k.EditGroups(bg, round, version, e, false)
	return fault.From(err).Code
}

func TestReviewOfAMystery(t *testing.T) {
	t.Parallel()
	k, round := inMode(t, 6, matching.Problem{Mode: matching.ModeMystery, GroupSize: 2})
	first := k.gifts(round)
	require.Len(t, first, 6)
	b := int64(2)
	for b == first[1] || first[b] == 1 {
		b++
	}
	k.edit(round, store.GroupEdit{Kind: "swap", A: 1, B: b})
	require.Equal(t, []int64{first[b], first[1]}, []int64{k.gifts(round)[1], k.gifts(round)[b]}, "swapped receivers")
	k.edit(round, store.GroupEdit{Kind: "undo"})
	require.Equal(t, first, k.gifts(round))

	require.Equal(t, "gives_to_self", k.refused(round, store.GroupEdit{Kind: "swap", A: 1, B: first[1]}))
	require.Equal(t, "move_not_in_mode", k.refused(round, store.GroupEdit{Kind: "move", A: 1, Group: 2}))
	require.Equal(t, "same_group", k.refused(round, store.GroupEdit{Kind: "swap", A: 1, B: 1}))

	no := int(k.id(`SELECT group_no FROM group_members WHERE person_id = 1 AND NOT receives`))
	k.edit(round, store.GroupEdit{Kind: "pin", Group: no})
	require.Equal(t, "group_pinned", k.refused(round, store.GroupEdit{Kind: "swap", A: 1, B: b}))
	require.Equal(t, "group_pinned", k.refused(round, store.GroupEdit{Kind: "forbid", A: first[1], B: 1}))
	k.edit(round, store.GroupEdit{Kind: "regenerate"})
	require.Equal(t, first[1], k.gifts(round)[1], "the pin holds, and its direction")
	k.edit(round, store.GroupEdit{Kind: "unpin", Group: int(k.id(`SELECT no FROM round_groups WHERE pinned`))})
	was := k.gifts(round)
	k.edit(round, store.GroupEdit{Kind: "forbid", A: 1, B: was[1]})
	require.NotEqual(t, was[1], k.gifts(round)[1])
	require.Len(t, k.gifts(round), 6)
	k.edit(round, store.GroupEdit{Kind: "undo"})
	require.Equal(t, was, k.gifts(round))

	k.edit(round, store.GroupEdit{Kind: "remove", A: 3})
	now := k.gifts(round)
	require.Len(t, now, 5)
	require.NotContains(t, now, int64(3))
	k.edit(round, store.GroupEdit{Kind: "undo"})
	require.Equal(t, was, k.gifts(round))

	rows, err := k.Groups(bg, round, false, store.Page{Limit: 10})
	require.NoError(t, err)
	for _, g := range rows {
		giver := k.id(`SELECT person_id FROM group_members WHERE group_no = $1 AND NOT receives`, g.No)
		require.Regexp(t, `^\[\{"id": `+strconv.FormatInt(giver, 10)+`,`, string(g.Members), "the giver is shown first")
	}
}

// Before the groups have gone out somebody leaves: whoever gave to them gives to whom they gave to.
func TestAMysteryIsRepairedAndTellsNobodyWhoGives(t *testing.T) {
	t.Parallel()
	k, round := inMode(t, 5, matching.Problem{Mode: matching.ModeMystery, GroupSize: 2})
	k.answer(round, "no", 2, 2)
	require.NoError(t, k.RepairRound(bg, round, matching.Repair))
	to := k.gifts(round)
	require.Len(t, to, 4)
	k.past(round, "match_at")
	require.NoError(t, k.FreezeRound(bg, round))
	for giver, receiver := range to {
		met, err := k.MatchOf(bg, round, giver)
		require.NoError(t, err)
		require.Len(t, met, 1)
		require.Equal(t, receiver, met[0].ID)
		known, err := k.Acquaintances(bg, giver)
		require.NoError(t, err)
		require.Len(t, known, 1)
		require.Equal(t, receiver, known[0].ID)
	}
	require.Equal(t, 4, scanOne[int](k, `SELECT count(*) FROM pairs_met WHERE times = 1`))
}

// Two people can only give to each other: that they met counts once.
func TestTwoWhoGiveToEachOtherMetOnce(t *testing.T) {
	t.Parallel()
	k, round := inMode(t, 2, matching.Problem{Mode: matching.ModeMystery, GroupSize: 2})
	k.past(round, "match_at")
	require.NoError(t, k.FreezeRound(bg, round))
	require.Equal(t, 1, scanOne[int](k, `SELECT sum(times)::int FROM pairs_met`))
}

func TestReviewOfAComposer(t *testing.T) {
	t.Parallel()
	k, round := inMode(t, 9, mentoring) // two mentors, seven mentees
	first := k.groups(round)
	require.Len(t, first, 7)
	mine := k.id(`SELECT count(*) FROM group_members WHERE person_id = 1`)
	k.edit(round, store.GroupEdit{Kind: "swap", A: 1, B: 2})
	require.Equal(t, mine, k.id(`SELECT count(*) FROM group_members WHERE person_id = 2`), "they change places everywhere")
	k.edit(round, store.GroupEdit{Kind: "undo"})
	require.Equal(t, seating(first), seating(k.groups(round)))

	require.Equal(t, "move_not_in_mode", k.refused(round, store.GroupEdit{Kind: "move", A: 3, Group: 2}))
	mentee := first[2][1]
	require.Equal(t, "hard_rule_broken", k.refused(round, store.GroupEdit{Kind: "swap", A: 3 - first[2][0], B: mentee}), "the seats hold")

	k.edit(round, store.GroupEdit{Kind: "pin", Group: 1})
	k.edit(round, store.GroupEdit{Kind: "pin", Group: 2})
	pinned := [][]int64{k.groups(round)[1], k.groups(round)[2]}
	k.edit(round, store.GroupEdit{Kind: "regenerate"})
	require.Subset(t, seating(k.groups(round)), pinned)
	require.Len(t, k.groups(round), 7)
	for range 3 {
		k.edit(round, store.GroupEdit{Kind: "undo"})
	}
	require.Equal(t, seating(first), seating(k.groups(round)))

	k.edit(round, store.GroupEdit{Kind: "remove", A: 1})
	require.Len(t, k.groups(round), 7-int(mine))
	require.Equal(t, mine, k.id(`SELECT count(*) FROM round_members WHERE unmatched IS NOT NULL`))
	k.edit(round, store.GroupEdit{Kind: "undo"})
	require.Equal(t, first, k.groups(round))
	k.answer(round, "no", 1, 1)
	require.NoError(t, k.RepairRound(bg, round, matching.Repair))
	require.JSONEq(t, `[1]`, scanOne[string](k, `SELECT (detail -> 'left')::text FROM round_edits WHERE kind = 'repair'`), "listed once")
}

func TestReviewOfALottery(t *testing.T) {
	t.Parallel()
	k, round := inMode(t, 8, matching.Problem{Mode: matching.ModeLottery, GroupSize: 3, Fixed: []int64{5, 99}})
	group := k.groups(round)[1]
	require.Len(t, group, 4)
	require.Contains(t, group, int64(5))
	out := k.id(`SELECT min(person_id) FROM round_members WHERE unmatched ->> 'code' = 'not_drawn'`)
	drawn := group[0]
	if drawn == 5 {
		drawn = group[1]
	}
	k.edit(round, store.GroupEdit{Kind: "swap", A: drawn, B: out})
	require.Contains(t, k.groups(round)[1], out)
	k.edit(round, store.GroupEdit{Kind: "undo"})
	require.Equal(t, group, k.groups(round)[1])
	k.edit(round, store.GroupEdit{Kind: "remove", A: drawn})
	require.Len(t, k.groups(round)[1], 4, "somebody else is drawn")
	k.edit(round, store.GroupEdit{Kind: "regenerate"})
	k.edit(round, store.GroupEdit{Kind: "remove", A: 5})
	k.edit(round, store.GroupEdit{Kind: "regenerate"})
	require.Len(t, k.groups(round)[1], 3, "nobody fixed is left")
}
