package store_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// inReview makes a round of so many people whose groups are made and reviewed.
func inReview(t testing.TB, people int) (*roundKit, int64) {
	b := setupRounds(t, storetest.New(t), people)
	return b, b.matched(`review = true`, people)
}

// matched makes a round, with columns set, whose members all say yes, and matches it.
func (b *roundKit) matched(set string, people int) int64 {
	b.t.Helper()
	round := b.answered(set, people)
	b.match(round)
	return round
}

// groups reads who sits with whom, by group number.
func (b *roundKit) groups(round int64) map[int][]int64 {
	b.t.Helper()
	rows, err := b.Pool().Query(bg, `SELECT group_no, array_agg(person_id ORDER BY person_id) FROM group_members WHERE round_id = $1 GROUP BY 1`, round)
	require.NoError(b.t, err)
	defer rows.Close()
	out := map[int][]int64{}
	for rows.Next() {
		var no int
		var members []int64
		require.NoError(b.t, rows.Scan(&no, &members))
		out[no] = members
	}
	require.NoError(b.t, rows.Err())
	return out
}

// seating is groups without their numbers, for comparing.
func seating(groups map[int][]int64) [][]int64 {
	var out [][]int64
	for _, g := range groups {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b []int64) int { return slices.Compare(a, b) })
	return out
}

func sorted(ids ...int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return ids
}

func (b *roundKit) edit(round int64, e store.GroupEdit) store.Edited {
	b.t.Helper()
	version, err := b.GroupsVersion(bg, round)
	require.NoError(b.t, err)
	done, err := b.EditGroups(bg, round, version, e, false)
	require.NoError(b.t, err)
	return done
}

func TestReviewEdits(t *testing.T) {
	b, round := inReview(t, 12)
	first := b.groups(round)
	require.Len(t, first, 6)
	a, c := first[1][0], first[2][0]

	b.edit(round, store.GroupEdit{Kind: "swap", A: a, B: c})
	require.Contains(t, seating(b.groups(round)), sorted(first[1][1], c))
	require.Contains(t, seating(b.groups(round)), sorted(append(first[2][1:], a)...))

	b.edit(round, store.GroupEdit{Kind: "pin", Group: 3})
	pinned := b.groups(round)[3]
	_, err := b.EditGroups(bg, round, 2, store.GroupEdit{Kind: "swap", A: pinned[0], B: c}, false)
	require.Equal(t, "group_pinned", fault.From(err).Code)

	b.edit(round, store.GroupEdit{Kind: "regenerate"})
	require.Contains(t, seating(b.groups(round)), pinned, "regenerate keeps the pinned group")

	for no, members := range b.groups(round) {
		if !slices.Equal(members, pinned) {
			x, y := members[0], members[1]
			b.edit(round, store.GroupEdit{Kind: "forbid", A: x, B: y})
			for _, g := range b.groups(round) {
				require.False(t, slices.Contains(g, x) && slices.Contains(g, y), "group %d held a forbidden pair", no)
			}
			break
		}
	}
	left := b.groups(round)
	out := seating(left)[0][0]
	if slices.Contains(pinned, out) {
		out = seating(left)[1][0]
	}
	b.edit(round, store.GroupEdit{Kind: "remove", A: out})
	for _, g := range b.groups(round) {
		require.NotContains(t, g, out)
	}
	for range 5 {
		b.edit(round, store.GroupEdit{Kind: "undo"})
	}
	require.Equal(t, seating(first), seating(b.groups(round)), "undoing everything leads back")
	require.Zero(t, b.id(`SELECT count(*) FROM round_forbidden`))
	require.Zero(t, b.id(`SELECT count(*) FROM round_groups WHERE pinned`))
	_, err = b.EditGroups(bg, round, 10, store.GroupEdit{Kind: "undo"}, false)
	require.Equal(t, "nothing_to_undo", fault.From(err).Code)
}

