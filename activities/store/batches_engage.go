package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// engageWithin is how old a preview may be that is engaged as it was: its start is counted from it, and mails may be so late.
const engageWithin = lateAfter

// EngageBatch makes every contact of a draft that is not refused an enrollment, reserves the slots of all their mails, and
// makes their senders their owners: all of it, or nothing. What happens is what the preview of asOf and digest showed. If
// it would not be any more, that is Conflict "schedule_changed", unless changes are accepted: the digest of what was done tells.
func (db *DB) EngageBatch(ctx context.Context, id, version int64, asOf time.Time, digest string, accept bool, needs Needs) (out BatchPlan, rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		b, err := heldDraft(ctx, tx, id, version)
		if err != nil {
			return err
		}
		now, err := clock(ctx, tx)
		if err != nil {
			return err
		}
		if now.Sub(asOf) > engageWithin {
			if !accept {
				return fault.New(fault.Conflict, "preview_too_old", "the preview is more than %d minutes old: look at the schedule again", int(engageWithin.Minutes()))
			}
			asOf = time.Time{}
		}
		people, err := idsOf(ctx, tx, "contacts", `SELECT person_id FROM batch_people WHERE batch_id = $1`, id)
		if err != nil {
			return err
		}
		if err := holdPeople(ctx, tx, people); err != nil {
			return err
		}
		if out, err = planBatch(ctx, tx, b, asOf, needs, true); err != nil {
			return err
		}
		if out.Engaged == 0 {
			return fault.New(fault.Conflict, "nobody_to_engage", "everybody in the batch is refused: see its refusals")
		}
		if out.Digest != digest && !accept {
			return fault.New(fault.Conflict, "schedule_changed",
				"slots or people have changed since the preview: look at the schedule again, or engage with accept_changes")
		}
		if err := enroll(ctx, tx, b, out); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE batches SET state = 'engaging', engaged_at = now(), ring_since = now(), version = version + 1 WHERE id = $1`, id); err != nil {
			return fmt.Errorf("engage batch %d: %w", id, err)
		}
		rings = []Ring{{Batch: id, Version: b.Version + 1}}
		return nil
	})
	return out, rings, err
}

// enroll writes enrollments, slots and owners of a plan.
func enroll(ctx context.Context, tx pgx.Tx, b Batch, p BatchPlan) error {
	byPerson := make(map[int64]Candidate, p.Engaged)
	for _, c := range p.Candidates {
		if c.Refused == "" {
			byPerson[c.ID] = c
		}
	}
	var people, senders []int64
	var edits []string
	var due []time.Time
	for _, m := range p.Mails {
		if m.Step != 1 {
			continue
		}
		people, senders, due = append(people, m.Person), append(senders, m.Sender), append(due, m.At)
		edits = append(edits, string(byPerson[m.Person].edits()))
	}
	rows, err := tx.Query(ctx, `INSERT INTO enrollments (sequence_id, edition, batch_id, person_id, sender_id, due_at, texts)
		SELECT $1, $2, $3, x.person, x.sender, x.due, x.texts::jsonb
		FROM unnest($4::bigint[], $5::bigint[], $6::timestamptz[], $7::text[]) AS x (person, sender, due, texts) RETURNING id, person_id`,
		b.SequenceID, b.Edition, b.ID, people, senders, due, edits)
	if err != nil {
		return fmt.Errorf("enroll batch %d: %w", b.ID, err)
	}
	enrollment := make(map[int64]int64, len(people))
	var id, person int64
	_, err = pgx.ForEachRow(rows, []any{&id, &person}, func() error {
		enrollment[person] = id
		return nil
	})
	if isUnique(err, "enrollments_open") {
		return fault.Wrap(err, fault.Conflict, "schedule_changed", "somebody was engaged elsewhere meanwhile: look at the schedule again")
	}
	if err != nil {
		return fmt.Errorf("enroll batch %d: %w", b.ID, err)
	}
	slots := make([][]any, 0, len(p.Mails))
	for _, m := range p.Mails {
		if m.Kind == MailStep {
			to := byPerson[m.Person].recipient()
			slots = append(slots, []any{enrollment[m.Person], m.Step, m.Sender, m.At, to.Domain, to.company(), pacedBy(b.ID, m.Step)})
		}
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"slots"}, slotColumns, pgx.CopyFromRows(slots))
	if err != nil {
		return fmt.Errorf("reserve the slots of batch %d: %w", b.ID, err)
	}
	_, err = tx.Exec(ctx, `UPDATE people p SET owner_id = x.sender, version = version + 1, updated_at = now()
		FROM unnest($1::bigint[], $2::bigint[]) AS x (person, sender) WHERE p.id = x.person AND p.owner_id IS DISTINCT FROM x.sender`, people, senders)
	if err != nil {
		return fmt.Errorf("make the senders of batch %d owners: %w", b.ID, err)
	}
	return nil
}

// slotColumns are those of a reserved slot.
var slotColumns = []string{"enrollment_id", "step", "sender_id", "at", "domain", "company", "batch_id"}

// Unstarted is an enrollment whose workflow was not started yet.
type Unstarted struct {
	ID         int64     `db:"id"`
	PersonID   int64     `db:"person_id"`
	SequenceID int64     `db:"sequence_id"`
	DueAt      time.Time `db:"due_at"`
}

// UnstartedOf lists enrollments of a batch without a workflow, those after an id.
func (db *DB) UnstartedOf(ctx context.Context, batch, after int64, limit int) ([]Unstarted, error) {
	return manyRows[Unstarted](ctx, db.pool, "enrollments to start", `SELECT id, person_id, sequence_id, coalesce(due_at, now()) AS due_at FROM enrollments
		WHERE batch_id = $1 AND id > $2 AND started_at IS NULL AND ended_at IS NULL ORDER BY id LIMIT $3`, batch, after, limit)
}

// MarkStarted notes that the workflows of enrollments run.
func (db *DB) MarkStarted(ctx context.Context, ids []int64) error {
	_, err := db.pool.Exec(ctx, heldEnrollments(`e.id = ANY ($1) AND e.started_at IS NULL`)+`
		UPDATE enrollments e SET started_at = now() FROM held WHERE e.id = held.id`, ids)
	if err != nil {
		return fmt.Errorf("mark enrollments started: %w", err)
	}
	return nil
}

// FinishEngaging turns engaging into engaged when every contact has been started, and says how many that are. Otherwise it is Unavailable
// "contacts_unstarted".
func (db *DB) FinishEngaging(ctx context.Context, batch int64) (started int, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		var left int
		err := tx.QueryRow(ctx, `SELECT count(*) FILTER (WHERE started_at IS NOT NULL), count(*) FILTER (WHERE started_at IS NULL AND ended_at IS NULL)
			FROM enrollments WHERE batch_id = $1`, batch).Scan(&started, &left)
		if err != nil {
			return fmt.Errorf("count started contacts of batch %d: %w", batch, err)
		}
		if left > 0 {
			return fault.New(fault.Unavailable, "contacts_unstarted", "%d contacts of the batch have not been started", left)
		}
		_, err = tx.Exec(ctx, `UPDATE batches SET state = 'engaged', ring_since = NULL, version = version + 1 WHERE id = $1 AND state = 'engaging'`, batch)
		return err
	})
	return started, err
}
