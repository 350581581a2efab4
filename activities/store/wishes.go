package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// MaxWishes is how many people a person may want to meet, and how many to avoid.
const MaxWishes = 100

// Wishes are confidential: only the person and the matching engine use them.
type Wishes struct {
	Meet  []int64 // the first is wanted most
	Avoid []int64
}

// Wishes reads a person's wishes and the version that guards them, which is the person's.
func (db *DB) Wishes(ctx context.Context, person int64) (w Wishes, version int64, err error) {
	w = Wishes{Meet: []int64{}, Avoid: []int64{}}
	err = pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		p, err := personByID(ctx, tx, person, "")
		if err != nil {
			return err
		}
		version = p.Version
		err = tx.QueryRow(ctx, `SELECT coalesce(array_agg(other_id ORDER BY rank) FILTER (WHERE NOT avoid), '{}'),
			coalesce(array_agg(other_id ORDER BY rank) FILTER (WHERE avoid), '{}') FROM wishes WHERE person_id = $1`, person).Scan(&w.Meet, &w.Avoid)
		if err != nil {
			return fmt.Errorf("read wishes: %w", err)
		}
		return nil
	})
	return w, version, err
}

// PutWishes replaces a person's wishes at the given version of the person and gives the new version. A version of 0 is
// any: the person's own page does not compete with itself.
func (db *DB) PutWishes(ctx context.Context, person, version int64, w Wishes) (int64, error) {
	if err := w.check(person); err != nil {
		return 0, err
	}
	p, _, err := db.editPerson(ctx, person, func(tx pgx.Tx, p Person) (Person, []Ring, error) {
		if version != 0 && p.Version != version {
			return p, nil, Stale("person")
		}
		for location, ids := range map[string][]int64{"meet": w.Meet, "avoid": w.Avoid} {
			if err := everyoneExists(ctx, tx, "body."+location, ids); err != nil {
				return p, nil, err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM wishes WHERE person_id = $1`, person); err != nil {
			return p, nil, fmt.Errorf("replace wishes: %w", err)
		}
		_, err := tx.Exec(ctx, `INSERT INTO wishes (person_id, other_id, avoid, rank)
			SELECT $1::bigint, id, false, no FROM unnest($2::bigint[]) WITH ORDINALITY AS m (id, no)
			UNION ALL SELECT $1, id, true, no FROM unnest($3::bigint[]) WITH ORDINALITY AS a (id, no)`, person, w.Meet, w.Avoid)
		if err != nil {
			return p, nil, fmt.Errorf("replace wishes: %w", err)
		}
		p, err = updatePerson(ctx, tx, person, `name = name`)
		return p, nil, err
	})
	return p.Version, err
}

// check finds what contradicts itself.
func (w Wishes) check(person int64) error {
	seen := map[int64]bool{}
	for _, part := range []struct {
		location string
		ids      []int64
	}{{"meet", w.Meet}, {"avoid", w.Avoid}} {
		if len(part.ids) > MaxWishes {
			return fault.BadField("too_many_wishes", "body."+part.location, "there are %d people: at most %d", len(part.ids), MaxWishes)
		}
		for _, id := range part.ids {
			if id == person {
				return fault.BadField("wish_for_oneself", "body."+part.location, "people neither meet nor avoid themselves")
			}
			if seen[id] {
				return fault.BadField("wish_repeated", "body."+part.location, "person %d is named twice", id)
			}
			seen[id] = true
		}
	}
	return nil
}
