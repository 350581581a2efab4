package blossom

import "math/bits"

// Weight is a signed 128-bit integer, wide enough to hold several ranked costs side by side.
type Weight struct {
	hi int64
	lo uint64
}

// Max is more than every other.
var Max = Weight{hi: 1<<63 - 1}

// Int is v.
func Int(v int64) Weight { return Weight{hi: v >> 63, lo: uint64(v)} }

// Shifted is v * 2^by, which must stay below 2^127.
func Shifted(v uint64, by uint) Weight {
	if by >= 64 {
		return Weight{hi: int64(v << (by - 64))}
	}
	return Weight{hi: int64(v >> (64 - by)), lo: v << by}
}

// Add is a + b; it wraps around beyond 2^127.
func (a Weight) Add(b Weight) Weight {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	return Weight{hi: a.hi + b.hi + int64(carry), lo: lo}
}

// Sub is a - b.
func (a Weight) Sub(b Weight) Weight {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	return Weight{hi: a.hi - b.hi - int64(borrow), lo: lo}
}

// Less is a < b.
func (a Weight) Less(b Weight) bool {
	return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo
}

// Compare is -1, 0 or 1.
func (a Weight) Compare(b Weight) int {
	switch {
	case a.Less(b):
		return -1
	case b.Less(a):
		return 1
	}
	return 0
}

// Times is a * k for small k >= 0.
func (a Weight) Times(k uint64) Weight {
	hi, lo := bits.Mul64(a.lo, k)
	return Weight{hi: a.hi*int64(k) + int64(hi), lo: lo}
}

// Clear is a without its lowest n bits: the next multiple of 2^n that is not more.
func (a Weight) Clear(n uint) Weight {
	if n >= 64 {
		return Weight{hi: a.hi >> (n - 64) << (n - 64)}
	}
	return Weight{hi: a.hi, lo: a.lo >> n << n}
}

// Down is a / 2^n, rounded down.
func (a Weight) Down(n uint) Weight {
	if n >= 64 {
		return Weight{hi: a.hi >> 63, lo: uint64(a.hi >> (n - 64))}
	}
	return Weight{hi: a.hi >> n, lo: a.lo>>n | uint64(a.hi)<<(64-n)}
}

// Bits is a from bit `from` on, as an int64: what was shifted there, if it fits.
func (a Weight) Bits(from uint) int64 {
	if from >= 64 {
		return a.hi >> (from - 64)
	}
	return int64(a.lo>>from | uint64(a.hi)<<(64-from))
}

func (a Weight) odd() bool { return a.lo&1 == 1 }

// IsZero says whether a is 0.
func (a Weight) IsZero() bool { return a == Weight{} }

// Negative is a < 0.
func (a Weight) Negative() bool { return a.hi < 0 }

// Half is a/2, rounded down.
func (a Weight) Half() Weight { return Weight{hi: a.hi >> 1, lo: a.lo>>1 | uint64(a.hi)<<63} }

func (a Weight) double() Weight { return Weight{hi: a.hi<<1 | int64(a.lo>>63), lo: a.lo << 1} }

// length is the bits that a >= 0 takes.
func (a Weight) length() int {
	if a.hi != 0 {
		return 64 + bits.Len64(uint64(a.hi))
	}
	return bits.Len64(a.lo)
}
