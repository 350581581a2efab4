package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// counted is by how much the counters of a round change.
type counted struct{ invited, optedIn, declined int }

// count adds to what watchers of a round see and, when the transaction commits, tells them. It locks the counters until
// then, so it comes last.
func count(ctx context.Context, tx pgx.Tx, round int64, d counted) error {
	_, err := tx.Exec(ctx, `WITH changed AS (
			INSERT INTO round_counts AS c (round_id, invited, opted_in, declined, version) VALUES ($1, $2, $3, $4, 1)
			ON CONFLICT (round_id) DO UPDATE SET invited = c.invited + $2, opted_in = c.opted_in + $3, declined = c.declined + $4,
				version = c.version + 1
			RETURNING round_id, version)
		SELECT pg_notify('rondo', 'round:' || round_id || ':' || version) FROM changed`, round, d.invited, d.optedIn, d.declined)
	if err != nil {
		return fmt.Errorf("count for round %d: %w", round, err)
	}
	return nil
}

// setPhase moves a held round on, with further columns set, and tells its watchers. The arguments of the columns are
// numbered from $3.
func setPhase(ctx context.Context, tx pgx.Tx, r Round, phase, set string, args ...any) error {
	if set != "" {
		set = ", " + set
	}
	_, err := tx.Exec(ctx, `UPDATE rounds SET phase = $2, version = version + 1`+set+` WHERE id = $1`, append([]any{r.ID, phase}, args...)...)
	if err != nil {
		return fmt.Errorf("turn round %d from %s into %s: %w", r.ID, r.Phase, phase, err)
	}
	return count(ctx, tx, r.ID, counted{})
}
