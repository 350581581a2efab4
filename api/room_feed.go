package api

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"rondo/activities/store"
)

const (
	// roomAnyway is how often a feed looks for itself, in case a notification was lost.
	roomAnyway = 2 * time.Second
	// roomCounts is how often a feed counts who is here. Some pages are told that know other counts, none more than once a second:
	// telling all of them at a time would hold up what matters.
	roomCounts = 250 * time.Millisecond
	roomTold   = 50
	// roomPresence is how often a feed writes down whose pages are connected: a part of the people each time, all within 5 seconds.
	roomPresence = 250 * time.Millisecond
	roomParts    = 20
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

	mu      sync.Mutex
	pages   map[int64]map[*roomPage]bool // by person
	fresh   []int64                      // connected since presence was written last
	facts   store.RoomFacts
	counted int64         // the seq at which who is here was counted
	begun   chan struct{} // closed once facts are read: what happens from then on is told
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

	told roomCount // with the newest that was handed to it
}

// roomCount is how many people are here and ready, and when that was told.
type roomCount struct {
	here, ready int
	at          time.Time
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
	p.told = roomCount{f.facts.Here, f.facts.Ready, time.Now()}
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
	go f.attend(ctx)
	anyway, counts := time.NewTicker(roomAnyway), time.NewTicker(roomCounts)
	defer anyway.Stop()
	defer counts.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-bell:
			err = f.read(ctx)
		case <-anyway.C:
			err = f.read(ctx)
		case <-counts.C:
			err = f.count(ctx)
		}
		f.warn(ctx, err)
	}
}

func (f *roomFeed) warn(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		f.log.WarnContext(ctx, "feed of a session", slog.Int64("session", f.session), slog.Any("error", err))
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

// read reads who changed and hands it to their pages. Everybody hears of a change of the session itself.
func (f *roomFeed) read(ctx context.Context) error {
	before := f.now()
	news, err := f.store.RoomNews(ctx, f.session, before.Seq)
	if err != nil {
		return err
	}
	facts := before
	all := news.Version != before.Version
	if all {
		if facts, err = f.store.RoomFacts(ctx, f.session); err != nil {
			return err
		}
	}
	facts.Seq, facts.Now = news.Seq, news.Now // what came after the news is read with the next
	f.mu.Lock()
	defer f.mu.Unlock()
	f.facts = facts
	changed := make(map[int64]bool, len(news.Changed))
	for i := range news.Changed {
		view := &news.Changed[i]
		changed[view.Person] = true
		for p := range f.pages[view.Person] {
			p.hand(roomChange{facts, view})
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

// count counts who is here, and tells some of the pages that know other counts: those that heard least lately.
func (f *roomFeed) count(ctx context.Context) error {
	counted := f.now()
	if seq := counted.Seq; seq != f.counted { // every change of who is here has a seq
		var err error
		if counted, err = f.store.RoomFacts(ctx, f.session); err != nil {
			return err
		}
		f.counted = seq
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.facts.Here, f.facts.Ready, f.facts.Now = counted.Here, counted.Ready, counted.Now
	var outdated []*roomPage
	for _, pages := range f.pages {
		for p := range pages {
			if (p.told.here != counted.Here || p.told.ready != counted.Ready) && time.Since(p.told.at) >= time.Second {
				outdated = append(outdated, p)
			}
		}
	}
	slices.SortFunc(outdated, func(a, b *roomPage) int { return a.told.at.Compare(b.told.at) })
	for _, p := range outdated[:min(len(outdated), roomTold)] {
		p.hand(roomChange{f.facts, nil})
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
	p.told = roomCount{c.facts.Here, c.facts.Ready, time.Now()}
	p.changed <- c
}

// attend writes down whose pages are connected: newcomers at once, everybody again and again.
func (f *roomFeed) attend(ctx context.Context) {
	tick := time.NewTicker(roomPresence)
	defer tick.Stop()
	for part := int64(0); ; part = (part + 1) % roomParts {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if people := f.due(part); len(people) > 0 {
			f.warn(ctx, f.store.Seen(ctx, f.session, people))
		}
	}
}

// due are the newcomers and a part of the others.
func (f *roomFeed) due(part int64) []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	people := f.fresh
	f.fresh = nil
	for person := range f.pages {
		if person%roomParts == part {
			people = append(people, person)
		}
	}
	slices.Sort(people)
	return slices.Compact(people)
}
