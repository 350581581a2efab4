package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// RoundState is all that decides what a round does next, read at one instant of the database's clock.
type RoundState struct {
	Round
	Reminder  bool       `db:"reminder"`   // the program wants one
	SnoozedTo *time.Time `db:"snoozed_to"` // while open: when the next member of the audience wakes before answers close
	Invited   int        `db:"invited"`
	OptedIn   int        `db:"opted_in"`
	Declined  int        `db:"declined"`
	Groups    int        `db:"groups"`
	Unmatched int        `db:"unmatched"`
	Doubts    []Doubt    `db:"-"`
	Now       time.Time  `db:"now"`
}

// Doubt is that messages of a purpose have an unknown fate, the first since an instant.
type Doubt struct {
	Purpose string    `db:"purpose"`
	Since   time.Time `db:"since"`
}

// HearRound reads a round and clears its ring mark: whatever was committed before is in what it returns, whatever comes
// later rings again.
func (db *DB) HearRound(ctx context.Context, id int64) (RoundState, error) {
	if _, err := db.pool.Exec(ctx, `UPDATE rounds SET ring_since = NULL WHERE id = $1 AND ring_since IS NOT NULL`, id); err != nil {
		return RoundState{}, fmt.Errorf("clear the ring mark of round %d: %w", id, err)
	}
	return db.RoundState(ctx, id)
}

// RoundState reads a round without clearing its mark.
func (db *DB) RoundState(ctx context.Context, id int64) (RoundState, error) {
	var s RoundState
	err := pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var err error
		s, err = oneRow[RoundState](ctx, tx, "round_not_found", "round", `SELECT `+roundColumns+`, p.reminder, NULL::timestamptz AS snoozed_to,
				coalesce(c.invited, 0) AS invited, coalesce(c.opted_in, 0) AS opted_in, coalesce(c.declined, 0) AS declined,
				coalesce(c.groups, 0) AS groups,
				(SELECT count(*) FROM round_members m WHERE m.round_id = r.id AND m.unmatched IS NOT NULL) AS unmatched,
				clock_timestamp() AS now
			FROM rounds r JOIN programs p ON p.id = r.program_id LEFT JOIN round_counts c ON c.round_id = r.id WHERE r.id = $1`, id)
		if err != nil {
			return err
		}
		if s.Phase == "open" {
			if s.SnoozedTo, err = nextAwake(ctx, tx, s.Round); err != nil {
				return err
			}
		}
		s.Doubts, err = doubts(ctx, tx, s.ID, doubtsOf[s.Phase])
		return err
	})
	return s, err
}

// nextAwake is when the first snoozed person of the audience wakes while the round can still be answered.
func nextAwake(ctx context.Context, q querier, r Round) (*time.Time, error) {
	var text string
	if err := q.QueryRow(ctx, `SELECT audience FROM programs WHERE id = $1`, r.ProgramID).Scan(&text); err != nil {
		return nil, fmt.Errorf("read the audience of program %d: %w", r.ProgramID, err)
	}
	a, err := audienceOf(r.ProgramID, text, 1)
	if err != nil {
		return nil, err
	}
	var at *time.Time
	err = q.QueryRow(ctx, `SELECT min(p.snoozed_until) FROM people p
		WHERE p.snoozed_until > clock_timestamp() AND p.snoozed_until < $1 AND `+a.member,
		append([]any{r.AnswersCloseAt}, a.args...)...).Scan(&at)
	if err != nil {
		return nil, fmt.Errorf("find who wakes next: %w", err)
	}
	return at, nil
}

// doubtsOf are the purposes of a round whose messages may still be sent once more, by its phase.
var doubtsOf = map[string][]string{
	"open": {"opt_in", "reminder"}, "sending": {"match", "no_match", "check_in"}, "sent": {"match", "no_match", "check_in"},
}

// doubts lists messages of unknown fate that may still be sent once more. Messages that a live attempt is sending are none.
func doubts(ctx context.Context, q querier, subject int64, purposes []string) ([]Doubt, error) {
	if len(purposes) == 0 {
		return nil, nil
	}
	// The sum keeps the planner from any index but the one of doubts, which is short.
	return manyRows[Doubt](ctx, q, "messages in doubt", `SELECT purpose, min(unknown_at) AS since FROM ledger
		WHERE subject_id + 0 = $1 AND purpose = ANY ($2) AND state = 'unknown' AND unknown_at IS NOT NULL
		GROUP BY purpose ORDER BY since, purpose`, subject, purposes)
}
