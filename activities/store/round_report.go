package store

import (
	"context"
)

// RoundReport is what became of a round.
type RoundReport struct {
	Invited   int `db:"invited"`
	OptedIn   int `db:"opted_in"`
	Declined  int `db:"declined"`
	Grouped   int `db:"grouped"`
	Unmatched int `db:"unmatched"`
	Groups    int `db:"groups"`
	Pairs     int `db:"pairs"`    // connections: every two people of a group
	Repeated  int `db:"repeated"` // of them, who had met before in this program
	MetYes    int `db:"met_yes"`
	Planned   int `db:"met_planned"`
	MetNo     int `db:"met_no"`
}

// RoundReport counts a round.
func (db *DB) RoundReport(ctx context.Context, round int64) (RoundReport, error) {
	return oneRow[RoundReport](ctx, db.pool, "round_not_found", "round", `SELECT m.*, p.*, g.*, c.* FROM
		(SELECT count(*) AS invited, count(*) FILTER (WHERE answer = 'yes' AND removed_at IS NULL) AS opted_in,
			count(*) FILTER (WHERE answer = 'no') AS declined, count(*) FILTER (WHERE unmatched IS NOT NULL) AS unmatched
			FROM round_members WHERE round_id = $1) m,
		(SELECT count(DISTINCT person_id) AS grouped FROM group_members WHERE round_id = $1) p,
		(SELECT count(*) AS groups, coalesce(sum(size * (size - 1) / 2), 0)::int AS pairs,
			coalesce(sum(broken), 0)::int AS repeated FROM (
				SELECT (SELECT count(*) FROM group_members x WHERE x.round_id = r.round_id AND x.group_no = r.no) AS size,
					(SELECT sum((reason -> 'detail' ->> 'broken')::int) FROM jsonb_array_elements(r.reasons) reason WHERE reason ->> 'kind' = 'no_repeat') AS broken
				FROM round_groups r WHERE r.round_id = $1) sizes) g,
		(SELECT count(*) FILTER (WHERE answer = 'yes') AS met_yes, count(*) FILTER (WHERE answer = 'planned') AS met_planned,
			count(*) FILTER (WHERE answer = 'no') AS met_no FROM check_ins WHERE round_id = $1) c
		WHERE EXISTS (SELECT FROM rounds WHERE id = $1)`, round)
}

// Participation is how the members with one value of an attribute took part in a round.
type Participation struct {
	Value    string `db:"value"` // empty: the attribute is not set
	Invited  int    `db:"invited"`
	OptedIn  int    `db:"opted_in"`
	Declined int    `db:"declined"`
	Grouped  int    `db:"grouped"`
}

// MaxValues bounds how many values of an attribute a report tells apart; the largest come first.
const MaxValues = 200

// RoundParticipation counts a round by the values of an attribute, as people have it now.
func (db *DB) RoundParticipation(ctx context.Context, round int64, attribute string) ([]Participation, error) {
	return manyRows[Participation](ctx, db.pool, "participation", `SELECT coalesce(p.attributes ->> $2, '') AS value, count(*) AS invited,
		count(*) FILTER (WHERE m.answer = 'yes' AND m.removed_at IS NULL) AS opted_in, count(*) FILTER (WHERE m.answer = 'no') AS declined,
		count(*) FILTER (WHERE EXISTS (SELECT FROM group_members g WHERE g.round_id = m.round_id AND g.person_id = m.person_id)) AS grouped
		FROM round_members m JOIN people p ON p.id = m.person_id WHERE m.round_id = $1 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $3`,
		round, attribute, MaxValues)
}
