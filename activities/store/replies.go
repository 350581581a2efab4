package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
)

// Response is what came back from a contact: a mail, or what an integration reports.
type Response struct {
	Enrollment int64
	Key        string        // the same key of the same enrollment is stored once
	Kind       string        // reply, out_of_office, negative, unsubscribe, bounce, meeting or click
	Until      calendar.Date // out of office: the first day back, if it is said
	Subject    string
	Text       string
	Reported   bool  // by an integration: there is no mail to forward
	By         int64 // the API key that reports it, or 0
}

// outOfOfficeDays is how long a contact who is away is left alone when the mail names no date.
const outOfOfficeDays = 14

// Respond stores what came back, once, and does what follows: an answer ends the sequence, also that of the contact's
// colleagues where it is set so; out of office pauses it until the day named; a strong refusal or a wish to be left alone
// blacklists. It reports the reply's row, 0 if it was there already.
func (db *DB) Respond(ctx context.Context, r Response) (id int64, rings []Ring, err error) {
	colleagues, err := db.colleagues(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	err = db.onTurn(ctx, r.Enrollment, colleagues, func(tx pgx.Tx, t *turn) error {
		var until *time.Time
		if !r.Until.IsZero() {
			day := midnight(r.Until)
			until = &day
		}
		rows, err := tx.Query(ctx, `INSERT INTO replies (enrollment_id, key, kind, until_day, subject, text, forwarded_at)
			VALUES ($1, $2, $3, $4, $5, $6, CASE WHEN $7 THEN now() END) ON CONFLICT DO NOTHING RETURNING id`,
			t.e.ID, r.Key, r.Kind, until, r.Subject, r.Text, r.Reported)
		if err != nil {
			return fmt.Errorf("store a reply of enrollment %d: %w", t.e.ID, err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("store a reply of enrollment %d: %w", t.e.ID, err)
		}
		if len(ids) == 0 {
			return nil
		}
		id = ids[0]
		if rings, err = t.respond(ctx, tx, r, colleagues); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE enrollments SET ring_since = now() WHERE id = $1`, t.e.ID); err != nil { // to forward it
			return fmt.Errorf("mark enrollment %d: %w", t.e.ID, err)
		}
		if !slices.ContainsFunc(rings, func(r Ring) bool { return r.Enrollment == t.e.ID }) {
			rings = append(rings, t.e.ring())
		}
		return nil
	})
	return id, rings, err
}

func (t *turn) respond(ctx context.Context, tx pgx.Tx, r Response, colleagues []int64) ([]Ring, error) {
	s, err := t.rules(ctx, tx)
	if err != nil {
		return nil, err
	}
	switch r.Kind {
	case "out_of_office":
		return t.away(ctx, tx, r)
	case "unsubscribe", "bounce":
		return blacklistPerson(ctx, tx, t.e.PersonID, map[string]string{"unsubscribe": ByUnsubscribe, "bounce": ByBounce}[r.Kind], "reply to a sequence")
	case "click":
		if !s.StopOnClick {
			return nil, nil
		}
	case "meeting":
		if !s.StopOnMeeting {
			return nil, nil
		}
	}
	var rings []Ring
	if t.e.EndedAt == nil || t.e.State.MayBecome(StateReplied) { // also of a strong refusal, which is an answer
		if err := t.e.end(ctx, tx, StateReplied, r.Kind); err != nil {
			return nil, err
		}
		rings = append(rings, t.e.ring())
	}
	if r.Kind == "negative" {
		more, err := blacklistAddress(ctx, tx, t.e.PersonID, "a very negative answer")
		return append(rings, more...), err
	}
	if s.StopOnCompany && r.Kind == "reply" {
		more, err := t.endColleagues(ctx, tx, colleagues)
		return append(rings, more...), err
	}
	return rings, nil
}

// blacklistAddress puts a person's address on the blacklist as an admin would: taken off it, they may be written to again.
func blacklistAddress(ctx context.Context, tx pgx.Tx, person int64, reason string) ([]Ring, error) {
	_, err := tx.Exec(ctx, `INSERT INTO blacklist (kind, value, origin, reason) SELECT 'address', email, $2, $3 FROM people WHERE id = $1 AND email IS NOT NULL
		ON CONFLICT DO NOTHING`, person, ByHand, reason)
	if err != nil {
		return nil, fmt.Errorf("blacklist person %d: %w", person, err)
	}
	return leaveAll(ctx, tx, []int64{person})
}

// away pauses until the day a contact is back, else for outOfOfficeDays.
func (t *turn) away(ctx context.Context, tx pgx.Tx, r Response) ([]Ring, error) {
	if t.e.EndedAt != nil || t.e.State == StatePaused {
		return nil, nil
	}
	box, err := t.mailbox(ctx, tx)
	if err != nil {
		return nil, err
	}
	until := t.now.AddDate(0, 0, outOfOfficeDays)
	if !r.Until.IsZero() {
		until = later(calendar.WallOf(midnight(r.Until), time.UTC).In(box.Zone), t.now)
	}
	was := t.e.State
	if err := freeSlots(ctx, tx, []int64{t.e.ID}); err != nil {
		return nil, err
	}
	if err := t.e.change(ctx, tx, StatePaused, "out_of_office", `paused_from = $4, resume_at = $5, by_key = nullif($6::bigint, 0), by_way = '', ring_since = now()`,
		string(was), until, r.By); err != nil {
		return nil, err
	}
	return []Ring{t.e.ring()}, nil
}

// colleagues are the enrollments that an answer ends beside its own: of people of the same company, where the sequence is
// set so.
func (db *DB) colleagues(ctx context.Context, r Response) ([]int64, error) {
	if r.Kind != "reply" {
		return nil, nil
	}
	e, err := db.Enrollment(ctx, r.Enrollment)
	if err != nil {
		return nil, err
	}
	s, err := db.Sequence(ctx, e.SequenceID)
	if err != nil || !s.StopOnCompany {
		return nil, err
	}
	p, err := db.Person(ctx, e.PersonID)
	if err != nil {
		return nil, err
	}
	company := p.recipient().company()
	if company == "" {
		return nil, nil
	}
	return idsOf(ctx, db.pool, "colleagues", `SELECT e.id FROM enrollments e JOIN people p ON p.id = e.person_id
		WHERE e.sequence_id = $1 AND e.ended_at IS NULL AND p.id <> $2
			AND (lower(regexp_replace(trim(p.attributes ->> 'company'), '\s+', ' ', 'g')) = $3 OR coalesce(p.attributes ->> 'company', '') = '' AND p.email_domain = $3)`,
		e.SequenceID, e.PersonID, company)
}

// endColleagues ends them, unless something else has ended them meanwhile.
func (t *turn) endColleagues(ctx context.Context, tx pgx.Tx, enrollments []int64) ([]Ring, error) {
	rows, err := tx.Query(ctx, `UPDATE enrollments e SET state = 'replied', reason = 'company_replied', `+ends+`, version = e.version + 1
		WHERE e.id = ANY ($1) AND e.ended_at IS NULL RETURNING `+ringColumns, enrollments)
	if err != nil {
		return nil, fmt.Errorf("end the sequence of colleagues: %w", err)
	}
	return endedRings(ctx, tx, rows)
}
