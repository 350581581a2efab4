package store_test

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/mail"
	"rondo/activities/store"
)

// The worked examples of seed 003, by name.

func TestStartNowAt1040IsThe11OClockSlot(t *testing.T) {
	o := setupOutreach(t, 5, []store.Sender{office(50, 400)}, letter("Hello"))
	for _, at := range []struct{ now, hour string }{
		{"2041-06-04T10:40:00Z", "Tue 11h"},
		{"2041-06-04T11:00:00Z", "Tue 11h"},
		{"2041-06-04T17:20:00Z", "Wed 09h"}, // the next slot is not available: as soon as the schedule allows
		{"2041-06-07T17:20:00Z", "Mon 09h"},
	} {
		o.now(at.now)
		require.Equal(t, map[string]int{at.hour: 5}, begun(o.preview(o.draft(1, 5, nil))), at.now)
	}
	o.now("2041-06-04T10:40:00Z")
	wall := time.Date(2041, 6, 6, 10, 0, 0, 0, time.UTC)
	require.Equal(t, map[string]int{"Thu 10h": 5}, begun(o.preview(o.draft(1, 5, func(b *store.Batch) { b.Start, b.StartWall = "at", &wall }))),
		"the 10 o'clock slot are the sendings from 10 to 11")
}

func TestStartNowWaitsForTheQuota(t *testing.T) {
	o := setupOutreach(t, 5, []store.Sender{office(2, 4)}, letter("Hello"))
	require.Equal(t, map[string]int{"Tue 11h": 2, "Tue 12h": 2, "Wed 11h": 1}, begun(o.preview(o.draft(1, 5, nil))),
		"two an hour, and four in any 24 hours: not 9 o'clock on Wednesday")
}

func Test150ContactsAt100ADayAnd50AnHour(t *testing.T) {
	o := setupOutreach(t, 150, []store.Sender{office(400, 1000)}, letter("Hello"))
	spread := func(b *store.Batch) { b.PerHour, b.PerDay = 50, 100 }
	want := map[string]int{"Tue 11h": 50, "Tue 12h": 50, "Wed 09h": 50}
	p := o.preview(o.draft(1, 150, spread))
	require.Equal(t, want, begun(p))
	o = setupOutreach(t, 150, []store.Sender{office(400, 1000), office(400, 1000), office(400, 1000)}, letter("Hello"))
	b := o.draft(1, 150, spread)
	require.Equal(t, want, begun(o.preview(b)), "all senders together")
	o.engage(b)
	require.Empty(t, o.broken())
	o = setupOutreach(t, 150, []store.Sender{office(30, 1000)}, letter("Hello"))
	require.Equal(t, map[string]int{"Tue 11h": 30, "Tue 12h": 30, "Tue 13h": 30, "Tue 14h": 10, "Wed 09h": 30, "Wed 10h": 20}, begun(o.preview(o.draft(1, 150, spread))),
		"the smallest quota wins")
}

