package quota

import (
	"math/bits"
	"time"
)

// layout is where mails may go inside every slot of a sender, and in which order the places are used.
type layout struct {
	at    []int64 // nanoseconds into the slot, ascending, above 0; whole milliseconds
	order []int32 // indices of at: any first few are spread over the hour
}

// layOut divides the hour into PerHour parts, fewer if they would be shorter than MinGap, with a position in each. Positions
// next to each other are MinGap apart, also across the full hour. It takes time linear in PerHour.
func layOut(s Sender, id int64, seed uint64) layout {
	const ms = int64(time.Millisecond)
	gap := (int64(s.MinGap) + ms - 1) / ms
	n := int64(s.PerHour)
	if gap > 0 {
		n = max(1, min(n, hour/ms/gap))
	}
	part := hour / ms / n
	stream := mix(seed ^ mix(uint64(id)))
	draw := func(k, below int64) int64 { return int64(mix(stream+uint64(k)) % uint64(max(1, below))) }

	jitter := min(part/2, max(0, part-gap))
	phase := 1 + draw(-1, part-1-jitter)
	l := layout{at: make([]int64, n)}
	for k := range n {
		l.at[k] = (k*part + phase + draw(k, jitter)) * ms
	}
	turn := draw(-2, n)
	seen := make([]bool, n)
	size := bits.Len64(uint64(n - 1))
	for i := range uint64(1) << size { // van der Corput's sequence
		k := (int64(bits.Reverse64(i)>>(64-size))*n>>size + turn) % n
		if !seen[k] {
			seen[k] = true
			l.order = append(l.order, int32(k))
		}
	}
	return l
}

// mix is the output function of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