func TestReviewRefuses(t *testing.T) {
	b, round := inReview(t, 6)
	g := b.groups(round)
	stranger := b.id(`INSERT INTO people (email) VALUES ('stranger@example.com') RETURNING id`)
	b.exec(`INSERT INTO round_forbidden VALUES ($1, $2, $3)`, round, min(g[1][0], g[2][1]), max(g[1][0], g[2][1]))
	for _, c := range []struct {
		code string
		seq  int64
		edit store.GroupEdit
	}{
		{"stale_version", 7, store.GroupEdit{Kind: "swap", A: g[1][0], B: g[2][0]}},
		{"not_taking_part", 0, store.GroupEdit{Kind: "swap", A: g[1][0], B: stranger}},
		{"same_group", 0, store.GroupEdit{Kind: "swap", A: g[1][0], B: g[1][1]}},
		{"hard_rule_broken", 0, store.GroupEdit{Kind: "swap", A: g[1][0], B: g[2][0]}},
		{"group_too_small", 0, store.GroupEdit{Kind: "move", A: g[1][0], Group: 3}},
		{"group_not_found", 0, store.GroupEdit{Kind: "move", A: g[1][0], Group: 99}},
		{"group_not_found", 0, store.GroupEdit{Kind: "pin", Group: 99}},
		{"pair_of_one", 0, store.GroupEdit{Kind: "forbid", A: g[1][0], B: g[1][0]}},
		{"nothing_to_undo", 0, store.GroupEdit{Kind: "undo"}},
		{"unknown_edit", 0, store.GroupEdit{Kind: "shuffle"}},
	} {
		_, err := b.EditGroups(bg, round, c.seq, c.edit, false)
		require.Equal(t, c.code, fault.From(err).Code, "%+v: %v", c.edit, err)
		require.Equal(t, g, b.groups(round))
	}
	b.set(round, `phase = 'sending'`)
	_, err := b.EditGroups(bg, round, 0, store.GroupEdit{Kind: "regenerate"}, false)
	require.Equal(t, "wrong_phase", fault.From(err).Code)
}

// Whatever editors do, everybody who takes part is in exactly one group or unmatched, a preview changes nothing and tells
// what the edit then does, and undo leads back to what was before it.
func TestReviewKeepsEverybody(t *testing.T) {
	b, round := inReview(t, 13)
	rapid.Check(t, func(rt *rapid.T) {
		person := rapid.Int64Range(1, 13)
		e := store.GroupEdit{
			Kind:  rapid.SampledFrom([]string{"swap", "move", "pin", "unpin", "forbid", "allow", "regenerate"}).Draw(rt, "kind"),
			A:     person.Draw(rt, "a"),
			B:     person.Draw(rt, "b"),
			Group: rapid.IntRange(1, 7).Draw(rt, "group"),
		}
		version, err := b.GroupsVersion(bg, round)
		require.NoError(rt, err)
		before := b.groups(round)
		preview, previewErr := b.EditGroups(bg, round, version, e, true)
		require.Equal(rt, before, b.groups(round), "a preview changes nothing")
		done, err := b.EditGroups(bg, round, version, e, false)
		require.Equal(rt, previewErr == nil, err == nil, "%v", err)
		if err != nil {
			require.NotEqual(rt, "internal", fault.From(err).Code, "%v", err)
			require.Equal(rt, before, b.groups(round), "a refused edit changes nothing")
			return
		}
		if e.Kind != "regenerate" { // draws another seed
			require.Equal(rt, preview.After, done.After)
		}
		seats := map[int64]int{}
		for _, g := range b.groups(round) {
			require.GreaterOrEqual(rt, len(g), 2)
			for _, id := range g {
				seats[id]++
			}
		}
		for id := int64(1); id <= 13; id++ {
			unmatched := b.id(`SELECT count(*) FROM round_members WHERE round_id = $1 AND person_id = $2 AND unmatched IS NOT NULL`, round, id)
			require.EqualValues(rt, 1, int64(seats[id])+unmatched, "person %d", id)
		}
		if rapid.Bool().Draw(rt, "undo") {
			b.edit(round, store.GroupEdit{Kind: "undo"})
			require.Equal(rt, seating(before), seating(b.groups(round)))
		}
	})
}

func TestReplayMakesTheSameGroups(t *testing.T) {
	b, round := inReview(t, 25)
	b.edit(round, store.GroupEdit{Kind: "swap", A: b.groups(round)[1][0], B: b.groups(round)[2][0]})
	r, err := b.ReplayMatching(bg, round)
	require.NoError(t, err)
	require.True(t, r.Same)
	require.Equal(t, 12, r.Groups)
	b.set(round, `digest = '\x00'`)
	r, err = b.ReplayMatching(bg, round)
	require.NoError(t, err)
	require.False(t, r.Same, "another outcome is told")
}
