package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

// checkFixed refuses people who do not exist; those who were there before may have been erased since.
func checkFixed(ctx context.Context, tx pgx.Tx, fixed, before []int64) error {
	if len(fixed) == 0 || slices.Equal(fixed, before) {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT id FROM people WHERE id = ANY ($1) AND status <> 'erased'`, fixed)
	if err != nil {
		return fmt.Errorf("look for fixed people: %w", err)
	}
	known, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("look for fixed people: %w", err)
	}
	for i, id := range fixed {
		if !slices.Contains(known, id) && !slices.Contains(before, id) {
			return fault.BadField("person_not_found", "body.fixed["+strconv.Itoa(i)+"]", "there is no person %d", id)
		}
	}
	return nil
}

// fixedAmong are a program's fixed people who take part.
func fixedAmong(fixed []int64, members []matching.Member) (here []int64) {
	for _, id := range fixed {
		if slices.ContainsFunc(members, func(m matching.Member) bool { return m.ID == id }) {
			here = append(here, id)
		}
	}
	return here
}
