package store

import "cmp"

// shuffled compares two ids in an order that a seed decides.
func shuffled(seed, a, b int64) int {
	return cmp.Or(cmp.Compare(mixed(seed, a), mixed(seed, b)), cmp.Compare(a, b))
}

// drawn is a number below n for an id that a seed decides.
func drawn(seed, id int64, n int) int { return int(mixed(seed^0x5eed, id) % uint64(n)) } //nolint:gosec // n is a count

// mixed scatters an id: SplitMix64 (Steele, Lea, Flood 2014).
func mixed(seed, id int64) uint64 {
	x := uint64(seed) ^ uint64(id)*0x9e3779b97f4a7c15 //nolint:gosec // bits
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
