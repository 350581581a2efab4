package pairing

import mathbits "math/bits"

// bits is a set of places 0..n-1.
type bits []uint64

func newBits(n int) bits { return make(bits, (n+63)/64) }

func (b bits) has(i int) bool { return b[i>>6]>>(i&63)&1 == 1 }
func (b bits) add(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bits) drop(i int)     { b[i>>6] &^= 1 << (i & 63) }

func (b bits) addAll(places []int) {
	for _, i := range places {
		b.add(i)
	}
}

// fill adds 0..n-1, which is all there is room for.
func (b bits) fill(n int) {
	for k := range b {
		b[k] = 1<<63<<1 - 1
	}
	if n&63 != 0 {
		b[len(b)-1] = 1<<(n&63) - 1
	}
}

func (b bits) and(o bits) {
	for k, w := range o {
		b[k] &= w
	}
}

func (b bits) or(o bits) {
	for k, w := range o {
		b[k] |= w
	}
}

func (b bits) clear() {
	for k := range b {
		b[k] = 0
	}
}

func (b bits) count() (n int) {
	for _, w := range b {
		n += mathbits.OnesCount64(w)
	}
	return n
}

// nth is the nth place of a set of more, from 0.
func (b bits) nth(n int) int {
	for k, w := range b {
		if here := mathbits.OnesCount64(w); n >= here {
			n -= here
			continue
		}
		for ; n > 0; n-- {
			w &= w - 1
		}
		return k<<6 + lowest(w)
	}
	panic("pairing: fewer places than counted")
}

// all ranges over the places in ascending order.
func (b bits) all() func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for k, w := range b {
			for ; w != 0; w &= w - 1 {
				if !yield(k<<6 + lowest(w)) {
					return
				}
			}
		}
	}
}

func lowest(w uint64) int { return mathbits.TrailingZeros64(w) }

// matrix is a symmetric relation of n places: a set for each.
type matrix struct {
	words int
	bits  bits
}

func newMatrix(n int) matrix {
	words := (n + 63) / 64
	return matrix{words, make(bits, n*words)}
}

func (m matrix) row(i int) bits    { return m.bits[i*m.words : (i+1)*m.words : (i+1)*m.words] }
func (m matrix) has(i, j int) bool { return m.row(i).has(j) }
func (m matrix) unlink(i, j int)   { m.row(i).drop(j); m.row(j).drop(i) }