func TestTheFourRefusalsAndHowEachIsMended(t *testing.T) {
	o := setupOutreach(t, 8, []store.Sender{office(50, 400)}, letter("Hello {{ person.team }}"))
	ctx := t.Context()
	o.exec(`UPDATE people SET attributes = '{"team": "blue"}' WHERE id NOT IN (3, 4)`)
	other, err := o.CreateSequence(ctx, store.Sequence{Name: "Other", UnresponsiveDays: 7}, []store.Step{letter("Other")})
	require.NoError(t, err)
	this := o.sequence
	o.sequence = other
	elsewhere := o.engage(o.draft(2, 2, nil))[2].ID
	before := o.engage(o.draft(5, 5, nil))[5].ID
	o.sequence = this
	_, err = o.StopEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{before}}, 0)
	require.NoError(t, err)
	entry, _, err := o.AddBlacklisted(ctx, "address", "p1@d1.example", "asked by phone")
	require.NoError(t, err)

	b := o.draft(1, 8, nil)
	want := map[string][]int64{
		store.RefusedBlacklisted: {1}, store.RefusedEngaged: {2}, store.RefusedMissing: {3, 4}, store.RefusedBefore: {5}, "": {6, 7, 8},
	}
	see := func(why string) {
		t.Helper()
		p := o.preview(b)
		require.Equal(t, want, refused(p), why)
		require.Equal(t, len(want[""]), p.Engaged)
		require.Len(t, p.Mails, len(want[""]), "the schedule is that of the others")
	}
	see("four lists")
	for _, c := range o.preview(b).Candidates {
		if c.Refused == store.RefusedMissing {
			require.Equal(t, []string{"team"}, c.Missing)
		}
	}
	_, _, err = o.PauseEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{elsewhere}}, nil, 0)
	require.NoError(t, err)
	see("paused elsewhere is engaged elsewhere")

	_, err = o.RemoveBlacklisted(ctx, entry.ID, nil)
	require.NoError(t, err)
	delete(want, store.RefusedBlacklisted)
	want[""] = []int64{1, 6, 7, 8}
	see("removed from the blacklist")

	p, err := o.Person(ctx, 3)
	require.NoError(t, err)
	_, _, err = o.PatchPerson(ctx, store.ErasureKey{}, 3, p.Version, store.PersonPatch{Attributes: map[string]string{"team": "red"}})
	require.NoError(t, err)
	want[""], want[store.RefusedMissing] = []int64{1, 3, 6, 7, 8}, []int64{4}
	see("filled in")

	for _, text := range []string{"Hello {{ person.team | default: 'you' }}", "Hello{% if person.team %} {{ person.team }}{% endif %}"} {
		require.NoError(t, o.EditText(ctx, b.ID, 4, 1, &store.StepText{Subject: text, Text: "Hello"}))
		want[""], want[store.RefusedMissing] = []int64{1, 3, 4, 6, 7, 8}, nil
		delete(want, store.RefusedMissing)
		see(text)
		require.NoError(t, o.EditText(ctx, b.ID, 4, 1, nil))
		want[""], want[store.RefusedMissing] = []int64{1, 3, 6, 7, 8}, []int64{4}
		see("the sequence's text again")
	}
	o.sequence, err = o.UpdateSequence(ctx, this.ID, this.Version, func(*store.Sequence) {}, []store.Step{letter("Hello {{ person.team | default: 'you' }}")})
	require.NoError(t, err)
	b, err = o.Batch(ctx, b.ID)
	require.NoError(t, err)
	b, err = o.EditBatch(ctx, b.ID, b.Version, func(b *store.Batch) error { b.Edition = o.sequence.Edition; return nil })
	require.NoError(t, err)
	want[""] = []int64{1, 3, 4, 6, 7, 8}
	delete(want, store.RefusedMissing)
	see("a default in the sequence")

	_, err = o.StopEnrollments(ctx, store.EnrollmentFilter{IDs: []int64{elsewhere}}, 0)
	require.NoError(t, err)
	delete(want, store.RefusedEngaged)
	want[store.RefusedBefore] = []int64{2, 5}
	see("ended elsewhere, and has been in a sequence by that")

	authorized, err := o.EditBatch(ctx, b.ID, b.Version, func(b *store.Batch) error { b.Authorized = true; return nil })
	require.NoError(t, err)
	b, want = authorized, map[string][]int64{"": {1, 2, 3, 4, 5, 6, 7, 8}}
	see("authorized, for this batch")
	b, err = o.EditBatch(ctx, b.ID, b.Version, func(b *store.Batch) error { b.Authorized = false; return nil })
	require.NoError(t, err)

	all := o.engage(b)
	require.Len(t, all, 6, "engaging goes on without the refused")
	require.NotContains(t, all, int64(2))
	require.NotContains(t, all, int64(5))
	next := o.draft(1, 8, func(b *store.Batch) { b.Authorized = true })
	require.Equal(t, map[string][]int64{store.RefusedEngaged: {1, 3, 4, 6, 7, 8}, "": {2, 5}}, refused(o.preview(next)), "authorizing does not go past a sequence that is not over")
}

