package api

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rondo/activities/store"
)

func (s *Server) addNetworkingLive() {
	counts := newLiveCounts(s.store.SessionLive)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/live", ID: "get-session-live", Tag: "networking", Scope: Read,
		Summary: "Read how a session is going, at most a second old",
	}, func(ctx context.Context, in *SessionPath) (*sessionLiveOutput, error) {
		live, err := counts.read(ctx, in.ID, time.Now().Add(-liveInterval))
		return &sessionLiveOutput{showSessionLive(live)}, err
	})
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/sessions/{id}/events", ID: "watch-session", Tag: "networking", Scope: Read, Stream: true,
		Summary:     "Watch a session: server-sent events",
		Description: "Sends what get-session-live answers at once and when it changes, at most once a second, until the session is closed or cancelled.",
		Document: func(op *huma.Operation) {
			sends[SessionLive](s, "Events named `live`; each says everything")(op)
		},
	}, func(ctx context.Context, in *SessionPath) (*Events, error) { return s.watchSession(ctx, counts, in.ID) })
}

// SessionLive is how a networking session is going.
type SessionLive struct {
	Phase        string  `json:"phase" enum:"planned,doors,open,ending,closed,cancelled"`
	Paused       bool    `json:"paused"`
	Present      int     `json:"present" doc:"In the lobby, ready or in a meeting"`
	Lobby        int     `json:"lobby" doc:"Here and not ready"`
	Ready        int     `json:"ready" doc:"Wait to be paired"`
	InMeeting    int     `json:"in_meeting" doc:"People"`
	Away         int     `json:"away" doc:"Came, and no page of theirs is connected"`
	Exited       int     `json:"exited" doc:"Left networking, or lost their ticket"`
	Removed      int     `json:"removed" doc:"By an organiser"`
	OpenMeetings int     `json:"open_meetings"`
	Meetings     int     `json:"meetings" doc:"Made so far"`
	WaitP50      float64 `json:"wait_p50" doc:"Seconds that people waited for their meeting: the median over the last 500 meetings"`
	WaitP95      float64 `json:"wait_p95" doc:"Likewise, the 95th percentile"`
	LongestWait  float64 `json:"longest_wait" doc:"Seconds that somebody who is ready has been waiting"`
}

type sessionLiveOutput struct{ Body SessionLive }

func showSessionLive(l store.SessionLive) SessionLive {
	return SessionLive{
		Phase: l.Phase, Paused: l.Paused, Present: l.Present, Lobby: l.Lobby, Ready: l.Ready, InMeeting: l.InMeeting, Away: l.Away, Exited: l.Exited,
		Removed: l.Removed, OpenMeetings: l.OpenMeetings, Meetings: l.Meetings, WaitP50: seconds(l.WaitP50), WaitP95: seconds(l.WaitP95), LongestWait: seconds(l.Longest),
	}
}

func seconds(milliseconds int64) float64 { return float64(milliseconds) / 1000 }

// watchSession sends the counts whenever they have changed.
func (s *Server) watchSession(ctx context.Context, counts *liveCounts, id int64) (*Events, error) {
	if _, err := s.store.Session(ctx, id); err != nil {
		return nil, err
	}
	return s.events(ctx, func(ctx context.Context, send func(Event) error) error {
		changed, leave := s.hub.Watch("session-" + strconv.FormatInt(id, 10))
		defer leave()
		tick := time.NewTicker(readAnyway)
		defer tick.Stop()
		var seen *SessionLive
		since := time.Now().Add(-liveInterval) // the first at once
		for {
			live, err := counts.read(ctx, id, since)
			if err != nil {
				return err
			}
			if now := showSessionLive(live); seen == nil || *seen != now {
				if err := send(Event{ID: strconv.FormatInt(live.Seq, 10), Name: "live", Data: now}); err != nil {
					return err
				}
				seen = &now
			}
			if live.Phase == store.SessionClosed || live.Phase == store.SessionCancelled {
				return nil
			}
			select {
			case <-ctx.Done():
				return nil
			case <-changed:
			case <-tick.C:
			}
			since = time.Now()
		}
	}), nil
}

// liveInterval is how often the counts of one session are read at most, by all who ask this process together.
const liveInterval = time.Second

// liveCounts shares the counts of sessions among those who ask for them.
type liveCounts struct {
	query func(ctx context.Context, session int64) (store.SessionLive, error)
	mu    sync.Mutex
	kept  map[int64]*liveCount
}

type liveCount struct {
	mu   sync.Mutex
	at   time.Time // when the reading began; zero: never
	live store.SessionLive
}

func newLiveCounts(query func(context.Context, int64) (store.SessionLive, error)) *liveCounts {
	return &liveCounts{query: query, kept: map[int64]*liveCount{}}
}

// read gives counts that are not older than since. It may wait for up to liveInterval, so that they are not read more often.
func (c *liveCounts) read(ctx context.Context, session int64, since time.Time) (store.SessionLive, error) {
	kept := c.of(session)
	for {
		live, wait, err := kept.read(ctx, since, func() (store.SessionLive, error) { return c.query(ctx, session) })
		if err != nil || wait <= 0 {
			return live, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return live, ctx.Err()
		case <-timer.C:
		}
	}
}

// read says how long to wait before it may be asked again, where it may not read now.
func (k *liveCount) read(ctx context.Context, since time.Time, query func() (store.SessionLive, error)) (store.SessionLive, time.Duration, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := ctx.Err(); err != nil || !k.at.Before(since) && !k.at.IsZero() {
		return k.live, 0, err
	}
	now := time.Now()
	if wait := k.at.Add(liveInterval).Sub(now); wait > 0 {
		return k.live, wait, nil
	}
	live, err := query()
	if err == nil {
		k.at, k.live = now, live
	}
	return live, 0, err
}

// of finds what is kept of a session, and forgets those that nobody has asked about for a while.
func (c *liveCounts) of(session int64) *liveCount {
	c.mu.Lock()
	defer c.mu.Unlock()
	if k := c.kept[session]; k != nil {
		return k
	}
	for id, k := range c.kept {
		if k.mu.TryLock() {
			if time.Since(k.at) > time.Minute {
				delete(c.kept, id)
			}
			k.mu.Unlock()
		}
	}
	k := &liveCount{}
	c.kept[session] = k
	return k
}
