package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// roundTables are the rows that a round leaves behind: tables, and the column that tells the round, or its program.
var roundTables = []struct{ table, column string }{
	{"round_members", "round_id"},
	{"mail_calls", "subject_id"},
	{"ledger", "subject_id"},
	{"round_groups", "round_id"},
	{"group_members", "round_id"},
	{"pairs_met", "program_id"},
}

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
func copyAgain(ctx context.Context, database string, m measured) (time.Duration, error) {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `CREATE SCHEMA floor`); err != nil {
		return 0, err
	}
	var took time.Duration
	for _, of := range roundTables {
		table, id := of.table, m.id
		if of.column == "program_id" {
			id = m.program
		}
		var rows bytes.Buffer
		if _, err := conn.PgConn().CopyTo(ctx, &rows, fmt.Sprintf(`COPY (SELECT * FROM %s WHERE %s = %d) TO STDOUT (FORMAT binary)`, table, of.column, id)); err != nil {
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
	_, err = conn.Exec(ctx, `DROP SCHEMA floor CASCADE`) // or autovacuum would look after its tables during the next round
	return took, err
}
