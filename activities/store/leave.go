package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// LeaveProgram lets a person take part in no further round of a program, and takes them out of those not sent yet. Doing
// it again changes nothing.
func (db *DB) LeaveProgram(ctx context.Context, program, person int64) ([]Ring, error) {
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := programByID(ctx, tx, program, ""); err != nil {
			return err
		}
		if _, err := personByID(ctx, tx, person, "FOR NO KEY UPDATE OF p"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO program_leavers (program_id, person_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`, program, person)
		if err != nil {
			return fmt.Errorf("leave program %d: %w", program, err)
		}
		rings, err = leaveRoundsOf(ctx, tx, program, []int64{person})
		return err
	})
	return rings, err
}

// RejoinProgram takes LeaveProgram back. Open rounds look for the person again.
func (db *DB) RejoinProgram(ctx context.Context, program, person int64) ([]Ring, error) {
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM program_leavers WHERE program_id = $1 AND person_id = $2`, program, person)
		if err != nil {
			return fmt.Errorf("rejoin program %d: %w", program, err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
		rings, err = AudienceChanged(ctx, tx)
		return err
	})
	return rings, err
}

// leaveAll takes people out of everything, because nobody may write to them any more: rounds not sent yet, and sequences.
func leaveAll(ctx context.Context, tx pgx.Tx, people []int64) ([]Ring, error) {
	rings, err := leaveRounds(ctx, tx, people)
	if err != nil {
		return nil, err
	}
	more, err := endSequencesOf(ctx, tx, people)
	return append(rings, more...), err
}

// leaveRounds takes people out of the rounds that have not been sent yet, because they went inactive, snoozed, were
// blacklisted or erased. Rounds whose groups they may be in repair themselves.
func leaveRounds(ctx context.Context, tx pgx.Tx, people []int64) ([]Ring, error) {
	return leaveRoundsOf(ctx, tx, 0, people)
}

// leaveRoundsOf does it for the rounds of one program, or of all if it is 0. Their answers stay, but count as declined.
func leaveRoundsOf(ctx context.Context, tx pgx.Tx, program int64, people []int64) ([]Ring, error) {
	rows, err := tx.Query(ctx, `SELECT id FROM rounds r WHERE phase IN ('open', 'matching', 'review', 'ready') AND ($1 = 0 OR program_id = $1)
		AND EXISTS (SELECT FROM round_members m WHERE m.round_id = r.id AND m.person_id = ANY ($2) AND m.removed_at IS NULL)
		ORDER BY id FOR NO KEY UPDATE`, program, people)
	if err != nil {
		return nil, fmt.Errorf("find rounds to leave: %w", err)
	}
	rounds, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("find rounds to leave: %w", err)
	}
	var broken []int64 // rounds that lost somebody who may be in a group
	for _, round := range rounds {
		lost, err := removeMembers(ctx, tx, round, people)
		if err != nil {
			return nil, err
		}
		if lost {
			broken = append(broken, round)
		}
	}
	return repairDue(ctx, tx, broken)
}

// repairDue marks the rounds whose groups, made or being made, may have lost somebody. One already marked is not rung again.
func repairDue(ctx context.Context, tx pgx.Tx, rounds []int64) ([]Ring, error) {
	if len(rounds) == 0 {
		return nil, nil
	}
	return ringRounds(ctx, tx, `id = ANY ($1) AND phase IN ('matching', 'review', 'ready') AND NOT repair_due`, `repair_due = true`, rounds)
}

// removeMembers takes people out of a held round and reports whether one of them had said yes.
func removeMembers(ctx context.Context, tx pgx.Tx, round int64, people []int64) (lost bool, err error) {
	if len(people) == 0 {
		return false, nil
	}
	var d counted
	var gone int
	err = tx.QueryRow(ctx, `WITH gone AS (
			UPDATE round_members SET removed_at = now() WHERE round_id = $1 AND person_id = ANY ($2) AND removed_at IS NULL RETURNING answer)
		SELECT count(*), -count(*) FILTER (WHERE answer = 'yes'), count(*) FILTER (WHERE answer IS DISTINCT FROM 'no') FROM gone`, round, people).
		Scan(&gone, &d.optedIn, &d.declined)
	if err != nil {
		return false, fmt.Errorf("take people out of round %d: %w", round, err)
	}
	if gone == 0 {
		return false, nil
	}
	return d.optedIn < 0, count(ctx, tx, round, d)
}
