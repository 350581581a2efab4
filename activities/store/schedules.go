package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
)

// Schedule holds the dates of a program's rounds: wall clocks in a zone and how they recur.
type Schedule struct {
	ID            int64      `db:"id"`
	ProgramID     int64      `db:"program_id"`
	Kind          string     `db:"kind"`        // automatic, or review_first: groups are made and reviewed before a date is set
	OptInWall     *time.Time `db:"opt_in_wall"` // wall clocks are held in UTC fields; see calendar.Wall
	MatchWall     *time.Time `db:"match_wall"`
	AnchorWall    time.Time  `db:"anchor_wall"`
	Timezone      string     `db:"timezone"`
	EveryWeeks    int        `db:"every_weeks"` // 0: once
	UntilDay      *time.Time `db:"until_day"`
	MaxRounds     *int       `db:"max_rounds"`
	Review        bool       `db:"review"`
	AnswersCloseS int        `db:"answers_close_s"` // seconds before the match, with Review
	AtDeadline    string     `db:"at_deadline"`     // send or hold
	HolidayListID *int64     `db:"holiday_list_id"`
	OnHoliday     string     `db:"on_holiday"` // skip or next_working_day
	NextOrdinal   int        `db:"next_ordinal"`
	EndedAt       *time.Time `db:"ended_at"`
	RingSince     *time.Time `db:"ring_since"`
	Version       int64      `db:"version"`
	CreatedAt     time.Time  `db:"created_at"`
}

// Recurrence is the schedule's rule in the calendar's terms.
func (s Schedule) Recurrence() calendar.Recurrence {
	r := calendar.Recurrence{Zone: s.Timezone, EveryWeeks: s.EveryWeeks}
	if s.Kind == "review_first" {
		r.Dates.Review = calendar.WallOf(s.AnchorWall, time.UTC)
	} else {
		r.Dates.OptIn, r.Dates.Match = wallOf(s.OptInWall), wallOf(s.MatchWall)
	}
	if s.UntilDay != nil {
		r.Until = calendar.WallOf(*s.UntilDay, time.UTC).Date()
	}
	if s.MaxRounds != nil {
		r.Count = *s.MaxRounds
	}
	return r
}

// SetRecurrence takes the rule over; the anchor is its first date.
func (s *Schedule) SetRecurrence(r calendar.Recurrence) {
	s.Timezone, s.EveryWeeks = r.Zone, r.EveryWeeks
	s.OptInWall, s.MatchWall = wallPtr(r.Dates.OptIn), wallPtr(r.Dates.Match)
	first := r.Dates.Review
	for _, w := range []calendar.Wall{r.Dates.Match, r.Dates.OptIn} {
		if !w.IsZero() {
			first = w
		}
	}
	s.AnchorWall = first.In(time.UTC)
	s.UntilDay, s.MaxRounds = nil, nil
	if !r.Until.IsZero() {
		day := midnight(r.Until)
		s.UntilDay = &day
	}
	if r.Count > 0 {
		s.MaxRounds = &r.Count
	}
}

// wallOf reads a nullable timestamp column as a wall clock; null is the zero Wall.
func wallOf(t *time.Time) calendar.Wall {
	if t == nil {
		return calendar.Wall{}
	}
	return calendar.WallOf(*t, time.UTC)
}

func wallPtr(w calendar.Wall) *time.Time {
	if w.IsZero() {
		return nil
	}
	t := w.In(time.UTC)
	return &t
}

func midnight(d calendar.Date) time.Time {
	w, err := calendar.ParseWall(d.String() + "T00:00")
	if err != nil { // a Date inside the calendar's range always parses
		return time.Time{}
	}
	return w.In(time.UTC)
}

const scheduleColumns = `id, program_id, kind, opt_in_wall, match_wall, anchor_wall, timezone, every_weeks, until_day, max_rounds,
	review, answers_close_s, at_deadline, holiday_list_id, on_holiday, next_ordinal, ended_at, ring_since, version, created_at`

// Schedule reads one schedule.
func (db *DB) Schedule(ctx context.Context, id int64) (Schedule, error) {
	return scheduleByID(ctx, db.pool, id, "")
}

func scheduleByID(ctx context.Context, q querier, id int64, lock string) (Schedule, error) {
	return oneRow[Schedule](ctx, q, "schedule_not_found", "schedule", `SELECT `+scheduleColumns+` FROM schedules WHERE id = $1 `+lock, id)
}

// Schedules lists the schedules of a program, or of all programs if it is 0, oldest first.
func (db *DB) Schedules(ctx context.Context, program int64, p Page) ([]Schedule, error) {
	return manyRows[Schedule](ctx, db.pool, "schedules", `SELECT `+scheduleColumns+` FROM schedules
		WHERE ($1 = 0 OR program_id = $1) AND id > $2 ORDER BY id LIMIT $3`, program, p.After, p.Limit)
}

