package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
)

// How an occurrence is changed in table occurrences.
const (
	changeMoved     = "moved"
	changeSkipped   = "skipped"
	changeCancelled = "cancelled"
)

var actions = map[string]calendar.Action{
	changeMoved: calendar.ActionMove, changeSkipped: calendar.ActionSkip, changeCancelled: calendar.ActionCancel,
}

func overridesOf(ctx context.Context, q querier, schedule int64) (calendar.Overrides, error) {
	rows, err := q.Query(ctx, `SELECT ordinal, change, opt_in_wall, match_wall FROM occurrences WHERE schedule_id = $1`, schedule)
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	out := calendar.Overrides{}
	var ordinal int
	var change string
	var optIn, match *time.Time
	_, err = pgx.ForEachRow(rows, []any{&ordinal, &change, &optIn, &match}, func() error {
		out[ordinal] = calendar.Override{Action: actions[change], To: calendar.Dates{OptIn: wallOf(optIn), Match: wallOf(match)}}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read occurrences: %w", err)
	}
	return out, nil
}

func putOverride(ctx context.Context, tx pgx.Tx, schedule int64, ordinal int, change string, to calendar.Dates) error {
	_, err := tx.Exec(ctx, `INSERT INTO occurrences (schedule_id, ordinal, change, opt_in_wall, match_wall) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (schedule_id, ordinal) DO UPDATE SET change = excluded.change,
			opt_in_wall = coalesce(excluded.opt_in_wall, occurrences.opt_in_wall), match_wall = coalesce(excluded.match_wall, occurrences.match_wall)`,
		schedule, ordinal, change, wallPtr(to.OptIn), wallPtr(to.Match))
	if err != nil {
		return fmt.Errorf("store occurrence: %w", err)
	}
	return nil
}

// Occurrence finds one occurrence of a schedule, and its round if it has one (0 if not).
func (db *DB) Occurrence(ctx context.Context, schedule int64, ordinal int) (calendar.Occurrence, int64, error) {
	s, err := db.Schedule(ctx, schedule)
	if err != nil {
		return calendar.Occurrence{}, 0, err
	}
	return occurrenceOf(ctx, db.pool, s, ordinal)
}

func occurrenceOf(ctx context.Context, q querier, s Schedule, ordinal int) (calendar.Occurrence, int64, error) {
	c, err := calendarOf(ctx, q, s)
	if err != nil {
		return calendar.Occurrence{}, 0, err
	}
	o, ok := c.At(ordinal)
	if !ok {
		return o, 0, fault.New(fault.NotFound, "occurrence_not_found", "the schedule has no occurrence of that ordinal")
	}
	var round int64
	err = q.QueryRow(ctx, `SELECT coalesce((SELECT id FROM rounds WHERE schedule_id = $1 AND ordinal = $2), 0)`, s.ID, ordinal).Scan(&round)
	if err != nil {
		return o, 0, fmt.Errorf("find the round of an occurrence: %w", err)
	}
	return o, round, nil
}

// ChangeOccurrence moves, skips or cancels an occurrence that has no round yet; one that has is changed as a round.
// Version is the schedule's. To holds the new wall clocks of a move; a zero one keeps its date.
func (db *DB) ChangeOccurrence(ctx context.Context, schedule int64, ordinal int, version int64, change string, to calendar.Dates, now time.Time) (calendar.Occurrence, error) {
	var out calendar.Occurrence
	err := db.tx(ctx, func(tx pgx.Tx) error {
		s, err := scheduleByID(ctx, tx, schedule, "FOR UPDATE")
		if err != nil {
			return err
		}
		if s.Version != version {
			return Stale("schedule")
		}
		_, round, err := occurrenceOf(ctx, tx, s, ordinal)
		if err != nil {
			return err
		}
		if round != 0 {
			return fault.New(fault.Conflict, "occurrence_has_round", "this occurrence has begun: change round %d instead", round)
		}
		if err := putOverride(ctx, tx, schedule, ordinal, change, to); err != nil {
			return err
		}
		if out, _, err = occurrenceOf(ctx, tx, s, ordinal); err != nil {
			return err
		}
		if change == changeMoved {
			if err := checkMoved(out, now); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `UPDATE schedules SET version = version + 1 WHERE id = $1`, schedule)
		return err
	})
	return out, err
}

func checkMoved(o calendar.Occurrence, now time.Time) error {
	switch {
	case o.Reason == calendar.ReasonOrder:
		return fault.BadField("opt_in_after_match", "body.opt_in", "the opt-in must be before the match")
	case o.First().Before(now):
		return fault.BadField("date_in_the_past", "body", "the new date lies in the past")
	default:
		return nil
	}
}

// ChangeFollowing moves (to has a wall clock) or cancels (to is zero) an occurrence and all after it. A move splits the
// schedule: it ends before the occurrence, and a new one goes on from there. The planned round of the old part is
// skipped; rounds that have opened go on. It returns the new schedule, if there is one, and whom to ring.
func (db *DB) ChangeFollowing(ctx context.Context, schedule int64, ordinal int, version int64, to calendar.Dates, now time.Time) (*Schedule, []Ring, error) {
	var next *Schedule
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		s, err := scheduleByID(ctx, tx, schedule, "FOR UPDATE")
		if err != nil {
			return err
		}
		if s.Version != version {
			return Stale("schedule")
		}
		if err := notBegun(ctx, tx, s, ordinal); err != nil {
			return err
		}
		if to != (calendar.Dates{}) {
			if next, err = startTail(ctx, tx, s, ordinal, to, now); err != nil {
				return err
			}
			rings = append(rings, Ring{Schedule: next.ID, Program: next.ProgramID, Version: next.Version})
		}
		skipped, err := dropPlanned(ctx, tx, schedule, ordinal, "moved_with_following")
		if err != nil {
			return err
		}
		rings = append(rings, skipped...)
		// Before ordinal 1 there is one occurrence, which is "once"; before ordinal 0 there is none.
		if _, err := tx.Exec(ctx, `UPDATE schedules SET
			until_day = CASE WHEN $2 > 0 THEN NULL ELSE until_day END,
			max_rounds = CASE WHEN $2 > 1 THEN $2 WHEN $2 = 1 THEN NULL ELSE max_rounds END,
			every_weeks = CASE WHEN $2 = 1 THEN 0 ELSE every_weeks END,
			ended_at = CASE WHEN $2 = 0 THEN coalesce(ended_at, now()) ELSE ended_at END WHERE id = $1`, schedule, ordinal); err != nil {
			return fmt.Errorf("end schedule %d: %w", schedule, err)
		}
		marked, err := ringSchedules(ctx, tx, `id = $1`, schedule)
		rings = append(rings, marked...)
		return err
	})
	return next, rings, err
}

