package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
	"rondo/activities/store/storetest"
)

// BenchmarkSequenceReport counts a sequence of 100,000 contacts with 200,000 mails in the ledger and as many slots, beside
// another one as large, and one batch of 1,000 of it.
func BenchmarkSequenceReport(b *testing.B) {
	db := storetest.New(b)
	_, err := db.Pool().Exec(b.Context(), `
		INSERT INTO users (email, name) SELECT 'u' || i || '@x.example', '' FROM generate_series(1, 100) i;
		INSERT INTO senders (user_id, address, timezone) SELECT id, email, 'UTC' FROM users;
		INSERT INTO people (email, name) SELECT 'p' || i || '@x.example', '' FROM generate_series(1, 200000) i;
		INSERT INTO sequences (name) VALUES ('A'), ('B');
		INSERT INTO sequence_steps (sequence_id, edition, no, kind) SELECT s, 1, n, 'mail' FROM generate_series(1, 2) s, generate_series(1, 3) n;
		INSERT INTO batches (sequence_id, edition, seed) SELECT 1 + (i > 100)::int, 1, i FROM generate_series(1, 200) i;
		INSERT INTO enrollments (sequence_id, edition, batch_id, person_id, sender_id, state, step, ended_at)
			SELECT 1 + (id > 100000)::int, 1, 1 + (id - 1) / 1000, id, 1 + id % 100, CASE WHEN id % 50 = 0 THEN 'replied' WHEN id % 70 = 0 THEN 'unsubscribed' ELSE 'active' END, 3,
				CASE WHEN id % 50 = 0 OR id % 70 = 0 THEN now() END FROM people ORDER BY id;
		INSERT INTO mail_calls (id, attempt, purpose, subject_id, state) SELECT gen_random_uuid(), gen_random_uuid(), 'step', e.id, CASE WHEN e.id % 1000 = 0 AND s = 2 THEN 'open' ELSE 'accepted' END
			FROM enrollments e, generate_series(1, 2) s;
		INSERT INTO ledger (purpose, subject_id, person_id, step, state, call_id, delivered_at, opened_at)
			SELECT 'step', c.subject_id, e.person_id, row_number() OVER (PARTITION BY c.subject_id), 'called', c.id, now(), CASE WHEN e.id % 3 = 0 THEN now() END
			FROM mail_calls c JOIN enrollments e ON e.id = c.subject_id;
		INSERT INTO slots (enrollment_id, step, sender_id, at, claimed, domain) SELECT e.id, s, e.sender_id, now(), s < 3, 'x.example' FROM enrollments e, generate_series(1, 3) s WHERE s < 3 OR e.ended_at IS NULL;
		INSERT INTO replies (enrollment_id, key, kind) SELECT id, 'k', 'reply' FROM enrollments WHERE id % 50 = 0;
		INSERT INTO tasks (enrollment_id, step, edition, user_id) SELECT id, 3, edition, sender_id FROM enrollments WHERE id % 10 = 0;`)
	require.NoError(b, err)
	_, err = db.Pool().Exec(b.Context(), `ANALYZE`)
	require.NoError(b, err)
	for name, batch := range map[string]int64{"sequence": 0, "batch": 7} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := db.SequenceReport(b.Context(), 1, batch)
				require.NoError(b, err)
				require.Len(b, r.Steps, 3)
				require.NotZero(b, r.Steps[1].Sent)
			}
		})
	}
	b.Run("why", func(b *testing.B) {
		for b.Loop() {
			_, err := db.Why(b.Context(), 1)
			require.NoError(b, err)
		}
	})
	b.Run("forecast", func(b *testing.B) {
		for b.Loop() {
			_, err := db.SenderForecast(b.Context(), 1, store.MaxSenderDays)
			require.NoError(b, err)
		}
	})
}
