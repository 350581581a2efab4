package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"rondo/activities/matching"
)

// takingPart lists the members of a round who said yes, with the attributes named, and apart from them those who have
// become ineligible since.
func takingPart(ctx context.Context, tx pgx.Tx, r Round, audienceText string, attributes []string) (members []matching.Member, gone []int64, err error) {
	a, err := audienceOf(r.ProgramID, audienceText, 1)
	if err != nil {
		return nil, nil, err
	}
	columns, args := attributeColumns(`e`, attributes, append([]any{r.ID}, a.args...))
	members, gone, err = readMembers(ctx, tx, attributes, `SELECT m.person_id, e.id IS NOT NULL`+columns+` FROM round_members m
		LEFT JOIN (SELECT p.id, p.attributes FROM people p WHERE `+a.eligible()+`) e ON e.id = m.person_id
		WHERE m.round_id = $1 AND m.answer = 'yes' AND m.removed_at IS NULL`, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("read the members of round %d: %w", r.ID, err)
	}
	return members, gone, nil
}

// eligibleMembers lists who would be in a round of the program that opened now, with the attributes named.
func eligibleMembers(ctx context.Context, tx pgx.Tx, p Program, attributes []string) ([]matching.Member, error) {
	a, err := audienceOf(p.ID, p.Audience, 0)
	if err != nil {
		return nil, err
	}
	columns, args := attributeColumns(`p`, attributes, a.args)
	members, _, err := readMembers(ctx, tx, attributes, `SELECT p.id, true`+columns+` FROM people p WHERE `+a.eligible(), args...)
	if err != nil {
		return nil, fmt.Errorf("read who may take part in program %d: %w", p.ID, err)
	}
	return members, nil
}

// attributeColumns selects attributes of a row, each after a comma, with the arguments they need after those given.
func attributeColumns(row string, attributes []string, args []any) (string, []any) {
	var columns strings.Builder
	for _, name := range attributes {
		args = append(args, name)
		columns.WriteString(`, ` + row + `.attributes ->> $` + strconv.Itoa(len(args)) + `::text`)
	}
	return columns.String(), args
}

// readMembers reads rows of an id, whether the person is eligible, and the values of the attributes.
func readMembers(ctx context.Context, tx pgx.Tx, attributes []string, sql string, args ...any) (members []matching.Member, gone []int64, err error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, nil, err
	}
	var id int64
	var eligible bool
	values := make([]*string, len(attributes))
	targets := []any{&id, &eligible}
	for i := range values {
		targets = append(targets, &values[i])
	}
	_, err = pgx.ForEachRow(rows, targets, func() error {
		if !eligible {
			gone = append(gone, id)
			return nil
		}
		m := matching.Member{ID: id}
		for i, v := range values {
			if v != nil && *v != "" {
				if m.Attributes == nil {
					m.Attributes = make(map[string]string, len(attributes))
				}
				m.Attributes[attributes[i]] = *v
			}
		}
		members = append(members, m)
		return nil
	})
	return members, gone, err
}
