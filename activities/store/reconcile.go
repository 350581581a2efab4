package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Unheard lists rows whose ring mark is older than 10 s, oldest first: the change was committed, and the workflow has not
// read the row since. A pause that ends at an instant is none of them before.
func (db *DB) Unheard(ctx context.Context, limit int) ([]Ring, error) {
	const late = ` < now() - interval '10 seconds' ORDER BY ring_since LIMIT $1)`
	return db.rings(ctx, `(SELECT id AS round, 0 AS schedule, 0 AS batch, 0 AS enrollment, program_id AS program, 0 AS person, 0 AS sequence, 0 AS session, version, ring_since AS since
			FROM rounds WHERE ring_since`+late+`
		UNION ALL (SELECT 0, id, 0, 0, program_id, 0, 0, 0, version, ring_since FROM schedules WHERE ring_since`+late+`
		UNION ALL (SELECT 0, 0, id, 0, 0, 0, sequence_id, 0, version, ring_since FROM batches WHERE ring_since`+late+`
		UNION ALL (SELECT 0, 0, 0, id, 0, person_id, sequence_id, 0, version, ring_since FROM enrollments WHERE ring_since`+late+`
		UNION ALL (SELECT 0, 0, 0, 0, 0, 0, 0, id, version, ring_since FROM networking_sessions WHERE ring_since`+late, limit)
}

// LeastChecked lists rows that should have a running workflow, those first whose workflow was seen longest ago.
func (db *DB) LeastChecked(ctx context.Context, limit int) ([]Ring, error) {
	const longest = ` ORDER BY checked_at LIMIT $1)`
	return db.rings(ctx, `(SELECT id AS round, 0 AS schedule, 0 AS batch, 0 AS enrollment, program_id AS program, 0 AS person, 0 AS sequence, 0 AS session, version, checked_at AS since
			FROM rounds WHERE phase NOT IN ('closed', 'skipped', 'cancelled')`+longest+`
		UNION ALL (SELECT 0, id, 0, 0, program_id, 0, 0, 0, version, checked_at FROM schedules WHERE ended_at IS NULL`+longest+`
		UNION ALL (SELECT 0, 0, id, 0, 0, 0, sequence_id, 0, version, checked_at FROM batches WHERE state = 'engaging'`+longest+`
		UNION ALL (SELECT 0, 0, 0, id, 0, person_id, sequence_id, 0, version, checked_at FROM enrollments WHERE ended_at IS NULL AND started_at IS NOT NULL`+longest+`
		UNION ALL (SELECT 0, 0, 0, 0, 0, 0, 0, id, version, checked_at FROM networking_sessions WHERE (phase NOT IN ('closed', 'cancelled') OR `+matchesDue+`)`+longest, limit)
}

func (db *DB) rings(ctx context.Context, from string, limit int) ([]Ring, error) {
	rows, err := db.pool.Query(ctx, `SELECT round, schedule, batch, enrollment, program, person, sequence, session, version FROM (`+from+`) x ORDER BY since LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list rows to reconcile: %w", err)
	}
	rings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Ring, error) {
		var r Ring
		return r, row.Scan(&r.Round, &r.Schedule, &r.Batch, &r.Enrollment, &r.Program, &r.Person, &r.Sequence, &r.Session, &r.Version)
	})
	if err != nil {
		return nil, fmt.Errorf("list rows to reconcile: %w", err)
	}
	return rings, nil
}

// Checked notes that the workflows of these rows were seen running, or were started.
func (db *DB) Checked(ctx context.Context, seen []Ring) error {
	tables := map[string][]int64{}
	for _, r := range seen {
		table, id := r.row()
		tables[table] = append(tables[table], id)
	}
	for table, ids := range tables {
		if _, err := db.pool.Exec(ctx, `UPDATE `+table+` SET checked_at = now() WHERE id = ANY ($1)`, ids); err != nil {
			return fmt.Errorf("note checked %s: %w", table, err)
		}
	}
	return nil
}
