package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rondo/activities/matching"
)

// BeginMatching gives the problem of a round in phase matching; false in any other phase. The first call draws the seed
// and stores the problem, so that every later attempt, and a replay, solves exactly the same.
func (db *DB) BeginMatching(ctx context.Context, id int64) (matching.Problem, bool, error) {
	var problem matching.Problem
	var due bool
	err := db.tx(ctx, func(tx pgx.Tx) error {
		r, _, err := holdRound(ctx, tx, id)
		if err != nil || r.Phase != "matching" {
			return err
		}
		due = true
		var packed []byte
		if err := tx.QueryRow(ctx, `SELECT problem FROM rounds WHERE id = $1`, id).Scan(&packed); err != nil {
			return fmt.Errorf("read the problem of round %d: %w", id, err)
		}
		if packed != nil && r.Engine == matching.Engine {
			problem, err = unpackProblem(packed)
			return err
		}
		problem, err = poseProblem(ctx, tx, r)
		return err
	})
	return problem, due, err
}

func poseProblem(ctx context.Context, tx pgx.Tx, r Round) (matching.Problem, error) {
	if err := forMany(ctx, tx); err != nil {
		return matching.Problem{}, err
	}
	p, err := programByID(ctx, tx, r.ProgramID, "")
	if err != nil {
		return matching.Problem{}, err
	}
	rules, err := ParseRules(p.Rules)
	if err != nil {
		return matching.Problem{}, err
	}
	members, gone, err := takingPart(ctx, tx, r, p.Audience, ruleAttributes(rules, p.Seats))
	if err != nil {
		return matching.Problem{}, err
	}
	if _, err := removeMembers(ctx, tx, r.ID, gone); err != nil {
		return matching.Problem{}, err
	}
	problem, err := loadProblem(ctx, tx, p, rules, members, takers{
		`SELECT person_id FROM round_members WHERE round_id = $1 AND answer = 'yes' AND removed_at IS NULL`, r.ID,
	})
	if err != nil {
		return problem, err
	}
	if problem.Forbidden, err = forbiddenIn(ctx, tx, r.ID); err != nil {
		return problem, err
	}
	if problem.Seed, err = drawSeed(); err != nil {
		return problem, err
	}
	packed, err := packProblem(problem)
	if err != nil {
		return problem, err
	}
	_, err = tx.Exec(ctx, `UPDATE rounds SET seed = $2, engine = $3, problem = $4, mode = $5, digest = NULL WHERE id = $1`,
		r.ID, int64(problem.Seed), matching.Engine, packed, p.Mode) //nolint:gosec // drawSeed gives 63 bits
	if err != nil {
		return problem, fmt.Errorf("store the problem of round %d: %w", r.ID, err)
	}
	return problem, nil
}

// drawSeed gives 63 random bits, which fit a bigint.
func drawSeed() (uint64, error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return 0, fmt.Errorf("draw a seed: %w", err)
	}
	return binary.LittleEndian.Uint64(b[:]) >> 1, nil
}

// DropProblem forgets a problem that has no answer, so that the next attempt poses it anew from the rules as they are then.
func (db *DB) DropProblem(ctx context.Context, id int64) error {
	_, err := db.pool.Exec(ctx, `UPDATE rounds SET seed = NULL, engine = '', problem = NULL WHERE id = $1 AND phase = 'matching'`, id)
	if err != nil {
		return fmt.Errorf("drop the problem of round %d: %w", id, err)
	}
	return nil
}

// StoreGroups stores what the engine made of BeginMatching's problem and turns matching into review or ready. Whoever
// declined meanwhile has left a repair due.
func (db *DB) StoreGroups(ctx context.Context, id int64, made matching.Result) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		r, _, err := holdRound(ctx, tx, id)
		if err != nil || r.Phase != "matching" {
			return err
		}
		if err := copyGroups(ctx, tx, r, made.Groups, func(i int) int { return i + 1 }); err != nil {
			return err
		}
		if err := markUnmatched(ctx, tx, id, made.Unmatched); err != nil {
			return err
		}
		phase := "ready"
		if r.Review || r.Kind == "review_first" {
			phase = "review"
		}
		return setPhase(ctx, tx, r, phase, `matched_at = now(), digest = $3`, digest(made))
	})
}
