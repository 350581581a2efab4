package store_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

var long = time.Now().Add(-time.Hour) // a cutoff that no doubt of a test is older than

func (b *roundKit) owed(m store.Mailing, cutoff time.Time) []int64 {
	b.t.Helper()
	list, err := b.Owed(bg, m, cutoff, store.Page{Limit: 1000})
	require.NoError(b.t, err)
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	return ids
}

// claim claims everybody who is owed the mail and gives message ids by person.
func (b *roundKit) claim(m store.Mailing, claim string, cutoff time.Time) map[int64]int64 {
	b.t.Helper()
	claimed, err := b.ClaimMessages(bg, m, claim, b.owed(m, cutoff), cutoff)
	require.NoError(b.t, err)
	return claimed
}

func (b *roundKit) message(id int64) store.Message {
	b.t.Helper()
	m, err := b.Message(bg, id)
	require.NoError(b.t, err)
	return m
}

func values(m map[int64]int64) []int64 {
	var ids []int64
	for _, id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func openRound(t *testing.T, people int) (*roundKit, store.Mailing) {
	b := setupRounds(t, storetest.New(t), people)
	round := b.round("")
	require.NoError(t, b.OpenRound(bg, round))
	return b, store.Mailing{Round: round, Purpose: "opt_in"}
}

func TestClaimSuppressesThoseWhoMustNotBeWrittenTo(t *testing.T) {
	b, m := openRound(t, 6)
	b.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('address', 'p1@d1.example.com', 'manual'), ('domain', 'd2.example.com', 'manual')`)
	b.exec(`UPDATE people SET status = 'inactive', inactive_reason = 'admin' WHERE id = 3`)
	b.exec(`UPDATE people SET status = 'erased', email = NULL WHERE id = 4`)
	claimed := b.claim(m, uuid.NewString(), long)
	require.ElementsMatch(t, []int64{5, 6}, keys(claimed))
	all, err := b.Messages(bg, store.MessageFilter{State: "suppressed"}, store.Page{Limit: 10})
	require.NoError(t, err)
	var reasons []string
	for _, m := range all {
		reasons = append(reasons, m.Reason)
	}
	require.Equal(t, []string{"blacklisted", "blacklisted", "inactive", "erased"}, reasons)
	require.Empty(t, b.owed(m, long))

	b.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('domain', 'com', 'manual')`)
	still, err := b.ReclaimMessages(bg, m, b.claimOf(claimed[5]), values(claimed))
	require.NoError(t, err)
	require.Empty(t, still)
	require.Equal(t, "suppressed", b.message(claimed[5]).State)
}

func (b *roundKit) claimOf(id int64) string {
	return scanOne[string](b, `SELECT claim::text FROM messages WHERE id = $1`, id)
}

func keys(m map[int64]int64) []int64 {
	var ids []int64
	for id := range m {
		ids = append(ids, id)
	}
	return ids
}

func TestTwoAttemptsNeverClaimTheSamePerson(t *testing.T) {
	b, m := openRound(t, 300)
	people := b.owed(m, long)
	require.Len(t, people, 300)
	claims, errs := make([]map[int64]int64, 8), make([]error, 8)
	var wg sync.WaitGroup
	for i := range claims {
		wg.Go(func() {
			claims[i], errs[i] = b.ClaimMessages(bg, m, uuid.NewString(), people, long)
		})
	}
	wg.Wait()
	total := 0
	for i, c := range claims {
		require.NoError(t, errs[i])
		total += len(c)
	}
	require.Equal(t, 300, total)
}