// CreateSchedule stores a schedule with its ring mark; the caller rings its workflow. "Now" is the instant the rule was
// checked against.
func (db *DB) CreateSchedule(ctx context.Context, s Schedule, now time.Time) (Schedule, error) {
	if err := checkRecurrence(s.Recurrence().Validate(now)); err != nil {
		return Schedule{}, err
	}
	var out Schedule
	err := db.tx(ctx, func(tx pgx.Tx) error {
		p, err := liveProgram(ctx, tx, s.ProgramID)
		if err != nil {
			return err
		}
		if err := checkAnswersClose(p, s); err != nil {
			return err
		}
		out, err = insertSchedule(ctx, tx, s)
		return err
	})
	return out, err
}

// checkAnswersClose refuses a schedule whose answers would close before anybody is asked.
func checkAnswersClose(p Program, s Schedule) error {
	in, err := InstantsOf(p, s, s.Recurrence().Dates)
	if err != nil || in.AnswersCloseAt == nil || in.AnswersCloseAt.After(in.OpensAt) {
		return err
	}
	return fault.BadField("answers_close_before_opt_in", "body.answers_close_hours",
		"answers would close before the opt-in messages go out: let them close later, or ask earlier")
}

func insertSchedule(ctx context.Context, tx pgx.Tx, s Schedule) (Schedule, error) {
	return oneRow[Schedule](ctx, tx, "schedule_not_found", "schedule", `INSERT INTO schedules
		(program_id, kind, opt_in_wall, match_wall, anchor_wall, timezone, every_weeks, until_day, max_rounds, review,
		 answers_close_s, at_deadline, holiday_list_id, on_holiday, ring_since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, now()) RETURNING `+scheduleColumns,
		s.ProgramID, s.Kind, s.OptInWall, s.MatchWall, s.AnchorWall, s.Timezone, s.EveryWeeks, s.UntilDay, s.MaxRounds,
		s.Review, s.AnswersCloseS, s.AtDeadline, s.HolidayListID, s.OnHoliday)
}

// EndSchedule lets the planned round go (it is skipped, running ones go on) and plans no further one.
func (db *DB) EndSchedule(ctx context.Context, id, version int64) (Schedule, []Ring, error) {
	var out Schedule
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		s, err := scheduleByID(ctx, tx, id, "FOR UPDATE")
		if err != nil {
			return err
		}
		if s.Version != version {
			return Stale("schedule")
		}
		if rings, err = dropPlanned(ctx, tx, id, 0, "schedule_ended"); err != nil {
			return err
		}
		out, err = oneRow[Schedule](ctx, tx, "schedule_not_found", "schedule", `UPDATE schedules
			SET ended_at = coalesce(ended_at, now()), ring_since = coalesce(ring_since, now()), version = version + 1
			WHERE id = $1 RETURNING `+scheduleColumns, id)
		if err != nil {
			return err
		}
		rings = append(rings, Ring{Schedule: id, Program: s.ProgramID, Version: out.Version})
		return nil
	})
	return out, rings, err
}

// dropPlanned skips the rounds of a schedule from an ordinal on that have not opened yet.
func dropPlanned(ctx context.Context, tx pgx.Tx, schedule int64, from int, reason string) ([]Ring, error) {
	rows, err := tx.Query(ctx, `UPDATE rounds SET phase = 'skipped', phase_reason = $3, closed_at = now(), version = version + 1,
		ring_since = coalesce(ring_since, now()) WHERE schedule_id = $1 AND ordinal >= $2 AND phase = 'planned'
		RETURNING id, program_id, version`, schedule, from, reason)
	if err != nil {
		return nil, fmt.Errorf("skip planned rounds: %w", err)
	}
	rings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Ring, error) {
		var r Ring
		return r, row.Scan(&r.Round, &r.Program, &r.Version)
	})
	if err != nil {
		return nil, fmt.Errorf("skip planned rounds: %w", err)
	}
	return rings, nil
}

// calendarOf builds what answers "which occurrences?" for a schedule, with its changes and holidays.
func calendarOf(ctx context.Context, q querier, s Schedule) (*calendar.Schedule, error) {
	overrides, err := overridesOf(ctx, q, s.ID)
	if err != nil {
		return nil, err
	}
	holidays := calendar.Holidays{Policy: calendar.HolidayPolicy(s.OnHoliday)}
	if s.HolidayListID != nil {
		if holidays.Days, err = holidayDays(ctx, q, *s.HolidayListID); err != nil {
			return nil, err
		}
	}
	c, err := calendar.NewSchedule(s.Recurrence(), overrides, holidays)
	if err != nil {
		return nil, checkRecurrence(err)
	}
	return c, nil
}

// checkRecurrence turns the calendar's findings into one fault that names every field.
func checkRecurrence(err error) error {
	var found calendar.FieldErrors
	if !errors.As(err, &found) {
		return err
	}
	f := fault.New(fault.Invalid, "schedule_invalid", "the dates of the schedule do not fit together")
	for _, e := range found {
		f.Fields = append(f.Fields, fault.Field{Location: "body." + e.Field, Message: e.Detail + " (" + e.Code + ")"})
	}
	return f
}
