package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Unheard lists rows whose ring mark is older than 10 s, oldest first: the change was committed, and the workflow has not
// read the row since.
func (db *DB) Unheard(ctx context.Context, limit int) ([]Ring, error) {
	return db.rings(ctx, `(SELECT id AS round, 0 AS schedule, program_id, version, ring_since AS since FROM rounds)
		UNION ALL (SELECT 0, id, program_id, version, ring_since FROM schedules)`, `since < now() - interval '10 seconds'`, limit)
}

// LeastChecked lists rows that should have a running workflow, those first whose workflow was seen longest ago.
func (db *DB) LeastChecked(ctx context.Context, limit int) ([]Ring, error) {
	return db.rings(ctx, `(SELECT id AS round, 0 AS schedule, program_id, version, checked_at AS since FROM rounds
			WHERE phase NOT IN ('closed', 'skipped', 'cancelled'))
		UNION ALL (SELECT 0, id, program_id, version, checked_at FROM schedules WHERE ended_at IS NULL)`, `true`, limit)
}

func (db *DB) rings(ctx context.Context, from, where string, limit int) ([]Ring, error) {
	rows, err := db.pool.Query(ctx, `SELECT round, schedule, program_id, version FROM (`+from+`) x WHERE `+where+` ORDER BY since LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("list rows to reconcile: %w", err)
	}
	rings, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Ring, error) {
		var r Ring
		return r, row.Scan(&r.Round, &r.Schedule, &r.Program, &r.Version)
	})
	if err != nil {
		return nil, fmt.Errorf("list rows to reconcile: %w", err)
	}
	return rings, nil
}

// Checked notes that the workflows of these rows were seen running, or were started.
func (db *DB) Checked(ctx context.Context, seen []Ring) error {
	var rounds, schedules []int64
	for _, r := range seen {
		if r.Round != 0 {
			rounds = append(rounds, r.Round)
		} else {
			schedules = append(schedules, r.Schedule)
		}
	}
	for table, ids := range map[string][]int64{"rounds": rounds, "schedules": schedules} {
		if _, err := db.pool.Exec(ctx, `UPDATE `+table+` SET checked_at = now() WHERE id = ANY ($1)`, ids); err != nil {
			return fmt.Errorf("note checked %s: %w", table, err)
		}
	}
	return nil
}
