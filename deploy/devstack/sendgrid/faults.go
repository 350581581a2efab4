package sendgrid

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// Faults is the body of GET and PUT /api/faults. The same seed and the same order of calls give the same faults.
type Faults struct {
	Seed  uint64 `json:"seed"`
	Rules []Rule `json:"rules"`
}

// A Rule makes a fault for some of the calls or events it sees. Exactly one of Next, Every and Percent says for which.
type Rule struct {
	Kind    string  `json:"kind"`
	Next    int     `json:"next,omitempty"`    // the next N
	Every   int     `json:"every,omitempty"`   // every Nth
	Percent float64 `json:"percent,omitempty"` // 0 < p <= 100, drawn from the seed

	Status     int      `json:"status,omitempty"`      // error: default 500
	Limit      int      `json:"limit,omitempty"`       // rate_limit: calls a period, default 600
	Reset      Duration `json:"reset,omitempty"`       // rate_limit: until the period ends, default 1s
	RetryAfter bool     `json:"retry_after,omitempty"` // rate_limit: also send Retry-After, which SendGrid does not document
	Delay      Duration `json:"delay,omitempty"`       // latency, delay_event: how long; hang, accept_then_hang: 0 = until the caller gives up
	Copies     int      `json:"copies,omitempty"`      // duplicate_event: further copies, default 1

	Seen  int `json:"seen"`  // calls or events looked at
	Fired int `json:"fired"` // faults made
}

// Kinds of rules. The first six are about calls to mail send, the others about events and their webhooks.
const (
	RateLimit      = "rate_limit"       // 429 with X-RateLimit headers
	Failure        = "error"            // Status, nothing kept
	Latency        = "latency"          // waits Delay, then goes on (to the next rule too)
	Hang           = "hang"             // never answers, nothing kept
	AcceptThenHang = "accept_then_hang" // keeps the message and never answers
	AcceptThenCut  = "accept_then_cut"  // keeps the message and cuts the connection
	DropEvent      = "drop_event"       // the event is never posted
	DuplicateEvent = "duplicate_event"  // the event is posted Copies times more
	DelayEvent     = "delay_event"      // the event is posted Delay later
	ReorderEvents  = "reorder_events"   // the events of a post are shuffled
	ForgeSignature = "forge_signature"  // the post is signed by someone else
)

var defaultRule = map[string]Rule{
	RateLimit: {Limit: 600, Reset: Duration(time.Second)}, Failure: {Status: http.StatusInternalServerError},
	Latency: {Delay: Duration(time.Second)}, Hang: {}, AcceptThenHang: {}, AcceptThenCut: {}, DropEvent: {}, DuplicateEvent: {Copies: 1},
	DelayEvent: {Delay: Duration(time.Second)}, ReorderEvents: {}, ForgeSignature: {},
}

func (r *Rule) check() error {
	d, known := defaultRule[r.Kind]
	if !known {
		return fmt.Errorf("unknown kind %q", r.Kind)
	}
	set := 0
	for _, given := range []bool{r.Next > 0, r.Every > 0, r.Percent > 0} {
		if given {
			set++
		}
	}
	if set != 1 || r.Next < 0 || r.Every < 0 || r.Percent < 0 || r.Percent > 100 {
		return fmt.Errorf("%s: give one of next, every and percent (up to 100)", r.Kind)
	}
	if r.Kind == Failure && r.Status != 0 && (r.Status < 400 || r.Status > 599) {
		return fmt.Errorf("%s: status %d is no error", r.Kind, r.Status)
	}
	if r.Copies < 0 || r.Copies > 100 {
		return fmt.Errorf("%s: copies must be 0 to 100", r.Kind)
	}
	r.Status, r.Limit, r.Copies = orElse(r.Status, d.Status), orElse(r.Limit, d.Limit), orElse(r.Copies, d.Copies)
	r.Reset, r.Delay = orElse(r.Reset, d.Reset), orElse(r.Delay, d.Delay)
	r.Seen, r.Fired = 0, 0
	return nil
}

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

type faults struct {
	mu      sync.Mutex
	current Faults
	draw    *rand.Rand
}

func newFaults() *faults {
	f := &faults{}
	f.reset(Faults{})
	return f
}

// set replaces all rules, checked and with their defaults filled in.
func (f *faults) set(to Faults) error {
	for i := range to.Rules {
		if err := to.Rules[i].check(); err != nil {
			return fmt.Errorf("rule %d: %w", i, err)
		}
	}
	f.reset(to)
	return nil
}

func (f *faults) reset(to Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current, f.draw = to, rand.New(rand.NewPCG(to.Seed, 0))
}

func (f *faults) get() Faults {
	f.mu.Lock()
	defer f.mu.Unlock()
	return Faults{Seed: f.current.Seed, Rules: append([]Rule{}, f.current.Rules...)}
}

// fires counts one more call or event seen by the i-th rule and tells whether it is to suffer.
func (f *faults) fires(r *Rule) bool {
	r.Seen++
	hit := r.Seen <= r.Next || r.Every > 0 && r.Seen%r.Every == 0 || r.Percent > 0 && f.draw.Float64()*100 < r.Percent
	if hit {
		r.Fired++
	}
	return hit
}

// send decides about a call: the first rule that fires, and any latency before it.
func (f *faults) send() (decided sendFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.current.Rules {
		r := &f.current.Rules[i]
		switch r.Kind {
		case Latency:
			if f.fires(r) {
				decided.latency += time.Duration(r.Delay)
			}
		case RateLimit, Failure, Hang, AcceptThenHang, AcceptThenCut:
			if f.fires(r) {
				decided.rule = *r
				return decided
			}
		}
	}
	return decided
}

type eventFault struct {
	drop   bool
	copies int
	delay  time.Duration
}

func (f *faults) event() (decided eventFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.current.Rules {
		r := &f.current.Rules[i]
		switch r.Kind {
		case DropEvent:
			decided.drop = f.fires(r) || decided.drop
		case DuplicateEvent:
			if f.fires(r) {
				decided.copies += r.Copies
			}
		case DelayEvent:
			if f.fires(r) {
				decided.delay += time.Duration(r.Delay)
			}
		}
	}
	return decided
}

// any counts one more post and tells whether a rule of this kind fires for it.
func (f *faults) any(kind string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	hit := false
	for i := range f.current.Rules {
		if r := &f.current.Rules[i]; r.Kind == kind {
			hit = f.fires(r) || hit
		}
	}
	return hit
}

func (f *faults) forge() bool { return f.any(ForgeSignature) }

func (f *faults) reorder(positions []int) {
	if !f.any(ReorderEvents) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.draw.Shuffle(len(positions), func(a, b int) { positions[a], positions[b] = positions[b], positions[a] })
}
