package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// Sequence is an outreach in steps. Its steps come in editions, which never change: an edit of the steps is a new edition,
// and a batch keeps the one that it was engaged with.
type Sequence struct {
	ID               int64      `db:"id"`
	Name             string     `db:"name"`       // unique, archived ones included
	Edition          int        `db:"edition"`    // of the steps that a new batch gets; from 1
	Safeguards       bool       `db:"safeguards"` // refuse who has been in any sequence
	StopOnClick      bool       `db:"stop_on_click"`
	StopOnMeeting    bool       `db:"stop_on_meeting"`
	StopOnCompany    bool       `db:"stop_on_company"`   // somebody of the same company replied
	UnresponsiveDays int        `db:"unresponsive_days"` // 0..365, after the last step
	ContactFromHour  int        `db:"contact_from_hour"` // 0..23 on the contact's own wall clock: the first hour in which they get mail
	ContactToHour    int        `db:"contact_to_hour"`   // 1..24, after ContactFromHour: the first in which they do not. Both 0 is any hour
	ArchivedAt       *time.Time `db:"archived_at"`
	Version          int64      `db:"version"`
	CreatedAt        time.Time  `db:"created_at"`
}

const sequenceColumns = `id, name, edition, safeguards, stop_on_click, stop_on_meeting, stop_on_company, unresponsive_days,
	contact_from_hour, contact_to_hour, archived_at, version, created_at`

// Kinds of steps.
const (
	MailStep = "mail"
	TaskStep = "task" // something that the owner of the contact does by hand; the sequence waits for it
)

// Step is one mail or manual task of an edition.
type Step struct {
	No           int    `db:"no"` // from 1, without gaps
	Kind         string `db:"kind"`
	Subject      string `db:"subject"` // Liquid, as Text and HTML; may be empty of a mail with Thread
	Text         string `db:"text"`    // of a task: what is to be done, no Liquid
	HTML         string `db:"html"`
	Thread       bool   `db:"thread"`        // a reply to the last mail before it
	DelayDays    int    `db:"delay_days"`    // 0..180 sending days of the sender after the step before really went out
	DelayMinutes int    `db:"delay_minutes"` // 0..1440, instead of days
	FromHour     int    `db:"from_hour"`     // 0..23 on the sender's wall clock
	ToHour       int    `db:"to_hour"`       // 1..24, after FromHour: the first hour in which it does not go out
	StaleHours   int    `db:"stale_hours"`   // 1..720: later than this after it was due, it is planned as if the step before had gone out now
}

const stepColumns = `no, kind, subject, text, html, thread, delay_days, delay_minutes, from_hour, to_hour, stale_hours`

// Sequence reads one sequence, an archived one too. NotFound "sequence_not_found".
func (db *DB) Sequence(ctx context.Context, id int64) (Sequence, error) {
	return sequenceByID(ctx, db.pool, id, "")
}

func sequenceByID(ctx context.Context, q querier, id int64, lock string) (Sequence, error) {
	return oneSequence(ctx, q, `SELECT `+sequenceColumns+` FROM sequences WHERE id = $1 `+lock, id)
}

func oneSequence(ctx context.Context, q querier, sql string, args ...any) (Sequence, error) {
	return oneRow[Sequence](ctx, q, "sequence_not_found", "sequence", sql, args...)
}

// Sequences lists sequences by id, archived ones too.
func (db *DB) Sequences(ctx context.Context, p Page) ([]Sequence, error) {
	return manyRows[Sequence](ctx, db.pool, "sequences",
		`SELECT `+sequenceColumns+` FROM sequences WHERE id > $1 ORDER BY id LIMIT $2`, p.After, p.Limit)
}

// Steps reads the steps of an edition in their order. NotFound "edition_not_found".
func (db *DB) Steps(ctx context.Context, sequence int64, edition int) ([]Step, error) {
	return stepsOf(ctx, db.pool, sequence, edition)
}

func stepsOf(ctx context.Context, q querier, sequence int64, edition int) ([]Step, error) {
	steps, err := manyRows[Step](ctx, q, "steps", `SELECT `+stepColumns+` FROM sequence_steps
		WHERE sequence_id = $1 AND edition = $2 ORDER BY no`, sequence, edition)
	if err == nil && len(steps) == 0 {
		return nil, fault.New(fault.NotFound, "edition_not_found", "the sequence has no such edition")
	}
	return steps, err
}

// CreateSequence stores a sequence with its first edition; the API has checked the Liquid of its mails. The numbers of the
// steps follow from their order. Conflict "name_taken"; Invalid for a wrong field, see CheckSteps.
func (db *DB) CreateSequence(ctx context.Context, s Sequence, steps []Step) (out Sequence, err error) {
	if s, err = s.clean(); err != nil {
		return out, err
	}
	if err := CheckSteps(steps); err != nil {
		return out, err
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		out, err = oneSequence(ctx, tx, `INSERT INTO sequences (name, safeguards, stop_on_click, stop_on_meeting, stop_on_company, unresponsive_days,
			contact_from_hour, contact_to_hour) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING `+sequenceColumns,
			s.Name, s.Safeguards, s.StopOnClick, s.StopOnMeeting, s.StopOnCompany, s.UnresponsiveDays, s.ContactFromHour, s.ContactToHour)
		if err != nil {
			return sequenceTaken(err)
		}
		return insertSteps(ctx, tx, out.ID, out.Edition, steps)
	})
	return out, err
}

