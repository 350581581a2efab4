package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Rows are locked in one order, so that no two transactions wait for each other: a batch that is a draft, people, senders,
// enrollments, a batch that is engaged; of each kind by id. After these come what hangs on them, which nobody changes without
// them: slots, tasks, replies, and the ledger.
//
// The lock is FOR NO KEY UPDATE wherever others refer to a row: whoever refers to it anew, or changes a row twice that refers
// to it, locks it FOR KEY SHARE, and that comes in no order. A unique column, such as an address or a name, is part of the
// key: it is changed last.

// holdPeople locks people.
func holdPeople(ctx context.Context, tx pgx.Tx, ids []int64) error {
	_, err := tx.Exec(ctx, `SELECT FROM people WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE`, ids)
	if err != nil {
		return fmt.Errorf("hold people: %w", err)
	}
	return nil
}

// heldEnrollments begins a statement that changes enrollments "e" which a condition names: those in "held" are locked.
func heldEnrollments(where string) string {
	return `WITH held AS (SELECT e.id FROM enrollments e WHERE ` + where + ` ORDER BY e.id FOR UPDATE) `
}

// idsOf reads a column of ids.
func idsOf(ctx context.Context, q querier, what, sql string, args ...any) ([]int64, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", what, err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", what, err)
	}
	return ids, nil
}
