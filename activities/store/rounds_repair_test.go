package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// matched is a round in a phase after matching, whose members all said yes.
func matched(t *testing.T, people int, set string) (*roundKit, int64) {
	k := setupRounds(t, storetest.New(t), people)
	return k, k.matched(set, people)
}

// partners are who share the group of somebody.
func (k *roundKit) partners(round, person int64) []int64 {
	k.t.Helper()
	return scanOne[[]int64](k, `SELECT coalesce(array_agg(b.person_id ORDER BY b.person_id), '{}') FROM group_members a
		JOIN group_members b USING (round_id, group_no) WHERE a.round_id = $1 AND a.person_id = $2 AND b.person_id <> $2`, round, person)
}

func TestEveryWayOutOfAGroupMakesARepairDue(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(k *roundKit, round int64) ([]store.Ring, error){
		"decline": func(k *roundKit, round int64) ([]store.Ring, error) {
			_, rings, err := k.Answer(bg, round, store.FromPage, []store.OptInAnswer{{PersonID: 1, Answer: "no"}})
			return rings, err
		},
		"leave the program": func(k *roundKit, _ int64) ([]store.Ring, error) { return k.LeaveProgram(bg, k.program, 1) },
		"snooze": func(k *roundKit, _ int64) ([]store.Ring, error) {
			until := time.Now().Add(30 * 24 * time.Hour)
			_, rings, err := k.SnoozePerson(bg, 1, &until)
			return rings, err
		},
		"deactivate": func(k *roundKit, _ int64) ([]store.Ring, error) {
			_, rings, err := k.DeactivatePerson(bg, 1)
			return rings, err
		},
		"unsubscribe from everything": func(k *roundKit, _ int64) ([]store.Ring, error) {
			return k.BlacklistPerson(bg, 1, store.ByUnsubscribe, "")
		},
		"blacklist the domain": func(k *roundKit, _ int64) ([]store.Ring, error) {
			_, rings, err := k.AddBlacklisted(bg, "domain", "d1.example.com", "")
			return rings, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k, round := matched(t, 6, `review = true`)
			require.Equal(t, "review", k.state(round).Phase)
			old := k.partners(round, 1)
			rings, err := leave(k, round)
			require.NoError(t, err)
			require.Len(t, rings, 1)
			require.Equal(t, round, rings[0].Round)
			require.True(t, k.state(round).RepairDue)
			require.Equal(t, []int{6, 5, 1}, k.counts(round))
			rings, err = leave(k, round)
			if err == nil { // some can be done once only
				require.Empty(t, rings, "rung once")
			}
			rings, err = k.LeaveProgram(bg, k.program, 2)
			require.NoError(t, err)
			require.Empty(t, rings, "the repair is due already")

			before := k.state(round)
			require.NoError(t, k.RepairRound(bg, round, matching.Repair))
			after := k.state(round)
			require.Equal(t, "review", after.Phase)
			require.False(t, after.RepairDue)
			require.Equal(t, before.ReviewSeq+1, after.ReviewSeq)
			require.Equal(t, 2, after.Groups)
			require.Empty(t, k.partners(round, 1))
			if old[0] != 2 {
				require.NotEmpty(t, k.partners(round, old[0]), "whoever lost a partner has others")
			}
			require.Equal(t, "repair", scanOne[string](k, `SELECT kind FROM round_edits WHERE round_id = $1`, round))
			require.Equal(t, []int64{1, 2}, scanOne[[]int64](k, `SELECT ARRAY(SELECT jsonb_array_elements_text(detail -> 'left')::bigint) FROM round_edits`))
			require.NoError(t, k.RepairRound(bg, round, matching.Repair))
			require.Equal(t, after.ReviewSeq, k.state(round).ReviewSeq, "repaired once")
		})
	}
}

func TestRepairTouchesOnlyTheGroupsItMust(t *testing.T) {
	t.Parallel()
	k, round := matched(t, 40, "")
	k.exec(`UPDATE round_groups SET pinned = true WHERE no = 3`)
	pinned := scanOne[[]int64](k, `SELECT array_agg(person_id ORDER BY person_id) FROM group_members WHERE group_no = 3`)
	was := scanOne[map[string]any](k, groupsByNumber)
	k.answer(round, "no", 1, 1)
	require.NoError(t, k.RepairRound(bg, round, matching.Repair))
	now := scanOne[map[string]any](k, groupsByNumber)
	same := 0
	for no, members := range was {
		if x, ok := now[no]; ok && sameMembers(x, members) {
			same++
		}
	}
	require.GreaterOrEqual(t, same, 18)
	require.LessOrEqual(t, scanOne[int](k, `SELECT jsonb_array_length(before -> 'groups') FROM round_edits`), 2, "groups written anew")
	require.Equal(t, pinned, scanOne[[]int64](k, `SELECT array_agg(person_id ORDER BY person_id) FROM group_members WHERE group_no = 3`))
	require.Equal(t, 39, scanOne[int](k, `SELECT count(*) FROM group_members`))
	require.Zero(t, scanOne[int](k, `SELECT count(*) FROM group_members m WHERE NOT EXISTS (SELECT FROM round_groups g WHERE g.no = m.group_no)`))
	require.Zero(t, scanOne[int](k, `SELECT count(*) FROM round_groups g WHERE NOT EXISTS (SELECT FROM group_members m WHERE g.no = m.group_no)`))
}