// UpdateSequence edits the given version of a sequence: of what change does to the row, what an admin sets is kept. Steps
// that are not nil become a new edition; nil leaves the edition as it is. Who is under way keeps the edition they have. Mails
// planned for when their contacts take none any more are planned anew.
//
// Errors: NotFound, Stale, Conflict "sequence_archived" and "name_taken", and Invalid for a wrong field, see CheckSteps.
func (db *DB) UpdateSequence(ctx context.Context, id, version int64, change func(*Sequence), steps []Step) (out Sequence, err error) {
	if steps != nil {
		if err := CheckSteps(steps); err != nil {
			return out, err
		}
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		old, err := lockSequence(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if old.ArchivedAt != nil {
			return errSequenceArchived
		}
		edition, s := old.Edition, old
		change(&s)
		if s, err = s.clean(); err != nil {
			return err
		}
		if s.ContactFromHour != old.ContactFromHour || s.ContactToHour != old.ContactToHour {
			if err := moveContactHours(ctx, tx, s); err != nil {
				return err
			}
		}
		if steps != nil {
			edition++
			if err := insertSteps(ctx, tx, id, edition, steps); err != nil {
				return err
			}
		}
		out, err = oneSequence(ctx, tx, `UPDATE sequences SET name = $2, edition = $3, safeguards = $4, stop_on_click = $5,
			stop_on_meeting = $6, stop_on_company = $7, unresponsive_days = $8, contact_from_hour = $9, contact_to_hour = $10,
			version = version + 1 WHERE id = $1 RETURNING `+sequenceColumns,
			id, s.Name, edition, s.Safeguards, s.StopOnClick, s.StopOnMeeting, s.StopOnCompany, s.UnresponsiveDays, s.ContactFromHour, s.ContactToHour)
		return sequenceTaken(err)
	})
	return out, err
}

// moveContactHours writes when contacts take mail, and plans anew what was planned for other hours. It comes before a new name is
// written, because that lets nobody be engaged meanwhile.
func moveContactHours(ctx context.Context, tx pgx.Tx, s Sequence) error {
	_, err := tx.Exec(ctx, `UPDATE sequences SET contact_from_hour = $2, contact_to_hour = $3 WHERE id = $1`, s.ID, s.ContactFromHour, s.ContactToHour)
	if err != nil {
		return fmt.Errorf("change the contacts' hours of sequence %d: %w", s.ID, err)
	}
	senders, err := idsOf(ctx, tx, "senders", `SELECT DISTINCT e.sender_id FROM enrollments e WHERE e.sequence_id = $1 AND e.ended_at IS NULL`, s.ID)
	if err != nil || len(senders) == 0 {
		return err
	}
	return moveDisplaced(ctx, tx, senders)
}

// ArchiveSequence lets nobody be added any more; who is under way goes on. Doing it again keeps the instant.
func (db *DB) ArchiveSequence(ctx context.Context, id, version int64) (out Sequence, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := lockSequence(ctx, tx, id, version); err != nil {
			return err
		}
		out, err = oneSequence(ctx, tx, `UPDATE sequences SET archived_at = coalesce(archived_at, now()), version = version + 1
			WHERE id = $1 RETURNING `+sequenceColumns, id)
		return err
	})
	return out, err
}

func lockSequence(ctx context.Context, tx pgx.Tx, id, version int64) (Sequence, error) {
	s, err := sequenceByID(ctx, tx, id, "FOR NO KEY UPDATE") // whom it has may go on
	if err == nil && s.Version != version {
		return s, Stale("sequence")
	}
	return s, err
}

func insertSteps(ctx context.Context, tx pgx.Tx, sequence int64, edition int, steps []Step) error {
	rows := make([][]any, len(steps))
	for i, s := range steps {
		rows[i] = []any{
			sequence, edition, i + 1, s.Kind, s.Subject, s.Text, s.HTML, s.Thread, s.DelayDays, s.DelayMinutes, s.FromHour, s.ToHour, s.StaleHours,
		}
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"sequence_steps"}, []string{
		"sequence_id", "edition", "no", "kind", "subject", "text", "html", "thread", "delay_days", "delay_minutes", "from_hour", "to_hour", "stale_hours",
	}, pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("store steps of sequence %d: %w", sequence, err)
	}
	return nil
}

var errSequenceArchived = fault.New(fault.Conflict, "sequence_archived", "the sequence is archived")

func sequenceTaken(err error) error {
	if isUnique(err, "sequences_name_key") {
		return fault.Wrap(err, fault.Conflict, "name_taken", "there is already a sequence of that name")
	}
	return err
}
