package activities

import (
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"rondo/activities/pairing"
)

const (
	// sparesAtMost is how many rooms stand ready for the next meetings of a lobby: LiveKit makes as many in a tenth of a second or two.
	sparesAtMost = 64
	// spareFor is how long a room stands ready before it is made anew.
	spareFor = 10 * time.Minute
	// distrust is how long nobody is paired, and no room made ahead, after a room could not be made.
	distrust = time.Second
)

// spare is the room of a meeting to come. Meetings are numbered as they are made, so the names of the next rooms are known before
// anybody is paired.
type spare struct {
	made   time.Time         // zero: being made
	wanted *pairing.Proposal // who waits for it
}

// stands reports whether the room is there, and stays for those who are sent to it.
func (s *spare) stands() bool { return !s.made.IsZero() && !s.old() }

func (s *spare) old() bool { return !s.made.IsZero() && time.Since(s.made) >= spareFor }

// want reports whether the room of a proposal stands ready. If not, it is made, and the result comes by the channel.
func (r *rooms) want(p pairing.Proposal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spares[p.No]
	if s != nil && s.stands() {
		delete(r.spares, p.No)
		return true
	}
	if s == nil || s.old() {
		s = r.build(p.No)
	}
	s.wanted = &p
	return false
}

// prepare makes rooms ahead for the n meetings that follow the last one.
func (r *rooms) prepare(last, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Now().Before(r.calm) {
		return
	}
	for no := last + 1; no <= last+min(n, sparesAtMost); no++ {
		if s := r.spares[no]; s == nil || s.old() {
			r.build(no)
		}
	}
}

// build makes a room, without the one that may be there: made by a former owner of the lobby, or long ago, it would soon close
// because nobody came. r.mu is held.
func (r *rooms) build(no int) *spare {
	left := r.spares[no] != nil || no <= r.unsure
	s := &spare{}
	r.spares[no] = s
	r.begin(func() {
		var err error
		if left {
			err = r.remove(no)
		}
		began := time.Now()
		if err == nil {
			err = r.open(r.ctx, no)
		}
		if p := r.built(no, began, err); p != nil {
			select {
			case r.results <- result{*p, err}:
			case <-r.ctx.Done():
			}
		}
	})
	return s
}

// built notes how building went, and returns who waits for the room.
func (r *rooms) built(no int, began time.Time, err error) *pairing.Proposal {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spares[no]
	if s.wanted != nil || err != nil {
		delete(r.spares, no)
	} else {
		s.made = began
	}
	if err != nil { // LiveKit may have been started again, without any of them
		r.calm = time.Now().Add(distrust)
		r.keep(func(int) bool { return false })
	}
	return s.wanted
}

// distrusts reports whether a room could not be made a moment ago: LiveKit does not answer.
func (r *rooms) distrusts() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Now().Before(r.calm)
}

// keep forgets the rooms that stand ready but are not there any more. r.mu is held.
func (r *rooms) keep(there func(no int) bool) {
	maps.DeleteFunc(r.spares, func(no int, s *spare) bool { return !s.made.IsZero() && !there(no) })
}

// ready are the numbers of the rooms that stand ready.
func (r *rooms) ready() []int {
	r.mu.Lock()
	defer r.mu.Unlock()
	var nos []int
	for no, s := range r.spares {
		if !s.made.IsZero() {
			nos = append(nos, no)
		}
	}
	return slices.Sorted(slices.Values(nos))
}

// clear deletes the rooms that stand ready. Those that cannot be deleted close by themselves.
func (r *rooms) clear() {
	var g errgroup.Group
	g.SetLimit(roomsAtATime)
	for _, no := range r.ready() {
		g.Go(func() error { return r.remove(no) })
	}
	_ = g.Wait()
}
