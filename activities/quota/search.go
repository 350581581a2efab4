package quota

import "time"

// query is an ask before its sender's grid.
type query struct {
	*grid
	ask  *Ask
	from int64
	skip *skip
}

func (p *Plan) query(a *Ask) (*query, bool) {
	g := p.senders[a.Sender]
	if g == nil {
		return nil, false
	}
	return &query{grid: g, ask: a, from: max(p.now, nano(a.NotBefore)), skip: g.skip(shapeOf(a))}, true
}

// search finds the slot and the node; node -1: none.
func (q *query) search() (int32, int) {
	if q.from >= q.horizon {
		return 0, -1
	}
	q.growTo(q.from)
	s := q.slotOf(q.grid.from(q.from))
	for {
		s = q.skip.find(s)
		for int(s) >= len(q.slots) {
			if !q.grow() {
				return 0, -1
			}
		}
		i, next, lasting := q.try(s)
		if i >= 0 {
			return s, i
		}
		if lasting && q.nodes[q.slots[s].first].at >= q.from {
			q.skip.mark(s, next)
		}
		s = next
	}
}

// try finds a position in a slot. If there is none, it says -1, which slot to try next, and whether the same holds for all
// asks of this shape that may use the whole slot.
func (q *query) try(index int32) (i int, next int32, lasting bool) {
	s := q.slots[index]
	next = index + 1
	if !q.inStep(&s) || int(s.mails) >= q.PerHour || q.closed(&s) {
		return -1, next, true
	}
	if q.cap(&s) != "" {
		for int(next) < len(q.slots) && floor(q.slots[next].hour, 24) == floor(s.hour, 24) {
			next++
		}
		return -1, next, false
	}
	q.growTo(s.start + window + hour)
	lo, hi, behind := q.allowed(index)
	if lo >= hi {
		return -1, max(next, behind), true
	}
	if q.ask.Soon {
		return q.soonest(&s, lo, hi), next, true
	}
	leading := true // all positions up to here are taken
	for o := s.spread; int(o) < len(q.order); o++ {
		i, ok := q.position(&s, q.order[o])
		if !ok || q.nodes[i].mails > 0 {
			if leading {
				q.slots[index].spread = o + 1
			}
			continue
		}
		if q.obstacle(i, lo, hi) == "" {
			return i, next, true
		}
		leading = false
	}
	return -1, next, true
}

// soonest is the first free position of a slot, or -1.
func (q *query) soonest(s *slot, lo, hi int) int {
	for k := range q.order {
		if i, ok := q.position(s, int32(k)); ok && q.nodes[i].mails == 0 && q.obstacle(i, lo, hi) == "" {
			return i
		}
	}
	return -1
}

func (q *query) inStep(s *slot) bool {
	return within(s.hour-24*floor(s.hour, 24), q.ask.From, q.ask.To)
}

// cap is which cap the day of a slot has reached.
func (q *query) cap(s *slot) Reason {
	day := floor(s.hour, 24)
	switch {
	case q.ask.Domain != "" && q.PerDomain > 0 && q.caps[capKey{day, false, q.ask.Domain}] >= q.PerDomain:
		return ReasonDomain
	case q.ask.Company != "" && q.PerCompany > 0 && q.caps[capKey{day, true, q.ask.Company}] >= q.PerCompany:
		return ReasonCompany
	}
	return ""
}

// obstacle is what rules out a position of a slot of which the quota of 24 h allows lo <= i < hi.
func (q *query) obstacle(i, lo, hi int) Reason {
	n := &q.nodes[i]
	switch c, b := q.ask.Contact, q.ask.Batch; {
	case n.at < q.from:
		return ReasonSlot
	case n.at >= q.horizon:
		return ReasonHorizon
	case c != nil && !c.open(c.hourOf(n.at)):
		return ReasonContact
	case b != nil && b.full(b.hourOf(n.at)):
		return ReasonBatch
	case n.mails > 0:
		return ReasonHour
	case i < lo || i >= hi:
		return ReasonDay
	case n.near > 0:
		return ReasonGap
	}
	return ""
}

// Why is the first obstacle that keeps a mail out of the slot that NotBefore (or now, if later) lies in, or "" if Reserve
// would find an instant in that very slot. Where positions of the slot are ruled out by different obstacles it is the one
// that rules out the last of them, in the order of the reasons. A sender that the plan does not have has no slots.
func (p *Plan) Why(a Ask) Reason {
	q, ok := p.query(&a)
	if !ok {
		return ReasonSlot
	}
	at := time.Unix(0, q.from)
	h := hourOf(at, q.Zone)
	switch {
	case q.from >= q.horizon:
		return ReasonHorizon
	case !q.Open(at):
		open := q.Sender
		open.Holidays = nil
		if open.Open(at) {
			return ReasonHoliday
		}
		return ReasonSlot
	}
	q.growTo(q.from + window + hour)
	for s := range q.slots {
		if q.slots[s].hour == h {
			return q.why(int32(s))
		}
	}
	return ReasonSlot
}

func (q *query) why(index int32) Reason {
	s := &q.slots[index]
	if !q.inStep(s) {
		return ReasonSlot
	}
	worst := ReasonSlot
	lo, hi, _ := q.allowed(index)
	for k := range q.order {
		i, ok := q.position(s, int32(k))
		if !ok {
			continue
		}
		r := q.obstacle(i, lo, hi)
		if r == "" || r == ReasonDay || r == ReasonGap {
			if int(s.mails) >= q.PerHour {
				r = ReasonHour
			} else if c := q.cap(s); c != "" {
				r = c
			}
		} else if r == ReasonHour && int(s.mails) < q.PerHour { // what is left of the slot is taken, and the hour is not full
			if r = ReasonSlot; len(q.order) < q.PerHour {
				r = ReasonGap
			}
		}
		if r == "" {
			return ""
		}
		if ranks[r] > ranks[worst] {
			worst = r
		}
	}
	return worst
}
