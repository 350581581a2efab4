package store_test

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

var long = time.Now().Add(-time.Hour) // a cutoff that no doubt of a test is older than

// owed is who a page would be claimed for; nothing is kept of the claim.
func (b *roundKit) owed(m store.Mailing, cutoff time.Time) []int64 {
	b.t.Helper()
	c := call(m)
	page, err := b.ClaimPage(bg, c, cutoff, everybody(1000))
	require.NoError(b.t, err)
	ids, messages := []int64{}, []int64{}
	for _, r := range page {
		ids, messages = append(ids, r.Person), append(messages, r.Message)
	}
	require.NoError(b.t, b.ReleaseCall(bg, c, messages))
	return ids
}

func everybody(page int) *store.Stretch {
	s := store.Everybody(page)
	return &s
}

// call is a call of an attempt of its own.
func call(m store.Mailing) store.Call {
	return store.Call{ID: uuid.NewString(), Attempt: uuid.NewString(), Mailing: m}
}

// claimed is a call and its message ids by person.
type claimed struct {
	store.Call
	of map[int64]int64
}

func (c claimed) all() []int64 {
	ids := slices.Collect(maps.Values(c.of))
	slices.Sort(ids)
	return ids
}

// claim claims everybody who is owed the mail, as one call.
func (b *roundKit) claim(m store.Mailing, cutoff time.Time) claimed {
	b.t.Helper()
	c := claimed{call(m), map[int64]int64{}}
	page, err := b.ClaimPage(bg, c.Call, cutoff, everybody(1000))
	require.NoError(b.t, err)
	for _, r := range page {
		if r.Message != 0 {
			c.of[r.Person] = r.Message
		}
	}
	return c
}

// split gives some of a call's messages a call of their own.
func (b *roundKit) split(c claimed, people ...int64) claimed {
	b.t.Helper()
	part := claimed{call(c.Mailing), map[int64]int64{}}
	for _, p := range people {
		part.of[p] = c.of[p]
		delete(c.of, p)
	}
	require.NoError(b.t, b.SplitCall(bg, c.Call, part.Call, part.all()))
	return part
}

func (b *roundKit) message(id int64) store.Message {
	b.t.Helper()
	m, err := b.Message(bg, id)
	require.NoError(b.t, err)
	return m
}

func openRound(t *testing.T, people int) (*roundKit, store.Mailing) {
	b := setupRounds(t, storetest.New(t), people)
	round := b.round("")
	require.NoError(t, b.OpenRound(bg, round))
	return b, store.Mailing{Subject: round, Purpose: "opt_in"}
}

func TestClaimSuppressesThoseWhoMustNotBeWrittenTo(t *testing.T) {
	b, m := openRound(t, 6)
	b.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('address', 'p1@d1.example.com', 'manual'), ('domain', 'd2.example.com', 'manual')`)
	b.exec(`UPDATE people SET status = 'inactive', inactive_reason = 'admin' WHERE id = 3`)
	b.exec(`UPDATE people SET status = 'erased', email = NULL WHERE id = 4`)
	c := b.claim(m, long)
	require.Equal(t, []int64{5, 6}, slices.Sorted(maps.Keys(c.of)))
	all, err := b.Messages(bg, store.MessageFilter{State: "suppressed"}, store.Page{Limit: 10})
	require.NoError(t, err)
	var reasons []string
	for _, m := range all {
		reasons = append(reasons, m.Reason)
	}
	require.Equal(t, []string{"blacklisted", "blacklisted", "inactive", "erased"}, reasons)
	require.Empty(t, b.owed(m, long))

	b.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('domain', 'com', 'manual')`)
	still, err := b.ReclaimMessages(bg, c.Call, c.all())
	require.NoError(t, err)
	require.Empty(t, still)
	require.Equal(t, "suppressed", b.message(c.of[5]).State)
}

