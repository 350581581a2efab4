package store

import (
	"bytes"
	"context"
	"fmt"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

// Replay is a matching solved again.
type Replay struct {
	Engine    string // that made the groups, and made them again
	Seed      int64
	Same      bool // the same groups, to the last member
	Groups    int
	Unmatched int
	Score     matching.Score
	Exact     bool // this and the rest: see matching.Result
	Bound     matching.Score
	Gap       float64
}

// ReplayMatching solves the recorded problem of a round again, from its recorded seed, and compares the outcome with what
// the engine made then (later edits do not count). Another engine than the recorded one is a Conflict: it may decide
// otherwise.
func (db *DB) ReplayMatching(ctx context.Context, id int64) (Replay, error) {
	type recorded struct {
		Engine  string `db:"engine"`
		Seed    int64  `db:"seed"`
		Problem []byte `db:"problem"`
		Digest  []byte `db:"digest"`
	}
	r, err := oneRow[recorded](ctx, db.pool, "round_not_found", "round",
		`SELECT engine, coalesce(seed, 0) AS seed, problem, digest FROM rounds WHERE id = $1`, id)
	if err != nil {
		return Replay{}, err
	}
	if r.Digest == nil {
		return Replay{}, fault.New(fault.Conflict, "not_matched", "the round has not been matched")
	}
	if r.Engine != matching.Engine {
		return Replay{}, fault.New(fault.Conflict, "engine_changed", "the groups were made by engine %s; this binary has %s", r.Engine, matching.Engine)
	}
	problem, err := unpackProblem(r.Problem)
	if err != nil {
		return Replay{}, err
	}
	made, err := matching.Solve(ctx, problem)
	if err != nil {
		return Replay{}, fmt.Errorf("replay the matching of round %d: %w", id, err)
	}
	return Replay{
		Engine: r.Engine, Seed: r.Seed, Same: bytes.Equal(digest(made), r.Digest), Groups: len(made.Groups), Unmatched: len(made.Unmatched), Score: made.Score,
		Exact: made.Exact, Bound: made.Bound, Gap: made.Gap,
	}, nil
}
