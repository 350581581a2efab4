package quota

import "math"

// tree is a row of numbers that grows at its end. Adding to a range and finding the first or last number of a range that is
// not above 0 take logarithmic time.
type tree struct {
	n, size  int
	low, add []int32 // by node, root 1: the least number below it, and what was added to all; both without what is above
}

func (t *tree) push(v int32) {
	if t.n == t.size {
		t.grow()
	}
	i := t.size + t.n
	t.low[i] = v // nothing was added above it: ranges never reach beyond n
	t.n++
	t.lift(i)
}

func (t *tree) grow() {
	for i := 1; i < t.size; i++ {
		for c := 2 * i; c <= 2*i+1; c++ {
			t.low[c] += t.add[i]
			t.add[c] += t.add[i]
		}
	}
	size := max(64, 2*t.size)
	low := make([]int32, 2*size)
	for i := range low {
		low[i] = math.MaxInt32 / 2
	}
	copy(low[size:], t.low[t.size:])
	for i := size - 1; i > 0; i-- {
		low[i] = min(low[2*i], low[2*i+1])
	}
	t.size, t.low, t.add = size, low, make([]int32, 2*size)
}

// lift brings the nodes above one up to date.
func (t *tree) lift(i int) {
	for i >>= 1; i > 0; i >>= 1 {
		t.low[i] = min(t.low[2*i], t.low[2*i+1]) + t.add[i]
	}
}

// raise adds v to the numbers from l to before r.
func (t *tree) raise(l, r int, v int32) {
	if l >= r {
		return
	}
	l, r = l+t.size, r+t.size
	first, last := l, r-1
	for ; l < r; l, r = l>>1, r>>1 {
		if l&1 == 1 {
			t.low[l] += v
			t.add[l] += v
			l++
		}
		if r&1 == 1 {
			r--
			t.low[r] += v
			t.add[r] += v
		}
	}
	t.lift(first)
	t.lift(last)
}

// first and last find a number from l to before r that is not above 0; -1: none is.
func (t *tree) first(l, r int) int { return t.find(1, 0, t.size, l, r, 0, 0) }
func (t *tree) last(l, r int) int  { return t.find(1, 0, t.size, l, r, 0, 1) }

// find looks below node i, which spans the numbers from a to before b, first at its child of the given side.
func (t *tree) find(i, a, b, l, r int, above int32, side int) int {
	if b <= l || r <= a || t.low[i]+above > 0 {
		return -1
	}
	if b-a == 1 {
		return a
	}
	half := (b - a) / 2
	above += t.add[i]
	for c := range 2 {
		c ^= side
		if found := t.find(2*i+c, a+c*half, a+(c+1)*half, l, r, above, side); found >= 0 {
			return found
		}
	}
	return -1
}
