package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

// GroupEdit is one change of a round's groups in review. Which fields it reads depends on the kind.
type GroupEdit struct {
	Kind   string `json:"kind"`             // swap, move, pin, unpin, forbid, allow, remove, regenerate, undo
	A      int64  `json:"a,omitempty"`      // a person: of swap, forbid, allow, move, remove
	B      int64  `json:"b,omitempty"`      // another: of swap, forbid, allow
	Group  int    `json:"group,omitempty"`  // its number: of move (where to), pin, unpin
	Undoes int64  `json:"undoes,omitempty"` // of undo: the edit taken back
}

// Edited is what an edit did, or in a preview would do.
type Edited struct {
	Before, After matching.Score
	Changed       []GroupRow // groups that are new or different
	Version       int64      // of the groups after it
}

// errPreview rolls a previewed edit back: a preview is the edit itself, not kept.
var errPreview = errors.New("preview")

// EditGroups changes the groups of a round that are made and not yet sent, at the version the editor saw. No edit breaks
// a hard rule that held before. In a preview nothing is kept.
func (db *DB) EditGroups(ctx context.Context, id, version int64, e GroupEdit, preview bool) (Edited, error) {
	var out Edited
	err := db.tx(ctx, func(tx pgx.Tx) error {
		r, _, err := holdRound(ctx, tx, id)
		if err != nil {
			return err
		}
		if r.Phase != "review" && r.Phase != "ready" {
			return fault.New(fault.Conflict, "wrong_phase", "the groups of a round in phase %s cannot be edited", r.Phase)
		}
		if r.ReviewSeq != version {
			return Stale("grouping")
		}
		if out, err = editGroups(ctx, tx, r, e); err != nil {
			return err
		}
		if preview {
			return errPreview
		}
		return count(ctx, tx, id, counted{})
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	return out, err
}

func editGroups(ctx context.Context, tx pgx.Tx, r Round, e GroupEdit) (Edited, error) {
	before, err := groupsOf(ctx, tx, r.ID)
	if err != nil {
		return Edited{}, err
	}
	problem, err := presentProblem(ctx, tx, r, before)
	if err != nil {
		return Edited{}, err
	}
	was, err := matching.Evaluate(problem, membersOf(before))
	if err != nil {
		return Edited{}, fmt.Errorf("score the groups of round %d: %w", r.ID, err)
	}
	w := workbench{tx: tx, round: r, edit: e, groups: before, problem: problem}
	made, err := w.apply(ctx)
	if err != nil {
		return Edited{}, err
	}
	if made.Score.Hard > was.Score.Hard {
		return Edited{}, brokenRule(made)
	}
	if err := w.save(ctx, made); err != nil {
		return Edited{}, err
	}
	changed, err := groupRows(ctx, tx, r.ID, w.formed)
	return Edited{Before: was.Score, After: made.Score, Changed: changed, Version: r.ReviewSeq + 1}, err
}

// brokenRule names the first hard rule an edit would break.
func brokenRule(made matching.Result) error {
	for _, g := range made.Groups {
		for _, why := range g.Reasons {
			if why.Hard && !why.Held {
				return fault.New(fault.Conflict, "hard_rule_broken", "this would break a rule that is never broken: %s", why.Text())
			}
		}
	}
	return fault.New(fault.Conflict, "hard_rule_broken", "this would break a rule that is never broken")
}

func membersOf(groups []storedGroup) [][]matching.ID {
	out := make([][]matching.ID, len(groups))
	for i, g := range groups {
		out[i] = slices.Clone(g.Members)
	}
	return out
}

// workbench is one edit of a held round's groups on its way.
type workbench struct {
	tx      pgx.Tx
	round   Round
	edit    GroupEdit
	groups  []storedGroup
	problem matching.Problem
	undone  *editedGroups // of undo: what the edit taken back had replaced
	formed  []int         // numbers of the groups that save wrote
}

// save writes what changed, why people are unmatched now, and the edit's place in the history.
func (w *workbench) save(ctx context.Context, made matching.Result) error {
	for _, g := range made.Groups {
		if !w.round.gives() {
			slices.Sort(g.Members) // as they are stored
		}
	}
	replaced, err := w.write(ctx, made.Groups)
	if err != nil {
		return err
	}
	if err := markUnmatched(ctx, w.tx, w.round.ID, made.Unmatched); err != nil {
		return err
	}
	after, err := groupsOf(ctx, w.tx, w.round.ID)
	if err != nil {
		return err
	}
	for _, g := range after {
		same := func(old storedGroup) bool { return old.No == g.No && slices.Equal(old.Members, g.Members) }
		if !slices.ContainsFunc(w.groups, same) {
			w.formed = append(w.formed, g.No)
		}
	}
	return recordEdit(ctx, w.tx, w.round, w.edit.Kind, w.edit, editedGroups{Replaced: replaced, Formed: w.formed})
}

// write stores the groups that are not as before and returns those they replace. Undo puts the old ones back under their
// old numbers, which earlier edits know them by.
func (w *workbench) write(ctx context.Context, made []matching.Group) ([]storedGroup, error) {
	if w.undone == nil {
		return replaceGroups(ctx, w.tx, w.round, w.groups, made)
	}
	if err := deleteGroups(ctx, w.tx, w.round.ID, w.undone.Formed); err != nil {
		return nil, err
	}
	old := w.undone.Replaced // apply put them last
	return nil, copyGroups(ctx, w.tx, w.round, made[len(made)-len(old):], func(i int) int { return old[i].No })
}

// with finds the groups that all these people are in, by their indexes.
func (w *workbench) with(people ...int64) (indexes []int) {
	for i, g := range w.groups {
		if !slices.ContainsFunc(people, func(id int64) bool { return !slices.Contains(g.Members, id) }) {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// free refuses to touch a pinned group.
func (w *workbench) free(indexes ...int) error {
	for _, i := range indexes {
		if w.groups[i].Pinned {
			return fault.New(fault.Conflict, "group_pinned", "group %d is pinned: unpin it first", w.groups[i].No)
		}
	}
	return nil
}