func notBegun(ctx context.Context, tx pgx.Tx, s Schedule, ordinal int) error {
	if _, _, err := occurrenceOf(ctx, tx, s, ordinal); err != nil {
		return err
	}
	var begun bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM rounds WHERE schedule_id = $1 AND ordinal >= $2 AND phase NOT IN ('planned', 'skipped', 'cancelled'))`,
		s.ID, ordinal).Scan(&begun)
	if err != nil {
		return fmt.Errorf("look for begun rounds: %w", err)
	}
	if begun {
		return fault.New(fault.Conflict, "round_has_begun", "a round from this occurrence on has begun: change it alone, and the following ones from the next occurrence on")
	}
	return nil
}

// startTail stores the schedule that goes on from an occurrence, with the changes of its own occurrences.
func startTail(ctx context.Context, tx pgx.Tx, s Schedule, ordinal int, to calendar.Dates, now time.Time) (*Schedule, error) {
	rule := s.Recurrence()
	tail, err := tailOf(rule, ordinal, to)
	if err != nil {
		return nil, checkRecurrence(err)
	}
	if err := checkRecurrence(tail.Validate(now)); err != nil {
		return nil, err
	}
	next := s
	next.SetRecurrence(tail)
	created, err := insertSchedule(ctx, tx, next)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `INSERT INTO occurrences (schedule_id, ordinal, change, opt_in_wall, match_wall)
		SELECT $2, ordinal - $3, change, opt_in_wall, match_wall FROM occurrences WHERE schedule_id = $1 AND ordinal > $3`, s.ID, created.ID, ordinal)
	if err != nil {
		return nil, fmt.Errorf("carry occurrences over: %w", err)
	}
	return &created, nil
}

func tailOf(r calendar.Recurrence, ordinal int, to calendar.Dates) (calendar.Recurrence, error) {
	if ordinal > 0 {
		_, tail, err := calendar.Split(r, ordinal, to)
		return tail, err
	}
	for from, into := range map[*calendar.Wall]*calendar.Wall{&to.Review: &r.Dates.Review, &to.OptIn: &r.Dates.OptIn, &to.Match: &r.Dates.Match} {
		if !from.IsZero() {
			*into = *from
		}
	}
	return r, nil
}
