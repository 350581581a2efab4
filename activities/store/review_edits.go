package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

// errAlready refuses an edit without an effect: undoing it would change something.
var errAlready = fault.New(fault.Conflict, "already_so", "it is so already")

// apply makes the groups as the edit wants them, and writes what is not a group: pins, forbidden pairs, who is out.
func (w *workbench) apply(ctx context.Context) (matching.Result, error) {
	switch w.edit.Kind {
	case "swap":
		return w.swap()
	case "move":
		return w.move()
	case "pin", "unpin":
		return w.pin(ctx, w.edit.Kind == "pin")
	case "forbid", "allow":
		return w.forbid(ctx, w.edit.Kind == "forbid")
	case "remove":
		return w.remove(ctx)
	case "regenerate":
		return w.regenerate(ctx)
	case "undo":
		return w.undo(ctx)
	default:
		return matching.Result{}, fault.BadField("unknown_edit", "body.kind", "there is no edit %q", w.edit.Kind)
	}
}

func (w *workbench) evaluate(groups [][]matching.ID) (matching.Result, error) {
	made, err := matching.Evaluate(w.problem, groups)
	if err != nil {
		return made, fmt.Errorf("score the groups of round %d: %w", w.round.ID, err)
	}
	return made, nil
}

// swap exchanges two people in all groups that they do not share; one of them may be in none. Of a mystery it exchanges
// whom they give to.
func (w *workbench) swap() (matching.Result, error) {
	a, b := w.edit.A, w.edit.B
	if err := errors.Join(w.takesPart("body.a", a), w.takesPart("body.b", b)); err != nil {
		return matching.Result{}, err
	}
	if w.round.gives() {
		return w.swapReceivers(a, b)
	}
	groups := membersOf(w.groups)
	changed := 0
	for i, g := range groups {
		at, other := slices.Index(g, a), slices.Index(g, b)
		if (at < 0) == (other < 0) {
			continue
		}
		if err := w.free(i); err != nil {
			return matching.Result{}, err
		}
		if changed++; at >= 0 {
			g[at] = b
		} else {
			g[other] = a
		}
	}
	if changed == 0 {
		return matching.Result{}, fault.BadField("same_group", "body.b", "the two are in the same place already")
	}
	return w.evaluate(groups)
}

// swapReceivers lets two people give to whom the other one gave to; one of them may give to nobody.
func (w *workbench) swapReceivers(a, b int64) (matching.Result, error) {
	groups := membersOf(w.groups)
	changed := 0
	for i, g := range groups {
		giver := a
		switch g[0] {
		case a:
			giver = b
		case b:
		default:
			continue
		}
		if g[1] == giver {
			return matching.Result{}, fault.New(fault.Conflict, "gives_to_self", "in group %d somebody would give to themselves", w.groups[i].No)
		}
		if err := w.free(i); err != nil {
			return matching.Result{}, err
		}
		g[0] = giver
		changed++
	}
	if changed == 0 || a == b {
		return matching.Result{}, fault.BadField("same_group", "body.b", "the two are in the same place already")
	}
	return w.evaluate(groups)
}

// move puts a person into another group; who would be alone then has to be moved first.
func (w *workbench) move() (matching.Result, error) {
	if err := w.takesPart("body.a", w.edit.A); err != nil {
		return matching.Result{}, err
	}
	if w.round.several() {
		return matching.Result{}, fault.New(fault.Conflict, "move_not_in_mode", "the groups of a round in mode %s are all of the same make: swap two people instead", w.round.Mode)
	}
	from := -1
	if in := w.with(w.edit.A); len(in) > 0 {
		from = in[0]
	}
	to := slices.IndexFunc(w.groups, func(g storedGroup) bool { return g.No == w.edit.Group })
	switch {
	case to < 0:
		return matching.Result{}, fault.BadField("group_not_found", "body.group", "the round has no group %d", w.edit.Group)
	case from == to:
		return matching.Result{}, fault.BadField("same_group", "body.group", "the person is in this group already")
	case from >= 0 && len(w.groups[from].Members) == 2:
		return matching.Result{}, fault.New(fault.Conflict, "group_too_small", "somebody would be left alone in group %d: swap, or move them both", w.groups[from].No)
	}
	if err := w.free(append(w.with(w.edit.A), to)...); err != nil {
		return matching.Result{}, err
	}
	groups := membersOf(w.groups)
	if from >= 0 {
		groups[from] = slices.DeleteFunc(groups[from], func(id int64) bool { return id == w.edit.A })
	}
	groups[to] = append(groups[to], w.edit.A)
	return w.evaluate(groups)
}