func TestAClaimCanBeRepeated(t *testing.T) {
	b, m := openRound(t, 2)
	attempt := uuid.NewString()
	first := b.claim(m, attempt, long)
	b.exec(`UPDATE people SET status = 'inactive', inactive_reason = 'admin' WHERE id = 2`)
	again, err := b.ClaimMessages(bg, m, attempt, []int64{1, 2}, long)
	require.NoError(t, err)
	require.Equal(t, map[int64]int64{1: first[1]}, again)
	require.Equal(t, "suppressed", b.message(first[2]).State)
	require.Zero(t, b.message(first[1]).Resends)
	require.NoError(t, b.MarkSent(bg, m, values(again), "x"))
	again, err = b.ClaimMessages(bg, m, attempt, []int64{1, 2}, long)
	require.NoError(t, err)
	require.Empty(t, again)
}

func TestOwedByPurpose(t *testing.T) {
	b := setupRounds(t, storetest.New(t), 5)
	round := b.round("")
	mail := func(purpose string) store.Mailing { return store.Mailing{Round: round, Purpose: purpose} }
	require.Empty(t, b.owed(mail("opt_in"), long), "the round is not open")
	require.NoError(t, b.OpenRound(bg, round))
	require.Equal(t, []int64{1, 2, 3, 4, 5}, b.owed(mail("opt_in"), long))
	require.Empty(t, b.owed(mail("reminder"), long), "nobody has been asked")
	sent := b.claim(mail("opt_in"), uuid.NewString(), long)
	require.NoError(t, b.MarkSent(bg, mail("opt_in"), values(sent), "x"))
	b.answer(round, "no", 1, 1)
	b.answer(round, "yes", 2, 4)
	require.Equal(t, []int64{5}, b.owed(mail("reminder"), long))

	b.past(round, "answers_close_at")
	require.NoError(t, b.CloseAnswers(bg, round))
	require.Empty(t, b.owed(mail("reminder"), long), "answers are closed")
	b.match(round)
	b.past(round, "match_at")
	require.Empty(t, b.owed(mail("match"), long), "the groups are not final")
	require.NoError(t, b.FreezeRound(bg, round))
	require.Equal(t, []int64{2, 3, 4}, b.owed(mail("match"), long))
	require.Empty(t, b.owed(mail("no_match"), long))
	others, err := b.Others(bg, round, []int64{2})
	require.NoError(t, err)
	require.Len(t, others, 2)
	require.JSONEq(t, `{"team": "t3"}`, string(others[0].Attributes))

	claimed := b.claim(mail("match"), uuid.NewString(), long)
	require.NoError(t, b.MarkSent(bg, mail("match"), []int64{claimed[2], claimed[3]}, "y"))
	require.NoError(t, b.MarkFailed(bg, b.claimOf(claimed[4]), []int64{claimed[4]}, "refused"))
	require.NoError(t, b.FinishSending(bg, round))
	require.Equal(t, []int64{2, 3}, b.owed(mail("check_in"), long), "who was never told is not asked")
	_, err = b.LeaveProgram(bg, b.program, 2)
	require.NoError(t, err)
	require.Equal(t, []int64{3}, b.owed(mail("check_in"), long))
	_, err = b.Owed(bg, mail("outreach"), long, store.Page{Limit: 1})
	require.Equal(t, "purpose_unknown", faultCode(err))
}

