package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// FreezeRound makes the groups of a round final when its match is due, and turns ready into sending; review too, unless
// it holds at its deadline. Who meets whom is recorded with it, once. If a group lost somebody, whatever the way, a repair
// is due first.
func (db *DB) FreezeRound(ctx context.Context, id int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		r, now, err := holdRound(ctx, tx, id)
		if err != nil || r.RepairDue || (r.Phase != "ready" && (r.Phase != "review" || r.AtDeadline == "hold")) {
			return err
		}
		if wait, err := notDue(r.MatchAt, now); wait {
			return err
		}
		lost, err := lostMembers(ctx, tx, r)
		if err != nil {
			return err
		}
		if len(lost) > 0 {
			return setPhase(ctx, tx, r, r.Phase, `repair_due = true`)
		}
		if err := recordMeetings(ctx, tx, r); err != nil {
			return err
		}
		return setPhase(ctx, tx, r, "sending", "")
	})
}

// recordMeetings remembers, for later rounds, every pair of every group, and who was in an odd group or in none.
func recordMeetings(ctx context.Context, tx pgx.Tx, r Round) error {
	var no int
	err := tx.QueryRow(ctx, `UPDATE programs SET rounds_sent = rounds_sent + 1 WHERE id = $1 RETURNING rounds_sent - 1`, r.ProgramID).Scan(&no)
	if err != nil {
		return fmt.Errorf("count the rounds of program %d: %w", r.ProgramID, err)
	}
	// The program's row is locked, so nobody inserts the same pairs meanwhile: in two steps this is twice as fast as ON CONFLICT.
	pairs := `(SELECT a.person_id AS a, b.person_id AS b FROM group_members a
		JOIN group_members b ON b.round_id = a.round_id AND b.group_no = a.group_no AND b.person_id > a.person_id
		WHERE a.round_id = $1)`
	for _, sql := range []string{
		`UPDATE pairs_met met SET times = met.times + 1, last_no = $3 FROM ` + pairs + ` p WHERE met.program_id = $2 AND met.a = p.a AND met.b = p.b`,
		`INSERT INTO pairs_met (program_id, a, b, times, last_no) SELECT $2, p.a, p.b, 1, $3 FROM ` + pairs + ` p
			WHERE NOT EXISTS (SELECT FROM pairs_met met WHERE met.program_id = $2 AND met.a = p.a AND met.b = p.b)`,
	} {
		if _, err := tx.Exec(ctx, sql, r.ID, r.ProgramID, no); err != nil {
			return fmt.Errorf("record who meets in round %d: %w", r.ID, err)
		}
	}
	_, err = tx.Exec(ctx, `INSERT INTO odd_ones AS odd (program_id, person_id, times, last_no)
		SELECT $2, person_id, 1, $3 FROM (
			SELECT m.person_id FROM round_groups g JOIN group_members m ON m.round_id = g.round_id AND m.group_no = g.no
			WHERE g.round_id = $1 AND g.odd
			UNION
			SELECT person_id FROM round_members WHERE round_id = $1 AND unmatched IS NOT NULL AND removed_at IS NULL) o
		ON CONFLICT (program_id, person_id) DO UPDATE SET times = odd.times + 1, last_no = excluded.last_no`, r.ID, r.ProgramID, no)
	if err != nil {
		return fmt.Errorf("record who is odd in round %d: %w", r.ID, err)
	}
	return nil
}
