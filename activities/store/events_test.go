package store_test

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/store"
)

// afterEvents is everything that events may change, without what the clock of the run decides.
func afterEvents(b *roundKit) string {
	return scanOne[string](b, `SELECT jsonb_build_object(
		'messages', (SELECT jsonb_agg(to_jsonb(m) - 'claimed_at' ORDER BY id) FROM messages m),
		'people', (SELECT jsonb_agg(jsonb_build_array(id, status, inactive_reason) ORDER BY id) FROM people),
		'blacklist', (SELECT jsonb_agg(jsonb_build_array(kind, value, origin) ORDER BY value) FROM blacklist),
		'members', (SELECT jsonb_agg(jsonb_build_array(person_id, removed_at IS NULL) ORDER BY person_id) FROM round_members),
		'counts', (SELECT jsonb_agg(to_jsonb(c) - 'version') FROM round_counts c))::text`)
}

// Any order, repetition and division of the same events leaves the same state.
func TestEventsInAnyOrder(t *testing.T) {
	b, m := openRound(t, 6)
	c := b.claim(m, long) // one to stay in the call, the others in every other state
	messages := maps.Clone(c.of)
	sent, doubted := b.split(c, 1), b.split(c, 2, 3)
	require.NoError(t, b.MarkSent(bg, sent.Call, sent.all(), "x"))
	require.NoError(t, b.MarkUnknown(bg, doubted.Call, doubted.all()))
	require.NoError(t, b.MarkFailed(bg, c.Call, []int64{c.of[4]}, "refused"))
	b.exec(`UPDATE people SET email = 'moved@example.com' WHERE id = 6`)
	b.exec(`INSERT INTO blacklist (kind, value, origin) VALUES ('address', 'p3@d3.example.com', 'manual')`)
	b.exec(`INSERT INTO consents (person_id, entry_kind, origin, evidence, key_id, at) VALUES (2, 'address', 'unsubscribe', 'by phone', 1, '2026-06-01 12:00:30Z')`)
	for _, table := range []string{"ledger", "people", "blacklist", "round_members", "round_counts", "rounds"} {
		b.exec(`CREATE TABLE saved_` + table + ` AS TABLE ` + table)
	}
	restore := func() {
		b.exec(`DELETE FROM blacklist; INSERT INTO blacklist OVERRIDING SYSTEM VALUE SELECT * FROM saved_blacklist;
			UPDATE people p SET status = s.status, inactive_reason = s.inactive_reason FROM saved_people s WHERE s.id = p.id;
			UPDATE round_members m SET removed_at = NULL; DELETE FROM round_counts; INSERT INTO round_counts SELECT * FROM saved_round_counts;
			DELETE FROM ledger; INSERT INTO ledger OVERRIDING SYSTEM VALUE SELECT * FROM saved_ledger`)
	}
	base := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	stops := map[store.EventKind]string{
		store.Bounced: store.ByBounce, store.SpamReported: store.BySpam, store.Unsubscribed: store.ByUnsubscribe, store.Dropped: store.ByBounce,
	}
	event := rapid.Custom(func(t *rapid.T) store.Event {
		person := rapid.Int64Range(1, 6).Draw(t, "person")
		kind := rapid.SampledFrom([]store.EventKind{
			store.Processed, store.Delivered, store.Deferred, store.Bounced, store.Blocked, store.Dropped, store.Opened, store.Clicked,
			store.SpamReported, store.Unsubscribed,
		}).Draw(t, "kind")
		e := store.Event{
			Message: messages[person], Kind: kind, At: base.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "second")) * time.Second),
			Address: scanOne[string](b, `SELECT email FROM saved_people WHERE id = $1`, person), Stops: stops[kind],
		}
		switch rapid.IntRange(0, 9).Draw(t, "oddity") {
		case 0:
			e.Message = 0 // the provider lost it
		case 1:
			e.Message = 1 << 40 // not one of ours
		case 2:
			e.Address = "old@example.com"
		}
		return e
	})
	apply := func(events []store.Event, cuts []bool) {
		var batch []store.Event
		for i, e := range events {
			batch = append(batch, e)
			if cuts[i] {
				_, err := b.ApplyEvents(bg, batch)
				require.NoError(t, err)
				batch = nil
			}
		}
		_, err := b.ApplyEvents(bg, batch)
		require.NoError(t, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(event, 1, 12).Draw(t, "events")
		restore()
		apply(events, make([]bool, len(events)))
		want := afterEvents(b)
		restore()
		again := append(events, rapid.SliceOfN(rapid.SampledFrom(events), 0, 6).Draw(t, "repeated")...)
		again = rapid.Permutation(again).Draw(t, "order")
		apply(again, rapid.SliceOfN(rapid.Bool(), len(again), len(again)).Draw(t, "cuts"))
		require.JSONEq(t, want, afterEvents(b))
	})
}

