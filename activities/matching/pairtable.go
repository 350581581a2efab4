package matching

import "math/bits"

// pairTable maps ordered pairs of dense indexes to a number: open addressing, linear probing, at most 2/3 full. It
// takes 12 bytes per slot and never iterates, so its layout cannot leak into a decision.
type pairTable struct {
	keys []uint64 // 0 is empty: a pair of the same person is never stored
	vals []uint32
	used int
}

// newPairTable has room for n pairs; more are still stored, at the price of growing.
func newPairTable(n int) *pairTable {
	size := 1 << bits.Len(uint(max(n, 4)*3/2))
	return &pairTable{keys: make([]uint64, size), vals: make([]uint32, size)}
}

func pairKey(a, b int32) uint64 { return uint64(a)<<32 | uint64(b) }

func (t *pairTable) slot(key uint64) int {
	mask := len(t.keys) - 1
	i := int(mix(key)) & mask
	for t.keys[i] != 0 && t.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

// get is the number stored for (a, b), or 0.
func (t *pairTable) get(a, b int32) uint32 {
	if t.used == 0 {
		return 0
	}
	return t.vals[t.slot(pairKey(a, b))]
}

// sym is get for pairs stored with the smaller index first.
func (t *pairTable) sym(a, b int32) uint32 { return t.get(min(a, b), max(a, b)) }

// at is the place of the number stored for (a, b), valid until the next call.
func (t *pairTable) at(a, b int32) *uint32 {
	if 3*(t.used+1) > 2*len(t.keys) {
		t.grow()
	}
	i := t.slot(pairKey(a, b))
	if t.keys[i] == 0 {
		t.keys[i] = pairKey(a, b)
		t.used++
	}
	return &t.vals[i]
}

func (t *pairTable) grow() {
	old := *t
	t.keys, t.vals = make([]uint64, 2*len(old.keys)), make([]uint32, 2*len(old.keys))
	for i, key := range old.keys {
		if key != 0 {
			j := t.slot(key)
			t.keys[j], t.vals[j] = key, old.vals[i]
		}
	}
}
