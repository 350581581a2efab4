package store

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/store/filter"
)

// ExportPeople writes whom a filter selects as CSV (RFC 4180, UTF-8, LF), streamed and as of one instant: what
// ImportPeople reads, and before it columns named rondo_... for readers, which an import ignores. Importing an export
// changes nothing. Cells that a spreadsheet would run as a formula begin with an apostrophe.
func (db *DB) ExportPeople(ctx context.Context, w io.Writer, e filter.Expr) error {
	return pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		where, args := Selection{Filter: e}.where(0)
		rows, err := tx.Query(ctx, `SELECT DISTINCT k COLLATE "C" AS k FROM people p, jsonb_object_keys(p.attributes) AS k WHERE `+where+` ORDER BY 1`, args...)
		if err != nil {
			return fmt.Errorf("export people: %w", err)
		}
		attributes, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return fmt.Errorf("export people: %w", err)
		}
		rows, err = tx.Query(ctx, `SELECT `+personColumns+` FROM people p WHERE `+where+` ORDER BY p.id`, args...)
		if err != nil {
			return fmt.Errorf("export people: %w", err)
		}
		defer rows.Close()
		if err := writePeople(w, rows, attributes); err != nil {
			return fmt.Errorf("export people: %w", err)
		}
		return nil
	})
}

func writePeople(w io.Writer, rows pgx.Rows, attributes []string) error {
	out := csv.NewWriter(w)
	record := []string{ownColumns + "id", ownColumns + "status", ownColumns + "snoozed_until", ownColumns + "created", "email", "name", "timezone", "owner"}
	for _, a := range attributes {
		record = append(record, escapeFormula(a))
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for rows.Next() {
		p, err := pgx.RowToStructByName[Person](rows)
		if err != nil {
			return err
		}
		snoozed := ""
		if p.SnoozedUntil != nil {
			snoozed = p.SnoozedUntil.UTC().Format(time.RFC3339)
		}
		record = append(record[:0], fmt.Sprint(p.ID), p.Status, snoozed, p.CreatedAt.UTC().Format(time.RFC3339))
		for _, cell := range []string{p.Email, p.Name, p.Timezone, p.Owner} {
			record = append(record, escapeFormula(cell))
		}
		for _, a := range attributes {
			record = append(record, escapeFormula(p.Attributes[a]))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}
