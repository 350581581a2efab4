package store

import (
	"context"
)

// RoundView is a round as admins watch it: the row, its program's name, and counters that are maintained, not counted.
type RoundView struct {
	Round
	Program   string `db:"program"`
	Color     string `db:"color"`
	Invited   int    `db:"invited"` // members now in the round
	Sent      int    `db:"sent"`    // opt-in messages the provider accepted
	Delivered int    `db:"delivered"`
	Bounced   int    `db:"bounced"`
	OptedIn   int    `db:"opted_in"`
	Declined  int    `db:"declined"`
	Groups    int    `db:"groups"`
	// Watch rises with every change of the counters or the phase: what event streams number their events by.
	Watch int64 `db:"watch"`
}

// Unanswered counts who has been asked and has not answered, which is a no when answers close.
func (v RoundView) Unanswered() int { return max(v.Invited-v.OptedIn-v.Declined, 0) }

// RoundView reads one round with its counters.
func (db *DB) RoundView(ctx context.Context, id int64) (RoundView, error) {
	return oneRow[RoundView](ctx, db.pool, "round_not_found", "round", `SELECT `+roundColumns+`, p.name AS program, p.color,
		coalesce(c.invited, 0) AS invited, coalesce(c.sent, 0) AS sent, coalesce(c.delivered, 0) AS delivered,
		coalesce(c.bounced, 0) AS bounced, coalesce(c.opted_in, 0) AS opted_in, coalesce(c.declined, 0) AS declined,
		coalesce(c.version, 0) AS watch, coalesce(c.groups, 0) AS groups
		FROM rounds r JOIN programs p ON p.id = r.program_id LEFT JOIN round_counts c ON c.round_id = r.id WHERE r.id = $1`, id)
}

// RoundWatch reads how far a round's counters have come: cheap enough for every watcher to ask every few seconds. A round
// that does not exist is at 0.
func (db *DB) RoundWatch(ctx context.Context, id int64) (int64, error) {
	var v int64
	err := db.pool.QueryRow(ctx, `SELECT coalesce((SELECT version FROM round_counts WHERE round_id = $1), 0)`, id).Scan(&v)
	return v, err
}
