package matching

import (
	"math"
	"math/bits"
)

// wide is a signed 192-bit integer: lexicographic costs packed side by side.
type wide struct {
	hi  int64
	mid uint64
	lo  uint64
}

// absent is larger than every cost: the edge is not there.
var absent = wide{hi: math.MaxInt64}

func (a wide) isAbsent() bool { return a.hi == math.MaxInt64 }

func (a wide) add(b wide) wide {
	lo, c := bits.Add64(a.lo, b.lo, 0)
	mid, c := bits.Add64(a.mid, b.mid, c)
	return wide{a.hi + b.hi + int64(c), mid, lo}
}

func (a wide) sub(b wide) wide {
	lo, c := bits.Sub64(a.lo, b.lo, 0)
	mid, c := bits.Sub64(a.mid, b.mid, c)
	return wide{a.hi - b.hi - int64(c), mid, lo}
}

func (a wide) less(b wide) bool {
	if a.hi != b.hi {
		return a.hi < b.hi
	}
	if a.mid != b.mid {
		return a.mid < b.mid
	}
	return a.lo < b.lo
}

// compare is -1, 0 or 1.
func (a wide) compare(b wide) int {
	switch {
	case a.less(b):
		return -1
	case b.less(a):
		return 1
	}
	return 0
}

// half is a/2, a being even.
func (a wide) half() wide {
	return wide{a.hi >> 1, a.mid>>1 | uint64(a.hi)<<63, a.lo>>1 | a.mid<<63}
}

func (a wide) double() wide { return a.add(a) }

func (a wide) isZero() bool { return a == wide{} }

// shifted is v * 2^by, which must stay below 2^191.
func shifted(v uint64, by uint) wide {
	switch {
	case by >= 128:
		return wide{hi: int64(v << (by - 128))}
	case by >= 64:
		s := by - 64
		return wide{hi: int64(v >> (64 - s)), mid: v << s}
	default:
		return wide{mid: v >> (64 - by), lo: v << by}
	}
}

// clear is a without its lowest n bits.
func (a wide) clear(n uint) wide {
	switch {
	case n >= 128:
		return wide{hi: a.hi >> (n - 128) << (n - 128)}
	case n >= 64:
		return wide{hi: a.hi, mid: a.mid >> (n - 64) << (n - 64)}
	default:
		return wide{hi: a.hi, mid: a.mid, lo: a.lo >> n << n}
	}
}