func TestWhoeverSendsBecomesTheOwner(t *testing.T) {
	o := setupOutreach(t, 9, []store.Sender{office(50, 400), office(50, 400), office(50, 400)}, letter("Hello"))
	ctx := t.Context()
	o.exec(`UPDATE people SET owner_id = $1 WHERE id IN (1, 4, 7)`, o.senders[0])
	o.exec(`UPDATE people SET owner_id = $1 WHERE id = 8`, o.senders[1])
	owners := func() map[int64][]int64 {
		rows, err := o.Pool().Query(ctx, `SELECT coalesce(owner_id, 0), array_agg(id ORDER BY id) FROM people GROUP BY 1`)
		require.NoError(t, err)
		all := map[int64][]int64{}
		for rows.Next() {
			var owner int64
			var ids []int64
			require.NoError(t, rows.Scan(&owner, &ids))
			all[owner] = ids
		}
		require.NoError(t, rows.Err())
		return all
	}
	a, b, c := o.senders[0], o.senders[1], o.senders[2]

	// Send from my account: a colleague adds contacts that he does not own, and owns them.
	o.engage(o.draft(1, 3, func(d *store.Batch) { d.Senders, d.SenderIDs = "me", []int64{b} }))
	require.Equal(t, map[int64][]int64{a: {4, 7}, b: {1, 2, 3, 8}, 0: {5, 6, 9}}, owners())

	// Send from contact owners: each by his own; who has none, or one without a mailbox, is refused.
	d := o.draft(7, 9, func(d *store.Batch) { d.Senders, d.SenderIDs = "owners", []int64{} })
	require.Equal(t, map[string][]int64{store.RefusedNoSender: {9}, "": {7, 8}}, refused(o.preview(d)))
	done := o.engage(d)
	require.Equal(t, []int64{a, b}, []int64{done[7].SenderID, done[8].SenderID})
	require.Equal(t, map[int64][]int64{a: {4, 7}, b: {1, 2, 3, 8}, 0: {5, 6, 9}}, owners())

	// Select senders: the chosen one becomes the new owner.
	o.engage(o.draft(4, 6, func(d *store.Batch) { d.SenderIDs = []int64{c} }))
	require.Equal(t, map[int64][]int64{a: {7}, b: {1, 2, 3, 8}, c: {4, 5, 6}, 0: {9}}, owners())

	_, err := o.ReassignEnrollments(ctx, store.EnrollmentFilter{Person: 4}, a)
	require.NoError(t, err)
	require.Equal(t, map[int64][]int64{a: {4, 7}, b: {1, 2, 3, 8}, c: {5, 6}, 0: {9}}, owners(), "a change of sender is a change of owner")
}

func TestBeyondSixMonths(t *testing.T) {
	o := setupOutreach(t, 200, []store.Sender{office(1, 1)}, letter("Hello"))
	ctx := t.Context()
	_, err := o.PreviewBatch(ctx, o.draft(1, 200, nil), time.Time{}, mail.Needs)
	require.Equal(t, "beyond_horizon", fault.From(err).Code)
	found := regexp.MustCompile(`step 1 for person (\d+) would go later than 2041-12-04.* (\d+) contacts fit`).FindStringSubmatch(fault.From(err).Message)
	require.NotNil(t, found, fault.From(err).Message)
	fit, err := strconv.ParseInt(found[2], 10, 64)
	require.NoError(t, err)
	b := o.draft(1, 200, nil)
	_, _, err = o.EngageBatch(ctx, b.ID, b.Version, o.now("2041-06-04T10:40:00Z"), "", true, mail.Needs)
	require.Equal(t, "beyond_horizon", fault.From(err).Code, "engaging is refused too")

	_, err = o.PreviewBatch(ctx, o.draft(1, fit+1, nil), time.Time{}, mail.Needs)
	require.Equal(t, "beyond_horizon", fault.From(err).Code)
	p := o.preview(o.draft(1, fit, nil))
	require.Len(t, p.Mails, int(fit))
	for _, m := range p.Mails {
		require.True(t, m.At.Before(time.Date(2041, 12, 4, 10, 40, 0, 0, time.UTC)))
	}
	require.InDelta(t, 131, fit, 2, "one a working day for six months")

	late := letter("Again")
	late.DelayDays = 132 // 131 would be the morning of the last day
	o = setupOutreach(t, 1, []store.Sender{office(10, 10)}, letter("Hello"), late)
	_, err = o.PreviewBatch(ctx, o.draft(1, 1, nil), time.Time{}, mail.Needs)
	require.ErrorContains(t, err, "step 2 for person 1", "any step counts")
}

