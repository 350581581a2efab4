package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// PauseEnrollments stops mails to whom a selection picks until they are resumed, or until an instant, if there is one. Their
// slots are free for others meanwhile. Those that are paused or over stay as they are; it says how many were paused. The key
// is who does it, 0 if nobody knows; so in StopEnrollments and PauseSender.
func (db *DB) PauseEnrollments(ctx context.Context, s EnrollmentFilter, until *time.Time, key int64) (n int, rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		rings, err = changeSelected(ctx, tx, s, []State{StateAdded, StateActive, StateStopped},
			`paused_from = e.state, state = 'paused', reason = 'by_hand', by_key = nullif($9::bigint, 0), by_way = $10, resume_at = $11,
			ring_since = CASE WHEN $11::timestamptz IS NOT NULL THEN now() END`, key, s.way(), until)
		n = len(rings)
		if until == nil {
			rings = nil // they find out when they wake
		}
		return err
	})
	return n, rings, err
}

// ResumeEnrollments takes pauses back: each plans its present step anew.
func (db *DB) ResumeEnrollments(ctx context.Context, s EnrollmentFilter) (rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		rings, err = changeSelected(ctx, tx, s, []State{StatePaused}, `resume_at = now(), ring_since = now()`)
		return err
	})
	return rings, err
}

// StopEnrollments ends sequences by hand.
func (db *DB) StopEnrollments(ctx context.Context, s EnrollmentFilter, key int64) (rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		rings, err = changeSelected(ctx, tx, s, []State{StateAdded, StateActive, StateStopped, StatePaused},
			`state = 'stopped', reason = 'by_hand', by_key = nullif($9::bigint, 0), by_way = $10, `+ends, key, s.way())
		return err
	})
	return rings, err
}

// ReassignEnrollments gives contacts another sender, who becomes their owner and gets their open tasks; their next mails are
// planned anew with the new sender's quotas. Who is paused stays so.
func (db *DB) ReassignEnrollments(ctx context.Context, s EnrollmentFilter, sender int64) (rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if s, err = heldSelection(ctx, tx, s); err != nil {
			return err
		}
		if _, err := heldSender(ctx, tx, sender); err != nil {
			return err
		}
		rings, err = changeSelected(ctx, tx, s, []State{StateAdded, StateActive, StateStopped, StatePaused},
			`sender_id = $9, paused_from = CASE e.state WHEN 'paused' THEN e.paused_from ELSE e.state END,
			resume_at = CASE e.state WHEN 'paused' THEN e.resume_at ELSE now() END, state = 'paused',
			reason = CASE e.state WHEN 'paused' THEN e.reason ELSE 'reassigned' END, ring_since = now()`, sender)
		if err != nil {
			return err
		}
		people := make([]int64, len(rings))
		for i, r := range rings {
			people[i] = r.Person
		}
		if _, err := tx.Exec(ctx, `UPDATE tasks SET user_id = $2 WHERE enrollment_id = ANY ($1) AND done_at IS NULL`, rung(rings), sender); err != nil {
			return fmt.Errorf("give sender %d the tasks: %w", sender, err)
		}
		_, err = tx.Exec(ctx, `UPDATE people SET owner_id = $2, version = version + 1, updated_at = now() WHERE id = ANY ($1) AND owner_id IS DISTINCT FROM $2`, people, sender)
		return err
	})
	return rings, err
}

// heldSelection locks the people whom a selection picks, and makes it one of their enrollments.
func heldSelection(ctx context.Context, tx pgx.Tx, s EnrollmentFilter) (EnrollmentFilter, error) {
	s.Open = true
	rows, err := tx.Query(ctx, `SELECT e.id, e.person_id FROM enrollments e WHERE `+enrollmentsPicked, s.args()...)
	if err != nil {
		return s, fmt.Errorf("select enrollments: %w", err)
	}
	people := []int64{}
	s.IDs = []int64{}
	var id, person int64
	_, err = pgx.ForEachRow(rows, []any{&id, &person}, func() error {
		s.IDs, people = append(s.IDs, id), append(people, person)
		return nil
	})
	if err != nil {
		return s, fmt.Errorf("select enrollments: %w", err)
	}
	return s, holdPeople(ctx, tx, people)
}

