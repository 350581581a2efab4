package main_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"rondo/activities/bell"
	"rondo/activities/store"
	"rondo/api"
	"rondo/workflows"
)

// persist acts until somebody answers, always with the same key: the API may be down at the moment.
func (g *guest) persist(kind string, meeting int) {
	key := uuid.NewString()
	for g.t.Context().Err() == nil {
		status, _, err := g.send(map[string]any{"key": key, "kind": kind, "tab": g.tab, "meeting": meeting})
		if err == nil && status < http.StatusInternalServerError && status != http.StatusTooManyRequests {
			return
		}
		time.Sleep(poll)
	}
}

// roam behaves like somebody at a fair until stopped: gets ready, meets, leaves early, goes out and comes back.
func (g *guest) roam(stop <-chan struct{}, draw *rand.Rand) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(time.Duration(50+draw.IntN(400)) * time.Millisecond):
		}
		v := g.now()
		switch {
		case v.Me.State == "outside" || v.Me.State == "exited":
			g.persist("enter", 0)
		case v.Meeting != nil && v.Meeting.StartedAt == nil:
			g.persist("media", v.Meeting.No)
		case v.Meeting != nil && draw.IntN(4) == 0:
			g.persist("leave", v.Meeting.No)
		case v.Meeting == nil && draw.IntN(12) == 0:
			g.persist("exit", 0)
		case v.Me.State == "lobby" || v.Me.State == "away":
			g.persist("ready", 0)
		case v.Me.State == "ready" && draw.IntN(20) == 0:
			g.persist("unready", 0)
		}
	}
}

// TestSessionKilledAtRandom lets guests meet while the workers, the API, Temporal, LiveKit and Postgres are killed, and a
// worker that owns the lobby is held up until another one has taken over. What is written down at the end is checked: nobody
// was in two meetings, nobody met the same person again within five minutes, everybody is free, and the workflow has ended.
// RONDO_HISTORY is for how many seconds.
func TestSessionKilledAtRandom(t *testing.T) {
	t.Parallel()
	needServers(t)
	seed := seedOf(t)
	draw := rand.New(rand.NewPCG(seed, 0))
	s := startServers(t)
	f := holdOn(t, setup(t, s.env...), 14, func(s *store.NetworkingSession) { s.MeetingS = 60 })
	f.addWorker()
	guests := f.guests()
	stop := make(chan struct{})
	var all sync.WaitGroup
	for i, g := range guests {
		all.Go(func() { g.roam(stop, rand.New(rand.NewPCG(seed, uint64(i+1)))) })
	}
	lasts := 40
	if n, err := strconv.Atoi(os.Getenv("RONDO_HISTORY")); err == nil {
		lasts = n
	}
	kills := map[string]int{}
	for end := time.Now().Add(time.Duration(lasts) * time.Second); time.Now().Before(end); {
		time.Sleep(time.Duration(500+draw.IntN(3000)) * time.Millisecond) // moments, not waits for something
		what := []string{"worker", "worker", "api", "temporal", "livekit", "postgres", "stall"}[draw.IntN(7)]
		kills[what]++
		switch what {
		case "worker":
			w := f.workers[draw.IntN(2)]
			w.kill()
			w.again()
		case "api":
			f.api.kill()
			f.api.again()
		case "stall": // longer than its heartbeat may be late
			w := f.workers[draw.IntN(2)]
			require.NoError(t, w.cmd.Process.Signal(syscall.SIGSTOP))
			time.Sleep(6 * time.Second)
			require.NoError(t, w.cmd.Process.Signal(syscall.SIGCONT))
		default:
			s.do("kill", what)
		}
	}
	close(stop)
	all.Wait()
	await(t, patience, "the session can be closed", func() (bool, string) { // what was killed last is back by then
		_, rings, err := f.facts.EndSession(t.Context(), f.session.ID)
		if err != nil {
			return false, err.Error()
		}
		err = bell.New(f.temporal).All(t.Context(), rings)
		return err == nil, fmt.Sprint(err)
	})
	for _, g := range guests {
		g.await("the end", func(v api.RoomView) bool { return v.Session.Phase == "ending" || v.Session.Phase == "closed" })
		if m := g.now().Meeting; m != nil {
			g.persist("leave", m.No)
		}
	}
	require.NoError(t, f.temporal.GetWorkflow(t.Context(), workflows.SessionID(f.session.ID), "").Get(t.Context(), nil))
	f.requireInOrder()
	f.requireReplays("session-killed")
	made := one[int](f.house, `SELECT count(*) FROM meetings`)
	require.Positive(t, made)
	t.Logf("%d meetings, %d of them begun, %d owners of the lobby; killed: %v", made,
		one[int](f.house, `SELECT count(*) FROM meetings WHERE started_at IS NOT NULL`), one[int](f.house, `SELECT epoch FROM networking_sessions`), kills)
}

// requireInOrder checks what is written about a session that is over.
func (f *fair) requireInOrder() {
	f.t.Helper()
	zero := func(what, sql string) {
		f.t.Helper()
		require.Zero(f.t, one[int](f.house, sql), what)
	}
	zero("somebody is not free", `SELECT count(*) FROM meeting_members WHERE open`)
	zero("a meeting has not ended", `SELECT count(*) FROM meetings WHERE ended_at IS NULL`)
	zero("somebody is in a meeting or waits", `SELECT count(*) FROM attendees WHERE state = 'meeting'`)
	zero("somebody was in two meetings", `SELECT count(*) FROM meeting_members x JOIN meetings m USING (session_id, no)
		JOIN meeting_members y ON y.person_id = x.person_id AND y.no > x.no JOIN meetings n ON n.session_id = y.session_id AND n.no = y.no
		WHERE n.made_at < m.ended_at`)
	zero("two met again within five minutes", `WITH pairs AS (
			SELECT x.person_id AS a, y.person_id AS b, m.no, m.made_at, m.ended_at FROM meeting_members x JOIN meeting_members y USING (session_id, no)
			JOIN meetings m USING (session_id, no) WHERE x.person_id < y.person_id)
		SELECT count(*) FROM pairs p JOIN pairs q USING (a, b) WHERE q.no > p.no AND q.made_at < p.ended_at + interval '5 minutes'`)
	zero("a meeting of one", `SELECT count(*) FROM meetings m WHERE (SELECT count(*) FROM meeting_members x WHERE x.no = m.no) < 2`)
	zero("a meeting ended before it was made", `SELECT count(*) FROM meetings WHERE ended_at < made_at`)
}
