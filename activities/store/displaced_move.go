package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/quota"
)

// mover gives enrollments other slots, and keeps what is to be written.
type mover struct {
	planner   *planner
	zones     map[int64]string // of contacts, by enrollment
	sequences map[int64]Sequence
	editions  map[edition][]Step
	paces     map[int64]*quota.Batch

	slots   [][]any
	ids     []int64 // of enrollments whose present step moves
	due     []time.Time
	reasons []string
}

type edition struct {
	sequence int64
	no       int
}

// holdBatches reads, and locks, the paces of the batches whose first steps move.
func (m *mover) holdBatches(ctx context.Context, tx pgx.Tx, all []freed) error {
	var ids []int64
	for _, d := range all {
		if d.step == 1 {
			ids = append(ids, d.BatchID)
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		pace, err := paceOf(ctx, tx, id, 0, m.planner.now, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		m.paces[id] = pace
	}
	return nil
}

func (m *mover) rules(ctx context.Context, tx pgx.Tx, e Enrollment) (s Sequence, steps []Step, err error) {
	s, ok := m.sequences[e.SequenceID]
	if !ok {
		if s, err = sequenceByID(ctx, tx, e.SequenceID, ""); err != nil {
			return s, nil, err
		}
		m.sequences[e.SequenceID] = s
	}
	key := edition{e.SequenceID, e.Edition}
	if steps, ok = m.editions[key]; !ok {
		if steps, err = stepsOf(ctx, tx, e.SequenceID, e.Edition); err != nil {
			return s, nil, err
		}
		m.editions[key] = steps
	}
	return s, steps, nil
}

// move gives an enrollment slots for the steps that lost theirs, each not before the one it had and not before its delay after
// the one before. Those that find none get one when their turn comes.
func (m *mover) move(ctx context.Context, tx pgx.Tx, d freed) error {
	s, steps, err := m.rules(ctx, tx, d.Enrollment)
	if err != nil {
		return err
	}
	box := m.planner.boxes[d.SenderID]
	var went time.Time
	for _, step := range steps[min(d.step-1, len(steps)):] {
		had, reserved := d.slots[step.No]
		at := had.At
		if step.No > d.step {
			at = later(step.after(box, went), at)
		}
		if step.Kind == MailStep {
			if !reserved {
				return nil
			}
			a := s.ask(d.SenderID, step, recipient{Timezone: m.zones[d.ID]}, at)
			a.Domain, a.Company = had.Domain, had.Company
			if step.No == 1 {
				a.Batch = m.paces[d.BatchID]
			}
			var ok bool
			if at, ok = m.planner.Reserve(a); !ok {
				if step.No == d.Step {
					m.wakes(d.ID, m.planner.now.AddDate(0, 0, 1), "horizon")
				}
				return nil
			}
			m.slots = append(m.slots, []any{d.ID, step.No, d.SenderID, at, had.Domain, had.Company, pacedBy(d.BatchID, step.No)})
			if step.No == d.Step {
				m.wakes(d.ID, at, "")
			}
		}
		went = at
	}
	return nil
}

func (m *mover) wakes(enrollment int64, at time.Time, reason string) {
	m.ids, m.due, m.reasons = append(m.ids, enrollment), append(m.due, at), append(m.reasons, reason)
}

func (m *mover) write(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"slots"}, slotColumns, pgx.CopyFromRows(m.slots))
	if err != nil {
		return fmt.Errorf("move displaced slots: %w", err)
	}
	_, err = tx.Exec(ctx, `UPDATE enrollments e SET due_at = x.at, reason = x.reason, version = version + 1,
			ring_since = CASE x.reason WHEN 'horizon' THEN now() ELSE e.ring_since END
		FROM unnest($1::bigint[], $2::timestamptz[], $3::text[]) AS x (id, at, reason) WHERE e.id = x.id`, m.ids, m.due, m.reasons)
	if err != nil {
		return fmt.Errorf("move displaced enrollments: %w", err)
	}
	return nil
}
