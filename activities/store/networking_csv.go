package store

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// maxGuests is how many people a meeting has at most: two, or three where the odd one joins.
const maxGuests = 3

// ExportMeetings writes the meetings of a session as CSV (RFC 4180, UTF-8, LF), one a line, streamed and as of one instant.
// Instants are UTC. Cells that a spreadsheet would run as a formula begin with an apostrophe.
func (db *DB) ExportMeetings(ctx context.Context, w io.Writer, s NetworkingSession) error {
	header := []string{"meeting", "made", "started", "ended", "seconds", "reason", "extended", "forced", "relaxed"}
	for i := range maxGuests {
		for _, column := range []string{"id", "name", "email", "waited_seconds"} {
			header = append(header, fmt.Sprintf("person_%d_%s", i+1, column))
		}
	}
	return exportRows(ctx, db, w, header, func(m ListedMeeting) []string {
		seconds := ""
		if m.StartedAt != nil && m.EndedAt != nil {
			seconds = cellOf(m.EndedAt.Sub(*m.StartedAt).Seconds())
		}
		record := []string{
			strconv.Itoa(m.No), cellAt(&m.MadeAt), cellAt(m.StartedAt), cellAt(m.EndedAt), seconds, m.Reason,
			strconv.FormatBool(m.Extended), strconv.FormatBool(m.Forced), strings.Join(m.Relaxed, " "),
		}
		for i := range maxGuests {
			if i >= len(m.People) {
				record = append(record, "", "", "", "")
				continue
			}
			p := m.People[i]
			record = append(record, strconv.FormatInt(p.PersonID, 10), p.Name, p.Email, cellOf(float64(p.WaitedMS)/1000))
		}
		return record
	}, listedMeetings+` ORDER BY m.no`, s.ID, s.EventID)
}

// ExportConnections writes the connections asked for in a session likewise.
func (db *DB) ExportConnections(ctx context.Context, w io.Writer, s NetworkingSession) error {
	header := []string{"meeting", "from_id", "from_name", "from_email", "to_id", "to_name", "to_email", "asked", "accepted"}
	return exportRows(ctx, db, w, header, func(c ListedConnection) []string {
		return []string{
			strconv.Itoa(c.No), strconv.FormatInt(c.FromID, 10), c.FromName, c.FromEmail, strconv.FormatInt(c.ToID, 10), c.ToName, c.ToEmail,
			cellAt(&c.AskedAt), cellAt(c.AcceptedAt),
		}
	}, listedConnections+` ORDER BY c.no, c.asked_by, c.to_id`, s.ID, s.EventID)
}

// exportRows writes a header and then what show makes of each row.
func exportRows[T any](ctx context.Context, db *DB, w io.Writer, header []string, show func(T) []string, sql string, args ...any) error {
	rows, err := db.pool.Query(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer rows.Close()
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	for rows.Next() {
		row, err := pgx.RowToStructByName[T](rows)
		if err != nil {
			return fmt.Errorf("export: %w", err)
		}
		record := show(row)
		for i := range record {
			record[i] = escapeFormula(record[i])
		}
		if err := out.Write(record); err != nil {
			return fmt.Errorf("export: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return nil
}

func cellAt(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func cellOf(seconds float64) string { return strconv.FormatFloat(seconds, 'f', 1, 64) }
