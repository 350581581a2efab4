package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"

	"rondo/activities/matching"
)

// takers are who takes part, for SQL: a query of their ids with one argument, $1.
type takers struct {
	query string
	arg   any
}

func (who takers) include(column string) string { return column + ` IN (` + who.query + `)` }

// loadProblem is what the engine is asked about a program some of whose members take part: who of them met whom, who
// never does, what they wish, who was odd.
func loadProblem(ctx context.Context, tx pgx.Tx, p Program, rules []matching.Rule, members []matching.Member, who takers) (matching.Problem, error) {
	problem := matching.Problem{
		Members: members, GroupSize: p.GroupSize, Mode: p.Mode, Leftover: p.Leftover, Seats: p.Seats, Fixed: fixedAmong(p.Fixed, members), Rules: rules,
	}
	var err error
	problem.Met, err = collect[matching.Meeting](ctx, tx, "who met whom", `SELECT a, b, times, $3 - last_no AS rounds_ago
		FROM pairs_met WHERE program_id = $2 AND `+who.include(`a`)+` AND `+who.include(`b`), who.arg, p.ID, p.RoundsSent)
	if err != nil {
		return problem, err
	}
	problem.Never, err = collect[matching.Pair](ctx, tx, "who never meets", `SELECT a, b FROM never_pairs WHERE program_id = $1`, p.ID)
	if err != nil {
		return problem, err
	}
	problem.Wishes, err = collect[matching.Wish](ctx, tx, "wishes", `SELECT person_id AS "from", other_id AS "to", rank, avoid
		FROM wishes WHERE `+who.include(`person_id`)+` AND `+who.include(`other_id`), who.arg)
	if err != nil {
		return problem, err
	}
	rows, err := tx.Query(ctx, `SELECT person_id, times FROM odd_ones WHERE program_id = $1`, p.ID)
	if err != nil {
		return problem, fmt.Errorf("read who was odd: %w", err)
	}
	problem.OddBefore = map[matching.ID]int{}
	var person int64
	var times int
	_, err = pgx.ForEachRow(rows, []any{&person, &times}, func() error {
		problem.OddBefore[person] = times
		return nil
	})
	if err != nil {
		return problem, fmt.Errorf("read who was odd: %w", err)
	}
	return problem, nil
}

// forbiddenIn lists the pairs that must not meet in one round.
func forbiddenIn(ctx context.Context, tx pgx.Tx, round int64) ([]matching.Pair, error) {
	return collect[matching.Pair](ctx, tx, "forbidden pairs", `SELECT a, b FROM round_forbidden WHERE round_id = $1`, round)
}

// collect reads rows into structs by name and position: the columns of the query carry the names of the fields.
func collect[T any](ctx context.Context, q querier, what, sql string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	v, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return v, nil
}

// problemChunk is how many members or meetings a line of a stored problem holds, which bounds the memory of both sides.
const problemChunk = 1000

// packProblem writes a problem as gzipped JSON lines: the first holds all but members and meetings, the others these.
func packProblem(p matching.Problem) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("pack the problem: %w", err)
	}
	lines := json.NewEncoder(z)
	first := p
	first.Members, first.Met = nil, nil
	err = lines.Encode(first)
	for chunk := range slices.Chunk(p.Members, problemChunk) {
		err = errors.Join(err, lines.Encode(matching.Problem{Members: chunk}))
	}
	for chunk := range slices.Chunk(p.Met, problemChunk) {
		err = errors.Join(err, lines.Encode(matching.Problem{Met: chunk}))
	}
	if err := errors.Join(err, z.Close()); err != nil {
		return nil, fmt.Errorf("pack the problem: %w", err)
	}
	return out.Bytes(), nil
}

// unpackProblem reads what packProblem wrote.
func unpackProblem(packed []byte) (matching.Problem, error) {
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return matching.Problem{}, fmt.Errorf("unpack the problem: %w", err)
	}
	lines := json.NewDecoder(z)
	var p matching.Problem
	if err := lines.Decode(&p); err != nil {
		return p, fmt.Errorf("unpack the problem: %w", err)
	}
	for {
		var more matching.Problem
		switch err := lines.Decode(&more); {
		case errors.Is(err, io.EOF):
			return p, nil
		case err != nil:
			return p, fmt.Errorf("unpack the problem: %w", err)
		}
		p.Members = append(p.Members, more.Members...)
		p.Met = append(p.Met, more.Met...)
	}
}
