package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/store/filter"
)

// Selection names people: those of the ids, or if there are none those of the filter.
type Selection struct {
	IDs    []int64
	Filter filter.Expr
}

// where gives the condition on "people p", with the first argument $<offset+1>. Erased people are never selected.
func (s Selection) where(offset int) (string, []any) {
	if len(s.IDs) > 0 {
		return fmt.Sprintf(`p.status <> 'erased' AND p.id = ANY ($%d)`, offset+1), []any{s.IDs}
	}
	sql, args := s.Filter.SQL(offset)
	return `p.status <> 'erased' AND ` + sql, args
}

// AddToList adds people to a list and reports how many were not on it before. An id of nobody is Invalid
// "person_not_found", and nobody is added.
func (db *DB) AddToList(ctx context.Context, list int64, s Selection) (added int64, rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if err := everyoneExists(ctx, tx, "body.people", s.IDs); err != nil {
			return err
		}
		where, args := s.where(1)
		added, rings, err = changeList(ctx, tx, list, `INSERT INTO list_people (list_id, person_id)
			SELECT $1, p.id FROM people p WHERE `+where+` ORDER BY p.id ON CONFLICT DO NOTHING`, args)
		return err
	})
	return added, rings, err
}

// RemoveFromList takes people off a list and reports how many were on it.
func (db *DB) RemoveFromList(ctx context.Context, list int64, s Selection) (removed int64, rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		where, args := s.where(1)
		removed, rings, err = changeList(ctx, tx, list, `DELETE FROM list_people lp USING people p
			WHERE lp.list_id = $1 AND p.id = lp.person_id AND `+where, args)
		return err
	})
	return removed, rings, err
}

// changeList runs a statement whose first argument is the list. The list's lock keeps it from being deleted meanwhile and
// puts changes of one list in a row, so that two of them never deadlock.
func changeList(ctx context.Context, tx pgx.Tx, list int64, sql string, args []any) (int64, []Ring, error) {
	if _, err := listByID(ctx, tx, list, "FOR NO KEY UPDATE OF l"); err != nil {
		return 0, nil, err
	}
	tag, err := tx.Exec(ctx, sql, append([]any{list}, args...)...)
	if err != nil {
		return 0, nil, fmt.Errorf("change list %d: %w", list, err)
	}
	if tag.RowsAffected() == 0 {
		return 0, nil, nil
	}
	rings, err := AudienceChanged(ctx, tx)
	return tag.RowsAffected(), rings, err
}

// everyoneExists is Invalid "person_not_found" naming the first id that is nobody's.
func everyoneExists(ctx context.Context, q querier, location string, ids []int64) error {
	var missing *int64
	err := q.QueryRow(ctx, `SELECT min(id) FROM unnest($1::bigint[]) AS given (id)
		WHERE NOT EXISTS (SELECT FROM people p WHERE p.id = given.id AND p.status <> 'erased')`, ids).Scan(&missing)
	if err != nil {
		return fmt.Errorf("look for people: %w", err)
	}
	if missing != nil {
		return fault.BadField("person_not_found", location, "there is no person %d", *missing)
	}
	return nil
}
