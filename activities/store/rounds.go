package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/matching"
)

// Round is one occurrence of a schedule. Wall clocks are held in UTC fields; see calendar.Wall.
type Round struct {
	ID             int64         `db:"id"`
	ProgramID      int64         `db:"program_id"`
	ScheduleID     int64         `db:"schedule_id"`
	Ordinal        int           `db:"ordinal"`
	Phase          string        `db:"phase"`
	PhaseReason    string        `db:"phase_reason"` // why skipped or cancelled
	Kind           string        `db:"kind"`
	Participation  string        `db:"participation"` // ask or automatic, as of opening
	Review         bool          `db:"review"`
	AtDeadline     string        `db:"at_deadline"` // send or hold
	Timezone       string        `db:"timezone"`
	OptInWall      *time.Time    `db:"opt_in_wall"`
	MatchWall      *time.Time    `db:"match_wall"`
	OpensAt        time.Time     `db:"opens_at"`
	RemindAt       *time.Time    `db:"remind_at"`
	AnswersCloseAt *time.Time    `db:"answers_close_at"`
	MatchAt        *time.Time    `db:"match_at"` // nil while undated
	CheckInAt      *time.Time    `db:"check_in_at"`
	OpenedAt       *time.Time    `db:"opened_at"`
	RemindedAt     *time.Time    `db:"reminded_at"`
	MatchedAt      *time.Time    `db:"matched_at"`
	SentAt         *time.Time    `db:"sent_at"`
	CheckedInAt    *time.Time    `db:"checked_in_at"`
	ClosedAt       *time.Time    `db:"closed_at"`
	Engine         string        `db:"engine"`
	Mode           matching.Mode `db:"mode"`       // how the groups came about, as of matching
	ReviewSeq      int64         `db:"review_seq"` // version of the groups
	RepairDue      bool          `db:"repair_due"`
	AudienceDue    bool          `db:"audience_due"`
	InvitesDue     bool          `db:"invites_due"`
	LookedAt       *time.Time    `db:"looked_at"`
	Version        int64         `db:"version"`
}

const roundColumns = `r.id, r.program_id, r.schedule_id, r.ordinal, r.phase, r.phase_reason, r.kind, r.participation, r.review,
	r.at_deadline, r.timezone, r.opt_in_wall, r.match_wall, r.opens_at, r.remind_at, r.answers_close_at, r.match_at, r.check_in_at,
	r.opened_at, r.reminded_at, r.matched_at, r.sent_at, r.checked_in_at, r.closed_at, r.engine, r.mode, r.review_seq, r.repair_due,
	r.audience_due, r.invites_due, r.looked_at, r.version`

// asks reports whether members are asked whether they want to take part.
func (r Round) asks() bool { return r.Participation == "ask" && r.Kind == "automatic" }

// gives reports whether groups are of one who gives and one who receives.
func (r Round) gives() bool { return r.Mode == matching.ModeMystery }

// several reports whether people may be in several groups.
func (r Round) several() bool { return r.gives() || r.Mode == matching.ModeCompose }

// answerable reports whether an open round still takes answers.
func (r Round) answerable(now time.Time) bool {
	return r.Phase == "open" && r.AnswersCloseAt != nil && now.Before(*r.AnswersCloseAt)
}

// holdRound locks a round until the transaction ends, so that one change of its phase, answers or groups happens at a
// time. Rows that refer to it can still be inserted meanwhile. now is the clock once the lock was had.
func holdRound(ctx context.Context, tx pgx.Tx, id int64) (r Round, now time.Time, err error) {
	r, err = oneRow[Round](ctx, tx, "round_not_found", "round", `SELECT `+roundColumns+` FROM rounds r WHERE id = $1 FOR NO KEY UPDATE`, id)
	if err != nil {
		return r, now, err
	}
	if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
		return r, now, fmt.Errorf("read the clock: %w", err)
	}
	return r, now, nil
}

// forMany plans the rest of a transaction for many rows. A table that a round has just filled with 100,000 rows still has
// the statistics of an empty one; from those the planner joins row by row, which takes minutes. Where there is no other way
// than the forbidden one its cost counts as huge, and Postgres would compile the plan for most of a second: not that either.
func forMany(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `SET LOCAL enable_nestloop = off; SET LOCAL jit = off`); err != nil {
		return fmt.Errorf("plan for many rows: %w", err)
	}
	return nil
}

// grown gathers statistics about the members of a round that has just got many, which autovacuum would do a minute later:
// until then the planner takes the table for empty. Killed before it, a round is slower and no more.
func (db *DB) grown(ctx context.Context, rows int) error {
	if rows < 1000 {
		return nil
	}
	// Of a tenth of the usual sample: all rows of a round are alike.
	if err := db.tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SET LOCAL default_statistics_target = 10; ANALYZE round_members`)
		return err
	}); err != nil {
		return fmt.Errorf("analyze the members of rounds: %w", err)
	}
	return nil
}
