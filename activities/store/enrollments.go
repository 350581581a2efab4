package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// State is where a contact is in a sequence.
type State string

// The ten states. Over is whoever has an end: a stopped one has none while it waits for a late answer.
const (
	StateAdded        State = "added"        // waits for the first step
	StateActive       State = "active"       // has begun
	StateStopped      State = "stopped"      // after the last step, or stopped by hand, which is an end
	StatePaused       State = "paused"       // nothing goes out until it is resumed
	StateReplied      State = "replied"      // or clicked or met, where that stops the sequence
	StateUnresponsive State = "unresponsive" // no answer in time after the last step
	StateUnsubscribed State = "unsubscribed" // by the link, by mail or by a spam report
	StateBlacklisted  State = "blacklisted"  // by an admin
	StateBounced      State = "bounced"      // the address takes no mail
	StateError        State = "error"        // the mail could not be made or was refused: see the reason
)

// transitions is which state may follow which. Any other change is a bug and is refused.
var transitions = map[State][]State{
	StateAdded:   {StateActive, StatePaused, StateStopped, StateReplied, StateUnsubscribed, StateBlacklisted, StateBounced, StateError},
	StateActive:  {StatePaused, StateStopped, StateReplied, StateUnsubscribed, StateBlacklisted, StateBounced, StateError},
	StateStopped: {StatePaused, StateUnresponsive, StateReplied, StateUnsubscribed, StateBlacklisted, StateBounced, StateStopped},
	StatePaused:  {StateAdded, StateActive, StateStopped, StateReplied, StateUnsubscribed, StateBlacklisted, StateBounced, StateError},
	// What comes late still counts, for reports; nothing goes out any more.
	StateReplied:      {StateUnsubscribed, StateBlacklisted},
	StateUnresponsive: {StateReplied, StateUnsubscribed, StateBlacklisted, StateBounced},
}

// MayBecome reports whether a state may follow this one.
func (s State) MayBecome(next State) bool {
	return slices.Contains(transitions[s], next)
}

// Enrollment is one person's way through a sequence.
type Enrollment struct {
	ID         int64               `db:"id"`
	SequenceID int64               `db:"sequence_id"`
	Edition    int                 `db:"edition"`
	BatchID    int64               `db:"batch_id"`
	PersonID   int64               `db:"person_id"`
	SenderID   int64               `db:"sender_id"`
	State      State               `db:"state"`
	Reason     string              `db:"reason"` // a code
	Step       int                 `db:"step"`   // the one to come or waited for, from 1
	DueAt      *time.Time          `db:"due_at"` // when it acts next; nil: waits to be rung
	PausedFrom *State              `db:"paused_from"`
	ResumeAt   *time.Time          `db:"resume_at"`
	ByKey      *int64              `db:"by_key"` // the API key that paused or stopped it, or reported that the contact is away
	ByWay      string              `db:"by_way"` // what was picked for that: see EnrollmentFilter.way
	LastSentAt *time.Time          `db:"last_sent_at"`
	Texts      map[string]StepText `db:"texts"`
	StartedAt  *time.Time          `db:"started_at"`
	EndedAt    *time.Time          `db:"ended_at"`
	Version    int64               `db:"version"`
	CreatedAt  time.Time           `db:"created_at"`
}

const enrollmentColumns = `e.id, e.sequence_id, e.edition, e.batch_id, e.person_id, e.sender_id, e.state, e.reason, e.step, e.due_at, e.paused_from,
	e.resume_at, e.by_key, e.by_way, e.last_sent_at, e.texts, e.started_at, e.ended_at, e.version, e.created_at`

// Enrollment reads one.
func (db *DB) Enrollment(ctx context.Context, id int64) (Enrollment, error) {
	return enrollmentByID(ctx, db.pool, id, "")
}

func enrollmentByID(ctx context.Context, q querier, id int64, lock string) (Enrollment, error) {
	return oneRow[Enrollment](ctx, q, "enrollment_not_found", "enrollment", `SELECT `+enrollmentColumns+` FROM enrollments e WHERE e.id = $1 `+lock, id)
}

