package matching

import (
	"cmp"
	"slices"
)

// construct makes groups quickly: people whom hard "same" rules keep apart are split first; in each part those least
// often odd fill the odd-sized groups; the rest are dealt so that "same" rules find their like next to them and
// "different" rules find theirs far away. It takes O(n log n) time and looks at no pairs: improve does.
func (in *instance) construct(people []int32, rng random) (groups [][]int32) {
	for _, part := range in.parts(people) {
		rng.shuffle(part)
		plan := in.sizes(len(part))
		var odd, even []int
		seats := 0
		for _, size := range plan {
			if size == in.p.GroupSize {
				even = append(even, size)
			} else {
				odd = append(odd, size)
				seats += size
			}
		}
		out := len(part) - seats - len(even)*in.p.GroupSize
		if seats > 0 || out > 0 {
			slices.SortStableFunc(part, func(a, b int32) int { return cmp.Compare(in.odd[a], in.odd[b]) })
		}
		part = part[out:]
		groups = append(groups, in.deal(part[:seats], odd, rng)...)
		groups = append(groups, in.deal(part[seats:], even, rng)...)
	}
	return groups
}

// parts splits people into those who may meet as far as hard "same" rules go. Who lacks a value is in no part.
func (in *instance) parts(people []int32) [][]int32 {
	key := in.keyOrder(func(r int) bool { return in.p.Rules[r].Kind == KindSame && in.p.Rules[r].Hard && in.exempt[r] == nil }, nil)
	people = slices.Clone(people)
	slices.SortStableFunc(people, key.compare)
	var parts [][]int32
	for i, p := range people {
		if key.missing(p) {
			continue
		}
		if i == 0 || key.missing(people[i-1]) || key.compare(people[i-1], p) != 0 {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], p)
	}
	return parts
}

// deal seats people at groups of the given sizes, which must add up.
func (in *instance) deal(people []int32, plan []int, rng random) [][]int32 {
	if len(plan) == 0 {
		return nil
	}
	alike := in.keyOrder(func(r int) bool { return in.p.Rules[r].Kind == KindSame && !in.p.Rules[r].Hard }, &rng)
	unlike := in.keyOrder(func(r int) bool { return in.p.Rules[r].Kind == KindDifferent }, &rng)
	rng.shuffle(people)
	slices.SortStableFunc(people, func(a, b int32) int {
		return cmp.Or(alike.compare(a, b), unlike.compare(a, b))
	})
	groups := make([][]int32, 0, len(plan))
	var rest []int32
	for len(people) > 0 {
		run := 1
		for run < len(people) && alike.compare(people[0], people[run]) == 0 {
			run++
		}
		size := plan[len(groups):]
		n, seats := 0, 0 // how many of the next groups the run fills
		for n < len(size) && seats+size[n] <= run {
			seats += size[n]
			n++
		}
		groups = append(groups, spread(people[:seats], size[:n])...)
		rest, people = append(rest, people[seats:run]...), people[run:]
	}
	return append(groups, spread(rest, plan[len(groups):])...)
}

// spread seats people, whose sizes add up to their number, so that neighbours sit in different groups.
func spread(people []int32, plan []int) [][]int32 {
	groups := make([][]int32, len(plan))
	for i, size := range plan {
		groups[i] = make([]int32, 0, size)
	}
	for i := 0; len(people) > 0; i++ {
		if g := i % len(plan); len(groups[g]) < plan[g] {
			groups[g], people = append(groups[g], people[0]), people[1:]
		}
	}
	return groups
}

// keys orders people by their values of some attributes.
type keys struct {
	codes [][]int32
	salt  []uint64
}

// keyOrder is over the attributes of the rules asked for, in their rank. With a source of chance the order of values
// is drawn: otherwise the same values would sit side by side in every round.
func (in *instance) keyOrder(want func(r int) bool, rng *random) keys {
	var k keys
	for r := range in.p.Rules {
		if want(r) {
			k.codes = append(k.codes, in.codes[r])
			salt := uint64(0)
			if rng != nil {
				salt = rng.pcg.Uint64()
			}
			k.salt = append(k.salt, salt)
		}
	}
	return k
}

func (k keys) compare(a, b int32) int {
	for i, codes := range k.codes {
		if codes[a] != codes[b] {
			return cmp.Compare(mix(k.salt[i]^uint64(codes[a])), mix(k.salt[i]^uint64(codes[b])))
		}
	}
	return 0
}

func (k keys) missing(a int32) bool {
	return slices.ContainsFunc(k.codes, func(codes []int32) bool { return codes[a] == 0 })
}
