package sendgrid

import (
	"strconv"
	"sync"
	"time"
)

// stats counts since the start or the last clear.
type stats struct {
	mu sync.Mutex
	counters
}

type counters struct {
	calls    int
	statuses map[string]int
	inFlight int
	peak     int
	second   int64
	inSecond int
	perSec   int

	posts, refusedPosts, eventsPosted int
}

func newStats() *stats { return &stats{counters: counters{statuses: map[string]int{}}} }

// begin counts a call to mail send; the function it returns counts its answer, status 0 meaning none.
func (s *stats) begin(now time.Time) (done func(status int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	s.inFlight++
	s.peak = max(s.peak, s.inFlight)
	if now.Unix() != s.second {
		s.second, s.inSecond = now.Unix(), 0
	}
	s.inSecond++
	s.perSec = max(s.perSec, s.inSecond)
	return func(status int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.inFlight--
		key := "none"
		if status > 0 {
			key = strconv.Itoa(status)
		}
		s.statuses[key]++
	}
}

func (s *stats) eventPost(events int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts++
	if ok {
		s.eventsPosted += events
	} else {
		s.refusedPosts++
	}
}

func (s *stats) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters = counters{statuses: map[string]int{}, inFlight: s.inFlight, peak: s.inFlight}
}

// Stats is the answer of GET /api/stats.
type Stats struct {
	Calls          int            `json:"calls"`          // to mail send, whatever the answer
	Statuses       map[string]int `json:"statuses"`       // answers by status, "none" = cut or timed out by a fault
	AcceptedCalls  int            `json:"accepted_calls"` // kept, including those whose answer a fault withheld
	Messages       int            `json:"messages"`
	Addresses      int            `json:"addresses"`
	PerAddress     map[string]int `json:"per_address,omitempty"` // messages by lower-case address
	MaxPerAddress  int            `json:"max_per_address"`
	PeakInFlight   int            `json:"peak_in_flight"`
	PeakPerSecond  int            `json:"peak_per_second"` // calls begun in one second
	EventPosts     int            `json:"event_posts"`
	RefusedPosts   int            `json:"refused_event_posts"`
	EventsPosted   int            `json:"events_posted"`
	EventsPending  int            `json:"events_pending"`  // not due yet
	BatchesPending int            `json:"batches_pending"` // due, waiting for a retry or a free poster
}

func (s *stats) fill(to *Stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to.Calls, to.PeakInFlight, to.PeakPerSecond = s.calls, s.peak, s.perSec
	to.EventPosts, to.RefusedPosts, to.EventsPosted = s.posts, s.refusedPosts, s.eventsPosted
	to.Statuses = make(map[string]int, len(s.statuses))
	for status, n := range s.statuses {
		to.Statuses[status] = n
	}
}
