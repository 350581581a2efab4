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
	// distrust is how long no room is made ahead after one could not be made.
	distrust = time.Second
)

// spare is the room of a meeting to come. Meetings are numbered as they are made, so the names of the next rooms are known before
// anybody is paired.
type spare struct {
	made   time.Time         // zero: being made
	wanted *pairing.Proposal // who waits for it
}

// want reports whether the room of a proposal stands ready. If not, it is made, and the result comes by the channel.
func (r *rooms) want(p pairing.Proposal) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.spares[p.No]
	switch {
	case s == nil:
		r.spares[p.No] = &spare{wanted: &p}
		r.build(p.No, p.No <= r.unsure)
	case s.made.IsZero():
		s.wanted = &p
	case time.Since(s.made) < spareFor:
		delete(r.spares, p.No)
		return true
	default:
		r.spares[p.No] = &spare{wanted: &p}
		r.build(p.No, true)
	}
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
		s := r.spares[no]
		old := s != nil && !s.made.IsZero() && time.Since(s.made) >= spareFor
		if s == nil || old {
			r.spares[no] = &spare{}
			r.build(no, old || no <= r.unsure)
		}
	}
}

// build makes a room, without the one that may be there: made by a former owner of the lobby, or long ago, it would soon close
// because nobody came.
func (r *rooms) build(no int, stands bool) {
	r.begin(func() {
		var err error
		if stands {
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
		r.calm = began.Add(distrust)
		r.keep(func(int) bool { return false })
	}
	return s.wanted
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
