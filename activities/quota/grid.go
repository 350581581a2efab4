package quota

import (
	"slices"
	"sort"
	"time"
)

// node is an instant of a sender's grid: a position of a slot, or where a taken mail is.
type node struct {
	at    int64
	mails int32
	near  int32 // other mails nearer than MinGap
	own   int32 // index of what Reserve put here in grid.booked; 0: nothing
}

// slot is one with at least one position.
type slot struct {
	start      int64
	hour       int64 // number of its clock hour
	first, end int32 // its nodes: first <= i < end
	mails      int32 // in its clock hour
	spread     int32 // the positions before this one in layout.order are taken
	next       span  // the nodes 24 h later, once the grid reaches them
}

// span is the nodes from the first to before the end.
type span struct{ first, end int32 }

// booking is what Free must know of a mail.
type booking struct {
	day             int64
	domain, company string
	batch           *Batch
}

type capKey struct {
	day     int64
	company bool
	name    string
}

// grid is the calendar of a sender as far as it was needed yet: slots and nodes in time order.
type grid struct {
	Sender
	layout
	horizon int64

	day   int64 // the next to lay out
	until int64 // when it begins
	nodes []node
	slots []slot
	slack tree // by node: how many mails the 24 h that end there may still take

	taken  []int64         // what is not yet a node, ascending
	hours  map[int64]int32 // taken mails by clock hour
	caps   map[capKey]int  // mails by day and domain or company
	booked []booking       // the second is that of all mails that count against no cap and no batch
	skips  map[shape]*skip

	last     shape // the latest asked for
	lastSkip *skip // nil: none
}

func newGrid(s Sender, id int64, taken []Taken, now, horizon int64, seed uint64) *grid {
	g := &grid{
		Sender: s, layout: layOut(s, id, seed), horizon: horizon, booked: make([]booking, 2),
		hours: map[int64]int32{}, caps: map[capKey]int{}, skips: map[shape]*skip{},
	}
	g.day = floor(hourOf(time.Unix(0, now), s.Zone), 24)
	g.until = g.midnight(g.day)
	for _, t := range taken {
		at := nano(t.At)
		if at <= g.until-2*window || at >= horizon+2*window {
			continue
		}
		g.taken = append(g.taken, at)
		h := hourOf(t.At, s.Zone)
		g.hours[h]++
		g.capped(booking{day: floor(h, 24), domain: t.Domain, company: t.Company}, 1)
	}
	slices.Sort(g.taken)
	g.flush(g.until, new(int), new(int32))
	return g
}

func (g *grid) midnight(day int64) int64 {
	at, _ := begins(24*day, g.Zone)
	return nano(at)
}

// capped counts a mail against the caps.
func (g *grid) capped(b booking, n int) {
	if b.domain != "" && g.PerDomain > 0 {
		g.caps[capKey{b.day, false, b.domain}] += n
	}
	if b.company != "" && g.PerCompany > 0 {
		g.caps[capKey{b.day, true, b.company}] += n
	}
}

// growTo lays out the days that begin at or before an instant.
func (g *grid) growTo(at int64) {
	for g.until <= at && g.grow() {
	}
}

// grow lays out the next day; it reports false when nothing that it could lay out matters.
func (g *grid) grow() bool {
	if g.until >= g.horizon+window {
		return false
	}
	day := g.day
	g.day++
	g.until = max(g.until, g.midnight(g.day))
	tail, sum := g.tail()
	if g.sends(day) {
		quota := int32(g.DayQuota(dateOf(day)))
		for of := g.From; of < g.To; of++ {
			g.layOutSlot(24*day+int64(of), quota, &tail, &sum)
		}
	}
	g.flush(g.until, &tail, &sum)
	return true
}

// tail is the first node of the 24 h that end with the last one, and the mails in these.
func (g *grid) tail() (tail int, sum int32) {
	if len(g.nodes) == 0 {
		return 0, 0
	}
	tail = g.after(g.nodes[len(g.nodes)-1].at - window)
	for _, n := range g.nodes[tail:] {
		sum += n.mails
	}
	return tail, sum
}

