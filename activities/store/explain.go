package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

// Standing is a round's groups as they are now, and the problem they answer.
type Standing struct {
	Problem matching.Problem
	Groups  [][]matching.ID
	numbers []int
}

// Standing reads the groups of a round that has been matched.
func (db *DB) Standing(ctx context.Context, round int64) (Standing, error) {
	if _, err := db.GroupsVersion(ctx, round); err != nil {
		return Standing{}, err
	}
	var s Standing
	err := pgx.BeginTxFunc(ctx, db.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		var matched bool
		if err := tx.QueryRow(ctx, `SELECT digest IS NOT NULL FROM rounds WHERE id = $1`, round).Scan(&matched); err != nil {
			return fmt.Errorf("read whether round %d is matched: %w", round, err)
		}
		if !matched {
			return fault.New(fault.Conflict, "not_matched", "the round has not been matched")
		}
		groups, err := groupsOf(ctx, tx, round)
		if err != nil {
			return err
		}
		s.Groups = membersOf(groups)
		for _, g := range groups {
			s.numbers = append(s.numbers, g.No)
		}
		s.Problem, err = presentProblem(ctx, tx, Round{ID: round}, groups)
		return err
	})
	return s, err
}

// Group is the index of a group by its number in the round.
func (s Standing) Group(no int) (int, error) {
	i := slices.Index(s.numbers, no)
	if i < 0 {
		return 0, fault.New(fault.NotFound, "group_not_found", "the round has no group %d", no)
	}
	return i, nil
}

// Member says whether a person takes part and whether they are in a group.
func (s Standing) Member(person int64) (grouped bool, err error) {
	if !slices.ContainsFunc(s.Problem.Members, func(m matching.Member) bool { return m.ID == person }) {
		return false, fault.New(fault.NotFound, "not_taking_part", "person %d does not take part in the round", person)
	}
	return slices.ContainsFunc(s.Groups, func(g []matching.ID) bool { return slices.Contains(g, person) }), nil
}
