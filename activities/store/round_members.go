package store

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// RoundMember is one person's way through a round.
type RoundMember struct {
	PersonID     int64           `db:"person_id"`
	Name         string          `db:"name"`
	Email        string          `db:"email"` // empty: erased
	InvitedAt    time.Time       `db:"invited_at"`
	Answer       *string         `db:"answer"` // yes, no or nil
	AnsweredAt   *time.Time      `db:"answered_at"`
	AnswerSource *string         `db:"answer_source"`
	RemovedAt    *time.Time      `db:"removed_at"`
	Groups       []int           `db:"groups"` // their numbers
	Unmatched    json.RawMessage `db:"unmatched"`
	Met          *string         `db:"met"` // the answer to "did you meet?"
}

const roundMembers = `SELECT m.person_id, p.name, coalesce(p.email, '') AS email, m.invited_at, m.answer, m.answered_at, m.answer_source,
	m.removed_at, ARRAY(SELECT g.group_no FROM group_members g WHERE g.round_id = m.round_id AND g.person_id = m.person_id ORDER BY g.receives, 1) AS groups,
	m.unmatched, c.answer AS met
	FROM round_members m JOIN people p ON p.id = m.person_id
	LEFT JOIN check_ins c ON c.round_id = m.round_id AND c.person_id = m.person_id WHERE m.round_id = $1 `

// RoundMembers lists the members of a round by person id. Answered selects "yes", "no" or "none"; empty is all.
func (db *DB) RoundMembers(ctx context.Context, round int64, answered string, p Page) ([]RoundMember, error) {
	return manyRows[RoundMember](ctx, db.pool, "round members", roundMembers+`AND m.person_id > $2
		AND ($3 = '' OR coalesce(m.answer, 'none') = $3) ORDER BY m.person_id LIMIT $4`, round, p.After, answered, p.Limit)
}

// ExportRound writes the members of a round as CSV, streamed; cells that a spreadsheet would run begin with an apostrophe.
func (db *DB) ExportRound(ctx context.Context, w io.Writer, round int64) error {
	rows, err := db.pool.Query(ctx, roundMembers+`ORDER BY m.person_id`, round)
	if err != nil {
		return fmt.Errorf("export round %d: %w", round, err)
	}
	defer rows.Close()
	out := csv.NewWriter(w)
	err = out.Write([]string{"person_id", "email", "name", "answer", "answered_at", "answer_source", "groups", "unmatched", "did_you_meet"})
	for err == nil && rows.Next() {
		var m RoundMember
		if m, err = pgx.RowToStructByName[RoundMember](rows); err == nil {
			err = out.Write(m.record())
		}
	}
	out.Flush()
	for _, e := range []error{err, rows.Err(), out.Error()} {
		if e != nil {
			return fmt.Errorf("export round %d: %w", round, e)
		}
	}
	return nil
}

func (m RoundMember) record() []string {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	answered, groups := "", make([]string, len(m.Groups))
	for i, no := range m.Groups {
		groups[i] = strconv.Itoa(no)
	}
	if m.AnsweredAt != nil {
		answered = m.AnsweredAt.UTC().Format(time.RFC3339)
	}
	return []string{
		strconv.FormatInt(m.PersonID, 10), escapeFormula(m.Email), escapeFormula(m.Name), text(m.Answer), answered, text(m.AnswerSource),
		strings.Join(groups, ";"), strconv.FormatBool(m.Unmatched != nil), text(m.Met),
	}
}
