package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// Task is a manual step that waits for somebody.
type Task struct {
	EnrollmentID int64      `db:"enrollment_id"`
	Step         int        `db:"step"`
	UserID       int64      `db:"user_id"`
	PersonID     int64      `db:"person_id"`
	SequenceID   int64      `db:"sequence_id"`
	Text         string     `db:"text"` // what is to be done
	CreatedAt    time.Time  `db:"created_at"`
	DoneAt       *time.Time `db:"done_at"`
	Outcome      *string    `db:"outcome"` // done, skipped, or dropped because the sequence ended
}

// Place is where a task stands in lists, for Page.After: an enrollment may have several that are done.
func (t Task) Place() int64 { return t.EnrollmentID*64 + int64(t.Step) }

// Tasks lists tasks by enrollment and step: of a user, or of all if it is 0; open ones, or all.
func (db *DB) Tasks(ctx context.Context, user int64, open bool, p Page) ([]Task, error) {
	return manyRows[Task](ctx, db.pool, "tasks", `SELECT t.enrollment_id, t.step, t.user_id, e.person_id, e.sequence_id, s.text, t.created_at, t.done_at, t.outcome
		FROM tasks t JOIN enrollments e ON e.id = t.enrollment_id
		JOIN sequence_steps s ON s.sequence_id = e.sequence_id AND s.edition = t.edition AND s.no = t.step
		WHERE (t.enrollment_id, t.step) > ($1::bigint / 64, $1::bigint % 64) AND ($3::bigint = 0 OR t.user_id = $3) AND (NOT $4 OR t.done_at IS NULL) ORDER BY t.enrollment_id, t.step LIMIT $2`,
		p.After, p.Limit, user, open)
}

// FinishTask closes the open task of an enrollment as done or skipped; the sequence goes on. Conflict "no_open_task".
func (db *DB) FinishTask(ctx context.Context, enrollment int64, outcome string) (rings []Ring, err error) {
	err = db.onTurn(ctx, enrollment, nil, func(tx pgx.Tx, t *turn) error {
		tag, err := tx.Exec(ctx, `UPDATE tasks SET done_at = now(), outcome = $3 WHERE enrollment_id = $1 AND step = $2 AND done_at IS NULL`, enrollment, t.e.Step, outcome)
		if err != nil {
			return fmt.Errorf("finish the task of enrollment %d: %w", enrollment, err)
		}
		if tag.RowsAffected() == 0 || t.e.EndedAt != nil {
			return fault.New(fault.Conflict, "no_open_task", "the enrollment has no open task")
		}
		if t.e.State == StatePaused {
			return fault.New(fault.Conflict, "enrollment_paused", "the enrollment is paused: resume it first")
		}
		if err := t.advance(ctx, tx, t.now, `, ring_since = now()`); err != nil {
			return err
		}
		rings = []Ring{t.e.ring()}
		return nil
	})
	return rings, err
}
