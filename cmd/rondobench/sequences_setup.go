package main

import (
	"context"
	"fmt"
	"os"
)

// contactsPerSender leaves every quota open: all mails to them fit into what a sender may write in an hour.
const (
	contactsPerSender = 10
	perHour           = 50
)

const firstText = `Hello {{ person.name | default: 'there' }},

{{ person.company | default: 'your company' }} came up when we looked for teams that hold their meetings in several cities. We run
the small talk between them: people who would not meet are introduced to each other, in pairs, once a month.

May I show you in ten minutes how that went elsewhere? Any day next week suits me.

Best regards`

const secondText = `Hello {{ person.name | default: 'there' }},

just in case my last mail drowned: is this something for {{ person.company | default: 'you' }}, or is somebody else the one to ask?

Best regards`

// fill writes senders, people and a sequence of two mails, the second in the thread of the first.
func (r *sequencesRun) fill(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "set up ...")
	senders, people := r.senders(), r.Contacts*(r.Times+1)
	for _, q := range []struct {
		sql  string
		args []any
	}{
		{`WITH u AS (INSERT INTO users (email, name) SELECT 'sender' || i || '@bench.example', 'Sender ' || i FROM generate_series(1, $1) i RETURNING id, email, name)
			INSERT INTO senders (user_id, address, name, timezone, days, from_hour, to_hour, per_hour, per_day)
			SELECT id, email, name, 'UTC', '{0,1,2,3,4,5,6}', 0, 24, $2, 8 * $2 FROM u`, []any{senders, perHour}},
		{`INSERT INTO people (email, name, attributes) SELECT 'contact' || i || '@company' || i / 4 || '.example', 'Contact ' || i,
			jsonb_build_object('company', 'Company ' || i / 4) FROM generate_series(1, $1) i`, []any{people}},
		{`INSERT INTO sequences (name) VALUES ('Bench')`, nil},
		{`INSERT INTO sequence_steps (sequence_id, edition, no, kind, subject, text) SELECT id, 1, 1, 'mail', 'An idea for {{ person.company }}', $1 FROM sequences`, []any{firstText}},
		{`INSERT INTO sequence_steps (sequence_id, edition, no, kind, text, thread, delay_minutes) SELECT id, 1, 2, 'mail', $1, true, 1 FROM sequences`, []any{secondText}},
		{`ANALYZE`, nil}, // as a database is that has been there for a while
	} {
		if _, err := r.db.Exec(ctx, q.sql, q.args...); err != nil {
			return err
		}
	}
	return r.db.QueryRow(ctx, `SELECT id FROM sequences`).Scan(&r.sequence)
}

// senders is as many as one batch may name at most.
func (r *sequencesRun) senders() int { return min(1_000, max(1, r.Contacts/contactsPerSender)) }

// draft makes the nth batch, of people who are in no other, to begin when nothing runs here any more.
func (r *sequencesRun) draft(ctx context.Context, nth int) (id int64, err error) {
	err = r.db.QueryRow(ctx, `INSERT INTO batches (sequence_id, edition, senders, sender_ids, start, start_wall, seed)
		SELECT $1, 1, 'selected', array_agg(user_id ORDER BY user_id), 'at', date_trunc('hour', now() AT TIME ZONE 'UTC') + $2 * interval '1 day', 1
		FROM senders RETURNING id`, r.sequence, daysAhead).Scan(&id)
	if err != nil {
		return 0, err
	}
	_, err = r.db.Exec(ctx, `INSERT INTO batch_people (batch_id, person_id) SELECT $1, id FROM people ORDER BY id OFFSET $2 LIMIT $3`, id, nth*r.Contacts, r.Contacts)
	return id, err
}
