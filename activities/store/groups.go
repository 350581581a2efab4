package store

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"rondo/activities/matching"
)

// copyGroups stores groups, each under the number that no gives its index, and counts what there are then. Many groups have
// the same score and reasons: these are sent, and read by Postgres, once.
func copyGroups(ctx context.Context, tx pgx.Tx, r Round, groups []matching.Group, no func(i int) int) error {
	round := r.ID
	numbers, verdicts := make([]int, len(groups)), make([]int, len(groups))
	pinned, odd := make([]bool, len(groups)), make([]bool, len(groups))
	var scores, reasons []string
	known := map[[2]string]int{}
	for i, g := range groups {
		numbers[i], pinned[i], odd[i] = no(i), g.Pinned, g.Odd
		if i > 0 && g.Score.Compare(groups[i-1].Score) == 0 && slices.Equal(g.Reasons, groups[i-1].Reasons) {
			verdicts[i] = verdicts[i-1]
			continue
		}
		score, err := json.Marshal(g.Score)
		if err != nil {
			return fmt.Errorf("write the score of a group: %w", err)
		}
		why, err := json.Marshal(g.Reasons)
		if err != nil {
			return fmt.Errorf("write the reasons of a group: %w", err)
		}
		verdict := [2]string{string(score), string(why)}
		if known[verdict] == 0 {
			scores, reasons = append(scores, verdict[0]), append(reasons, verdict[1])
			known[verdict] = len(scores)
		}
		verdicts[i] = known[verdict]
	}
	_, err := tx.Exec(ctx, `INSERT INTO round_groups (round_id, no, pinned, odd, score, reasons)
		SELECT $1, g.no, g.pinned, g.odd, v.score, v.reasons
		FROM unnest($2::int[], $3::bool[], $4::bool[], $5::bigint[]) AS g (no, pinned, odd, verdict) FULL JOIN ( -- full: never a nested loop
			SELECT n, score::jsonb, reasons::jsonb FROM unnest($6::text[], $7::text[]) WITH ORDINALITY AS x (score, reasons, n) OFFSET 0) v ON v.n = g.verdict`,
		round, numbers, pinned, odd, verdicts, scores, reasons)
	if err != nil {
		return fmt.Errorf("store the groups of round %d: %w", round, err)
	}
	group, member := 0, 0
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"group_members"}, []string{"round_id", "group_no", "person_id", "receives"},
		pgx.CopyFromFunc(func() ([]any, error) {
			for group < len(groups) && member == len(groups[group].Members) {
				group, member = group+1, 0
			}
			if group == len(groups) {
				return nil, nil
			}
			person := groups[group].Members[member]
			receives := r.gives() && member == 1
			member++
			return []any{round, no(group), person, receives}, nil
		}))
	if err != nil {
		return fmt.Errorf("store the group members of round %d: %w", round, err)
	}
	_, err = tx.Exec(ctx, `UPDATE round_counts SET groups = (SELECT count(*) FROM round_groups WHERE round_id = $1) WHERE round_id = $1`, round)
	if err != nil {
		return fmt.Errorf("count the groups of round %d: %w", round, err)
	}
	return nil
}

// markUnmatched says who is in no group and why; everybody else is not unmatched any more.
func markUnmatched(ctx context.Context, tx pgx.Tx, round int64, unmatched []matching.Unmatched) error {
	ids := make([]int64, len(unmatched))
	reasons := make([]string, len(unmatched))
	for i, u := range unmatched {
		reason, err := json.Marshal(u)
		if err != nil {
			return fmt.Errorf("explain who is unmatched in round %d: %w", round, err)
		}
		ids[i], reasons[i] = u.ID, string(reason)
	}
	_, err := tx.Exec(ctx, `UPDATE round_members SET unmatched = NULL WHERE round_id = $1 AND unmatched IS NOT NULL AND person_id <> ALL ($2)`, round, ids)
	if err != nil {
		return fmt.Errorf("mark who is matched in round %d: %w", round, err)
	}
	_, err = tx.Exec(ctx, `UPDATE round_members m SET unmatched = u.reason::jsonb FROM unnest($2::bigint[], $3::text[]) AS u (id, reason)
		WHERE m.round_id = $1 AND m.person_id = u.id`, round, ids, reasons)
	if err != nil {
		return fmt.Errorf("mark who is unmatched in round %d: %w", round, err)
	}
	return nil
}

// storedGroup is a group as it stands, also in round_edits.before.
type storedGroup struct {
	No      int     `json:"no"`
	Pinned  bool    `json:"pinned,omitempty"`
	Members []int64 `json:"members"` // ascending; of a mystery the giver, then the receiver
}

// groupsOf reads the groups of a round by number.
func groupsOf(ctx context.Context, q querier, round int64) ([]storedGroup, error) {
	rows, err := q.Query(ctx, `SELECT g.no, g.pinned, m.person_id FROM round_groups g
		JOIN group_members m ON m.round_id = g.round_id AND m.group_no = g.no
		WHERE g.round_id = $1 ORDER BY g.no, m.receives, m.person_id`, round)
	if err != nil {
		return nil, fmt.Errorf("read the groups of round %d: %w", round, err)
	}
	var groups []storedGroup
	var g storedGroup
	var person int64
	_, err = pgx.ForEachRow(rows, []any{&g.No, &g.Pinned, &person}, func() error {
		if len(groups) == 0 || groups[len(groups)-1].No != g.No {
			groups = append(groups, g)
		}
		last := &groups[len(groups)-1]
		last.Members = append(last.Members, person)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the groups of round %d: %w", round, err)
	}
	return groups, nil
}

// digest is the SHA-256 of who meets whom in a result: ids in the engine's own order, groups on lines.
func digest(r matching.Result) []byte {
	h := sha256.New()
	line := []byte{}
	for _, g := range r.Groups {
		line = line[:0]
		for _, id := range g.Members {
			line = append(strconv.AppendInt(line, id, 10), ' ')
		}
		h.Write(append(line, '\n'))
	}
	for _, u := range r.Unmatched {
		_, _ = io.WriteString(h, "-"+strconv.FormatInt(u.ID, 10)+"\n") // a hash takes every write
	}
	return h.Sum(nil)
}
