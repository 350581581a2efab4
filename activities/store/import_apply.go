package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// rejectStaged finds what only the whole file and the database can tell, and counts the rejected lines.
func rejectStaged(ctx context.Context, conn *pgxpool.Conn, report *ImportReport) error {
	for _, sql := range []string{
		`ANALYZE import_lines`,
		`WITH bad AS (DELETE FROM import_lines l WHERE l.owner <> '' AND NOT EXISTS (SELECT FROM users u WHERE u.email = l.owner) RETURNING line)
			INSERT INTO import_rejected SELECT line, 'owner', '` + codeOwner + `', '` + ownerUnknown + `' FROM bad`,
		`WITH numbered AS (SELECT line, first_value(line) OVER (PARTITION BY email ORDER BY line) AS first FROM import_lines),
			bad AS (DELETE FROM import_lines l USING numbered n WHERE n.line = l.line AND n.line <> n.first RETURNING n.line, n.first)
			INSERT INTO import_rejected SELECT line, 'email', '` + codeDuplicate + `',
				'line ' || first || ' has the same address: a person is one line' FROM bad`,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("check staged lines: %w", err)
		}
	}
	if err := conn.QueryRow(ctx, `SELECT count(*) FROM import_rejected`).Scan(&report.Rejected); err != nil {
		return fmt.Errorf("count rejected lines: %w", err)
	}
	return nil
}

// applyStage does what the staged lines say. People are locked in the order of their addresses, so that two imports of
// the same people wait for each other.
func applyStage(ctx context.Context, tx pgx.Tx, f *importFile, o ImportOptions, report *ImportReport) error {
	if err := freezeErasures(ctx, tx); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `DELETE FROM import_lines l USING erasures e WHERE e.address_hash = l.address_hash`)
	if err != nil {
		return fmt.Errorf("skip erased addresses: %w", err)
	}
	report.SkippedErased = int(tag.RowsAffected())
	attributes := f.attributes
	if attributes == nil {
		attributes = []string{}
	}
	var staged int
	err = tx.QueryRow(ctx, `
		WITH lines AS (
			SELECT l.email, l.name, l.timezone, u.id AS owner_id, l.attributes
			FROM import_lines l LEFT JOIN users u ON u.email = l.owner ORDER BY l.email),
		written AS (
			INSERT INTO people AS p (email, name, timezone, owner_id, attributes) SELECT * FROM lines
			ON CONFLICT (email) DO UPDATE SET
				name = CASE WHEN $1 THEN excluded.name ELSE p.name END,
				timezone = CASE WHEN $2 THEN excluded.timezone ELSE p.timezone END,
				owner_id = CASE WHEN $3 THEN excluded.owner_id ELSE p.owner_id END,
				attributes = (p.attributes - $4::text[]) || excluded.attributes,
				version = p.version + 1, updated_at = now()
			WHERE ($1 AND p.name <> excluded.name) OR ($2 AND p.timezone <> excluded.timezone)
				OR ($3 AND p.owner_id IS DISTINCT FROM excluded.owner_id)
				OR p.attributes <> (p.attributes - $4::text[]) || excluded.attributes
			RETURNING p.version)
		SELECT (SELECT count(*) FROM lines), count(*) FILTER (WHERE version = 1), count(*) FILTER (WHERE version > 1) FROM written`,
		f.has("name"), f.has("timezone"), f.has("owner"), attributes).Scan(&staged, &report.Created, &report.Updated)
	if err != nil {
		return fmt.Errorf("apply staged lines: %w", err)
	}
	report.Unchanged = staged - report.Created - report.Updated
	if err := listStaged(ctx, tx, o.List, report); err != nil {
		return err
	}
	if report.Created+report.Updated+report.Listed == 0 {
		return nil
	}
	report.Rings, err = AudienceChanged(ctx, tx)
	return err
}

func listStaged(ctx context.Context, tx pgx.Tx, list int64, report *ImportReport) error {
	if list == 0 {
		return nil
	}
	if _, err := listByID(ctx, tx, list, "FOR NO KEY UPDATE OF l"); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `INSERT INTO list_people (list_id, person_id) SELECT $1, p.id
		FROM import_lines l JOIN people p ON p.email = l.email ORDER BY p.id ON CONFLICT DO NOTHING`, list)
	if err != nil {
		return fmt.Errorf("fill list %d: %w", list, err)
	}
	report.Listed = int(tag.RowsAffected())
	return nil
}
