package api

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"rondo/activities/store"
)

const (
	// roomAnyway is how often a feed looks for itself, in case a notification was lost.
	roomAnyway = 2 * time.Second
	// roomCounts is how often everybody is told how many are here.
	roomCounts = 10 * time.Second
	// roomPresence is how often a feed writes down whose pages are connected.
	roomPresence = 5 * time.Second
)

// rooms are the feeds of the sessions that have pages connected to this instance.
type rooms struct {
	store *store.DB
	hub   *store.Hub
	log   *slog.Logger
	open  context.Context //nolint:containedctx // the server's: feeds end with it

	mu    sync.Mutex
	feeds map[int64]*roomFeed
}

// roomFeed reads a session once for all pages that are connected here, however many. What changed is found by number: the
// session's row is locked while one is given out, so none is committed behind one that was seen.
type roomFeed struct {
	*rooms
	session int64
	end     context.CancelFunc

	mu    sync.Mutex
	pages map[int64]map[*roomPage]bool // by person
	fresh []int64                      // connected since presence was written last
	facts store.RoomFacts
	begun chan struct{} // closed once facts are read: what happens from then on is told
}

// now is what all attendees see of the session.
func (f *roomFeed) now() store.RoomFacts {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.facts
}

// roomPage is one connected page. Its channel holds the newest view that it has not taken yet.
type roomPage struct {
	feed    *roomFeed
	person  int64
	changed chan roomChange
}

// roomChange is what a page gets: its own part, if that changed, and the session's.
type roomChange struct {
	facts store.RoomFacts
	view  *store.RoomView
}

// join connects a page; the feed begins with the first. What the page reads for itself afterwards, it is told the changes of.
func (r *rooms) join(ctx context.Context, session, person int64) (*roomPage, func()) {
	f, p := r.add(session, person) //nolint:contextcheck // the feed outlives this page
	select {
	case <-f.begun:
	case <-ctx.Done():
	}
	return p, func() { r.leave(f, p) }
}

func (r *rooms) add(session, person int64) (*roomFeed, *roomPage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f := r.feeds[session]
	if f == nil {
		ctx, cancel := context.WithCancel(r.open)
		f = &roomFeed{rooms: r, session: session, end: cancel, pages: map[int64]map[*roomPage]bool{}, begun: make(chan struct{})}
		r.feeds[session] = f
		go f.run(ctx)
	}
	p := &roomPage{feed: f, person: person, changed: make(chan roomChange, 1)}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pages[person] == nil {
		f.pages[person] = map[*roomPage]bool{}
	}
	f.pages[person][p] = true
	f.fresh = append(f.fresh, person)
	return f, p
}

func (r *rooms) leave(f *roomFeed, p *roomPage) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.pages[p.person], p)
	if len(f.pages[p.person]) == 0 {
		delete(f.pages, p.person)
	}
	if len(f.pages) == 0 && r.feeds[f.session] == f {
		delete(r.feeds, f.session)
		f.end()
	}
}

func (f *roomFeed) run(ctx context.Context) {
	bell, leave := f.hub.Watch("session-" + strconv.FormatInt(f.session, 10))
	defer leave()
	f.begin(ctx)
	anyway, counts, presence, soon := time.NewTicker(roomAnyway), time.NewTicker(roomCounts), time.NewTicker(roomPresence), time.NewTicker(200*time.Millisecond)
	defer anyway.Stop()
	defer counts.Stop()
	defer presence.Stop()
	defer soon.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-bell:
			err = f.read(ctx, false)
		case <-anyway.C:
			err = f.read(ctx, false)
		case <-counts.C:
			err = f.read(ctx, true)
		case <-presence.C:
			err = f.present(ctx, f.everybody())
		case <-soon.C:
			err = f.present(ctx, f.newcomers())
		}
		if err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "feed of a session", slog.Int64("session", f.session), slog.Any("error", err))
		}
	}
}

// begin reads where the session is, and tries until it can.
func (f *roomFeed) begin(ctx context.Context) {
	for ctx.Err() == nil {
		facts, err := f.store.RoomFacts(ctx, f.session)
		if err == nil {
			f.mu.Lock()
			f.facts = facts
			f.mu.Unlock()
			close(f.begun)
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// read reads who changed and hands it to their pages. Everybody hears of a change of the session itself, and of the counts
// when it is time for that.
func (f *roomFeed) read(ctx context.Context, all bool) error {
	f.mu.Lock()
	before := f.facts
	f.mu.Unlock()
	facts := before
	var version int64
	var err error
	if facts.Seq, version, facts.Now, err = f.store.RoomNews(ctx, f.session); err != nil {
		return err
	}
	all = all || version != before.Version
	if all { // counting everybody costs more
		if facts, err = f.store.RoomFacts(ctx, f.session); err != nil {
			return err
		}
	}
	if facts.Seq == before.Seq && !all {
		return nil
	}
	views, err := f.store.RoomChanges(ctx, f.session, before.Seq)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.facts = facts
	changed := make(map[int64]bool, len(views))
	for i := range views {
		changed[views[i].Person] = true
		for p := range f.pages[views[i].Person] {
			p.hand(roomChange{facts, &views[i]})
		}
	}
	if !all {
		return nil
	}
	for person, pages := range f.pages {
		if changed[person] {
			continue
		}
		for p := range pages {
			p.hand(roomChange{facts, nil})
		}
	}
	return nil
}

// hand replaces what the page has not taken yet; only the feed hands.
func (p *roomPage) hand(c roomChange) {
	select {
	case old := <-p.changed:
		if c.view == nil {
			c.view = old.view
		}
	default:
	}
	p.changed <- c
}

func (f *roomFeed) everybody() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	people := make([]int64, 0, len(f.pages))
	for person := range f.pages {
		people = append(people, person)
	}
	f.fresh = nil
	return people
}

func (f *roomFeed) newcomers() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	seen := map[int64]bool{}
	var people []int64
	for _, person := range f.fresh {
		if !seen[person] {
			people = append(people, person)
		}
		seen[person] = true
	}
	f.fresh = nil
	return people
}

func (f *roomFeed) present(ctx context.Context, people []int64) error {
	if len(people) == 0 {
		return nil
	}
	return f.store.Seen(ctx, f.session, people)
}
