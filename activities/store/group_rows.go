package store

import (
	"context"
	"encoding/json"
	"time"
)

// GroupRow is a group as it is shown.
type GroupRow struct {
	No      int             `db:"no"`
	Pinned  bool            `db:"pinned"`
	Odd     bool            `db:"odd"`
	Score   json.RawMessage `db:"score"`
	Reasons json.RawMessage `db:"reasons"`
	Members json.RawMessage `db:"members"` // [{"id", "name"}]; of a mystery the giver, then the receiver
}

const groupRowColumns = `g.no, g.pinned, g.odd, g.score, g.reasons, (SELECT jsonb_agg(jsonb_build_object('id', p.id, 'name', p.name) ORDER BY m.receives, p.id)
	FROM group_members m JOIN people p ON p.id = m.person_id WHERE m.round_id = g.round_id AND m.group_no = g.no) AS members`

// Groups lists the groups of a round by number. Broken selects those in which a rule did not hold.
func (db *DB) Groups(ctx context.Context, round int64, broken bool, p Page) ([]GroupRow, error) {
	return manyRows[GroupRow](ctx, db.pool, "groups", `SELECT `+groupRowColumns+` FROM round_groups g WHERE g.round_id = $1 AND g.no > $2
		AND (NOT $3 OR g.reasons @> '[{"held": false}]') ORDER BY g.no LIMIT $4`, round, p.After, broken, p.Limit)
}

func groupRows(ctx context.Context, q querier, round int64, numbers []int) ([]GroupRow, error) {
	return manyRows[GroupRow](ctx, q, "groups", `SELECT `+groupRowColumns+` FROM round_groups g WHERE g.round_id = $1 AND g.no = ANY ($2) ORDER BY g.no`,
		round, numbers)
}

// GroupsVersion is the version of a round's groups: it rises with every edit and repair.
func (db *DB) GroupsVersion(ctx context.Context, round int64) (int64, error) {
	type row struct {
		Seq int64 `db:"review_seq"`
	}
	r, err := oneRow[row](ctx, db.pool, "round_not_found", "round", `SELECT review_seq FROM rounds WHERE id = $1`, round)
	return r.Seq, err
}

// EditRow is one entry of the history of a round's groups.
type EditRow struct {
	Seq    int64           `db:"seq"`
	Kind   string          `db:"kind"`
	Detail json.RawMessage `db:"detail"`
	Undone bool            `db:"undone"`
	At     time.Time       `db:"at"`
}

// GroupEdits lists the history of a round's groups, oldest first.
func (db *DB) GroupEdits(ctx context.Context, round int64, p Page) ([]EditRow, error) {
	return manyRows[EditRow](ctx, db.pool, "edits", `SELECT seq, kind, detail, undone, at
		FROM round_edits WHERE round_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`, round, p.After, p.Limit)
}
