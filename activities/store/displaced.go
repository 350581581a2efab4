package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/quota"
)

// moveDisplaced plans anew what the rules of some senders no longer allow where it is, after their hours, holidays or quotas
// were edited, or the hours of contacts. A mail only moves later, and takes those after it along where their delays say so;
// what is allowed stays. Whoever wakes too early waits; those who find no slot at all look for one every day, once reconcile
// has rung them.
func moveDisplaced(ctx context.Context, tx pgx.Tx, senders []int64) error {
	before, err := newPlanner(ctx, tx, senders, true, time.Time{})
	if err != nil {
		return err
	}
	first, zones, err := before.displaced(ctx, tx)
	if err != nil || len(first) == 0 {
		return err
	}
	all, err := freeFrom(ctx, tx, first)
	if err != nil {
		return err
	}
	m := mover{zones: zones, sequences: map[int64]Sequence{}, editions: map[edition][]Step{}, paces: map[int64]*quota.Batch{}}
	if m.planner, err = newPlanner(ctx, tx, senders, true, before.asOf); err != nil {
		return err
	}
	if err := m.holdBatches(ctx, tx, all); err != nil {
		return err
	}
	for _, d := range all {
		if err := m.move(ctx, tx, d); err != nil {
			return err
		}
	}
	return m.write(ctx, tx)
}

// displaced finds the first step of each enrollment whose slot is not allowed any more, and where the contacts live.
func (p *planner) displaced(ctx context.Context, tx pgx.Tx) (first map[int64]int, zones map[int64]string, err error) {
	type slot struct {
		Sender     int64     `db:"sender_id"`
		Enrollment int64     `db:"enrollment_id"`
		Step       int       `db:"step"`
		At         time.Time `db:"at"`
		Gone       bool      `db:"gone"` // or passed: a turn sees to it
		Domain     string    `db:"domain"`
		Company    string    `db:"company"`
		From       int       `db:"from_hour"`
		To         int       `db:"to_hour"`
		Timezone   string    `db:"timezone"`
		TheirFrom  int       `db:"contact_from_hour"`
		TheirTo    int       `db:"contact_to_hour"`
	}
	senders := make([]int64, 0, len(p.boxes))
	for id := range p.boxes {
		senders = append(senders, id)
	}
	slots, err := manyRows[slot](ctx, tx, "slots", `SELECT s.sender_id, s.enrollment_id, s.step, s.at, s.claimed OR s.at <= $2 AS gone, s.domain, s.company,
			coalesce(t.from_hour, 0) AS from_hour, coalesce(t.to_hour, 24) AS to_hour, p.timezone, q.contact_from_hour, q.contact_to_hour
		FROM slots s JOIN enrollments e ON e.id = s.enrollment_id JOIN sequences q ON q.id = e.sequence_id JOIN people p ON p.id = e.person_id
		LEFT JOIN sequence_steps t ON t.sequence_id = e.sequence_id AND t.edition = e.edition AND t.no = s.step
		WHERE s.sender_id = ANY ($1) AND s.at > $2::timestamptz - interval '49 hours' ORDER BY s.at, s.enrollment_id, s.step`, senders, p.now)
	if err != nil {
		return nil, nil, err
	}
	gone, ahead, of := map[int64][]quota.Taken{}, map[int64][]quota.Reserved{}, map[int64][]slot{}
	for _, s := range slots {
		t := quota.Taken{At: s.At, Domain: s.Domain, Company: s.Company}
		if s.Gone {
			gone[s.Sender] = append(gone[s.Sender], t)
			continue
		}
		theirs := Sequence{ContactFromHour: s.TheirFrom, ContactToHour: s.TheirTo}.contactHours(recipient{Timezone: s.Timezone})
		ahead[s.Sender] = append(ahead[s.Sender], quota.Reserved{Taken: t, From: s.From, To: s.To, Contact: theirs})
		of[s.Sender] = append(of[s.Sender], s)
	}
	first, zones = map[int64]int{}, map[int64]string{}
	for sender, box := range p.boxes {
		for _, i := range box.Displaced(gone[sender], ahead[sender], shortWait) {
			s := of[sender][i]
			if step, ok := first[s.Enrollment]; !ok || s.Step < step {
				first[s.Enrollment] = s.Step
			}
			zones[s.Enrollment] = s.Timezone
		}
	}
	return first, zones, nil
}

// freed is an enrollment that lost its slots from a step on.
type freed struct {
	Enrollment
	step  int
	slots map[int]quota.Taken // by step
}

// freeFrom takes the slots of enrollments from their steps on back. Those whose slots have gone meanwhile are left out. They
// come in the order of their slots.
func freeFrom(ctx context.Context, tx pgx.Tx, first map[int64]int) ([]freed, error) {
	var ids []int64
	var steps []int
	for id, step := range first {
		ids, steps = append(ids, id), append(steps, step)
	}
	held, err := manyRows[Enrollment](ctx, tx, "enrollments", `SELECT `+enrollmentColumns+` FROM enrollments e WHERE e.id = ANY ($1) AND e.ended_at IS NULL
		ORDER BY e.id FOR UPDATE`, ids)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `DELETE FROM slots s USING unnest($1::bigint[], $2::int[]) AS x (id, step)
		WHERE s.enrollment_id = x.id AND s.step >= x.step AND NOT s.claimed RETURNING s.enrollment_id, s.step, s.at, s.domain, s.company`, ids, steps)
	if err != nil {
		return nil, fmt.Errorf("free displaced slots: %w", err)
	}
	lost := map[int64]map[int]quota.Taken{}
	var id int64
	var step int
	var t quota.Taken
	_, err = pgx.ForEachRow(rows, []any{&id, &step, &t.At, &t.Domain, &t.Company}, func() error {
		if lost[id] == nil {
			lost[id] = map[int]quota.Taken{}
		}
		lost[id][step] = t
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("free displaced slots: %w", err)
	}
	var all []freed
	for _, e := range held {
		if _, ok := lost[e.ID][first[e.ID]]; ok {
			all = append(all, freed{e, first[e.ID], lost[e.ID]})
		}
	}
	slices.SortFunc(all, func(a, b freed) int {
		return cmp.Or(a.slots[a.step].At.Compare(b.slots[b.step].At), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}
