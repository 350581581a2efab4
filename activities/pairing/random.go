package pairing

import (
	mathbits "math/bits"
	"math/rand/v2"
)

// draw is a number that a seed and two others decide, whatever was drawn before: it is 64 bits of the finalizer of
// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
func draw(seed uint64, a, b int64) uint64 { return mix(mix(mix(seed)^uint64(a)) ^ uint64(b)) }

func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// random draws from PCG directly: the helpers of rand.Rand may change between Go versions, and a seed must not mean another
// choice then.
type random struct{ pcg *rand.PCG }

func newRandom(seed uint64) random { return random{rand.NewPCG(seed, 0)} }

// below is a number in [0, n), n > 0; the bias is below n/2^64.
func (r random) below(n int) int {
	hi, _ := mathbits.Mul64(r.pcg.Uint64(), uint64(n))
	return int(hi)
}
