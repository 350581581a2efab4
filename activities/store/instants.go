package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
)

// checkInDays lie between the match and the check-in, on the wall clock.
const checkInDays = 3

// Instants are what a round's wall clocks mean; a nil instant is none.
type Instants struct {
	OpensAt        time.Time
	RemindAt       *time.Time
	AnswersCloseAt *time.Time
	MatchAt        *time.Time
	CheckInAt      *time.Time
}

// InstantsOf derives the instants of a round from its wall clocks. Who asks nobody (automatic participation, review
// first) opens when groups are made: at the match, or with a review the schedule's AnswersCloseS before it; a
// review-first round opens at its review wall clock. Members are reminded only if the program wants it.
func InstantsOf(p Program, s Schedule, d calendar.Dates) (Instants, error) {
	loc, err := calendar.Zone(s.Timezone)
	if err != nil {
		return Instants{}, fmt.Errorf("schedule %d: %w", s.ID, err)
	}
	var in Instants
	if !d.Match.IsZero() {
		match := d.Match.In(loc)
		checkIn := d.Match.AddDays(checkInDays).In(loc)
		closes := match
		if s.Review {
			closes = calendar.AnswersClose(d.Match, time.Duration(s.AnswersCloseS)*time.Second, loc)
		}
		in.MatchAt, in.AnswersCloseAt, in.CheckInAt = &match, &closes, &checkIn
	}
	switch {
	case s.Kind == "review_first":
		in.OpensAt, in.AnswersCloseAt = d.Review.In(loc), nil
	case p.Participation == "ask" && !d.OptIn.IsZero():
		in.OpensAt = d.OptIn.In(loc)
		if at, ok := calendar.Reminder(in.OpensAt, *in.AnswersCloseAt, loc); ok && p.Reminder {
			in.RemindAt = &at
		}
	default:
		in.OpensAt, in.AnswersCloseAt = *in.AnswersCloseAt, nil
	}
	return in, nil
}

// setInstants stores new wall clocks of a round and what they mean. Instants whose moment has been acted on stay; so does
// whether members are asked, once the round has opened.
func setInstants(ctx context.Context, tx pgx.Tx, round int64, p Program, s Schedule, optIn, match calendar.Wall) error {
	in, err := InstantsOf(p, s, calendar.Dates{OptIn: optIn, Match: match, Review: s.Recurrence().Dates.Review})
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE rounds SET opt_in_wall = $2, match_wall = $3, match_at = $4, check_in_at = $5,
		opens_at = CASE WHEN phase = 'planned' AND kind = 'automatic' THEN $6 ELSE opens_at END,
		remind_at = CASE WHEN phase IN ('planned', 'open') THEN $7 ELSE remind_at END,
		answers_close_at = CASE WHEN phase IN ('planned', 'open') THEN $8 ELSE answers_close_at END,
		participation = CASE WHEN phase = 'planned' THEN $9 ELSE participation END
		WHERE id = $1`, round, wallPtr(optIn), wallPtr(match), in.MatchAt, in.CheckInAt, in.OpensAt, in.RemindAt, in.AnswersCloseAt, p.Participation)
	if err != nil {
		return fmt.Errorf("store the instants of round %d: %w", round, err)
	}
	return nil
}
