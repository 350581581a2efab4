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

// recordMeetings remembers, for later rounds, every pair of every group, once where they are in several together, and who was in an odd group or in none.
func recordMeetings(ctx context.Context, tx pgx.Tx, r Round) error {
	var no int
	err := tx.QueryRow(ctx, `UPDATE programs SET rounds_sent = rounds_sent + 1 WHERE id = $1 RETURNING rounds_sent - 1`, r.ProgramID).Scan(&no)
	if err != nil {
		return fmt.Errorf("count the rounds of program %d: %w", r.ProgramID, err)
	}
	distinct := ""
	if r.several() { // a pair may be in several groups
		distinct = "DISTINCT"
	}
	// The program's row is locked, so nobody inserts the same pairs meanwhile: in two steps this is twice as fast as ON CONFLICT.
	_, err = tx.Exec(ctx, `WITH p AS MATERIALIZED (SELECT `+distinct+` a.person_id AS a, b.person_id AS b FROM group_members a
			JOIN group_members b ON b.round_id = a.round_id AND b.group_no = a.group_no AND b.person_id > a.person_id
			WHERE a.round_id = $1),
		again AS (UPDATE pairs_met met SET times = met.times + 1, last_no = $3 FROM p WHERE met.program_id = $2 AND met.a = p.a AND met.b = p.b)
		INSERT INTO pairs_met (program_id, a, b, times, last_no) SELECT $2, p.a, p.b, 1, $3 FROM p
		WHERE NOT EXISTS (SELECT FROM pairs_met met WHERE met.program_id = $2 AND met.a = p.a AND met.b = p.b)`, r.ID, r.ProgramID, no)
	if err != nil {
		return fmt.Errorf("record who meets in round %d: %w", r.ID, err)
	}
	if err := welcome(ctx, tx, r, no); err != nil {
		return err
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

// welcome lets who takes part for the first time begin where those odd least often are, so that a newcomer need not catch
// up on everybody's turns. Who took part before and has no row was never odd: then there is nothing to catch up on.
func welcome(ctx context.Context, tx pgx.Tx, r Round, no int) error {
	const absent = `round_id = $1 AND removed_at IS NULL AND (unmatched IS NOT NULL
			OR EXISTS (SELECT FROM group_members g WHERE g.round_id = $1 AND g.person_id = m.person_id))
		AND NOT EXISTS (SELECT FROM odd_ones o WHERE o.program_id = $2 AND o.person_id = m.person_id)`
	// In most rounds one of a few people shows that some were never odd.
	var never bool
	err := tx.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM odd_ones WHERE program_id = $2) OR EXISTS (
		SELECT FROM (SELECT person_id FROM round_members m WHERE `+absent+` LIMIT 100) m
		WHERE EXISTS (SELECT FROM pairs_met met WHERE met.program_id = $2 AND met.a = m.person_id AND (met.last_no < $3 OR met.times > 1)))`,
		r.ID, r.ProgramID, no).Scan(&never)
	if err == nil && !never {
		_, err = tx.Exec(ctx, `WITH rowless AS (SELECT person_id FROM round_members m WHERE `+absent+`), old AS (
				SELECT a AS person_id FROM pairs_met WHERE program_id = $2 AND (last_no < $3 OR times > 1)
				UNION SELECT b FROM pairs_met WHERE program_id = $2 AND (last_no < $3 OR times > 1)
			), least AS (SELECT min(times) AS times FROM odd_ones o WHERE program_id = $2
				AND EXISTS (SELECT FROM round_members m WHERE m.round_id = $1 AND m.person_id = o.person_id AND m.removed_at IS NULL))
			INSERT INTO odd_ones (program_id, person_id, times, last_no)
			SELECT $2, person_id, least.times, 0 FROM rowless, least
			WHERE least.times > 0 AND NOT EXISTS (SELECT FROM rowless JOIN old USING (person_id))`, r.ID, r.ProgramID, no)
	}
	if err != nil {
		return fmt.Errorf("welcome the newcomers of round %d: %w", r.ID, err)
	}
	return nil
}
