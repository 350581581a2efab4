package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// List is a named set of people.
type List struct {
	ID        int64     `db:"id"`
	Name      string    `db:"name"` // unique
	People    int64     `db:"people"`
	Version   int64     `db:"version"` // of the name
	CreatedAt time.Time `db:"created_at"`
}

const listColumns = `l.id, l.name, (SELECT count(*) FROM list_people lp WHERE lp.list_id = l.id) AS people, l.version, l.created_at`

// List reads one list.
func (db *DB) List(ctx context.Context, id int64) (List, error) {
	return listByID(ctx, db.pool, id, "")
}

func listByID(ctx context.Context, q querier, id int64, lock string) (List, error) {
	return oneRow[List](ctx, q, "list_not_found", "list", `SELECT `+listColumns+` FROM lists l WHERE l.id = $1 `+lock, id)
}

// Lists lists the lists by id.
func (db *DB) Lists(ctx context.Context, p Page) ([]List, error) {
	return manyRows[List](ctx, db.pool, "lists", `SELECT `+listColumns+` FROM lists l WHERE l.id > $1 ORDER BY l.id LIMIT $2`, p.After, p.Limit)
}

// CreateList makes an empty list. Conflict "list_name_taken".
func (db *DB) CreateList(ctx context.Context, name string) (List, error) {
	name, err := listName(name)
	if err != nil {
		return List{}, err
	}
	var l List
	err = db.tx(ctx, func(tx pgx.Tx) (err error) {
		l, err = oneRow[List](ctx, tx, "list_not_found", "list", `INSERT INTO lists AS l (name) VALUES ($1) RETURNING `+listColumns, name)
		return err
	})
	return l, listTaken(err)
}

// RenameList renames the given version of a list. Filters name lists, so whoever is selected by the old name no longer is.
func (db *DB) RenameList(ctx context.Context, id, version int64, name string) (out List, rings []Ring, err error) {
	name, err = listName(name)
	if err != nil {
		return out, nil, err
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if err := lockList(ctx, tx, id, version); err != nil {
			return err
		}
		out, err = oneRow[List](ctx, tx, "list_not_found", "list",
			`UPDATE lists l SET name = $2, version = version + 1 WHERE l.id = $1 RETURNING `+listColumns, id, name)
		if err != nil {
			return listTaken(err)
		}
		rings, err = AudienceChanged(ctx, tx)
		return err
	})
	return out, rings, err
}

// DeleteList deletes the given version of a list, not its people.
func (db *DB) DeleteList(ctx context.Context, id, version int64) (rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if err := lockList(ctx, tx, id, version); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM lists WHERE id = $1`, id); err != nil {
			return fmt.Errorf("delete list %d: %w", id, err)
		}
		rings, err = AudienceChanged(ctx, tx)
		return err
	})
	return rings, err
}

func lockList(ctx context.Context, tx pgx.Tx, id, version int64) error {
	l, err := listByID(ctx, tx, id, "FOR UPDATE OF l")
	if err == nil && l.Version != version {
		err = Stale("list")
	}
	return err
}

func listName(s string) (string, error) {
	name, err := cleanLine("body.name", s, MaxName)
	if err == nil && name == "" {
		err = fault.BadField("list_name_required", "body.name", "a list has a name")
	}
	return name, err
}

func listTaken(err error) error {
	if isUnique(err, "lists_name_key") {
		return fault.Wrap(err, fault.Conflict, "list_name_taken", "another list has this name")
	}
	return err
}