func TestFridayAndTwoIsTuesdayFromTheRealSending(t *testing.T) {
	second := store.Step{Kind: store.MailStep, Text: "Again", Thread: true, DelayDays: 2, ToHour: 24, StaleHours: 24}
	o := setupOutreach(t, 2, []store.Sender{office(50, 400)}, letter("Hello"), second)
	ctx := t.Context()
	o.now("2041-06-07T10:40:00Z")
	b := o.draft(1, 2, nil)
	for _, m := range o.preview(b).Mails {
		require.Equal(t, map[int]string{1: "Fri 11", 2: "Tue 09"}[m.Step], m.At.Format("Mon 15"))
	}
	all := o.engage(b)
	take := func(person int64) store.Enrollment {
		t.Helper()
		turn, err := o.TakeStep(ctx, all[person].ID, uuid.NewString(), time.Hour)
		require.NoError(t, err)
		if turn.Mail == nil {
			return turn.Enrollment
		}
		e, err := o.StepSent(ctx, *turn.Mail, "x")
		require.NoError(t, err)
		return e
	}
	o.now(all[1].DueAt.Add(time.Second).Format(time.RFC3339))
	e := take(1)
	require.Equal(t, "Tue 2041-06-11 09", e.DueAt.UTC().Format("Mon 2006-01-02 15"), "sent on Friday")

	o.now("2041-06-10T10:05:00Z") // nothing ran on Friday afternoon
	e = take(2)
	require.Equal(t, []any{1, "late", "Mon 10"}, []any{e.Step, e.Reason, e.DueAt.UTC().Format("Mon 15")})
	o.now(e.DueAt.Add(time.Second).Format(time.RFC3339))
	e = take(2)
	require.Equal(t, 2, e.Step)
	require.Equal(t, "Wed 2041-06-12 09", e.DueAt.UTC().Format("Mon 2006-01-02 15"), "sent on Monday, not on Friday: two days later is Wednesday, not Tuesday")
}

func TestSomebodyTakesTheSlotBetweenPreviewAndEngage(t *testing.T) {
	o := setupOutreach(t, 4, []store.Sender{office(2, 10)}, letter("Hello"))
	ctx := t.Context()
	mine, theirs := o.draft(1, 2, nil), o.draft(3, 4, nil)
	p := o.preview(mine)
	require.Equal(t, map[string]int{"Tue 11h": 2}, begun(p))
	o.engage(theirs)
	_, _, err := o.EngageBatch(ctx, mine.ID, mine.Version, p.AsOf, p.Digest, false, mail.Needs)
	require.Equal(t, []any{fault.Conflict, "schedule_changed"}, []any{fault.From(err).Kind, fault.From(err).Code})
	rows, err := o.Enrollments(ctx, store.EnrollmentFilter{Batch: mine.ID}, store.Page{Limit: 10})
	require.NoError(t, err)
	require.Empty(t, rows, "nothing of it happened")
	require.Equal(t, map[string]int{"Tue 12h": 2}, begun(o.preview(mine)), "the difference")
	done, _, err := o.EngageBatch(ctx, mine.ID, mine.Version, p.AsOf, p.Digest, true, mail.Needs)
	require.NoError(t, err)
	require.Equal(t, map[string]int{"Tue 12h": 2}, begun(done), "changes were accepted")
	require.Empty(t, o.broken())

	o.now("2041-06-04T11:40:00Z")
	_, err = o.StopEnrollments(ctx, store.EnrollmentFilter{Open: true}, 0)
	require.NoError(t, err)
	old := o.draft(1, 4, func(b *store.Batch) { b.Authorized = true })
	_, _, err = o.EngageBatch(ctx, old.ID, old.Version, p.AsOf, p.Digest, false, mail.Needs)
	require.Equal(t, "preview_too_old", fault.From(err).Code)
}

func TestEvenSplitIsEvenAndReproducible(t *testing.T) {
	o := setupOutreach(t, 100, []store.Sender{office(50, 400), office(50, 400), office(50, 400)}, letter("Hello"))
	share := func(p store.BatchPlan) (of map[int64]int64, n map[int64]int) {
		of, n = map[int64]int64{}, map[int64]int{}
		for _, m := range p.Mails {
			of[m.Person] = m.Sender
			n[m.Sender]++
		}
		return of, n
	}
	b := o.draft(1, 100, nil)
	first, n := share(o.preview(b))
	require.ElementsMatch(t, []int{34, 33, 33}, []int{n[o.senders[0]], n[o.senders[1]], n[o.senders[2]]})
	for range 3 {
		again, _ := share(o.preview(b))
		require.Equal(t, first, again, "the same with every look")
	}
	other, _ := share(o.preview(o.draft(1, 100, nil)))
	require.NotEqual(t, first, other, "another batch is another draw")
	inTurn := true
	for id := int64(2); id <= 100; id++ {
		inTurn = inTurn && first[id] == o.senders[(id-1)%3]
	}
	require.False(t, inTurn, "random, not in the order of the list")
	random := o.draft(1, 100, func(b *store.Batch) { b.Split = "random" })
	drawn, n := share(o.preview(random))
	again, _ := share(o.preview(random))
	require.Equal(t, drawn, again)
	require.Len(t, n, 3)
	for id, e := range o.engage(b) {
		require.Equal(t, first[id], e.SenderID, "and what happens is what was shown")
	}
}
