package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"rondo/activities/matching"
)

// Mend makes groups whole again: matching.Repair.
type Mend func(ctx context.Context, p matching.Problem, groups [][]matching.ID, leaving []matching.ID) (matching.Result, []matching.Change, error)

// RepairRound mends the groups that lost somebody, before they go out. The round is held meanwhile: nobody can leave or
// edit between the question and the answer. Only groups that change are written, and an edit says what changed.
func (db *DB) RepairRound(ctx context.Context, id int64, mend Mend) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		r, _, err := holdRound(ctx, tx, id)
		if err != nil || !r.RepairDue || (r.Phase != "review" && r.Phase != "ready") {
			return err
		}
		lost, err := lostMembers(ctx, tx, r)
		if err != nil {
			return err
		}
		if len(lost) > 0 {
			if err := repair(ctx, tx, r, lost, mend); err != nil {
				return err
			}
		}
		return setPhase(ctx, tx, r, r.Phase, `repair_due = false`)
	})
}

// lostMembers are those in a group of a held round who do not take part any more.
func lostMembers(ctx context.Context, tx pgx.Tx, r Round) ([]int64, error) {
	if err := forMany(ctx, tx); err != nil {
		return nil, err
	}
	a, err := audienceOf(r.ProgramID, "", 1)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT person_id FROM group_members WHERE round_id = $1 AND person_id IN (
			SELECT person_id FROM round_members WHERE round_id = $1 AND (answer IS DISTINCT FROM 'yes' OR removed_at IS NOT NULL)
			UNION ALL SELECT p.id FROM people p WHERE `+a.eligible()+` IS NOT TRUE)
		ORDER BY 1`, append([]any{r.ID}, a.args...)...)
	if err != nil {
		return nil, fmt.Errorf("find whom the groups of round %d lost: %w", r.ID, err)
	}
	lost, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("find whom the groups of round %d lost: %w", r.ID, err)
	}
	return lost, nil
}

func repair(ctx context.Context, tx pgx.Tx, r Round, lost []int64, mend Mend) error {
	if _, err := removeMembers(ctx, tx, r.ID, lost); err != nil {
		return err
	}
	before, err := groupsOf(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	problem, err := presentProblem(ctx, tx, r, before)
	if err != nil {
		return err
	}
	groups := make([][]matching.ID, len(before))
	for i, g := range before {
		groups[i] = g.Members
	}
	made, changes, err := mend(ctx, problem, groups, lost)
	if err != nil {
		return fmt.Errorf("repair the groups of round %d: %w", r.ID, err)
	}
	replaced, err := replaceGroups(ctx, tx, r, before, made.Groups)
	if err != nil {
		return err
	}
	if err := markUnmatched(ctx, tx, r.ID, slices.DeleteFunc(made.Unmatched, func(u matching.Unmatched) bool {
		_, gone := slices.BinarySearch(lost, u.ID)
		return gone
	})); err != nil {
		return err
	}
	return recordEdit(ctx, tx, r, "repair", repaired{Left: lost, Changes: changes}, editedGroups{Replaced: replaced})
}

// repaired is the detail of a repair in round_edits.
type repaired struct {
	Left    []int64           `json:"left"`
	Changes []matching.Change `json:"changes"`
}

// presentProblem is the problem of a round as it was matched, with the members who still take part and the pins and
// forbidden pairs there are now.
func presentProblem(ctx context.Context, tx pgx.Tx, r Round, groups []storedGroup) (matching.Problem, error) {
	var packed []byte
	if err := tx.QueryRow(ctx, `SELECT problem FROM rounds WHERE id = $1`, r.ID).Scan(&packed); err != nil {
		return matching.Problem{}, fmt.Errorf("read the problem of round %d: %w", r.ID, err)
	}
	problem, err := unpackProblem(packed)
	if err != nil {
		return problem, err
	}
	if problem.Forbidden, err = forbiddenIn(ctx, tx, r.ID); err != nil {
		return problem, err
	}
	rows, err := tx.Query(ctx, `SELECT person_id FROM round_members WHERE round_id = $1 AND (removed_at IS NOT NULL OR answer IS DISTINCT FROM 'yes')`, r.ID)
	if err != nil {
		return problem, fmt.Errorf("read who left round %d: %w", r.ID, err)
	}
	left, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return problem, fmt.Errorf("read who left round %d: %w", r.ID, err)
	}
	gone := make(map[int64]bool, len(left))
	for _, id := range left {
		gone[id] = true
	}
	inGroup := map[int64]bool{}
	problem.Pinned = nil
	for _, g := range groups {
		for _, id := range g.Members {
			inGroup[id] = true
		}
		if g.Pinned && !slices.ContainsFunc(g.Members, func(id int64) bool { return gone[id] }) {
			problem.Pinned = append(problem.Pinned, g.Members)
		}
	}
	problem.Fixed = slices.DeleteFunc(problem.Fixed, func(id matching.ID) bool { return gone[id] })
	// Who left and is in a group has to stay a member: the engine is told that they are leaving.
	problem.Members = slices.DeleteFunc(problem.Members, func(m matching.Member) bool { return gone[m.ID] && !inGroup[m.ID] })
	return problem, nil
}

// replaceGroups writes the groups that are not as before and returns those they replace. A new group takes the number of
// one it shares its first members with, if that is free.
func replaceGroups(ctx context.Context, tx pgx.Tx, r Round, before []storedGroup, after []matching.Group) ([]storedGroup, error) {
	groupsOf := map[int64][]int{} // indexes in before
	next := 1
	for i, g := range before {
		next = max(next, g.No+1)
		for _, id := range g.Members {
			groupsOf[id] = append(groupsOf[id], i)
		}
	}
	kept := make([]bool, len(before))
	var changed []matching.Group
	for _, g := range after {
		same := slices.IndexFunc(groupsOf[g.Members[0]], func(i int) bool { return !kept[i] && slices.Equal(before[i].Members, g.Members) })
		if same < 0 {
			changed = append(changed, g)
		} else {
			kept[groupsOf[g.Members[0]][same]] = true
		}
	}
	var replaced []storedGroup
	var numbers []int
	free := map[int]bool{}
	for i, g := range before {
		if !kept[i] {
			replaced, numbers, free[g.No] = append(replaced, g), append(numbers, g.No), true
		}
	}
	no := make([]int, len(changed))
	for i, g := range changed {
		for _, id := range g.Members {
			at := slices.IndexFunc(groupsOf[id], func(at int) bool { return free[before[at].No] })
			if at >= 0 {
				no[i] = before[groupsOf[id][at]].No
				delete(free, no[i])
				break
			}
		}
		if no[i] == 0 {
			no[i] = next
			next++
		}
	}
	if err := deleteGroups(ctx, tx, r.ID, numbers); err != nil {
		return nil, err
	}
	return replaced, copyGroups(ctx, tx, r, changed, func(i int) int { return no[i] })
}

// deleteGroups deletes groups by their numbers, with their members.
func deleteGroups(ctx context.Context, tx pgx.Tx, round int64, numbers []int) error {
	_, err := tx.Exec(ctx, `WITH members AS (DELETE FROM group_members WHERE round_id = $1 AND group_no = ANY ($2))
		DELETE FROM round_groups WHERE round_id = $1 AND no = ANY ($2)`, round, numbers)
	if err != nil {
		return fmt.Errorf("delete groups of round %d: %w", round, err)
	}
	return nil
}

// recordEdit adds to the history of a held round's groups and raises their version.
func recordEdit(ctx context.Context, tx pgx.Tx, r Round, kind string, detail any, before editedGroups) error {
	what, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("record an edit of round %d: %w", r.ID, err)
	}
	was, err := json.Marshal(before)
	if err != nil {
		return fmt.Errorf("record an edit of round %d: %w", r.ID, err)
	}
	_, err = tx.Exec(ctx, `WITH edited AS (UPDATE rounds SET review_seq = review_seq + 1 WHERE id = $1 RETURNING review_seq)
		INSERT INTO round_edits (round_id, seq, kind, detail, before) SELECT $1, review_seq, $2, $3, $4 FROM edited`, r.ID, kind, what, was)
	if err != nil {
		return fmt.Errorf("record an edit of round %d: %w", r.ID, err)
	}
	return nil
}

// editedGroups is what an edit replaced, and the numbers of the groups it put there instead: undo reads it.
type editedGroups struct {
	Replaced []storedGroup `json:"groups"`
	Formed   []int         `json:"formed,omitempty"`
}