func TestTwoAttemptsNeverClaimTheSamePerson(t *testing.T) {
	b, m := openRound(t, 300)
	pages, errs := make([][]store.Recipient, 8), make([]error, 8)
	var wg sync.WaitGroup
	for i := range pages {
		wg.Go(func() { pages[i], errs[i] = b.ClaimPage(bg, call(m), long, everybody(1000)) })
	}
	wg.Wait()
	total := 0
	for i, page := range pages {
		require.NoError(t, errs[i])
		for _, r := range page {
			if r.Message != 0 {
				total++
			}
		}
	}
	require.Equal(t, 300, total)
}

// A mailing that was untouched when it was divided can have been touched since.
func TestStretches(t *testing.T) {
	b, m := openRound(t, 11)
	b.exec(`DELETE FROM round_members WHERE person_id = 4`)
	parts, err := b.Stretches(bg, m, 3, 2)
	require.NoError(t, err)
	require.Len(t, parts, 3)
	_, err = b.ClaimPage(bg, call(m), long, &store.Stretch{After: store.Place{Person: 6}, Until: store.Place{Person: 7}, Page: 2})
	require.NoError(t, err)
	var got [][]int64
	for i := range parts {
		require.True(t, parts[i].Untouched)
		for {
			page, err := b.ClaimPage(bg, call(m), long, &parts[i])
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			var ids []int64
			for _, r := range page {
				require.NotZero(t, r.Message)
				ids = append(ids, r.Person)
			}
			got = append(got, ids)
		}
		require.Equal(t, i != 1, parts[i].Untouched, "the second part finds out")
	}
	require.Equal(t, [][]int64{{1, 2}, {3, 5}, {6}, {8, 9}, {10, 11}}, got)

	again, err := b.Stretches(bg, m, 3, 2)
	require.NoError(t, err)
	require.False(t, again[0].Untouched)
	few, err := b.Stretches(bg, store.Mailing{Subject: m.Subject, Purpose: "no_match"}, 3, 2)
	require.NoError(t, err)
	require.Len(t, few, 1)
}

func TestAClaimCanBeRepeated(t *testing.T) {
	b, m := openRound(t, 3)
	c := call(m)
	_, err := b.ClaimPage(bg, c, long, everybody(2))
	require.NoError(t, err)
	b.exec(`UPDATE people SET status = 'inactive', inactive_reason = 'admin' WHERE id = 2`)
	page, err := b.ClaimPage(bg, c, long, everybody(2))
	require.NoError(t, err)
	require.Len(t, page, 2, "as if the first had never been")
	require.NotZero(t, page[0].Message)
	require.Equal(t, "inactive", page[1].Stop)
	require.Equal(t, 1, scanOne[int](b, `SELECT count(*) FROM messages WHERE state = 'suppressed'`))
	require.Zero(t, b.message(page[0].Message).Resends)
	require.NoError(t, b.MarkSent(bg, c, []int64{page[0].Message}, "x"))
	require.Equal(t, []int64{3}, b.owed(m, long))
	page, err = b.ClaimPage(bg, call(m), long, &store.Stretch{After: page[1].Place, Until: everybody(2).Until, Page: 2})
	require.NoError(t, err)
	require.Len(t, page, 1)
}

// The answer to the claim of the last page was not heard: claimed again, the same people are on it.
func TestTheLastPageCanBeClaimedAgain(t *testing.T) {
	for _, untouched := range []bool{true, false} {
		b, m := openRound(t, 3)
		c := call(m)
		s := store.Everybody(1000)
		s.Untouched = untouched
		unheard := s
		first, err := b.ClaimPage(bg, c, long, &unheard)
		require.NoError(t, err)
		again, err := b.ClaimPage(bg, c, long, &s)
		require.NoError(t, err)
		require.Equal(t, first, again)
		require.Len(t, again, 3)
		require.Zero(t, b.message(again[0].Message).Resends)
	}
}

