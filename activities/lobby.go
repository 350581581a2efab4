package activities

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.temporal.io/sdk/activity"

	"rondo/activities/fault"
	"rondo/activities/pairing"
	"rondo/activities/store"
	"rondo/workflows"
)

const (
	// lobbyTick is how long a lobby goes without looking at what it was not told of.
	lobbyTick = 50 * time.Millisecond
	// lobbyRest is the longest that a lobby rests after a turn. It rests as long as the turn took: where that is long, much comes
	// meanwhile and shares the next, and the others on the machine, who have to tell it on, get their time too.
	lobbyRest = 20 * time.Millisecond
	// lobbySecond is the beat of what is not urgent: heartbeats, presence, rooms to delete.
	lobbySecond = time.Second
	// takeAgain is how soon a lobby is taken again that failed: another attempt, perhaps elsewhere.
	takeAgain = 300 * time.Millisecond
)

// RunLobby owns the lobby of a networking session until its last meeting is over. Everything that happens there happens in
// turns: what attendees did and what was observed goes into the state machine of package pairing, and what comes out of it is
// committed, under the epoch of this attempt, before anybody hears of it. Pairs are made right after a turn; their rooms are
// created first, so that who hears of a meeting can join it, and the meeting is committed in the next turn. What a crash leaves
// behind is a pair that still waits, and an empty room that LiveKit forgets.
func (a *Activities) RunLobby(ctx context.Context, in workflows.Ref) (workflows.LobbyEnd, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	hold, facts, state, err := a.DB.TakeLobby(ctx, in.ID)
	if err != nil {
		return workflows.LobbyEnd{}, again(err)
	}
	left, err := a.DB.LeftRooms(ctx, in.ID)
	if err != nil {
		return workflows.LobbyEnd{}, again(err)
	}
	l := &lobby{
		DB: a.DB, session: in.ID, hold: hold, facts: facts, state: state,
		rooms: newRooms(ctx, a.Video, in.ID, facts.Meetings), observed: make(chan []pairing.Action, 16),
	}
	defer l.rooms.wait()
	defer cancel()
	l.rooms.forget(left) //nolint:contextcheck // rooms live as long as the attempt
	err = l.run(ctx, a.Hub)
	return workflows.LobbyEnd{Meetings: l.facts.Meetings}, again(err)
}

// again makes whatever failed be tried again soon: people are waiting. A session that cannot be read stays a failure.
func again(err error) error {
	if err == nil || store.AsFault(err).Permanent() {
		return err
	}
	f := fault.Wrap(err, fault.Unavailable, store.AsFault(err).Code, "it is tried again soon")
	f.RetryAfter = takeAgain
	return f
}

type lobby struct {
	DB       *store.DB
	session  int64
	hold     *store.Lobby
	facts    store.LobbyFacts
	state    *pairing.Lobby
	rooms    *rooms
	made     []result              // rooms that were created, or not
	seen     []pairing.Action      // observed and not yet applied
	observed chan []pairing.Action // what those who look elsewhere have seen
	ahead    int                   // how many rooms are made for meetings to come
	looking  int                   // how many of them are under way
	part     int                   // of the rooms, that it looked after last
	passed   time.Time             // when it last looked what time has brought
}

func (l *lobby) run(ctx context.Context, hub *store.Hub) error {
	bell, leave := hub.Watch(strconv.FormatInt(l.session, 10))
	defer leave()
	tick, second := time.NewTicker(lobbyTick), time.NewTicker(lobbySecond)
	defer tick.Stop()
	defer second.Stop()
	stopping := activity.GetWorkerStopChannel(ctx)
	var ended time.Time
	var took time.Duration
	for beat := 0; ; {
		told := true
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-stopping:
			return errStopping
		case <-bell:
		case r := <-l.rooms.results:
			l.made = append(l.made, r)
		case seen := <-l.observed:
			l.looking--
			l.seen = append(l.seen, seen...)
		case <-second.C:
			l.beat(ctx, beat)
			beat++
			told = false
		case <-tick.C:
			told = false
		}
		if wait := min(took, lobbyRest) - time.Since(ended); told && wait > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(wait):
			}
		}
		began := time.Now()
		l.drain()
		over, err := l.turn(ctx, told)
		ended = time.Now()
		took = ended.Sub(began)
		if over {
			l.rooms.clear() //nolint:contextcheck // as above
		}
		if over || err != nil {
			return err
		}
	}
}

// drain takes the other rooms that are ready by now.
func (l *lobby) drain() {
	for {
		select {
		case r := <-l.rooms.results:
			l.made = append(l.made, r)
		default:
			return
		}
	}
}

