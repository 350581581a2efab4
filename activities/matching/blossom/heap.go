package blossom

// event is what gets possible at a time, if nothing intervenes: what the arc via from u leads to, or one of these.
type event struct {
	at     Weight
	u, via int32
}

const (
	ends    = -1 - iota // u may go without, and its tree with it
	expands             // u is an inner blossom
)

// heap is a 4-ary heap of events, the earliest first.
type heap []event

func (h *heap) push(e event) {
	a := append(*h, e)
	*h = a
	i := len(a) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !e.at.Less(a[p].at) {
			break
		}
		a[i] = a[p]
		i = p
	}
	a[i] = e
}

// order makes a heap of events in any order.
func (h heap) order() {
	for i := (len(h) - 2) / 4; i >= 0; i-- {
		h.sink(i, h[i])
	}
}

func (h *heap) pop() event {
	a := *h
	first, last := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	*h = a
	if len(a) > 0 {
		a.sink(0, last)
	}
	return first
}

// sink puts an event where it belongs at or below a place.
func (h heap) sink(i int, e event) {
	for {
		kid := 4*i + 1
		if kid >= len(h) {
			break
		}
		least := kid
		for k := kid + 1; k < min(kid+4, len(h)); k++ {
			if h[k].at.Less(h[least].at) {
				least = k
			}
		}
		if !h[least].at.Less(e.at) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
}