func TestOwedByPurpose(t *testing.T) {
	b := setupRounds(t, storetest.New(t), 5)
	round := b.round("")
	mail := func(purpose string) store.Mailing { return store.Mailing{Subject: round, Purpose: purpose} }
	require.Empty(t, b.owed(mail("opt_in"), long), "the round is not open")
	require.NoError(t, b.OpenRound(bg, round))
	require.Equal(t, []int64{1, 2, 3, 4, 5}, b.owed(mail("opt_in"), long))
	require.Empty(t, b.owed(mail("reminder"), long), "nobody has been asked")
	asked := b.claim(mail("opt_in"), long)
	require.Empty(t, b.owed(mail("reminder"), long), "nobody is known to have been asked")
	require.NoError(t, b.MarkSent(bg, asked.Call, asked.all(), "x"))
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
	first, err := b.ClaimPage(bg, call(mail("match")), long, everybody(1))
	require.NoError(t, err)
	members, err := b.GroupMembers(bg, round, []int64{first[0].Group})
	require.NoError(t, err)
	require.Len(t, members, 3)
	others, err := b.Others(bg, []int64{3, 4})
	require.NoError(t, err)
	require.Len(t, others, 2)
	require.JSONEq(t, `{"team": "t3"}`, string(others[0].Attributes))

	told := b.claim(mail("match"), long)
	require.Equal(t, []int64{3, 4}, slices.Sorted(maps.Keys(told.of)))
	require.NoError(t, b.MarkFailed(bg, told.Call, []int64{told.of[4]}, "refused"))
	require.NoError(t, b.MarkSent(bg, told.Call, []int64{told.of[3]}, "y"))
	require.Equal(t, "failed", b.message(told.of[4]).State)
	require.Nil(t, b.message(told.of[4]).SentAt)
	require.NoError(t, b.FinishSending(bg, round))
	require.Equal(t, []int64{3}, b.owed(mail("check_in"), long), "who was never told is not asked")
	_, err = b.LeaveProgram(bg, b.program, 3)
	require.NoError(t, err)
	require.Empty(t, b.owed(mail("check_in"), long))
	_, err = b.ClaimPage(bg, call(mail("outreach")), long, everybody(1))
	require.Equal(t, "purpose_unknown", faultCode(err))
}

// A page goes on after the place of its last person, and people of a group are next to each other.
func TestPagesGoByGroups(t *testing.T) {
	b, m := openRound(t, 6)
	b.set(m.Subject, `phase = 'sending'`)
	b.exec(`INSERT INTO group_members VALUES ($1, 1, 5), ($1, 1, 2), ($1, 2, 1), ($1, 2, 6), ($1, 2, 3)`, m.Subject)
	m.Purpose = "match"
	var got []int64
	for s := everybody(2); ; {
		page, err := b.ClaimPage(bg, call(m), long, s)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			got = append(got, r.Person)
		}
	}
	require.Equal(t, []int64{2, 5, 1, 3, 6}, got)
}

func TestUnmatchedAreTold(t *testing.T) {
	b := setupRounds(t, storetest.New(t), 1)
	round := b.matched("", 1)
	b.past(round, "match_at")
	require.NoError(t, b.FreezeRound(bg, round))
	list, err := b.ClaimPage(bg, call(store.Mailing{Subject: round, Purpose: "no_match"}), long, everybody(10))
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Contains(t, string(list[0].Unmatched), `"alone"`)
}

