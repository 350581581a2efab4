package main_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"rondo/api/client"
)

const (
	killedRounds  = 20
	killedMembers = 5_000
	killLanes     = 10 // so many rounds at a time, each in a house of its own: a killed worker's work waits for its timeout
)

// TestWorkerKilledAtRandom kills the worker of a round of 5,000 members one to three times at random moments, in 20 rounds.
// Nobody may be lost, and whoever is written to twice must be in the ledger with the doubt that led to it. Some evidence of
// what arrived is lost as well, so that doubts are decided both ways.
func TestWorkerKilledAtRandom(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	var total tally
	t.Cleanup(func() {
		if t.Failed() {
			return
		}
		t.Logf("%d rounds of %d members, %d kills: 0 lost, 0 silent duplicates; %d copies of %d messages, every second copy in the ledger",
			total.rounds.Load(), killedMembers, total.kills.Load(), total.copies.Load(), total.rounds.Load()*2*killedMembers)
	})
	for lane := range killLanes {
		t.Run(fmt.Sprint("lane ", lane+1), func(t *testing.T) {
			t.Parallel()
			h := setup(t, "RONDO_UNKNOWN_AFTER=3s", "RONDO_LOG_LEVEL=warn")
			h.simulator.faults(seed, map[string]any{"kind": "drop_event", "percent": 40})
			people := h.importPeople(killedMembers)
			for i := range killedRounds / killLanes {
				k := &killer{h: h, total: &total, draw: rand.New(rand.NewPCG(seed, uint64(lane*1000+i)))}
				k.round(fmt.Sprintf("Lane %d round %d", lane+1, i+1), people[1:])
			}
			h.requireReplays("")
		})
	}
}

// seedOf is RONDO_TEST_SEED, or a random number that is printed.
func seedOf(t *testing.T) uint64 {
	seed := rand.Uint64()
	if given, err := strconv.ParseUint(os.Getenv("RONDO_TEST_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("RONDO_TEST_SEED=%d draws the same moments again", seed)
	return seed
}

// tally is what all lanes have seen.
type tally struct{ rounds, kills, copies atomic.Int64 }

// killer kills the worker of a house at moments drawn beforehand.
type killer struct {
	h       *house
	total   *tally
	draw    *rand.Rand
	moments []int // numbers of the simulator's messages
	kills   int
}

// round runs a round while its worker is killed, and checks what is promised.
func (k *killer) round(name string, people []int64) {
	h := k.h
	h.t.Helper()
	began, before := time.Now(), h.simulator.last()
	for range 1 + k.draw.IntN(3) {
		k.moments = append(k.moments, before+k.draw.IntN(2*len(people)))
	}
	p := h.program(func(f *client.ProgramFields) { f.Name, f.Reminder = &name, new(false) })
	id := h.schedule(p, asking(h.in(24*time.Hour)))
	k.until("every opt-in mail is decided", func() (bool, string) { return h.decided(id, "opt_in", len(people)) })
	h.answers(id, "yes", people...)
	h.move(id, "now")
	k.until("every match mail is decided", func() (bool, string) { return h.decided(id, "match", len(people)) })
	k.until("the round is sent", func() (bool, string) { return h.round(id).Phase == client.RoundPhaseSent, "" })
	h.requireNoneLost(id, "opt_in", people)
	h.requireNoneLost(id, "match", people)
	h.requireKnown()
	copies := h.simulator.last() - before
	h.t.Logf("%s: %d kills, %d copies of %d messages, %s", name, k.kills, copies, 2*len(people), time.Since(began).Round(time.Second))
	k.total.rounds.Add(1)
	k.total.kills.Add(int64(k.kills))
	k.total.copies.Add(int64(copies))
}

// decided reports whether so many messages of a kind are sent, or in doubt for good: what was killed while it was sent once
// more is not sent a third time, and stays in the list of doubts.
func (h *house) decided(round int64, purpose string, n int) (bool, string) {
	h.t.Helper()
	now := one[string](h, `SELECT coalesce(jsonb_object_agg(what, n), '{}')::text FROM (SELECT CASE WHEN state = 'sent' OR
		(state = 'unknown' AND unknown_at IS NULL) THEN 'decided' ELSE state END AS what, count(*) AS n
		FROM messages WHERE subject_id = $1 AND purpose = $2 GROUP BY 1) m`, round, purpose)
	return now == fmt.Sprintf(`{"decided": %d}`, n), now
}

// until waits, and kills meanwhile.
func (k *killer) until(what string, holds func() (bool, string)) {
	k.h.t.Helper()
	await(k.h.t, 2*patience, what, func() (bool, string) {
		k.tick()
		return holds()
	})
}

// tick kills the worker if its moment has come, give or take some milliseconds, and starts it again.
func (k *killer) tick() {
	out := k.h.simulator.last()
	for i, m := range k.moments {
		if out < m-500 { // mails come in thousands
			continue
		}
		k.moments = append(k.moments[:i:i], k.moments[i+1:]...)
		time.Sleep(time.Duration(k.draw.IntN(400)) * time.Millisecond) // this is the moment, not a wait for something
		k.h.workers[0].kill()
		k.h.workers[0].again()
		k.kills++
		return
	}
}