func (w *workbench) takesPart(location string, person int64) error {
	if slices.ContainsFunc(w.problem.Members, func(m matching.Member) bool { return m.ID == person }) {
		return nil
	}
	return fault.BadField("not_taking_part", location, "this person does not take part in the round")
}

// pin keeps a group as it is through regenerations, or lets it go again.
func (w *workbench) pin(ctx context.Context, pinned bool) (matching.Result, error) {
	i := slices.IndexFunc(w.groups, func(g storedGroup) bool { return g.No == w.edit.Group })
	if i < 0 {
		return matching.Result{}, fault.BadField("group_not_found", "body.group", "the round has no group %d", w.edit.Group)
	}
	if w.groups[i].Pinned == pinned {
		return matching.Result{}, errAlready
	}
	if _, err := w.tx.Exec(ctx, `UPDATE round_groups SET pinned = $3 WHERE round_id = $1 AND no = $2`, w.round.ID, w.edit.Group, pinned); err != nil {
		return matching.Result{}, fmt.Errorf("pin group %d of round %d: %w", w.edit.Group, w.round.ID, err)
	}
	return w.evaluate(membersOf(w.groups))
}

// forbid keeps two people apart in this round and takes them out of one group at the least cost; or allows them again.
func (w *workbench) forbid(ctx context.Context, forbidden bool) (matching.Result, error) {
	a, b := min(w.edit.A, w.edit.B), max(w.edit.A, w.edit.B)
	if a == b {
		return matching.Result{}, fault.BadField("pair_of_one", "body.b", "a pair is two different people")
	}
	if err := errors.Join(w.takesPart("body.a", a), w.takesPart("body.b", b)); err != nil {
		return matching.Result{}, err
	}
	if err := w.writeForbidden(ctx, a, b, forbidden); err != nil {
		return matching.Result{}, err
	}
	if !forbidden {
		return w.evaluate(membersOf(w.groups))
	}
	if err := w.free(w.with(a, b)...); err != nil {
		return matching.Result{}, err
	}
	return w.mend(ctx, nil)
}