// The life of a doubt: the attempt dies, the next one adopts, time passes, one more sending, and then no more.
func TestDoubtIsSentOnceMore(t *testing.T) {
	b, m := openRound(t, 4)
	dead := b.claim(m, long)
	slow := b.split(dead, 1)
	n, err := b.AdoptMessages(bg, m, uuid.NewString())
	require.NoError(t, err)
	require.Equal(t, 4, n)
	require.Empty(t, b.owed(m, long), "evidence may still come")
	still, err := b.ReclaimMessages(bg, dead.Call, dead.all())
	require.NoError(t, err)
	require.Empty(t, still, "whoever had claimed it calls no more")

	require.NoError(t, b.MarkSent(bg, slow.Call, slow.all(), "late")) // the dead attempt was only slow
	require.Equal(t, "sent", b.message(slow.of[1]).State)
	require.NotNil(t, b.message(slow.of[1]).SentAt)
	b.answer(m.Subject, "yes", 2, 2)

	cutoff := time.Now().Add(time.Minute)
	require.Equal(t, []int64{3, 4}, b.owed(m, cutoff), "released, they are owed it as before")
	again := b.claim(m, cutoff)
	require.Equal(t, map[int64]int64{3: dead.of[3], 4: dead.of[4]}, again.of, "the same rows, so that late events still find them")
	require.Equal(t, 1, b.message(dead.of[3]).Resends)
	require.NoError(t, b.EndDoubts(bg, m, cutoff))
	require.Nil(t, b.message(dead.of[2]).UnknownAt)
	require.Equal(t, "unknown", b.message(dead.of[2]).State)

	evident := b.split(again, 4)
	require.NoError(t, b.MarkUnknown(bg, again.Call, again.all()))
	require.Empty(t, b.owed(m, time.Now().Add(time.Hour)), "twice in doubt is not sent a third time")
	require.NoError(t, b.MarkSent(bg, dead.Call, dead.all(), "very late"), "and yet the first call had gone through")
	require.NoError(t, b.MarkSent(bg, evident.Call, evident.all(), "second"))
	totals, err := b.MailTotals(bg, m)
	require.NoError(t, err)
	require.Equal(t, store.MailTotals{Sent: 4}, totals)
	require.Equal(t, 4, scanOne[int](b, `SELECT sent FROM round_counts WHERE round_id = $1`, m.Subject))
}

// A person whose doubt has had its time, and who must not be written to any more, stays in doubt.
func TestADoubtAboutSomebodyGoneStays(t *testing.T) {
	b, m := openRound(t, 1)
	c := b.claim(m, long)
	require.NoError(t, b.MarkUnknown(bg, c.Call, c.all()))
	b.exec(`UPDATE people SET status = 'inactive', inactive_reason = 'admin'`)
	require.Empty(t, b.claim(m, time.Now().Add(time.Minute)).of)
	got := b.message(c.of[1])
	require.Equal(t, "unknown inactive", got.State+" "+got.Reason)
	require.Nil(t, got.UnknownAt)
	require.Zero(t, got.Resends)
}

// A worker died in the middle of a call and nobody is going to deliver the mailing again: the doubt is listed all the same.
func TestOrphansAreListed(t *testing.T) {
	b, m := openRound(t, 3)
	c := b.claim(m, long)
	test, id, err := b.ClaimTest(bg, 3)
	require.NoError(t, err)
	orphans := func() int {
		n, err := b.DoubtOrphans(bg)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, orphans(), "they are being sent")
	b.exec(`UPDATE ledger SET claimed_at = now() - interval '1 hour'`)
	require.Equal(t, 1, orphans(), "the test mail")
	require.Equal(t, "unknown", b.message(id).State)
	b.set(m.Subject, `phase = 'cancelled'`)
	require.Equal(t, 1, orphans())
	for _, id := range c.all() {
		require.Equal(t, "unknown not_owed", b.message(id).State+" "+b.message(id).Reason)
		require.Nil(t, b.message(id).UnknownAt)
	}
	require.Zero(t, orphans())
	require.NoError(t, b.MarkSent(bg, test, []int64{id}, "late"), "the process lives after all")
	require.Equal(t, "sent", b.message(id).State)

	b.set(m.Subject, `phase = 'open'`)
	b.exec(`DELETE FROM ledger; DELETE FROM mail_calls`)
	c = b.claim(m, long)
	b.exec(`UPDATE ledger SET claimed_at = now() - interval '2 days'`)
	require.Equal(t, 1, orphans())
	require.NotNil(t, b.message(c.of[1]).UnknownAt, "the round may still send it once more")
}