// EnrollmentFilter picks enrollments; a zero field picks all. Open leaves out those that are over.
type EnrollmentFilter struct {
	IDs                             []int64
	Sequence, Batch, Sender, Person int64
	State                           State
	Open                            bool
}

const enrollmentsPicked = `($1::bigint[] IS NULL OR e.id = ANY ($1)) AND ($2::bigint = 0 OR e.sequence_id = $2) AND ($3::bigint = 0 OR e.batch_id = $3)
	AND ($4::bigint = 0 OR e.sender_id = $4) AND ($5::bigint = 0 OR e.person_id = $5) AND ($6 = '' OR e.state = $6) AND (NOT $7 OR e.ended_at IS NULL)`

// way is what is picked: contact, batch, sender or sequence, the narrowest of them.
func (s EnrollmentFilter) way() string {
	switch {
	case s.IDs != nil || s.Person != 0:
		return "contact"
	case s.Batch != 0:
		return "batch"
	case s.Sender != 0:
		return "sender"
	}
	return "sequence"
}

func (s EnrollmentFilter) args() []any {
	return []any{s.IDs, s.Sequence, s.Batch, s.Sender, s.Person, string(s.State), s.Open}
}

// Enrollments lists them by id.
func (db *DB) Enrollments(ctx context.Context, s EnrollmentFilter, p Page) ([]Enrollment, error) {
	return manyRows[Enrollment](ctx, db.pool, "enrollments", `SELECT `+enrollmentColumns+` FROM enrollments e
		WHERE `+enrollmentsPicked+` AND e.id > $8 ORDER BY e.id LIMIT $9`, append(s.args(), p.After, p.Limit)...)
}

// change moves an enrollment to a state, as the table of transitions allows, with what else is to be set.
func (e *Enrollment) change(ctx context.Context, tx pgx.Tx, next State, reason, set string, args ...any) error {
	if next != e.State && !e.State.MayBecome(next) {
		return fault.New(fault.Conflict, "state_not_allowed", "the enrollment is %s and cannot become %s", e.State, next)
	}
	if set != "" {
		set = ", " + set
	}
	all := append([]any{e.ID, string(next), reason}, args...)
	updated, err := oneRow[Enrollment](ctx, tx, "enrollment_not_found", "enrollment",
		`UPDATE enrollments e SET state = $2, reason = $3, version = version + 1`+set+` WHERE e.id = $1 RETURNING `+enrollmentColumns, all...)
	if err != nil {
		return fmt.Errorf("change enrollment %d: %w", e.ID, err)
	}
	*e = updated
	return nil
}

// end closes an enrollment: its slots that are not claimed are free again, its task is dropped.
func (e *Enrollment) end(ctx context.Context, tx pgx.Tx, next State, reason string) error {
	if err := clearUp(ctx, tx, []int64{e.ID}); err != nil {
		return err
	}
	return e.change(ctx, tx, next, reason, `ended_at = coalesce(ended_at, now()), due_at = NULL, resume_at = NULL`)
}

// clearUp gives back the slots of enrollments that are over and drops their open tasks.
func clearUp(ctx context.Context, tx pgx.Tx, enrollments []int64) error {
	if err := freeSlots(ctx, tx, enrollments); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE tasks SET done_at = now(), outcome = 'dropped' WHERE enrollment_id = ANY ($1) AND done_at IS NULL`, enrollments); err != nil {
		return fmt.Errorf("drop tasks: %w", err)
	}
	return nil
}

// freeSlots gives reserved slots back.
func freeSlots(ctx context.Context, tx pgx.Tx, enrollments []int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM slots WHERE enrollment_id = ANY ($1) AND NOT claimed`, enrollments); err != nil {
		return fmt.Errorf("free slots: %w", err)
	}
	return nil
}

func (e Enrollment) ring() Ring {
	return Ring{Enrollment: e.ID, Person: e.PersonID, Sequence: e.SequenceID, Version: e.Version}
}
