package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ImportOptions of ImportPeople.
type ImportOptions struct {
	Erasures     ErasureKey
	AllOrNothing bool  // one rejected line keeps everybody out
	List         int64 // put everybody in the file on this list; 0: on none
	// Rejected is called with every rejected line, in the order of the file, when the import has been committed or given
	// up. An error ends the listing, not the import. Nil: nobody wants to know.
	Rejected func(RejectedLine) error
}

// ImportReport says what became of the lines of a file. Each line is counted once.
type ImportReport struct {
	Lines         int // after the header, without empty ones
	Created       int
	Updated       int
	Unchanged     int
	Rejected      int
	SkippedErased int  // addresses that were erased; which ones is nowhere written
	Listed        int  // people newly on the list
	Kept          bool // false when AllOrNothing met a rejected line: then nothing has changed and the counts say what would have
	Rings         []Ring
}

// ImportPeople creates and updates people from a CSV file (RFC 4180, UTF-8 with or without BOM, LF or CRLF) that is
// streamed: memory does not grow with it, nor with the number of rejected lines.
//
// The first line names the columns, in any case and order: email is required; name, timezone (IANA) and owner (a user's
// address) are known; columns that begin with "rondo_" are ignored; every other column is an attribute, see
// AttributeName. Cells are trimmed, and an apostrophe that ExportPeople put before a formula is removed. New people get their ids
// in the order of their addresses.
//
//   - A person is recognised by e-mail address. A cell replaces what was there, an empty cell clears it, and what has no
//     column in the file stays as it is.
//   - An import never reactivates anybody, never ends a snooze and never takes anybody off the blacklist.
//   - A line with a wrong cell is rejected, the others are kept, or with AllOrNothing none. Of several lines with the same
//     address the first counts and the rest are rejected: the file contradicts itself, and somebody should look.
//   - Whoever was erased is skipped without a word on who it was.
//
// The file is first copied into a temporary table, without touching anybody; what it says is then applied by a few
// statements in one transaction. So nothing is ever half imported, and a slow upload locks nobody. Invalid
// ("csv_empty", "csv_header_...", "csv_line_too_large") means that the file as a whole cannot be read.
func (db *DB) ImportPeople(ctx context.Context, r io.Reader, o ImportOptions) (report ImportReport, err error) {
	if o.List != 0 {
		if _, err := db.List(ctx, o.List); err != nil {
			return report, err
		}
	}
	f, err := openImport(r)
	if err != nil {
		return report, err
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return report, fmt.Errorf("import people: %w", err)
	}
	defer conn.Release()
	defer dropStage(ctx, conn)
	if _, err := conn.Exec(ctx, createStage); err != nil {
		return report, fmt.Errorf("import people: make stage: %w", err)
	}
	if report.Lines, err = stage(ctx, conn, f, o.Erasures); err != nil {
		return report, err
	}
	if err := rejectStaged(ctx, conn, &report); err != nil {
		return report, err
	}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := applyStage(ctx, tx, f, o, &report); err != nil {
			return err
		}
		if report.Kept = !o.AllOrNothing || report.Rejected == 0; !report.Kept {
			return errNotKept
		}
		return tookEffect(ctx, tx)
	})
	if err != nil && !errors.Is(err, errNotKept) {
		return ImportReport{}, err
	}
	if !report.Kept {
		report.Rings = nil
	}
	return report, listRejected(ctx, conn, o.Rejected)
}

// errNotKept rolls an import back that was asked to be all or nothing.
var errNotKept = errors.New("import not kept")

// The stage lives in the session, not in a transaction: what was rejected is still to be read after the commit.
const createStage = `
	CREATE TEMP TABLE import_lines (line bigint NOT NULL, email text COLLATE "C" NOT NULL, address_hash bytea NOT NULL,
		name text NOT NULL, timezone text NOT NULL, owner text NOT NULL, attributes jsonb NOT NULL);
	CREATE TEMP TABLE import_rejected (line bigint NOT NULL, "column" text NOT NULL, code text NOT NULL, message text NOT NULL)`

// dropStage cleans the session before it returns to the pool; a session that cannot be cleaned is closed.
func dropStage(ctx context.Context, conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, `DROP TABLE IF EXISTS import_lines, import_rejected`); err != nil {
		_ = conn.Conn().Close(ctx) // it is broken already
	}
}

// How many lines and rejections one COPY takes. Between two of them the session holds no snapshot.
const (
	stageLines    = 5_000
	stageRejected = 500
)

// stage copies the file into the temporary tables and counts its lines.
func stage(ctx context.Context, conn *pgxpool.Conn, f *importFile, key ErasureKey) (int, error) {
	var rejected [][]any
	var end error
	lines := 0
	for end == nil {
		taken := 0
		rejected = rejected[:0]
		_, err := conn.CopyFrom(ctx, pgx.Identifier{"import_lines"}, []string{"line", "email", "address_hash", "name", "timezone", "owner", "attributes"},
			pgx.CopyFromFunc(func() ([]any, error) {
				for taken < stageLines && len(rejected) < stageRejected {
					l, bad, err := f.next()
					if err != nil {
						end = err
						if errors.Is(err, io.EOF) {
							err = nil
						}
						return nil, err
					}
					lines++
					if bad != nil {
						rejected = append(rejected, []any{bad.Line, bad.Column, bad.Code, bad.Message})
						continue
					}
					taken++
					return []any{l.line, l.email, key.hash(l.email), l.name, l.timezone, l.owner, l.attributes}, nil
				}
				return nil, nil
			}))
		if end != nil && !errors.Is(end, io.EOF) {
			return 0, end
		}
		if err != nil {
			return 0, fmt.Errorf("stage lines: %w", err)
		}
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{"import_rejected"}, []string{"line", "column", "code", "message"}, pgx.CopyFromRows(rejected)); err != nil {
			return 0, fmt.Errorf("stage rejected lines: %w", err)
		}
	}
	return lines, nil
}

// listRejected reads the rejected lines one by one.
func listRejected(ctx context.Context, conn *pgxpool.Conn, each func(RejectedLine) error) error {
	if each == nil {
		return nil
	}
	rows, err := conn.Query(ctx, `SELECT line, "column", code, message FROM import_rejected ORDER BY line`)
	if err != nil {
		return fmt.Errorf("list rejected lines: %w", err)
	}
	var l RejectedLine
	_, err = pgx.ForEachRow(rows, []any{&l.Line, &l.Column, &l.Code, &l.Message}, func() error { return each(l) })
	if err != nil {
		return fmt.Errorf("list rejected lines: %w", err)
	}
	return nil
}
