package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// roundTables are the rows that a round leaves behind.
var roundTables = []string{"round_members", "mail_calls", "ledger", "round_groups", "group_members", "pairs_met"}

// postAgain posts the bodies of the calls from first to last again, one after the other, and tells how long that took.
// They are read before the clock starts.
func postAgain(ctx context.Context, s simulator, first, last int) (time.Duration, error) {
	var bodies [][]byte
	for n := first; n <= last; n++ {
		b, err := s.body(ctx, n)
		if err != nil {
			return 0, err
		}
		bodies = append(bodies, b)
	}
	start := time.Now()
	for _, b := range bodies {
		if err := s.send(ctx, b); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}

// copyAgain copies the rows of the round's tables into empty tables of the same shape, with the same indexes, and tells
// how long that took. The rows are read before the clock starts.
func copyAgain(ctx context.Context, database string) (time.Duration, error) {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `CREATE SCHEMA floor`); err != nil {
		return 0, err
	}
	var took time.Duration
	for _, table := range roundTables {
		var rows bytes.Buffer
		if _, err := conn.PgConn().CopyTo(ctx, &rows, fmt.Sprintf(`COPY %s TO STDOUT (FORMAT binary)`, table)); err != nil {
			return 0, fmt.Errorf("read %s: %w", table, err)
		}
		if _, err := conn.Exec(ctx, fmt.Sprintf(`CREATE TABLE floor.%s (LIKE public.%[1]s INCLUDING ALL)`, table)); err != nil {
			return 0, fmt.Errorf("make floor.%s: %w", table, err)
		}
		start := time.Now()
		if _, err := conn.PgConn().CopyFrom(ctx, &rows, fmt.Sprintf(`COPY floor.%s FROM STDIN (FORMAT binary)`, table)); err != nil {
			return 0, fmt.Errorf("copy %s: %w", table, err)
		}
		took += time.Since(start)
	}
	return took, nil
}
