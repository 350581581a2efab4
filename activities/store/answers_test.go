package store_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

func TestAnswersOfABatch(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 6)
	k.exec(`UPDATE people SET status = 'inactive' WHERE id = 6`)
	round := k.round("")
	require.NoError(t, k.OpenRound(bg, round))
	version := k.watch(round)

	batch := []store.OptInAnswer{
		{PersonID: 1, Answer: "yes", Key: "a"},
		{PersonID: 2, Answer: "no", Key: "a"}, // the key is the person's
		{PersonID: 3, Answer: "yes", Key: "b"},
		{PersonID: 3, Answer: "no", Key: "c"}, // changed mind: the last counts
		{PersonID: 4, Answer: "maybe", Key: "d"},
		{PersonID: 6, Answer: "yes", Key: "e"},
		{PersonID: 99, Answer: "yes"},
		{PersonID: 4, Answer: "yes", Key: strings.Repeat("x", 256)},
		{PersonID: 4, Answer: "yes", Key: "nul\x00"},
	}
	done, rings, err := k.Answer(bg, round, store.FromSignal, batch)
	require.NoError(t, err)
	require.Empty(t, rings)
	require.Equal(t, 4, done.Stored)
	require.Zero(t, done.Repeated)
	require.Equal(t, []store.Refusal{
		{Index: 4, PersonID: 4, Reason: store.Malformed},
		{Index: 5, PersonID: 6, Reason: store.NotInvited},
		{Index: 6, PersonID: 99, Reason: store.NotInvited},
		{Index: 7, PersonID: 4, Reason: store.Malformed},
		{Index: 8, PersonID: 4, Reason: store.Malformed},
	}, done.Refused)
	require.Equal(t, []int{5, 1, 2}, k.counts(round))
	require.Equal(t, version+1, k.watch(round), "watchers hear once per batch")

	// A late repetition of what has been overtaken changes nothing.
	done, _, err = k.Answer(bg, round, store.FromSignal, batch[:4])
	require.NoError(t, err)
	require.Equal(t, store.Answered{Repeated: 4}, done)
	require.Equal(t, []int{5, 1, 2}, k.counts(round))

	// Without a key everything is new.
	k.answer(round, "yes", 2, 3)
	k.answer(round, "yes", 2, 3)
	require.Equal(t, []int{5, 3, 0}, k.counts(round))
	k.answer(round, "no", 1, 1)
	require.Equal(t, []int{5, 2, 1}, k.counts(round))
}

func TestAnswersAreTakenUntilTheyClose(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 1)
	for _, c := range []struct{ set, yes, no string }{
		{`phase = 'planned'`, store.TooLate, store.TooLate},
		{`phase = 'open'`, "", ""},
		{`phase = 'open', answers_close_at = now()`, store.TooLate, store.TooLate},
		{`phase = 'matching'`, store.TooLate, ""},
		{`phase = 'review'`, store.TooLate, ""},
		{`phase = 'ready'`, store.TooLate, ""},
		{`phase = 'sending'`, store.TooLate, store.TooLate},
		{`phase = 'sent'`, store.TooLate, store.TooLate},
		{`phase = 'closed'`, store.TooLate, store.TooLate},
		{`phase = 'skipped'`, store.TooLate, store.TooLate},
		{`phase = 'cancelled'`, store.TooLate, store.TooLate},
	} {
		round := k.round(c.set)
		k.exec(`INSERT INTO round_members (round_id, person_id) VALUES ($1, 1)`, round)
		for text, want := range map[string]string{"yes": c.yes, "no": c.no} {
			done := k.answer(round, text, 1, 1)
			if want == "" {
				require.Equal(t, 1, done.Stored, "%s when %s", text, c.set)
			} else {
				require.Equal(t, []store.Refusal{{PersonID: 1, Reason: want}}, done.Refused, "%s when %s", text, c.set)
			}
		}
	}
	_, _, err := k.Answer(bg, 999, store.FromAPI, nil)
	require.Equal(t, "round_not_found", fault.From(err).Code)
}

// Answers from many places at once are all counted, and none slips in after the round has closed them.
func TestAnswersRaceWithTheirClosing(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 40)
	round := k.round("")
	require.NoError(t, k.OpenRound(bg, round))
	var wg sync.WaitGroup
	stored := make([]int, 40)
	for i := range stored {
		wg.Go(func() {
			if i == 20 {
				k.past(round, "answers_close_at")
				require.NoError(t, k.CloseAnswers(bg, round))
			}
			stored[i] = k.answer(round, "yes", int64(i+1), int64(i+1)).Stored
		})
	}
	wg.Wait()
	sum := 0
	for _, n := range stored {
		sum += n
	}
	require.Equal(t, "matching", k.state(round).Phase)
	require.Equal(t, sum, k.counts(round)[1])
}

func TestWatchersHearOfAnswers(t *testing.T) {
	t.Parallel()
	k := setupRounds(t, storetest.New(t), 1)
	round := k.round("")
	require.NoError(t, k.OpenRound(bg, round))
	conn, err := k.Pool().Acquire(bg)
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(bg, `LISTEN rondo`)
	require.NoError(t, err)
	k.answer(round, "yes", 1, 1)
	heard, err := conn.Conn().WaitForNotification(bg)
	require.NoError(t, err)
	require.Equal(t, scanOne[string](k, `SELECT 'round:' || round_id || ':' || version FROM round_counts`), heard.Payload)
}

// watch is how often the watchers of a round have been told.
func (k *roundKit) watch(round int64) int64 {
	k.t.Helper()
	return k.id(`SELECT version FROM round_counts WHERE round_id = $1`, round)
}
