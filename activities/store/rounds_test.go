package store_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/matching"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

func TestOpenInvitesWhoIsEligible(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 20)
	k.exec(`UPDATE programs SET audience = 'team != "t3"' WHERE id = $1`, k.program) // drops person 3
	k.exec(`UPDATE people SET status = 'inactive' WHERE id = 4`)
	k.exec(`UPDATE people SET snoozed_until = now() + interval '1 hour' WHERE id = 5`)
	k.exec(`UPDATE people SET snoozed_until = now() - interval '1 hour' WHERE id = 6`) // is awake again
	k.exec(`INSERT INTO program_leavers (program_id, person_id) VALUES ($1, 7)`, k.program)
	k.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('address', 'p8@d8.example.com', 'manual'), ('domain', 'd9.example.com', 'manual')`)
	k.exec(`UPDATE people SET email = 'p10@mail.eu.example.org' WHERE id = 10`)
	k.exec(`UPDATE people SET email = 'p11@myexample.org' WHERE id = 11`) // ends alike, but is another domain
	k.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('domain', 'example.org', 'manual')`)
	k.exec(`UPDATE people SET status = 'erased', email = NULL, name = '', attributes = '{}' WHERE id = 12`)
	round := k.round("")

	want := []int64{1, 2, 6, 11, 13, 14, 15, 16, 17, 18, 19, 20}
	n, err := k.EligibleCount(bg, k.program, `team != "t3"`)
	require.NoError(t, err)
	require.Equal(t, len(want), n)

	require.NoError(t, atOnce(func() error { return k.OpenRound(bg, round) }))
	require.Equal(t, want, k.members(round))
	s := k.state(round)
	require.Equal(t, "open", s.Phase)
	require.Equal(t, len(want), s.Invited)
	require.Equal(t, 0, s.OptedIn)
	require.True(t, s.InvitesDue)
	require.NotNil(t, s.SnoozedTo)
	require.NoError(t, k.Delivered(bg, round, "opt_in"))
	require.False(t, k.state(round).InvitesDue)
}

func TestOpenAsksNobodyWhereParticipationIsAutomatic(t *testing.T) {
	t.Parallel()
	for _, set := range []string{`participation = 'automatic'`, `kind = 'review_first'`} {
		k := setupRounds(t, storetest.New(t), 5)
		round := k.round(set)
		require.NoError(t, k.OpenRound(bg, round))
		s := k.state(round)
		require.Equal(t, "matching", s.Phase)
		require.Equal(t, 5, s.OptedIn)
		require.False(t, s.InvitesDue)
	}
}

func TestOpenKnowsWhenItIsDue(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 3)
	for _, c := range []struct{ name, set, phase, reason, code string }{
		{"an hour early: it was moved", `opens_at = now() + interval '1 hour'`, "planned", "", ""},
		{"seconds early: the clocks differ", `opens_at = now() + interval '20 seconds'`, "planned", "", "not_due"},
		{"late", `opens_at = now() - interval '1 day'`, "open", "", ""},
		{"too late to answer", `opens_at = now() - interval '3 days', answers_close_at = now() - interval '1 day'`, "skipped", "opened_too_late", ""},
		{"late, but nobody is asked", `participation = 'automatic', opens_at = now() - interval '3 days', match_at = now() - interval '3 days'`, "matching", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			round := k.round(c.set)
			err := k.OpenRound(bg, round)
			if c.code == "" {
				require.NoError(t, err)
			} else {
				f := fault.From(err)
				require.Equal(t, c.code, f.Code)
				require.False(t, f.Permanent())
				require.Positive(t, f.RetryAfter)
			}
			s := k.state(round)
			require.Equal(t, c.phase, s.Phase)
			require.Equal(t, c.reason, s.PhaseReason)
		})
	}
}

