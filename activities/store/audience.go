package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/store/filter"
)

// mayBeWritten is who may be written to at all: an SQL expression over the row "p" of table people. Blocked domains are
// found once for all rows, from the distinct domains there are, so it costs about 1 µs a row.
const mayBeWritten = `(p.status = 'active'
	AND NOT EXISTS (SELECT FROM blacklist b WHERE b.kind = 'address' AND b.value = p.email)
	AND p.email_domain NOT IN (
		SELECT d.domain FROM (SELECT DISTINCT email_domain AS domain FROM people WHERE email_domain IS NOT NULL) d
		CROSS JOIN LATERAL (SELECT string_to_array(d.domain, '.') AS labels) l
		CROSS JOIN LATERAL generate_subscripts(l.labels, 1) AS i
		JOIN blacklist b ON b.kind = 'domain' AND b.value = array_to_string(l.labels[i:], '.')))`

const awake = `(p.snoozed_until IS NULL OR p.snoozed_until <= now())`

// audience is who may take part in a program, as SQL over the row "p" of table people and the arguments it needs.
type audience struct {
	member string // may be written to, has not left, matches the filter: everything but being awake
	args   []any
}

// eligible is the whole condition of taking part at this instant.
func (a audience) eligible() string { return `(` + a.member + ` AND ` + awake + `)` }

// audienceOf is the one place that says who is eligible. Its arguments are numbered from argOffset+1.
func audienceOf(program int64, text string, argOffset int) (audience, error) {
	f, err := filter.Parse(text)
	if err != nil {
		return audience{}, fault.Wrap(err, fault.Invalid, "audience_invalid", "the audience of program %d is not a filter", program)
	}
	matches, args := f.SQL(argOffset + 1)
	return audience{
		member: fmt.Sprintf(`(%s AND NOT EXISTS (SELECT FROM program_leavers l WHERE l.program_id = $%d AND l.person_id = p.id) AND %s)`,
			mayBeWritten, argOffset+1, matches),
		args: append([]any{program}, args...),
	}, nil
}

// EligibleCount is how many people a round of the program would have if it opened now with this audience.
func (db *DB) EligibleCount(ctx context.Context, program int64, text string) (int, error) {
	a, err := audienceOf(program, text, 0)
	if err != nil {
		return 0, err
	}
	var n int
	if err := db.pool.QueryRow(ctx, `SELECT count(*) FROM people p WHERE `+a.eligible(), a.args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the audience: %w", err)
	}
	return n, nil
}

// AudienceChanged marks the open rounds to be looked through for joiners, after people were created, imported, edited,
// reactivated or put on other lists. A round already marked is not rung again: a thousand edits cause one signal.
func AudienceChanged(ctx context.Context, tx pgx.Tx) ([]Ring, error) {
	return ringRounds(ctx, tx, `phase = 'open' AND NOT audience_due`, `audience_due = true`)
}
