package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rondo/activities/fault"
)

// NeverPairs lists who is never matched with whom in a program, the smaller id first in each pair.
func (db *DB) NeverPairs(ctx context.Context, program int64) ([][2]int64, error) {
	if _, err := db.Program(ctx, program); err != nil {
		return nil, err
	}
	rows, err := db.pool.Query(ctx, `SELECT a, b FROM never_pairs WHERE program_id = $1 ORDER BY a, b`, program)
	if err != nil {
		return nil, fmt.Errorf("list never pairs: %w", err)
	}
	pairs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([2]int64, error) {
		var p [2]int64
		return p, row.Scan(&p[0], &p[1])
	})
	if err != nil {
		return nil, fmt.Errorf("list never pairs: %w", err)
	}
	return pairs, nil
}

// AddNeverPairs adds pairs, each with the smaller id first; one that is there already is no error. All are added or none.
func (db *DB) AddNeverPairs(ctx context.Context, program int64, pairs [][2]int64) error {
	a, b := unzip(pairs)
	err := db.tx(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO never_pairs (program_id, a, b) SELECT $1, * FROM unnest($2::bigint[], $3::bigint[])
			ON CONFLICT DO NOTHING`, program, a, b)
		return err
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23503" {
		if pg.ConstraintName == "never_pairs_program_id_fkey" {
			return fault.New(fault.NotFound, "program_not_found", "there is no such program")
		}
		return fault.BadField("person_not_found", "body.pairs", "one of these people does not exist")
	}
	if err != nil {
		return fmt.Errorf("add never pairs: %w", err)
	}
	return nil
}

// RemoveNeverPairs removes pairs; one that is not there is no error.
func (db *DB) RemoveNeverPairs(ctx context.Context, program int64, pairs [][2]int64) error {
	a, b := unzip(pairs)
	_, err := db.pool.Exec(ctx, `DELETE FROM never_pairs n USING unnest($2::bigint[], $3::bigint[]) AS gone (a, b)
		WHERE n.program_id = $1 AND n.a = gone.a AND n.b = gone.b`, program, a, b)
	if err != nil {
		return fmt.Errorf("remove never pairs: %w", err)
	}
	return nil
}

func unzip(pairs [][2]int64) (a, b []int64) {
	for _, p := range pairs {
		a, b = append(a, p[0]), append(b, p[1])
	}
	return a, b
}
