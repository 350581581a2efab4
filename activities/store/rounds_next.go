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

// maxPassed bounds how many occurrences that do not take place one PlanNext records.
const maxPassed = 100

// NextRound is what a schedule waits for.
type NextRound struct {
	Round   int64 // planned and not open yet; 0 if there is none
	OpensAt time.Time
	More    bool // occurrences were recorded up to a bound: ask again at once
	Ended   bool // there is no further occurrence
}

// PlanNext makes sure that the next occurrence of a schedule has its round, exactly one, and clears the schedule's ring
// mark. Occurrences that do not take place (skipped, cancelled, a holiday, their match already past) get a round that
// says so.
func (db *DB) PlanNext(ctx context.Context, id int64) (NextRound, []Ring, error) {
	var next NextRound
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE schedules SET ring_since = NULL WHERE id = $1`, id); err != nil {
			return fmt.Errorf("clear the ring mark of schedule %d: %w", id, err)
		}
		s, err := scheduleByID(ctx, tx, id, "")
		if err != nil {
			return err
		}
		if s.EndedAt != nil {
			next.Ended = true
			return nil
		}
		if next, err = plannedAhead(ctx, tx, s); err != nil || next.Round != 0 {
			return err
		}
		next, rings, err = planNext(ctx, tx, s)
		return err
	})
	return next, rings, err
}

// plannedAhead finds the round of a schedule that has its row and has not come to its opening yet.
func plannedAhead(ctx context.Context, tx pgx.Tx, s Schedule) (NextRound, error) {
	var next NextRound
	err := tx.QueryRow(ctx, `SELECT id, opens_at FROM rounds WHERE schedule_id = $1 AND phase = 'planned' AND opens_at > clock_timestamp()
		ORDER BY opens_at LIMIT 1`, s.ID).Scan(&next.Round, &next.OpensAt)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return next, fmt.Errorf("find the planned round of schedule %d: %w", s.ID, err)
	}
	return next, nil
}

func planNext(ctx context.Context, tx pgx.Tx, s Schedule) (NextRound, []Ring, error) {
	p, err := programByID(ctx, tx, s.ProgramID, "")
	if err != nil {
		return NextRound{}, nil, err
	}
	if p.Participation == "ask" && s.Kind == "automatic" && s.OptInWall == nil {
		return NextRound{}, nil, fault.New(fault.Invalid, "opt_in_missing", "program %d asks its members, and schedule %d has no opt-in date", p.ID, s.ID)
	}
	c, err := calendarOf(ctx, tx, s)
	if err != nil {
		return NextRound{}, nil, err
	}
	var now time.Time
	if err := tx.QueryRow(ctx, `SELECT now()`).Scan(&now); err != nil {
		return NextRound{}, nil, fmt.Errorf("read the clock: %w", err)
	}
	for ordinal := s.NextOrdinal; ordinal < s.NextOrdinal+maxPassed; ordinal++ {
		o, ok := c.At(ordinal)
		if !ok {
			_, err := tx.Exec(ctx, `UPDATE schedules SET ended_at = now(), next_ordinal = $2 WHERE id = $1`, s.ID, ordinal)
			if err != nil {
				return NextRound{}, nil, fmt.Errorf("end schedule %d: %w", s.ID, err)
			}
			return NextRound{Ended: true}, nil, nil
		}
		r, err := roundOf(p, s, o)
		if err != nil {
			return NextRound{}, nil, err
		}
		if r.Phase == "planned" && missed(c, s, o, now) {
			r.Phase, r.PhaseReason = "skipped", "missed"
		}
		if err := insertRound(ctx, tx, &r); err != nil {
			return NextRound{}, nil, err
		}
		if r.Phase == "planned" {
			return NextRound{Round: r.ID, OpensAt: r.OpensAt}, []Ring{{Round: r.ID, Program: r.ProgramID, Version: r.Version}}, nil
		}
	}
	return NextRound{More: true}, nil, nil
}

// missed reports whether an occurrence is over before it could begin: its match has passed, or, where it has none, the
// next one is due as well. A schedule whose first date is the moment it was made is not missed but late.
func missed(c *calendar.Schedule, s Schedule, o calendar.Occurrence, now time.Time) bool {
	last := o.Last()
	wantedNow := o.Ordinal == 0 && last.Sub(s.CreatedAt).Abs() < clockSkew
	switch {
	case wantedNow || !last.Before(now.Truncate(time.Second)):
		return false
	case !o.Match.Wall.IsZero():
		return true
	}
	next, ok := c.Next(o.Ordinal)
	return ok && !next.First().After(now)
}

// roundOf derives a round from an occurrence.
func roundOf(p Program, s Schedule, o calendar.Occurrence) (Round, error) {
	r := Round{
		ProgramID: p.ID, ScheduleID: s.ID, Ordinal: o.Ordinal, Phase: "planned", Kind: s.Kind, Participation: p.Participation,
		Review: s.Review, AtDeadline: s.AtDeadline, Timezone: s.Timezone,
		OptInWall: wallPtr(o.OptIn.Wall), MatchWall: wallPtr(o.Match.Wall),
	}
	if !o.Happens() {
		r.Phase, r.PhaseReason = string(o.Status), string(o.Reason)
	}
	in, err := InstantsOf(p, s, calendar.Dates{Review: o.Review.Wall, OptIn: o.OptIn.Wall, Match: o.Match.Wall})
	if err != nil {
		return r, err
	}
	r.OpensAt, r.RemindAt, r.AnswersCloseAt, r.MatchAt, r.CheckInAt = in.OpensAt, in.RemindAt, in.AnswersCloseAt, in.MatchAt, in.CheckInAt
	if r.asks() && !r.OpensAt.Before(*r.AnswersCloseAt) && r.Phase == "planned" {
		r.Phase, r.PhaseReason = "skipped", string(calendar.ReasonOrder) // a move left no time to answer
	}
	return r, nil
}

// insertRound stores a round and the fact that its occurrence has one.
func insertRound(ctx context.Context, tx pgx.Tx, r *Round) error {
	err := tx.QueryRow(ctx, `WITH planned AS (UPDATE schedules SET next_ordinal = $2 + 1 WHERE id = $1)
		INSERT INTO rounds (schedule_id, ordinal, program_id, phase, phase_reason, kind, participation, review, at_deadline, timezone,
			opt_in_wall, match_wall, opens_at, remind_at, answers_close_at, match_at, check_in_at, ring_since, closed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
			CASE WHEN $4 = 'planned' THEN now() END, CASE WHEN $4 <> 'planned' THEN now() END)
		RETURNING id, version`, r.ScheduleID, r.Ordinal, r.ProgramID, r.Phase, r.PhaseReason, r.Kind, r.Participation, r.Review,
		r.AtDeadline, r.Timezone, r.OptInWall, r.MatchWall, r.OpensAt, r.RemindAt, r.AnswersCloseAt, r.MatchAt, r.CheckInAt).
		Scan(&r.ID, &r.Version)
	if err != nil {
		return fmt.Errorf("plan occurrence %d of schedule %d: %w", r.Ordinal, r.ScheduleID, err)
	}
	return nil
}
