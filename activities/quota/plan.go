package quota

import (
	"fmt"
	"sort"
	"time"
)

// Plan gives mails their instants, one after the other. It is not safe for concurrent use. Its memory grows with the
// positions of its senders up to the latest slot that was looked at.
type Plan struct {
	now, horizon int64
	seed         uint64
	senders      map[int64]*grid
}

// NewPlan makes a plan that reserves instants from now to before the horizon, which is meant to be months ahead, not years.
// The same seed gives a sender the same grid in every plan, as long as its PerHour and MinGap stay.
func NewPlan(now, horizon time.Time, seed uint64) *Plan {
	return &Plan{now: nano(now), horizon: nano(horizon), seed: seed, senders: map[int64]*grid{}}
}

// AddSender adds a sender and the mails it has taken: those of its last 24 h, those of the calendar day of now where it has
// caps, and all that lie ahead. They may come in any order, lie off the grid and break the sender's rules. Its error is that
// of Sender.Validate, or says that the plan has the sender.
func (p *Plan) AddSender(id int64, s Sender, taken []Taken) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if p.senders[id] != nil {
		return fmt.Errorf("the plan has sender %d already", id)
	}
	p.senders[id] = newGrid(s, id, taken, p.now, p.horizon, p.seed)
	return nil
}

// Reserve takes an instant for a mail: in the earliest slot in which a position is allowed, the one of these that spreads
// the slot's mails best. It reports false, and takes nothing, if there is none before the horizon or the plan does not have
// the sender. The instant is in the sender's zone and whole to the millisecond.
//
// Planning n mails takes time in the order of n log n whatever the order of their NotBefore, because slots found full are
// not looked at again; Free makes it forget that for its sender.
func (p *Plan) Reserve(a Ask) (at time.Time, ok bool) {
	q, ok := p.query(&a)
	if !ok {
		return time.Time{}, false
	}
	s, i := q.search()
	if i < 0 {
		return time.Time{}, false
	}
	q.take(s, i)
	return q.instant(i), true
}

// Free gives back an instant that Reserve returned. Any other is left alone.
func (p *Plan) Free(sender int64, at time.Time) {
	g := p.senders[sender]
	if g == nil {
		return
	}
	i := g.from(nano(at))
	if i == len(g.nodes) || g.nodes[i].at != nano(at) || g.nodes[i].own == 0 {
		return
	}
	b := g.booked[g.nodes[i].own]
	g.nodes[i].own = 0
	s := &g.slots[g.slotOf(i)]
	s.spread = 0
	g.put(s, i, -1)
	g.capped(b, -1)
	if b.batch != nil {
		b.batch.count(g.nodes[i].at, -1)
		b.batch.freed++
	}
	clear(g.skips)
	g.lastSkip = nil
}

// slotOf is the first slot that ends after a node.
func (g *grid) slotOf(i int) int32 {
	return int32(sort.Search(len(g.slots), func(s int) bool { return int(g.slots[s].end) > i }))
}

// take books a position.
func (q *query) take(s int32, i int) {
	g, a := q.grid, q.ask
	own := 1
	if a.Batch != nil || a.Domain != "" && g.PerDomain > 0 || a.Company != "" && g.PerCompany > 0 {
		b := booking{day: floor(g.slots[s].hour, 24), domain: a.Domain, company: a.Company, batch: a.Batch}
		own = len(g.booked)
		g.booked = append(g.booked, b)
		g.capped(b, 1)
	}
	if a.Batch != nil {
		a.Batch.count(g.nodes[i].at, 1)
	}
	g.nodes[i].own = int32(own)
	g.put(&g.slots[s], i, 1)
}