func TestReleasedPeopleAreOwedAsBefore(t *testing.T) {
	b, m := openRound(t, 4)
	c := b.claim(m, long)
	require.NoError(t, b.ReleaseCall(bg, call(m), c.all()), "another call releases nothing")
	require.Empty(t, b.owed(m, long))
	part := b.split(c, 1, 2)
	require.NoError(t, b.ReleaseCall(bg, part.Call, part.all()))
	require.Equal(t, []int64{1, 2}, b.owed(m, long))

	b.answer(m.Subject, "yes", 3, 3)
	still, err := b.ReclaimMessages(bg, c.Call, c.all())
	require.NoError(t, err)
	require.Equal(t, map[int64]bool{c.of[4]: true}, still, "who answered meanwhile is not asked any more")
	b.set(m.Subject, `phase = 'cancelled'`)
	still, err = b.ReclaimMessages(bg, c.Call, []int64{c.of[4]})
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
	c := b.claim(m, long)
	ids := c.all()
	require.NoError(t, b.MarkSent(bg, c.Call, ids, "x"))
	require.NoError(t, b.MarkSent(bg, c.Call, ids, "x"), "told twice, counted once")
	n, err := conn.Conn().WaitForNotification(bg)
	require.NoError(t, err)
	require.Regexp(t, `^round:\d+:\d+$`, n.Payload)
	at := time.Now()
	_, err = b.ApplyEvents(bg, []store.Event{
		{Message: ids[0], Kind: store.Delivered, At: at},
		{Message: ids[0], Kind: store.Delivered, At: at},
		{Message: ids[1], Kind: store.Blocked, At: at},
	})
	require.NoError(t, err)
	require.Equal(t, "3 1 1", scanOne[string](b, `SELECT sent || ' ' || delivered || ' ' || bounced FROM round_counts WHERE round_id = $1`, m.Subject))
}

// Whichever comes first, what the provider answers or its events, everybody is counted as sent once.
func TestAnswersAndEventsAtOnce(t *testing.T) {
	b, m := openRound(t, 400)
	c := b.claim(m, long)
	var wg sync.WaitGroup
	errs := make(chan error, 80)
	for i := range int64(40) {
		var people []int64
		for p := range int64(10) {
			people = append(people, i*10+p+1)
		}
		part := b.split(c, people...)
		var events []store.Event
		for _, id := range part.all() {
			events = append(events, store.Event{Message: id, Kind: store.Delivered, At: time.Now()})
		}
		wg.Go(func() {
			_, err := b.ApplyEvents(bg, events)
			errs <- err
		})
		wg.Go(func() { errs <- b.MarkSent(bg, part.Call, part.all(), "x") })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, "400 400", scanOne[string](b, `SELECT sent || ' ' || delivered FROM round_counts WHERE round_id = $1`, m.Subject))
	totals, err := b.MailTotals(bg, m)
	require.NoError(t, err)
	require.Equal(t, store.MailTotals{Sent: 400}, totals)
}

// Those asked for are listed, and no others, whether they are next to each other or not.
func TestGroupMembersListsTheGroupsAskedFor(t *testing.T) {
	db := storetest.New(t)
	round := int64(0)
	rapid.Check(t, func(r *rapid.T) {
		round++
		some := rapid.SliceOfNDistinct(rapid.Int64Range(1, 60), 0, 30, rapid.ID[int64])
		groups, asked := some.Draw(r, "groups"), some.Draw(r, "asked")
		slices.Sort(asked)
		_, err := db.Pool().Exec(bg, `INSERT INTO group_members (round_id, group_no, person_id) SELECT $1, g, g * 10 + i FROM unnest($2::int[]) g, generate_series(0, 1) i`, round, groups)
		require.NoError(r, err)
		want := []store.GroupMember{}
		for _, no := range groups {
			if slices.Contains(asked, no) {
				want = append(want, store.GroupMember{Group: no, Person: no * 10}, store.GroupMember{Group: no, Person: no*10 + 1})
			}
		}
		got, err := db.GroupMembers(bg, round, asked)
		require.NoError(r, err)
		require.ElementsMatch(r, want, got)
	})
}
