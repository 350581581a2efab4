package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rondo/activities/matching"
)

// erasures is what ErasePerson does to everything that knows the person ($1), beside the row itself. What remains anywhere
// is the bare id.
var erasures = []struct{ what, sql string }{
	{"lists", `DELETE FROM list_people WHERE person_id = $1`},
	{"wishes", `DELETE FROM wishes WHERE person_id = $1 OR other_id = $1`},
	{"answer keys", `DELETE FROM answer_keys WHERE person_id = $1`}, // an integration may build them from the address
	{"never-together pairs", `DELETE FROM never_pairs WHERE a = $1 OR b = $1`},
	{"check-in notes", `UPDATE check_ins SET note = '' WHERE person_id = $1 AND note <> ''`},
	{"edited texts", `UPDATE batch_people SET texts = '{}' WHERE person_id = $1`},
	{"edited texts", `UPDATE enrollments SET texts = '{}' WHERE person_id = $1`},
	{"replies", `UPDATE replies SET subject = '', text = '', key = md5(key), forwarded_at = coalesce(forwarded_at, now())
		WHERE enrollment_id IN (SELECT id FROM enrollments WHERE person_id = $1)`},
	{"where mails went", `UPDATE slots SET domain = '', company = '' WHERE enrollment_id IN (SELECT id FROM enrollments WHERE person_id = $1)`},
	{"how attendees show themselves", `UPDATE tickets SET display_name = '', shown = '{}' WHERE person_id = $1`},
	{"blocks", `DELETE FROM blocks WHERE person_id = $1 OR other_id = $1`},
	{"reports", `UPDATE reports SET text = '', version = version + 1 WHERE (person_id = $1 OR other_id = $1) AND text <> ''`},
	{"consents", `UPDATE consents SET evidence = '' WHERE person_id = $1`},
	{"blacklist", `DELETE FROM blacklist WHERE kind = 'address' AND value = (SELECT email FROM people WHERE id = $1)`},
}

// ErasePerson removes everything personal about a person from the database and keeps the row's id, which histories hold,
// and a keyed hash of the address, so that a later import drops it silently. It cannot be undone; doing it again changes
// nothing. Rounds not sent yet and networking sessions go on without the person.
func (db *DB) ErasePerson(ctx context.Context, key ErasureKey, id int64) (out Person, rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE erasures IN ROW EXCLUSIVE MODE`); err != nil { // before the person: see freezeErasures
			return fmt.Errorf("lock erasures: %w", err)
		}
		p, err := personByID(ctx, tx, id, "FOR NO KEY UPDATE OF p")
		if err != nil {
			return err
		}
		if p.Status == Erased {
			out = p
			return nil
		}
		if _, err := tx.Exec(ctx, `INSERT INTO erasures (address_hash) VALUES ($1) ON CONFLICT DO NOTHING`, key.hash(p.Email)); err != nil {
			return fmt.Errorf("erase person %d: %w", id, err)
		}
		if rings, err = leaveAll(ctx, tx, []int64{id}); err != nil {
			return err
		}
		if _, err := revokeTickets(ctx, tx, `person_id = $1 AND revoked_at IS NULL`, id); err != nil {
			return err
		}
		for _, e := range erasures {
			if _, err := tx.Exec(ctx, e.sql, id); err != nil {
				return fmt.Errorf("erase person %d: %s: %w", id, e.what, err)
			}
		}
		if err := scrubProblems(ctx, tx, id); err != nil {
			return err
		}
		out, err = updatePerson(ctx, tx, id, `email = NULL, name = '', timezone = '', owner_id = NULL, attributes = '{}',
			status = 'erased', inactive_reason = '', snoozed_until = NULL`)
		return err
	})
	return out, rings, err
}

// scrubProblems takes the person's attributes out of what the matching engine was given. A replay of such a round decides
// without them, so its groups may differ.
func scrubProblems(ctx context.Context, tx pgx.Tx, id int64) error {
	rows, err := tx.Query(ctx, `SELECT r.id FROM rounds r JOIN round_members m ON m.round_id = r.id
		WHERE m.person_id = $1 AND r.problem IS NOT NULL ORDER BY r.id`, id)
	if err != nil {
		return fmt.Errorf("find matching problems: %w", err)
	}
	rounds, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find matching problems: %w", err)
	}
	for _, round := range rounds { // one at a time: a large round's problem has megabytes
		if err := scrubProblem(ctx, tx, round, id); err != nil {
			return fmt.Errorf("scrub matching problem of round %d: %w", round, err)
		}
	}
	return nil
}

func scrubProblem(ctx context.Context, tx pgx.Tx, round, person int64) error {
	var packed []byte
	if err := tx.QueryRow(ctx, `SELECT problem FROM rounds WHERE id = $1 FOR NO KEY UPDATE`, round).Scan(&packed); err != nil || packed == nil {
		return err
	}
	problem, err := unpackProblem(packed)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(problem.Members, func(m matching.Member) bool { return m.ID == person })
	if i < 0 || len(problem.Members[i].Attributes) == 0 {
		return nil
	}
	problem.Members[i].Attributes = nil
	if packed, err = packProblem(problem); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE rounds SET problem = $2 WHERE id = $1`, round, packed)
	return err
}
