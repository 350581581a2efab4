package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
)

// changing is what an edit of a round's dates needs to know.
type changing struct {
	ID            int64      `db:"id"`
	ProgramID     int64      `db:"program_id"`
	ScheduleID    int64      `db:"schedule_id"`
	Ordinal       int        `db:"ordinal"`
	Phase         string     `db:"phase"`
	Participation string     `db:"participation"`
	OptInWall     *time.Time `db:"opt_in_wall"`
	MatchWall     *time.Time `db:"match_wall"`
	Version       int64      `db:"version"`
}

func lockRound(ctx context.Context, tx pgx.Tx, id, version int64) (changing, error) {
	r, err := oneRow[changing](ctx, tx, "round_not_found", "round", `SELECT id, program_id, schedule_id, ordinal, phase, participation, opt_in_wall,
		match_wall, version FROM rounds WHERE id = $1 FOR UPDATE`, id)
	if err == nil && r.Version != version {
		return r, Stale("round")
	}
	return r, err
}

// MoveRound gives a round new wall clocks; a zero one keeps its date. While planned both can change. While open, in
// review or ready only the match can, earlier or later; a match at now goes out at once. Setting the match date of an
// undated round is the same move.
func (db *DB) MoveRound(ctx context.Context, id, version int64, to calendar.Dates, now time.Time) ([]Ring, error) {
	return db.changeRound(ctx, id, version, func(tx pgx.Tx, r changing) error {
		s, err := scheduleByID(ctx, tx, r.ScheduleID, "")
		if err != nil {
			return err
		}
		p, err := programByID(ctx, tx, r.ProgramID, "")
		if err != nil {
			return err
		}
		if r.Phase != "planned" {
			p.Participation = r.Participation // as of opening
		}
		d := calendar.Dates{OptIn: wallOf(r.OptInWall), Match: wallOf(r.MatchWall)}
		switch r.Phase {
		case "planned":
			if !to.OptIn.IsZero() {
				d.OptIn = to.OptIn
			}
		case "open", "review", "ready":
			if !to.OptIn.IsZero() {
				return fault.BadField("opt_in_already_sent", "body.opt_in", "the opt-in messages are out or not wanted: only the match date can still move")
			}
		default:
			return notInPhase(r, "moved")
		}
		if !to.Match.IsZero() {
			d.Match = to.Match
		}
		if err := checkRoundDates(d, r, s, now); err != nil {
			return err
		}
		if err := putOverride(ctx, tx, r.ScheduleID, r.Ordinal, changeMoved, to); err != nil {
			return err
		}
		return setInstants(ctx, tx, id, p, s, d.OptIn, d.Match)
	})
}

func checkRoundDates(d calendar.Dates, r changing, s Schedule, now time.Time) error {
	loc, err := calendar.Zone(s.Timezone)
	if err != nil {
		return fmt.Errorf("schedule %d: %w", s.ID, err)
	}
	present := calendar.WallOf(now, loc) // whole seconds: what the clock shows is not past
	switch {
	case !d.Match.IsZero() && d.Match.In(loc).Before(present.In(loc)):
		return fault.BadField("date_in_the_past", "body.match", "the match date lies in the past; the clock in %s shows %s", s.Timezone, present)
	case r.Phase == "planned" && !d.OptIn.IsZero() && d.OptIn.In(loc).Before(present.In(loc)):
		return fault.BadField("date_in_the_past", "body.opt_in", "the opt-in date lies in the past; the clock in %s shows %s", s.Timezone, present)
	case r.Phase == "planned" && !d.OptIn.IsZero() && !d.Match.IsZero() && !d.OptIn.In(loc).Before(d.Match.In(loc)):
		return fault.BadField("opt_in_after_match", "body.opt_in", "the opt-in must be before the match")
	default:
		return nil
	}
}

// SkipRound lets a planned round not take place; the schedule goes on with the next.
func (db *DB) SkipRound(ctx context.Context, id, version int64) ([]Ring, error) {
	return db.changeRound(ctx, id, version, func(tx pgx.Tx, r changing) error {
		if r.Phase != "planned" {
			return notInPhase(r, "skipped")
		}
		return endRound(ctx, tx, r, changeSkipped)
	})
}

// CancelRound stops a round that has not begun sending its matches. Nobody is written to about it.
func (db *DB) CancelRound(ctx context.Context, id, version int64) ([]Ring, error) {
	return db.changeRound(ctx, id, version, func(tx pgx.Tx, r changing) error {
		switch r.Phase {
		case "planned", "open", "matching", "review", "ready":
			return endRound(ctx, tx, r, changeCancelled)
		default:
			return notInPhase(r, "cancelled")
		}
	})
}

// ApproveRound ends the review: the groups go out at the match date, at once if that has passed.
func (db *DB) ApproveRound(ctx context.Context, id, version int64) ([]Ring, error) {
	return db.changeRound(ctx, id, version, func(tx pgx.Tx, r changing) error {
		if r.Phase != "review" {
			return notInPhase(r, "approved")
		}
		_, err := tx.Exec(ctx, `UPDATE rounds SET phase = 'ready' WHERE id = $1`, id)
		return err
	})
}

func endRound(ctx context.Context, tx pgx.Tx, r changing, change string) error {
	if err := putOverride(ctx, tx, r.ScheduleID, r.Ordinal, change, calendar.Dates{}); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE rounds SET phase = $2, phase_reason = 'by_hand', closed_at = now() WHERE id = $1`, r.ID, change)
	return err
}

func notInPhase(r changing, what string) error {
	return fault.New(fault.Conflict, "wrong_phase", "a round in phase %s cannot be %s", r.Phase, what)
}

// changeRound locks a round at a version, applies a change and marks the round and its schedule to be rung.
func (db *DB) changeRound(ctx context.Context, id, version int64, change func(tx pgx.Tx, r changing) error) ([]Ring, error) {
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		r, err := lockRound(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if err := change(tx, r); err != nil {
			return err
		}
		if rings, err = ringRounds(ctx, tx, `id = $1`, `checked_at = checked_at`, id); err != nil {
			return err
		}
		if err := count(ctx, tx, id, counted{}); err != nil {
			return err
		}
		if r.Phase != "planned" {
			return nil
		}
		marked, err := ringSchedules(ctx, tx, `id = $1`, r.ScheduleID)
		rings = append(rings, marked...)
		return err
	})
	return rings, err
}