func heldSender(ctx context.Context, tx pgx.Tx, user int64) (Sender, error) {
	return oneRow[Sender](ctx, tx, "sender_not_found", "sender", `SELECT `+senderColumns+` FROM senders s
		WHERE s.user_id = $1 AND s.deleted_at IS NULL FOR NO KEY UPDATE`, user)
}

// changeSelected changes enrollments in some of the states that are not over, and gives their slots back. Mails that are
// being sent right now still go. What is set is numbered from $9.
func changeSelected(ctx context.Context, tx pgx.Tx, s EnrollmentFilter, from []State, set string, args ...any) ([]Ring, error) {
	states := make([]string, len(from))
	for i, f := range from {
		states[i] = string(f)
	}
	all := append(append(s.args(), states), args...)
	rows, err := tx.Query(ctx, heldEnrollments(enrollmentsPicked+` AND e.ended_at IS NULL AND e.state = ANY ($8)`)+`
		UPDATE enrollments e SET version = version + 1, `+set+` FROM held WHERE e.id = held.id RETURNING `+ringColumns, all...)
	if err != nil {
		return nil, fmt.Errorf("change enrollments: %w", err)
	}
	rings, err := collectRings(rows)
	if err != nil {
		return nil, err
	}
	ids := rung(rings)
	if err := freeSlots(ctx, tx, ids); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `UPDATE tasks t SET done_at = now(), outcome = 'dropped' FROM enrollments e
		WHERE t.enrollment_id = ANY ($1) AND t.done_at IS NULL AND e.id = t.enrollment_id AND e.ended_at IS NOT NULL`, ids)
	if err != nil {
		return nil, fmt.Errorf("drop tasks: %w", err)
	}
	return rings, nil
}

// ringColumns are what collectRings reads, and ends is what is set, beside state and reason, of an enrollment "e" that is over.
const (
	ringColumns = `e.id, e.person_id, e.sequence_id, e.version`
	ends        = `ended_at = now(), due_at = NULL, resume_at = NULL, ring_since = now()`
)

func collectRings(rows pgx.Rows) ([]Ring, error) {
	rings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Ring, err error) {
		return r, row.Scan(&r.Enrollment, &r.Person, &r.Sequence, &r.Version)
	})
	if err != nil {
		return nil, fmt.Errorf("read changed enrollments: %w", err)
	}
	return rings, nil
}

// rung are the enrollments that are to be rung.
func rung(rings []Ring) []int64 {
	ids := make([]int64, len(rings))
	for i, r := range rings {
		ids[i] = r.Enrollment
	}
	return ids
}

// endedRings reads enrollments that a statement ended, frees their slots and drops their tasks.
func endedRings(ctx context.Context, tx pgx.Tx, rows pgx.Rows) ([]Ring, error) {
	rings, err := collectRings(rows)
	if err != nil || len(rings) == 0 {
		return nil, err
	}
	return rings, clearUp(ctx, tx, rung(rings))
}

// endSequencesOf ends the sequences of held people nobody may write to any more, each in the state that says why.
func endSequencesOf(ctx context.Context, tx pgx.Tx, people []int64) ([]Ring, error) {
	rows, err := tx.Query(ctx, heldEnrollments(`e.person_id = ANY ($1) AND e.ended_at IS NULL`)+`
		UPDATE enrollments e SET `+ends+`, reason = '', version = e.version + 1, state = `+endsAs+`
		FROM people p, held WHERE e.id = held.id AND p.id = e.person_id RETURNING `+ringColumns, people)
	if err != nil {
		return nil, fmt.Errorf("end sequences: %w", err)
	}
	return endedRings(ctx, tx, rows)
}

