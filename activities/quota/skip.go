package quota

import "time"

// shape is what asks have in common that find the same slots full.
type shape struct {
	from, to    int
	contactZone string
	contactFrom int
	contactTo   int
	contactDays uint8
	batch       *Batch
}

func shapeOf(a *Ask) shape {
	s := shape{from: a.From, to: a.To, batch: a.Batch}
	if c := a.Contact; c != nil {
		s.contactZone, s.contactFrom, s.contactTo, s.contactDays = zoneOr(c.Zone).String(), c.From, c.To, 0x7f
		if len(c.Days) > 0 {
			s.contactDays = maskOf(c.Days)
		}
	}
	return s
}

// maxShapes bounds the memory of a sender; more shapes cost time.
const maxShapes = 64

// skip leads over slots that no ask of a shape will get anything of while nothing is freed. (It is a union-find forest: an
// ask that finds a slot full spares all later ones the look.)
type skip struct {
	to    []int32 // by slot; itself if it may have something
	freed int     // Batch.freed when this was made
}

// skip is what is known about a shape.
func (g *grid) skip(of shape) *skip {
	freed := 0
	if of.batch != nil {
		freed = of.batch.freed
	}
	if g.lastSkip != nil && g.last == of && g.lastSkip.freed == freed {
		return g.lastSkip
	}
	k := g.skips[of]
	if k == nil || k.freed != freed {
		if len(g.skips) >= maxShapes {
			clear(g.skips)
		}
		k = &skip{freed: freed}
		g.skips[of] = k
	}
	g.last, g.lastSkip = of, k
	return k
}

// find is the first slot from one on that may have something.
func (k *skip) find(s int32) int32 {
	for int(s) < len(k.to) && k.to[s] != s {
		if t := k.to[s]; int(t) < len(k.to) {
			k.to[s] = k.to[t]
		}
		s = k.to[s]
	}
	return s
}

// mark says that a slot and all up to before another one have nothing.
func (k *skip) mark(s, next int32) {
	for len(k.to) <= int(s) {
		k.to = append(k.to, int32(len(k.to)))
	}
	k.to[s] = next
}

// closed tells whether the contact's hours or the batch rule out a slot as a whole. If it says no, positions may be ruled
// out still.
func (q *query) closed(s *slot) bool {
	first, last := q.nodes[s.first].at, q.nodes[s.end-1].at
	if c := q.ask.Contact; c != nil {
		if h := c.hourOf(first); h == c.hourOf(last) && !c.open(h) {
			return true
		}
	}
	if b := q.ask.Batch; b != nil {
		if h := b.hourOf(first); h == b.hourOf(last) && b.full(h) {
			return true
		}
	}
	return false
}

func (g *grid) instant(i int) time.Time { return time.Unix(0, g.nodes[i].at).In(g.Zone) }
