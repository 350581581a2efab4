package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// Who meets whom is nobody's business before the groups are final, and whether they met nobody's after the round.
func TestWhatAMemberMayKnowAndSayInEachPhase(t *testing.T) {
	k := setupRounds(t, storetest.New(t), 4)
	round := k.round(``)
	k.exec(`INSERT INTO round_members (round_id, person_id, answer, answer_source) SELECT $1, generate_series(1, 3), 'yes', 'page'`, round)
	k.exec(`INSERT INTO round_groups (round_id, no, score, reasons) VALUES ($1, 7, '{}', '[]')`, round)
	k.exec(`INSERT INTO group_members (round_id, group_no, person_id) SELECT $1, 7, generate_series(1, 2)`, round)
	now := k.state(round).Now
	for phase, may := range map[string]struct{ answer, stepBack, know, say bool }{
		"planned":   {},
		"open":      {answer: true},
		"matching":  {stepBack: true},
		"review":    {stepBack: true},
		"ready":     {stepBack: true},
		"sending":   {know: true, say: true},
		"sent":      {know: true, say: true},
		"closed":    {know: true},
		"skipped":   {},
		"cancelled": {},
	} {
		t.Run(phase, func(t *testing.T) {
			k.set(round, `phase = $2`, phase)
			m, err := k.Membership(bg, round, 1)
			require.NoError(t, err)
			require.Equal(t, may.answer, m.AnswersOpen(now))
			require.False(t, m.AnswersOpen(*m.AnswersCloseAt))
			require.Equal(t, may.stepBack, m.MayStepBack())
			require.Equal(t, may.know, m.GroupsOut())

			others, err := k.MatchOf(bg, round, 1)
			require.NoError(t, err)
			if may.know {
				require.Len(t, others, 1)
				require.Equal(t, int64(2), others[0].ID)
			} else {
				require.Empty(t, others)
			}

			err = k.PutCheckIn(bg, round, 1, store.MetYes, "")
			if may.say {
				require.NoError(t, err)
				require.ErrorIs(t, k.PutCheckIn(bg, round, 3, store.MetYes, ""), &fault.Error{Code: "not_in_group"})
			} else {
				require.ErrorIs(t, err, &fault.Error{Code: "check_in_closed"})
			}
		})
	}
	_, err := k.Membership(bg, round, 4)
	require.ErrorIs(t, err, &fault.Error{Code: "not_a_member"})
	_, err = k.MatchOf(bg, round, 4)
	require.NoError(t, err)
	require.Error(t, k.PutCheckIn(bg, round, 4, store.MetYes, ""))
}
