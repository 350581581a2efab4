package store_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/mail"
	"rondo/activities/store"
)

// Drafts are engaged over the same senders while contacts are resumed, reassigned and planned anew: no two planners fill
// the same place. Without FOR NO KEY UPDATE in newPlanner it failed in each of six runs.
func TestPlannersAtOnceNeverShareASlot(t *testing.T) {
	const drafts, each = 8, 12
	boxes := []store.Sender{office(3, 20), office(4, 15)}
	boxes[0].MinGapS, boxes[1].PerDomain = 300, 5
	second := store.Step{Kind: store.MailStep, Text: "Again", Thread: true, DelayDays: 1, ToHour: 24, StaleHours: 24}
	o := setupOutreach(t, drafts*each*2, boxes, letter("First"), second)
	o.exec(`UPDATE people SET email = 'p' || id || '@d' || id % 4 || '.example'`)
	ctx := context.Background()
	first := o.draft(1, drafts*each, func(b *store.Batch) { b.Start = "at_once" })
	all := o.engage(first)
	require.Empty(t, o.broken())

	var ids []int64
	for _, e := range all {
		ids = append(ids, e.ID)
	}
	var wg sync.WaitGroup
	engaged, turns := make([]int, drafts), make([]int, 4)
	for i := range drafts {
		b := o.draft(int64(drafts*each+i*each+1), int64(drafts*each+(i+1)*each), func(b *store.Batch) { b.Start = "at_once" })
		wg.Go(func() {
			p, err := o.PreviewBatch(ctx, b, time.Time{}, mail.Needs)
			if err != nil {
				t.Error(err)
				return
			}
			done, _, err := o.EngageBatch(ctx, b.ID, b.Version, p.AsOf, p.Digest, true, mail.Needs)
			if err != nil {
				t.Error(err)
			}
			engaged[i] = done.Engaged
		})
	}
	for i := range turns {
		r := rand.New(rand.NewPCG(uint64(i), 1))
		wg.Go(func() {
			for range 40 {
				id := ids[r.IntN(len(ids))]
				one := store.EnrollmentFilter{IDs: []int64{id}}
				var err error
				switch r.IntN(3) {
				case 0:
					_, _, err = o.PauseEnrollments(ctx, one, nil, 0)
				case 1:
					_, err = o.ResumeEnrollments(ctx, one)
				default:
					_, err = o.ReassignEnrollments(ctx, one, o.senders[r.IntN(2)])
				}
				if err != nil {
					t.Error(err)
				}
				_, err = o.TakeStep(ctx, id, uuid.NewString(), time.Hour)
				if err != nil {
					t.Error(err)
				}
				turns[i]++
			}
		})
	}
	wg.Wait()
	require.Empty(t, o.broken())
	var slots, late int
	require.NoError(t, o.Pool().QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE e.batch_id > 1) FROM slots s JOIN enrollments e ON e.id = s.enrollment_id`).Scan(&slots, &late))
	require.Equal(t, drafts*each*2, late, "every mail of the drafts has its slot")
	t.Logf("%v engaged and %v turns at once: %d slots, no violation", engaged, turns, slots)
}