func TestJoinersAreInvited(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 4)
	k.exec(`UPDATE people SET snoozed_until = now() + interval '1 hour' WHERE id = 4`)
	round := k.round("")
	require.NoError(t, k.OpenRound(bg, round))
	require.NoError(t, k.Delivered(bg, round, "opt_in"))
	k.answer(round, "yes", 1, 2)

	// Nobody new: nothing is owed.
	require.NoError(t, k.InviteJoiners(bg, round))
	require.False(t, k.state(round).InvitesDue)

	// Person 2 said yes and left, person 3 left; both come back, 4 wakes, 5 is new.
	for _, person := range []int64{2, 3} {
		_, err := k.LeaveProgram(bg, k.program, person)
		require.NoError(t, err)
	}
	require.Equal(t, []int{3, 1, 2}, k.counts(round))
	for _, person := range []int64{2, 3} {
		rings, err := k.RejoinProgram(bg, k.program, person)
		require.NoError(t, err)
		require.Len(t, rings, map[int64]int{2: 1, 3: 0}[person], "marked once, rung once")
	}
	require.True(t, k.state(round).AudienceDue)
	k.exec(`UPDATE people SET snoozed_until = now() - interval '1 minute' WHERE id = 4`)
	k.exec(`INSERT INTO people (email) VALUES ('p5@example.com')`)
	require.NoError(t, atOnce(func() error { return k.InviteJoiners(bg, round) }))
	require.Equal(t, []int64{1, 2, 3, 4, 5}, k.members(round))
	require.Equal(t, []int{5, 2, 0}, k.counts(round))
	s := k.state(round)
	require.True(t, s.InvitesDue)
	require.False(t, s.AudienceDue)

	k.past(round, "answers_close_at")
	k.exec(`INSERT INTO people (email) VALUES ('p6@example.com')`)
	require.NoError(t, k.InviteJoiners(bg, round))
	require.Len(t, k.members(round), 5, "too late to answer")
}

func TestRoundFromOpeningToClose(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 11)
	round := k.round("")
	require.NoError(t, k.OpenRound(bg, round))
	k.answer(round, "yes", 1, 9)
	k.answer(round, "no", 10, 10)
	k.exec(`UPDATE people SET status = 'inactive' WHERE id = 9`) // said yes, and is not eligible any more

	require.NoError(t, k.CloseAnswers(bg, round))
	require.Equal(t, "open", k.state(round).Phase, "not due yet")
	k.past(round, "answers_close_at")
	require.NoError(t, atOnce(func() error { return k.CloseAnswers(bg, round) }))
	require.Equal(t, "matching", k.state(round).Phase)

	k.match(round)
	s := k.state(round)
	require.Equal(t, "ready", s.Phase)
	require.Equal(t, 4, s.Groups)
	require.Equal(t, []int{11, 8, 2}, k.counts(round))
	_, due, err := k.BeginMatching(bg, round)
	require.NoError(t, err)
	require.False(t, due, "matched once")

	require.NoError(t, k.FreezeRound(bg, round))
	require.Equal(t, "ready", k.state(round).Phase, "not due yet")
	k.past(round, "match_at")
	require.NoError(t, atOnce(func() error { return k.FreezeRound(bg, round) }))
	require.Equal(t, "sending", k.state(round).Phase)
	require.Equal(t, 4, scanOne[int](k, `SELECT count(*) FROM pairs_met WHERE times = 1 AND last_no = 0`))
	require.Equal(t, 1, scanOne[int](k, `SELECT rounds_sent FROM programs`))

	require.NoError(t, atOnce(func() error { return k.FinishSending(bg, round) }))
	require.Equal(t, "sent", k.state(round).Phase)
	require.NoError(t, k.Delivered(bg, round, "check_in"))
	require.NotNil(t, k.state(round).CheckedInAt)
	require.NoError(t, atOnce(func() error { return k.CloseRound(bg, round) }))
	require.Equal(t, "closed", k.state(round).Phase)
}

