package blossom

// event is what gets possible at a time, if nothing intervenes.
type event struct {
	at   Weight
	u, v int32
	via  int32 // the arc between them
	kind eventKind
}

type eventKind uint8

const (
	grows   eventKind = iota // a tree, by the edge from u to v
	meets                    // an outer vertex u another, v
	expands                  // the inner blossom u
	ends                     // a tree whose outer vertex u may go without
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

func (h *heap) pop() event {
	a := *h
	first, last := a[0], a[len(a)-1]
	a = a[:len(a)-1]
	*h = a
	if len(a) == 0 {
		return first
	}
	i := 0
	for {
		kid := 4*i + 1
		if kid >= len(a) {
			break
		}
		least := kid
		for k := kid + 1; k < min(kid+4, len(a)); k++ {
			if a[k].at.Less(a[least].at) {
				least = k
			}
		}
		if !a[least].at.Less(last.at) {
			break
		}
		a[i] = a[least]
		i = least
	}
	a[i] = last
	return first
}