// MigrateBatch lets the contacts of a batch that are not over go on with another edition of the sequence. Those who are
// past its last step, or have an open task where it has a mail, stay with theirs; it says how many moved and stayed.
func (db *DB) MigrateBatch(ctx context.Context, id int64, edition int) (moved, stayed int, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		b, err := batchByID(ctx, tx, id, "")
		if err != nil {
			return err
		}
		steps, err := stepsOf(ctx, tx, b.SequenceID, edition)
		if err != nil {
			return err
		}
		err = tx.QueryRow(ctx, `WITH open AS (SELECT id, step FROM enrollments WHERE batch_id = $1 AND ended_at IS NULL ORDER BY id FOR UPDATE),
			moved AS (UPDATE enrollments e SET edition = $2, texts = '{}', version = version + 1 FROM open WHERE e.id = open.id AND open.step <= $3
				AND e.state <> 'stopped' AND e.edition <> $2 AND NOT EXISTS (SELECT FROM tasks k JOIN sequence_steps t ON t.sequence_id = e.sequence_id
					AND t.edition = $2 AND t.no = k.step AND t.kind <> 'task' WHERE k.enrollment_id = e.id AND k.done_at IS NULL) RETURNING e.id)
			SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM open) - (SELECT count(*) FROM moved)`, id, edition, len(steps)).Scan(&moved, &stayed)
		if err != nil {
			return fmt.Errorf("migrate batch %d: %w", id, err)
		}
		_, err = tx.Exec(ctx, `DELETE FROM slots s USING enrollments e WHERE e.batch_id = $1 AND s.enrollment_id = e.id AND NOT s.claimed AND e.ended_at IS NULL
			AND NOT EXISTS (SELECT FROM sequence_steps t WHERE t.sequence_id = e.sequence_id AND t.edition = e.edition AND t.no = s.step AND t.kind = 'mail')`, id)
		if err != nil {
			return fmt.Errorf("free slots of batch %d: %w", id, err)
		}
		// A task needs no mailbox: it turns up when reconcile rings.
		_, err = tx.Exec(ctx, `UPDATE enrollments e SET due_at = now(), ring_since = now(), version = e.version + 1 FROM sequence_steps t
			WHERE e.batch_id = $1 AND e.ended_at IS NULL AND e.due_at IS NULL AND e.state <> 'paused' AND e.reason IN ('sender_paused', 'sender_deleted')
				AND t.sequence_id = e.sequence_id AND t.edition = e.edition AND t.no = e.step AND t.kind = 'task'`, id)
		return err
	})
	return moved, stayed, err
}

// PauseSender lets a mailbox send nothing; what comes due waits. Doing it again changes nothing.
func (db *DB) PauseSender(ctx context.Context, user, key int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := heldSender(ctx, tx, user); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE senders SET paused_at = coalesce(paused_at, now()),
			paused_by = CASE WHEN paused_at IS NULL THEN nullif($2::bigint, 0) ELSE paused_by END, version = version + 1 WHERE user_id = $1`, user, key)
		return err
	})
}

// ResumeSender takes PauseSender back, and a halt for bounces. What came due meanwhile is planned anew.
func (db *DB) ResumeSender(ctx context.Context, user int64) (rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := heldSender(ctx, tx, user); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE senders SET paused_at = NULL, paused_by = NULL, halted_at = NULL, version = version + 1 WHERE user_id = $1`, user)
		if err != nil {
			return fmt.Errorf("resume sender %d: %w", user, err)
		}
		rings, err = resumeWaiting(ctx, tx, user)
		return err
	})
	return rings, err
}

// resumeWaiting lets contacts that waited for their mailbox be planned anew.
func resumeWaiting(ctx context.Context, tx pgx.Tx, user int64) ([]Ring, error) {
	rows, err := tx.Query(ctx, heldEnrollments(`e.sender_id = $1 AND e.ended_at IS NULL AND e.state <> 'paused' AND e.reason IN ('sender_paused', 'sender_deleted', 'bounces')`)+`
		UPDATE enrollments e SET paused_from = e.state, state = 'paused', resume_at = now(), ring_since = now(), version = version + 1
		FROM held WHERE e.id = held.id RETURNING `+ringColumns, user)
	if err != nil {
		return nil, fmt.Errorf("resume the contacts of sender %d: %w", user, err)
	}
	return collectRings(rows)
}

// DeleteSender takes a user's mailbox away. Its contacts wait, and say so, until they are reassigned or stopped.
func (db *DB) DeleteSender(ctx context.Context, user int64) (waiting int, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := heldSender(ctx, tx, user); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE senders SET deleted_at = now(), version = version + 1 WHERE user_id = $1`, user); err != nil {
			return fmt.Errorf("delete sender %d: %w", user, err)
		}
		return tx.QueryRow(ctx, `SELECT count(*) FROM enrollments WHERE sender_id = $1 AND ended_at IS NULL`, user).Scan(&waiting)
	})
	return waiting, err
}

// haltedUntil is when a mailbox whose mails bounced too often may begin sequences again.
func (s Sender) haltedUntil() (time.Time, bool) {
	if s.HaltedAt == nil {
		return time.Time{}, false
	}
	return s.HaltedAt.Add(24 * time.Hour), true
}