func (g *grid) layOutSlot(clockHour int64, quota int32, tail *int, sum *int32) {
	begin, ok := begins(clockHour, g.Zone)
	start := nano(begin)
	if !ok || start >= g.horizon {
		return
	}
	whole := hourOf(begin.Add(time.Hour-1), g.Zone) == clockHour
	s := slot{start: start, hour: clockHour, first: -1, mails: g.hours[clockHour]}
	for _, offset := range g.at {
		at := start + offset
		if !whole && hourOf(time.Unix(0, at), g.Zone) != clockHour {
			continue
		}
		g.flush(at, tail, sum)
		if s.first < 0 {
			s.first = int32(len(g.nodes))
		}
		mails := int32(0)
		for len(g.taken) > 0 && g.taken[0] == at {
			g.taken = g.taken[1:]
			mails++
		}
		g.push(at, mails, quota, tail, sum)
	}
	if s.first >= 0 {
		s.end = int32(len(g.nodes))
		g.slots = append(g.slots, s)
	}
}

// flush makes nodes of the taken mails before an instant.
func (g *grid) flush(before int64, tail *int, sum *int32) {
	for len(g.taken) > 0 && g.taken[0] < before {
		at, mails := g.taken[0], int32(0)
		for len(g.taken) > 0 && g.taken[0] == at {
			g.taken = g.taken[1:]
			mails++
		}
		day := floor(hourOf(time.Unix(0, at), g.Zone), 24)
		g.push(at, mails, int32(g.DayQuota(dateOf(day))), tail, sum)
	}
}

// push adds a node behind all others.
func (g *grid) push(at int64, mails, quota int32, tail *int, sum *int32) {
	n := node{at: at, mails: mails}
	for i := len(g.nodes) - 1; i >= 0 && at-g.nodes[i].at < int64(g.MinGap); i-- {
		n.near += g.nodes[i].mails
		g.nodes[i].near += mails
	}
	g.nodes = append(g.nodes, n)
	*sum += mails
	for ; g.nodes[*tail].at <= at-window; *tail++ {
		*sum -= g.nodes[*tail].mails
	}
	g.slack.push(quota - *sum)
}

// put adds n mails, which may be -1, at a node of a slot.
func (g *grid) put(s *slot, i int, n int32) {
	at := g.nodes[i].at
	s.mails += n
	g.nodes[i].mails += n
	g.slack.raise(i, g.later(s, at), -n)
	for j := i - 1; j >= 0 && at-g.nodes[j].at < int64(g.MinGap); j-- {
		g.nodes[j].near += n
	}
	for j := i + 1; j < len(g.nodes) && g.nodes[j].at-at < int64(g.MinGap); j++ {
		g.nodes[j].near += n
	}
}

// from is the first node at or after an instant; len(nodes) if none is yet.
func (g *grid) from(at int64) int {
	return sort.Search(len(g.nodes), func(i int) bool { return g.nodes[i].at >= at })
}

// after is the first node after an instant.
func (g *grid) after(at int64) int { return g.from(at + 1) }

// position is the node of a position of a slot, if the slot has it.
func (g *grid) position(s *slot, k int32) (int, bool) {
	at := s.start + g.at[k]
	if i := s.first + k; i < s.end && g.nodes[i].at == at {
		return int(i), true
	}
	nodes := g.nodes[s.first:s.end]
	i := sort.Search(len(nodes), func(i int) bool { return nodes[i].at >= at })
	return int(s.first) + i, i < len(nodes) && nodes[i].at == at
}

// dayLater is the nodes in the 60 minutes that begin 24 h after a slot. The grid must reach beyond these.
func (g *grid) dayLater(s *slot) span {
	if s.next.end == 0 {
		s.next = span{int32(g.from(s.start + window)), int32(g.from(s.start + window + hour))}
	}
	return s.next
}

// later is the first node 24 h or more after an instant of a slot.
func (g *grid) later(s *slot, at int64) int {
	in := g.dayLater(s)
	nodes := g.nodes[in.first:in.end]
	return int(in.first) + sort.Search(len(nodes), func(i int) bool { return nodes[i].at >= at+window })
}

// allowed is which nodes of a slot the quota of 24 h allows: lo <= i < hi. If it allows none, next is the first slot that
// may have one. The grid must reach 25 h beyond the beginning of the slot.
func (g *grid) allowed(index int32) (lo, hi int, next int32) {
	s := &g.slots[index]
	day := int(g.dayLater(s).first)
	lo, hi = int(s.first), int(s.end)
	if full := g.slack.last(lo, day); full >= 0 {
		lo = full + 1 // all before it have it in their windows
	}
	behind := lo
	if lo < hi {
		if full := g.slack.first(day, g.later(s, g.nodes[hi-1].at)); full >= 0 {
			hi = g.after(g.nodes[full].at - window)
			behind = max(behind, full+1)
		}
	}
	if lo < hi {
		return lo, hi, index
	}
	return lo, hi, int32(sort.Search(len(g.slots), func(i int) bool { return int(g.slots[i].end) > behind }))
}