func (w *workbench) writeForbidden(ctx context.Context, a, b int64, forbidden bool) error {
	sql := `DELETE FROM round_forbidden WHERE round_id = $1 AND a = $2 AND b = $3`
	if forbidden {
		sql = `INSERT INTO round_forbidden (round_id, a, b) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
		w.problem.Forbidden = append(w.problem.Forbidden, matching.Pair{A: a, B: b})
	} else {
		w.problem.Forbidden = slices.DeleteFunc(w.problem.Forbidden, func(p matching.Pair) bool { return p.A == a && p.B == b })
	}
	tag, err := w.tx.Exec(ctx, sql, w.round.ID, a, b)
	if err != nil {
		return fmt.Errorf("forbid a pair in round %d: %w", w.round.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return errAlready
	}
	return nil
}

// remove takes somebody out of the round and mends their group.
func (w *workbench) remove(ctx context.Context) (matching.Result, error) {
	if err := w.takesPart("body.a", w.edit.A); err != nil {
		return matching.Result{}, err
	}
	if err := w.free(w.with(w.edit.A)...); err != nil {
		return matching.Result{}, err
	}
	if _, err := removeMembers(ctx, w.tx, w.round.ID, []int64{w.edit.A}); err != nil {
		return matching.Result{}, err
	}
	return w.mend(ctx, []matching.ID{w.edit.A})
}

func (w *workbench) mend(ctx context.Context, leaving []matching.ID) (matching.Result, error) {
	made, _, err := matching.Repair(ctx, w.problem, membersOf(w.groups), leaving)
	if err != nil {
		return made, fmt.Errorf("mend the groups of round %d: %w", w.round.ID, err)
	}
	made.Unmatched = slices.DeleteFunc(made.Unmatched, func(u matching.Unmatched) bool { return slices.Contains(leaving, u.ID) })
	return made, nil
}

// regenerate makes all groups anew around the pinned ones, from a fresh seed.
func (w *workbench) regenerate(ctx context.Context) (matching.Result, error) {
	seed, err := drawSeed()
	if err != nil {
		return matching.Result{}, err
	}
	w.problem.Seed = seed
	made, err := matching.Solve(ctx, w.problem)
	if err != nil {
		return made, fmt.Errorf("make the groups of round %d anew: %w", w.round.ID, err)
	}
	return made, nil
}

type storedEdit struct {
	Seq    int64           `db:"seq"`
	Kind   string          `db:"kind"`
	Detail json.RawMessage `db:"detail"`
	Before json.RawMessage `db:"before"`
}

// undo takes the last edit back that has not been. A repair cannot be: somebody left, and is not there any more.
func (w *workbench) undo(ctx context.Context) (matching.Result, error) {
	last, err := oneRow[storedEdit](ctx, w.tx, "nothing_to_undo", "edit", `UPDATE round_edits SET undone = true WHERE round_id = $1
		AND seq = (SELECT max(seq) FROM round_edits WHERE round_id = $1 AND NOT undone AND kind <> 'undo')
		RETURNING seq, kind, detail, before`, w.round.ID)
	if err != nil {
		return matching.Result{}, err
	}
	var was editedGroups
	var e GroupEdit
	if err := errors.Join(json.Unmarshal(last.Before, &was), json.Unmarshal(last.Detail, &e)); err != nil {
		return matching.Result{}, fmt.Errorf("read edit %d of round %d: %w", last.Seq, w.round.ID, err)
	}
	if err := w.takeBack(ctx, last.Kind, e); err != nil {
		return matching.Result{}, err
	}
	w.edit.Undoes, w.undone = last.Seq, &was
	groups := [][]matching.ID{}
	for _, g := range w.groups {
		if !slices.Contains(was.Formed, g.No) {
			groups = append(groups, g.Members)
		}
	}
	for _, g := range was.Replaced {
		groups = append(groups, g.Members)
	}
	return w.evaluate(groups)
}

// takeBack undoes what an edit wrote beside the groups.
func (w *workbench) takeBack(ctx context.Context, kind string, e GroupEdit) error {
	switch kind {
	case "repair":
		return fault.New(fault.Conflict, "nothing_to_undo", "the last change was a repair, because somebody left: it cannot be undone")
	case "pin", "unpin":
		w.edit.Group = e.Group
		_, err := w.pin(ctx, kind == "unpin")
		return err
	case "forbid", "allow":
		return w.writeForbidden(ctx, min(e.A, e.B), max(e.A, e.B), kind == "allow")
	case "remove":
		return w.bringBack(ctx, e.A)
	default:
		return nil
	}
}

func (w *workbench) bringBack(ctx context.Context, person int64) error {
	tag, err := w.tx.Exec(ctx, `UPDATE round_members SET removed_at = NULL WHERE round_id = $1 AND person_id = $2 AND answer = 'yes'`, w.round.ID, person)
	if err != nil {
		return fmt.Errorf("bring somebody back into round %d: %w", w.round.ID, err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "nothing_to_undo", "the person has left the round since")
	}
	if w.problem, err = presentProblem(ctx, w.tx, w.round, w.groups); err != nil {
		return err
	}
	return count(ctx, w.tx, w.round.ID, counted{optedIn: 1, declined: -1})
}