// Every change does nothing in every phase but its own.
func TestPhaseChangesWaitForTheirPhase(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 2)
	changes := map[string]func(context.Context, int64) error{
		"planned": k.OpenRound, "open": k.CloseAnswers, "ready": k.FreezeRound, "sending": k.FinishSending, "sent": k.CloseRound,
	}
	for _, phase := range []string{"planned", "open", "matching", "review", "ready", "sending", "sent", "closed", "skipped", "cancelled"} {
		for own, change := range changes {
			if own == phase || (own == "ready" && phase == "review") {
				continue
			}
			round := k.round(`phase = $2, answers_close_at = now(), match_at = now(), opens_at = now()`, phase)
			require.NoError(t, change(bg, round))
			s := k.state(round)
			require.Equal(t, phase, s.Phase, "the change of %s", own)
			require.EqualValues(t, 1, s.Version)
		}
	}
	require.Equal(t, "round_not_found", fault.From(k.OpenRound(bg, 999)).Code)
}

func TestFreezeAtTheDeadlineOfAReview(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 2)
	for _, c := range []struct{ set, want string }{
		{`phase = 'review', match_at = now()`, "sending"},
		{`phase = 'review', match_at = now(), at_deadline = 'hold'`, "review"},
		{`phase = 'ready', match_at = now(), at_deadline = 'hold'`, "sending"},
		{`phase = 'review', match_at = NULL`, "review"},
		{`phase = 'review', match_at = now() + interval '1 hour'`, "review"},
		{`phase = 'ready', match_at = now(), repair_due = true`, "ready"},
	} {
		round := k.round(c.set)
		require.NoError(t, k.FreezeRound(bg, round))
		require.Equal(t, c.want, k.state(round).Phase, c.set)
	}
}

func TestHearingClearsTheMark(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 1)
	round := k.round(`ring_since = now()`)
	_, err := k.RoundState(bg, round)
	require.NoError(t, err)
	marked := `SELECT ring_since IS NOT NULL FROM rounds WHERE id = $1`
	require.True(t, scanOne[bool](k, marked, round))
	_, err = k.HearRound(bg, round)
	require.NoError(t, err)
	require.False(t, scanOne[bool](k, marked, round))
}

func TestDoubtsOfThePhase(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 4)
	round := k.round(`phase = 'open'`)
	message := func(purpose, state, since string, person int) {
		k.exec(`INSERT INTO ledger (purpose, subject_id, person_id, state, unknown_at)
			VALUES ($1, $2, $3, $4, $5::timestamptz)`, purpose, round, person, state, pgtext(since))
	}
	message("opt_in", "unknown", "2026-06-04 12:00Z", 1)
	message("opt_in", "unknown", "2026-06-04 11:00Z", 2)
	message("opt_in", "called", "", 3)
	message("opt_in", "unknown", "", 4) // given up on
	message("reminder", "unknown", "2026-06-04 10:00Z", 1)
	message("match", "unknown", "2026-06-01 10:00Z", 1)
	purposes := func() (all []string) {
		for _, d := range k.state(round).Doubts {
			all = append(all, d.Purpose+d.Since.UTC().Format(" 15h"))
		}
		return all
	}
	require.Equal(t, []string{"reminder 10h", "opt_in 11h"}, purposes())
	k.set(round, `phase = 'review'`)
	require.Empty(t, purposes())
	k.set(round, `phase = 'sent'`)
	require.Equal(t, []string{"match 10h"}, purposes())
}

func pgtext(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Groups that are judged alike share one copy on the way to Postgres.
func TestEachGroupKeepsWhatIsSaidOfIt(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 12)
	round := k.answered("", 12)
	_, due, err := k.BeginMatching(bg, round)
	require.NoError(t, err)
	require.True(t, due)
	var made matching.Result
	for i, cost := range []int64{0, 7, 0, 0, 9, 7} {
		made.Groups = append(made.Groups, matching.Group{
			Members: []matching.ID{matching.ID(2*i + 1), matching.ID(2*i + 2)}, Pinned: i == 1, Odd: i == 5,
			Score:   matching.Score{Costs: []int64{cost}},
			Reasons: []matching.Reason{{Kind: matching.KindDifferent, Attribute: "team", Held: cost == 0, Detail: matching.Detail{Pairs: 1}}},
		})
	}
	require.NoError(t, k.StoreGroups(bg, round, made))
	stored, err := k.Groups(bg, round, false, store.Page{Limit: 100})
	require.NoError(t, err)
	require.Len(t, stored, len(made.Groups))
	for i, g := range stored {
		want := made.Groups[i]
		var score matching.Score
		var reasons []matching.Reason
		require.NoError(t, json.Unmarshal(g.Score, &score))
		require.NoError(t, json.Unmarshal(g.Reasons, &reasons))
		var people []struct{ ID matching.ID }
		require.NoError(t, json.Unmarshal(g.Members, &people))
		var members []matching.ID
		for _, p := range people {
			members = append(members, p.ID)
		}
		require.Equal(t, matching.Group{Members: members, Pinned: g.Pinned, Odd: g.Odd, Score: score, Reasons: reasons}, want, "group %d", i)
		require.Equal(t, i+1, g.No)
	}
	require.Equal(t, len(made.Groups), k.state(round).Groups)
}