const groupsByNumber = `SELECT jsonb_object_agg(group_no, people) FROM (
	SELECT group_no, array_agg(person_id ORDER BY person_id) AS people FROM group_members GROUP BY 1) g`

func sameMembers(a, b any) bool {
	x, y := a.([]any), b.([]any)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if x[i] != y[i] {
			return false
		}
	}
	return true
}

// Somebody who declines while the engine thinks is in the groups it returns: the repair is due at once.
func TestDeclineWhileMatching(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 4)
	round := k.round(`phase = 'matching', match_at = now()`)
	k.exec(`INSERT INTO round_members (round_id, person_id, answer) SELECT $1, id, 'yes' FROM people`, round)
	problem, _, err := k.BeginMatching(bg, round)
	require.NoError(t, err)
	require.Len(t, problem.Members, 4)
	k.answer(round, "no", 2, 2)
	k.match(round)
	require.True(t, k.state(round).RepairDue)
	require.NoError(t, k.FreezeRound(bg, round))
	require.Equal(t, "ready", k.state(round).Phase, "not before the repair")
	require.NoError(t, k.RepairRound(bg, round, matching.Repair))
	require.NoError(t, k.FreezeRound(bg, round))
	require.Equal(t, "sending", k.state(round).Phase)
	require.Equal(t, 3, scanOne[int](k, `SELECT count(*) FROM pairs_met`), "a trio's three pairs")
	require.Equal(t, 3, scanOne[int](k, `SELECT count(*) FROM odd_ones WHERE times = 1`))
}

// Whatever way somebody became ineligible, freezing sees it.
func TestFreezeFindsWhoIsLost(t *testing.T) {
	t.Parallel()
	k, round := matched(t, 4, `match_at = now()`)
	k.exec(`UPDATE people SET status = 'inactive' WHERE id = 3`)
	require.NoError(t, k.FreezeRound(bg, round))
	s := k.state(round)
	require.Equal(t, "ready", s.Phase)
	require.True(t, s.RepairDue)
	require.NoError(t, k.RepairRound(bg, round, matching.Repair))
	require.Equal(t, []int{4, 3, 1}, k.counts(round))
	require.NoError(t, k.FreezeRound(bg, round))
	require.Equal(t, "sending", k.state(round).Phase)
}

func TestSecondRoundRemembersTheFirst(t *testing.T) {
	t.Parallel()
	k, round := matched(t, 4, `match_at = now()`)
	require.NoError(t, k.FreezeRound(bg, round))
	first := k.partners(round, 1)
	again := k.round(`phase = 'matching', match_at = now()`)
	k.exec(`INSERT INTO round_members (round_id, person_id, answer) SELECT $1, id, 'yes' FROM people`, again)
	problem, _, err := k.BeginMatching(bg, again)
	require.NoError(t, err)
	require.Len(t, problem.Met, 2)
	require.Equal(t, 1, problem.Met[0].RoundsAgo)
	k.match(again)
	require.NotEqual(t, first, k.partners(again, 1))

	// A third round in which the first pairs meet again.
	third := k.round(`phase = 'ready', match_at = now()`)
	k.exec(`INSERT INTO round_members (round_id, person_id, answer) SELECT $1, id, 'yes' FROM people`, third)
	k.exec(`INSERT INTO round_groups (round_id, no, score, reasons) SELECT $1, no, '{}', '[]' FROM round_groups WHERE round_id = $2`, third, round)
	k.exec(`INSERT INTO group_members SELECT $1, group_no, person_id FROM group_members WHERE round_id = $2`, third, round)
	require.NoError(t, k.FreezeRound(bg, third))
	require.Equal(t, 2, scanOne[int](k, `SELECT count(*) FROM pairs_met WHERE times = 2 AND last_no = 1`))
}

// A newcomer begins where those odd least often are, once everybody else was odd.
func TestNewcomersBeginWithTheOthers(t *testing.T) {
	t.Parallel()
	for _, everybody := range []bool{true, false} {
		k := setupRounds(t, storetest.New(t), 4)
		round := k.round(`phase = 'matching', match_at = now()`)
		k.exec(`UPDATE programs SET rounds_sent = 3`)
		k.exec(`INSERT INTO pairs_met (program_id, a, b, times, last_no) SELECT $1, 1, id, 1, 0 FROM people WHERE id IN (2, 3)`, k.program)
		k.exec(`INSERT INTO odd_ones (program_id, person_id, times, last_no) VALUES ($1, 1, 4, 1), ($1, 2, 2, 1)`, k.program)
		if everybody {
			k.exec(`INSERT INTO odd_ones (program_id, person_id, times, last_no) VALUES ($1, 3, 3, 1)`, k.program)
		}
		k.exec(`INSERT INTO round_members (round_id, person_id, answer) SELECT $1, id, 'yes' FROM people`, round)
		k.match(round)
		require.NoError(t, k.FreezeRound(bg, round))
		require.Equal(t, map[bool]int{true: 2, false: 0}[everybody],
			scanOne[int](k, `SELECT coalesce(max(times), 0) FROM odd_ones WHERE person_id = 4`))
	}
}