func TestEventsAreEvidence(t *testing.T) {
	b, m := openRound(t, 2)
	c := b.claim(m, long)
	doubted := b.split(c, 1)
	at := time.Now().UTC().Truncate(time.Second)
	require.NoError(t, b.MarkUnknown(bg, doubted.Call, doubted.all()))
	_, err := b.ApplyEvents(bg, []store.Event{{Message: doubted.of[1], Kind: store.Processed, At: at}, {Message: c.of[2], Kind: store.Opened, At: at}})
	require.NoError(t, err)
	for _, id := range []int64{doubted.of[1], c.of[2]} {
		got := b.message(id)
		require.Equal(t, "sent", got.State)
		require.WithinDuration(t, at, *got.SentAt, 0)
	}
	n, err := b.AdoptMessages(bg, m, uuid.NewString())
	require.NoError(t, err)
	require.Zero(t, n)
	require.NoError(t, b.MarkSent(bg, c.Call, c.all(), "x"), "the attempt hears of it later than the webhook")
	require.Equal(t, 2, scanOne[int](b, `SELECT sent FROM round_counts WHERE round_id = $1`, m.Subject))
}

func TestEventsStopPeople(t *testing.T) {
	b, m := openRound(t, 5)
	c := b.claim(m, long)
	require.NoError(t, b.MarkSent(bg, c.Call, c.all(), "x"))
	b.answer(m.Subject, "yes", 1, 4)
	b.past(m.Subject, "answers_close_at")
	require.NoError(t, b.CloseAnswers(bg, m.Subject))
	b.match(m.Subject)
	at := time.Now()
	b.exec(`INSERT INTO consents (person_id, entry_kind, origin, evidence, key_id, at) VALUES (3, 'address', 'unsubscribe', 'by phone', 1, $1)`, at.Add(time.Hour))
	rings, err := b.ApplyEvents(bg, []store.Event{
		{Message: c.of[1], Kind: store.Bounced, At: at, Address: "p1@d1.example.com", Stops: store.ByBounce},
		{Message: c.of[2], Kind: store.Bounced, At: at, Address: "an.old@address.example", Stops: store.ByBounce},
		{Message: c.of[3], Kind: store.Unsubscribed, At: at, Address: "p3@d3.example.com", Stops: store.ByUnsubscribe},
		{Kind: store.Bounced, At: at, Address: "p5@d5.example.com", Stops: store.ByBounce},
	})
	require.NoError(t, err)
	require.Len(t, rings, 1, "the round repairs its groups")
	var people []struct{ Status, Reason string }
	require.NoError(t, json.Unmarshal([]byte(scanOne[string](b, `SELECT jsonb_agg(jsonb_build_object('status', status, 'reason', inactive_reason) ORDER BY id)::text FROM people`)), &people))
	require.Equal(t, []struct{ Status, Reason string }{
		{"inactive", "bounce"}, {"active", ""}, {"active", ""}, {"active", ""}, {"inactive", "bounce"},
	}, people)

	key, err := store.NewErasureKey(make([]byte, 32))
	require.NoError(t, err)
	_, _, err = b.ErasePerson(bg, key, 4)
	require.NoError(t, err)
	_, err = b.ApplyEvents(bg, []store.Event{{Message: c.of[4], Kind: store.SpamReported, At: at, Address: "p4@d4.example.com", Stops: store.BySpam}})
	require.NoError(t, err)
	require.Zero(t, scanOne[int](b, `SELECT count(*) FROM blacklist WHERE value LIKE 'p4@%'`), "nothing is kept of the erased")
}