func TestReplayIsExact(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 60)
	k.exec(`UPDATE programs SET rules = '[{"kind":"different","attribute":"team"}]', group_size = 3`)
	k.exec(`INSERT INTO wishes (person_id, other_id, avoid, rank) VALUES (1, 2, false, 1), (3, 4, true, 1)`)
	k.exec(`INSERT INTO never_pairs (program_id, a, b) VALUES ($1, 5, 6)`, k.program)
	k.exec(`INSERT INTO pairs_met (program_id, a, b, times, last_no) VALUES ($1, 7, 8, 2, 0)`, k.program)
	k.exec(`UPDATE programs SET rounds_sent = 3`)
	round := k.round(`phase = 'matching'`)
	k.exec(`INSERT INTO round_members (round_id, person_id, answer) SELECT $1, id, 'yes' FROM people`, round)

	first, due, err := k.BeginMatching(bg, round)
	require.NoError(t, err)
	require.True(t, due)
	require.Equal(t, []matching.Meeting{{A: 7, B: 8, Times: 2, RoundsAgo: 3}}, first.Met)
	require.Equal(t, []matching.Pair{{A: 5, B: 6}}, first.Never)
	require.Len(t, first.Wishes, 2)
	require.Equal(t, "t5", first.Members[4].Attributes["team"])
	require.Equal(t, []matching.RuleKind{"different", "no_repeat", "wishes"}, []matching.RuleKind{first.Rules[0].Kind, first.Rules[1].Kind, first.Rules[2].Kind})

	// People change, the worker dies, another attempt comes: it solves the same problem.
	k.exec(`UPDATE people SET attributes = '{}'`)
	again, _, err := k.BeginMatching(bg, round)
	require.NoError(t, err)
	require.Equal(t, first, again)
	k.match(round)

	r, err := k.ReplayMatching(bg, round)
	require.NoError(t, err)
	require.True(t, r.Same)
	require.Equal(t, 20, r.Groups)

	k.exec(`UPDATE rounds SET seed = seed, digest = '\x00' WHERE id = $1`, round)
	r, err = k.ReplayMatching(bg, round)
	require.NoError(t, err)
	require.False(t, r.Same)
}

// atOnce calls f from four places and gives the first error.
func atOnce(f func() error) error {
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// members are those who have not left, ascending.
func (k *roundKit) members(round int64) []int64 {
	k.t.Helper()
	rows, err := k.Pool().Query(bg, `SELECT person_id FROM round_members WHERE round_id = $1 AND removed_at IS NULL ORDER BY 1`, round)
	require.NoError(k.t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	require.NoError(k.t, err)
	return ids
}

// counts are invited, opted in and declined, after checking that counting the members gives the same.
func (k *roundKit) counts(round int64) []int {
	k.t.Helper()
	s := k.state(round)
	require.Equal(k.t, []int{s.Invited, s.OptedIn, s.Declined}, scanOne[[]int](k, `SELECT ARRAY[count(*),
		count(*) FILTER (WHERE answer = 'yes' AND removed_at IS NULL), count(*) FILTER (WHERE answer = 'no' OR removed_at IS NOT NULL)]::int[]
		FROM round_members WHERE round_id = $1`, round))
	return []int{s.Invited, s.OptedIn, s.Declined}
}
