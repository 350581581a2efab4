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
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"rondo/activities/matching"
)

// loadProblem is what the engine is asked about a held round: the members who take part, the attributes that rules look
// at, who met whom, and what people wish.
func loadProblem(ctx context.Context, tx pgx.Tx, r Round, members []matching.Member, p programForMatching) (matching.Problem, error) {
	problem := matching.Problem{Members: members, GroupSize: p.GroupSize, Rules: p.rules}
	inRound := func(column string) string {
		return column + ` IN (SELECT person_id FROM round_members WHERE round_id = $2 AND answer = 'yes' AND removed_at IS NULL)`
	}
	var err error
	problem.Met, err = collect[matching.Meeting](ctx, tx, "who met whom", `SELECT a, b, times, $3 - last_no AS rounds_ago
		FROM pairs_met WHERE program_id = $1 AND `+inRound(`a`)+` AND `+inRound(`b`), p.ID, r.ID, p.RoundsSent)
	if err != nil {
		return problem, err
	}
	problem.Never, err = collect[matching.Pair](ctx, tx, "who never meets", `SELECT a, b FROM never_pairs WHERE program_id = $1`, p.ID)
	if err != nil {
		return problem, err
	}
	problem.Forbidden, err = collect[matching.Pair](ctx, tx, "forbidden pairs", `SELECT a, b FROM round_forbidden WHERE round_id = $1`, r.ID)
	if err != nil {
		return problem, err
	}
	problem.Wishes, err = collect[matching.Wish](ctx, tx, "wishes", `SELECT person_id AS "from", other_id AS "to", rank, avoid
		FROM wishes WHERE $1::bigint > 0 AND `+inRound(`person_id`)+` AND `+inRound(`other_id`), p.ID, r.ID)
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

// takingPart lists the members of a round who said yes, with the attributes named, and apart from them those who have
// become ineligible since.
func takingPart(ctx context.Context, tx pgx.Tx, r Round, audienceText string, attributes []string) (members []matching.Member, gone []int64, err error) {
	a, err := audienceOf(r.ProgramID, audienceText, 1)
	if err != nil {
		return nil, nil, err
	}
	args := append([]any{r.ID}, a.args...)
	var columns strings.Builder
	for _, name := range attributes {
		args = append(args, name)
		columns.WriteString(`, e.attributes ->> $` + strconv.Itoa(len(args)) + `::text`)
	}
	rows, err := tx.Query(ctx, `SELECT m.person_id, e.id IS NOT NULL`+columns.String()+` FROM round_members m
		LEFT JOIN (SELECT p.id, p.attributes FROM people p WHERE `+a.eligible()+`) e ON e.id = m.person_id
		WHERE m.round_id = $1 AND m.answer = 'yes' AND m.removed_at IS NULL`, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read the members of round %d: %w", r.ID, err)
	}
	var id int64
	var eligible bool
	values := make([]*string, len(attributes))
	targets := []any{&id, &eligible}
	for i := range values {
		targets = append(targets, &values[i])
	}
	_, err = pgx.ForEachRow(rows, targets, func() error {
		if !eligible {
			gone = append(gone, id)
			return nil
		}
		m := matching.Member{ID: id}
		for i, v := range values {
			if v != nil && *v != "" {
				if m.Attributes == nil {
					m.Attributes = make(map[string]string, len(attributes))
				}
				m.Attributes[attributes[i]] = *v
			}
		}
		members = append(members, m)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read the members of round %d: %w", r.ID, err)
	}
	return members, gone, nil
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