// turn does one turn, if there is anything to do: without having been told, it looks. It reports whether the lobby is over.
func (l *lobby) turn(ctx context.Context, told bool) (bool, error) {
	if !told && len(l.made) == 0 && len(l.seen) == 0 {
		facts, waiting, err := l.hold.Peek(ctx)
		if err != nil {
			return false, err
		}
		l.facts.Now = facts.Now
		l.pass(facts.Now)
		if !waiting && facts.Version == l.facts.Version && !l.state.Changed() {
			l.propose(facts.Now) //nolint:contextcheck // pairing is pure, and takes milliseconds
			if len(l.made) == 0 {
				return l.over(), nil
			}
		}
	}
	var useless, ended []int
	err := l.hold.Turn(ctx, l.state.Knows, l.state.Known(), func(facts store.LobbyFacts, actions []pairing.Action) (pairing.Changes, error) { //nolint:contextcheck // as above
		if err := l.heed(facts); err != nil {
			return pairing.Changes{}, err
		}
		for _, action := range append(actions, l.seen...) {
			l.state.Apply(facts.Now, action)
		}
		l.pass(facts.Now)
		l.propose(facts.Now) //nolint:contextcheck // as above
		useless = l.make(facts.Now)
		changes := l.state.Take()
		for _, m := range changes.Meetings {
			if !m.EndedAt.IsZero() {
				ended = append(ended, m.No)
			}
		}
		return changes, nil
	})
	if err != nil {
		return false, err
	}
	l.made, l.seen = nil, nil
	l.rooms.forget(append(useless, ended...)) //nolint:contextcheck // as above
	l.rooms.prepare(l.state.Last(), l.ahead)  //nolint:contextcheck // as above
	return l.over(), nil
}

// heed takes notice of what organisers have changed.
func (l *lobby) heed(facts store.LobbyFacts) error {
	changed := facts.Version != l.facts.Version
	l.facts = facts
	if !changed {
		return nil
	}
	settings, err := facts.Settings()
	if err != nil {
		return err
	}
	l.state.Set(settings)
	return nil
}

// pass lets time pass, tick by tick: it looks at every meeting and everybody who waits.
func (l *lobby) pass(now time.Time) {
	if now.Sub(l.passed) < lobbyTick {
		return
	}
	l.passed = now
	l.state.Pass(now)
}

// make turns pairs whose rooms exist into meetings, and gives the others back. It returns the numbers of rooms that turned
// out to be of no use.
func (l *lobby) make(now time.Time) (useless []int) {
	for _, r := range l.made {
		switch {
		case r.err != nil:
			l.state.Failed(r.proposal)
		case !l.state.Made(now, r.proposal):
			useless = append(useless, r.proposal.No)
		}
	}
	return useless
}

// propose takes the rooms of the pairs that can be made now, or asks for them.
func (l *lobby) propose(now time.Time) {
	if l.rooms.distrusts() {
		return
	}
	for _, p := range l.state.Propose(now) {
		if l.rooms.want(p) {
			l.made = append(l.made, result{proposal: p})
		}
	}
}

// over reports whether nothing can happen any more: the session has ended and so has its last meeting.
func (l *lobby) over() bool {
	return !l.facts.Running() || l.facts.Phase == store.SessionEnding && l.state.Idle()
}

// beat is what happens once a second: the heartbeat, and looking around for what nobody tells.
func (l *lobby) beat(ctx context.Context, n int) {
	states, meetings := l.state.Counts()
	if l.ahead = 0; l.facts.Phase != store.SessionEnding {
		l.ahead = (states[pairing.InLobby] + states[pairing.Ready] + 1) / 2
	}
	l.rooms.prepare(l.state.Last(), l.ahead) //nolint:contextcheck // as above
	activity.RecordHeartbeat(ctx, workflows.LobbyPulse{Lobby: states[pairing.InLobby], Ready: states[pairing.Ready], Meetings: meetings})
	if gone := l.rooms.gone(); len(gone) > 0 {
		if err := l.DB.RoomsGone(ctx, l.session, gone); err != nil {
			l.warn(ctx, err)
			l.rooms.forget(gone) //nolint:contextcheck // as above
		}
	}
	if l.looking > 0 {
		return // what was asked last is not answered yet
	}
	look := func(f func(context.Context) ([]pairing.Action, error)) {
		l.looking++
		go func() {
			seen, err := f(ctx)
			if err != nil {
				l.warn(ctx, err)
			}
			select {
			case l.observed <- seen:
			case <-ctx.Done():
			}
		}()
	}
	if n%2 == 0 {
		look(l.hold.Presence)
	} else {
		doubtful := l.state.Doubtful(l.facts.Now)
		look(func(ctx context.Context) ([]pairing.Action, error) { return l.rooms.look(ctx, doubtful) })
	}
	l.part = (l.part + 1) % mendParts
	open, connecting := l.state.Members(), map[int]bool{}
	for no := range open {
		connecting[no] = l.state.Connecting(no)
	}
	part := l.part
	look(func(ctx context.Context) ([]pairing.Action, error) { return l.rooms.mend(ctx, part, open, connecting) })
}

func (l *lobby) warn(ctx context.Context, err error) {
	if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		activity.GetLogger(ctx).Warn("lobby", "session", l.session, "error", fmt.Sprint(store.AsFault(err).Code))
	}
}