func TestUnmatchedAreTold(t *testing.T) {
	b := setupRounds(t, storetest.New(t), 1)
	round := b.round("")
	require.NoError(t, b.OpenRound(bg, round))
	b.answer(round, "yes", 1, 1)
	b.past(round, "answers_close_at")
	require.NoError(t, b.CloseAnswers(bg, round))
	b.match(round)
	b.past(round, "match_at")
	require.NoError(t, b.FreezeRound(bg, round))
	list, err := b.Owed(bg, store.Mailing{Round: round, Purpose: "no_match"}, long, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Contains(t, string(list[0].Unmatched), `"alone"`)
}

// The life of a doubt: the attempt dies, the next one adopts, time passes, one more sending, and then no more.
func TestDoubtIsSentOnceMore(t *testing.T) {
	b, m := openRound(t, 3)
	dead := b.claim(m, uuid.NewString(), long)
	require.Len(t, dead, 3)
	second := uuid.NewString()
	n, err := b.AdoptMessages(bg, m, second)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	require.Empty(t, b.owed(m, long), "evidence may still come")

	require.NoError(t, b.MarkSent(bg, m, []int64{dead[1]}, "late")) // the dead attempt was only slow
	require.Equal(t, "sent", b.message(dead[1]).State)
	b.answer(m.Round, "yes", 2, 2)

	cutoff := time.Now().Add(time.Minute)
	require.Equal(t, []int64{3}, b.owed(m, cutoff))
	again := b.claim(m, second, cutoff)
	require.Equal(t, map[int64]int64{3: dead[3]}, again, "the same row, so that late events still find it")
	require.Equal(t, 1, b.message(dead[3]).Resends)
	require.NoError(t, b.EndDoubts(bg, m, cutoff))
	require.Nil(t, b.message(dead[2]).UnknownAt)
	require.Equal(t, "unknown", b.message(dead[2]).State)

	require.NoError(t, b.ReleaseMessages(bg, second, []int64{dead[3]}))
	require.Equal(t, []int64{3}, b.owed(m, cutoff), "released, it is owed as before")
	b.claim(m, second, cutoff)
	require.NoError(t, b.MarkUnknown(bg, second, []int64{dead[3]}))
	require.Empty(t, b.owed(m, time.Now().Add(time.Hour)), "twice in doubt is not sent a third time")
	totals, err := b.MailTotals(bg, m)
	require.NoError(t, err)
	require.Equal(t, store.MailTotals{Sent: 1, Unknown: 2}, totals)
}

func TestReleasedPeopleAreOwedAsBefore(t *testing.T) {
	b, m := openRound(t, 4)
	attempt := uuid.NewString()
	claimed := b.claim(m, attempt, long)
	require.NoError(t, b.ReleaseMessages(bg, uuid.NewString(), values(claimed)), "another attempt's claim releases nothing")
	require.Empty(t, b.owed(m, long))
	require.NoError(t, b.ReleaseMessages(bg, attempt, []int64{claimed[1], claimed[2]}))
	require.Equal(t, []int64{1, 2}, b.owed(m, long))

	b.answer(m.Round, "yes", 3, 3)
	still, err := b.ReclaimMessages(bg, m, attempt, []int64{claimed[3], claimed[4]})
	require.NoError(t, err)
	require.Equal(t, map[int64]bool{claimed[4]: true}, still, "who answered meanwhile is not asked any more")
	b.set(m.Round, `phase = 'cancelled'`)
	still, err = b.ReclaimMessages(bg, m, attempt, []int64{claimed[4]})
	require.NoError(t, err)
	require.Empty(t, still)
	totals, err := b.MailTotals(bg, m)
	require.NoError(t, err)
	require.Zero(t, totals)
}

func TestCountersFollowTheLedger(t *testing.T) {
	b, m := openRound(t, 3)
	conn, err := b.Pool().Acquire(bg)
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(bg, `LISTEN rondo`)
	require.NoError(t, err)
	claimed := values(b.claim(m, uuid.NewString(), long))
	require.NoError(t, b.MarkSent(bg, m, claimed, "x"))
	require.NoError(t, b.MarkSent(bg, m, claimed, "x"), "told twice, counted once")
	n, err := conn.Conn().WaitForNotification(bg)
	require.NoError(t, err)
	require.Regexp(t, `^round:\d+:\d+$`, n.Payload)
	at := time.Now()
	_, err = b.ApplyEvents(bg, []store.Event{
		{Message: claimed[0], Kind: store.Delivered, At: at},
		{Message: claimed[0], Kind: store.Delivered, At: at},
		{Message: claimed[1], Kind: store.Blocked, At: at},
	})
	require.NoError(t, err)
	require.Equal(t, "3 1 1", scanOne[string](b, `SELECT sent || ' ' || delivered || ' ' || bounced FROM round_counts WHERE round_id = $1`, m.Round))
}
