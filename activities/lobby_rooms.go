package activities

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"rondo/activities/pairing"
	"rondo/activities/video"
)

const (
	roomsAtATime = 32              // calls to LiveKit of one lobby
	roomWithin   = 3 * time.Second // for one of them
	lookAtOnce   = 64              // meetings asked about in one go
	mendParts    = 5               // a room is looked after every so many seconds: all at once, LiveKit would do nothing else meanwhile
)

// rooms are the video rooms of a lobby's meetings. Calls are made beside the lobby's turns.
type rooms struct {
	ctx     context.Context //nolint:containedctx // of the attempt that owns the lobby
	video   *video.LiveKit
	session int64
	results chan result
	calls   errgroup.Group
	starts  sync.WaitGroup

	mu      sync.Mutex
	deleted []int          // rooms known to be gone, and not yet written down
	spares  map[int]*spare // by their numbers
	unsure  int            // up to this number, a former owner of the lobby may have made rooms ahead
	calm    time.Time      // no room is asked for before
}

// result says whether the room of a proposal exists.
type result struct {
	proposal pairing.Proposal
	err      error
}

// newRooms begins after the last meeting that is written down.
func newRooms(ctx context.Context, v *video.LiveKit, session int64, last int) *rooms {
	r := &rooms{ctx: ctx, video: v, session: session, results: make(chan result, 256), spares: map[int]*spare{}, unsure: last + sparesAtMost}
	r.calls.SetLimit(roomsAtATime)
	return r
}

// wait returns when no call is under way any more; the context has to be over.
func (r *rooms) wait() {
	r.starts.Wait()
	_ = r.calls.Wait() // none fails
}

// begin makes a call when there is room for it; it never blocks the lobby.
func (r *rooms) begin(call func()) {
	r.starts.Go(func() { r.calls.Go(func() error { call(); return nil }) })
}

func (r *rooms) name(no int) string { return video.RoomName(r.session, no) }

func (r *rooms) open(ctx context.Context, no int) error {
	ctx, cancel := context.WithTimeout(ctx, roomWithin)
	defer cancel()
	return r.video.CreateRoom(ctx, r.name(no), video.Room{
		Max: 3, Empty: spareFor + pairing.ConnectWithin + pairing.Grace, Departure: pairing.Grace + 10*time.Second,
	})
}

func (r *rooms) remove(no int) error {
	ctx, cancel := context.WithTimeout(r.ctx, roomWithin)
	defer cancel()
	return r.video.DeleteRoom(ctx, r.name(no))
}

// forget deletes rooms. One that cannot be deleted stays listed in Postgres, and LiveKit forgets it when it is empty.
func (r *rooms) forget(nos []int) {
	for _, no := range nos {
		r.begin(func() {
			if r.remove(no) != nil {
				return
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.deleted = append(r.deleted, no)
		})
	}
}

// gone lists rooms that have been deleted since it was last asked.
func (r *rooms) gone() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	gone := r.deleted
	r.deleted = nil
	return gone
}

// look asks LiveKit who is in the rooms of these meetings, by their members: what webhooks would have said, had none been lost.
func (r *rooms) look(ctx context.Context, members map[int][]int64) ([]pairing.Action, error) {
	var mu sync.Mutex
	var seen []pairing.Action
	var g errgroup.Group
	g.SetLimit(4)
	asked := 0
	for no, expected := range members { // in no order: those left out now come another time
		if asked++; asked > lookAtOnce {
			break
		}
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, roomWithin)
			defer cancel()
			people, err := r.video.Participants(ctx, r.name(no))
			if errors.Is(err, video.ErrNoRoom) {
				return nil // mend makes it anew; whose fault it was is not known
			}
			if err != nil {
				return err
			}
			here := map[int64]pairing.Kind{}
			for _, p := range people {
				switch {
				case p.Active && (p.Audio || p.Video):
					here[p.Person] = pairing.Media
				case p.Active:
					here[p.Person] = pairing.Joined
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for _, person := range expected {
				kind := here[person]
				if kind == "" {
					kind = pairing.Lost
				}
				seen = append(seen, pairing.Action{Kind: kind, Person: person, Meeting: no})
			}
			return nil
		})
	}
	err := g.Wait()
	return seen, err
}

// mend makes the rooms of open meetings anew that LiveKit has lost, as by a restart: pages come back to them by themselves. Where
// fewer people are counted than a meeting that has begun has, it looks closer. It looks after one part of the rooms, of those that
// stand ready too.
func (r *rooms) mend(ctx context.Context, part int, members map[int][]int64, connecting map[int]bool) ([]pairing.Action, error) {
	other := func(no int) bool { return no%mendParts != part }
	maps.DeleteFunc(members, func(no int, _ []int64) bool { return other(no) })
	names := make([]string, 0, len(members))
	for no := range members {
		names = append(names, r.name(no))
	}
	ready := slices.DeleteFunc(r.ready(), other)
	for _, no := range ready {
		names = append(names, r.name(no))
	}
	within, cancel := context.WithTimeout(ctx, roomWithin)
	defer cancel()
	counted, err := r.video.Rooms(within, names...)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.keep(func(no int) bool {
		_, there := counted[r.name(no)]
		return there || !slices.Contains(ready, no) // made since
	})
	r.mu.Unlock()
	doubtful := map[int][]int64{}
	for no, expected := range members {
		n, exists := counted[r.name(no)]
		if !exists {
			if err := r.open(ctx, no); err != nil {
				return nil, err
			}
		}
		if exists && n < len(expected) && !connecting[no] {
			doubtful[no] = expected
		}
	}
	return r.look(ctx, doubtful)
}
