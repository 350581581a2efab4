package matching

import (
	"cmp"
	"slices"

	"rondo/activities/matching/blossom"
)

// classes are people whom the rules on attributes cannot tell apart. Two people who never met, have no wish about each
// other and may meet cost what their classes cost.
type classes struct {
	in      *instance
	people  []int32
	place   []int32    // by member: index in people, or -1
	class   []int32    // by place
	members [][]int32  // places by class
	base    [][]wide   // by two classes; absent if a hard rule keeps them apart
	near    []nearness // by class
	by      []bool     // rules that tell them apart
}

// nearness is the classes that one may meet, those that cost least first.
type nearness struct {
	order []int32
	sizes []int  // people in the first classes of order, up to and with each
	upTo  [2]int // how many classes cost least, and least or next to least
}

// maxClasses bounds the work over pairs of classes.
const maxClasses = 1200

// classify splits people. A rule that would make too many classes does not tell people apart: then pairs cost at least
// what their classes do.
func (in *instance) classify(people []int32) *classes {
	c := &classes{in: in, people: people, place: make([]int32, len(in.ids)), class: make([]int32, len(people))}
	for m := range c.place {
		c.place[m] = -1
	}
	for i, m := range people {
		c.place[m] = int32(i)
	}
	count, _ := c.split(func(m int32) int32 { return int32(one(in.wisher[m])) }, 1)
	c.by = make([]bool, len(in.codes))
	for r, codes := range in.codes {
		if codes != nil {
			count, c.by[r] = c.split(func(m int32) int32 { return codes[m] }, count)
		}
	}
	for _, free := range in.exempt {
		if free != nil {
			count, _ = c.split(func(m int32) int32 { return int32(one(free[m])) }, count)
		}
	}
	c.members = make([][]int32, count)
	for i, class := range c.class {
		c.members[class] = append(c.members[class], int32(i))
	}
	c.costs()
	return c
}

// split tells people of a class apart who differ in something, unless that makes too many classes.
func (c *classes) split(by func(m int32) int32, count int) (int, bool) {
	seen, next := map[uint64]int32{}, make([]int32, len(c.class))
	for i, m := range c.people {
		key := uint64(c.class[i])<<32 | uint64(uint32(by(m)))
		class, ok := seen[key]
		if !ok {
			class = int32(len(seen))
			seen[key] = class
		}
		next[i] = class
	}
	if len(seen) > maxClasses {
		return count, false
	}
	c.class = next
	return len(seen), true
}

// costs fills base and near.
func (c *classes) costs() {
	n := len(c.members)
	c.base, c.near = make([][]wide, n), make([]nearness, n)
	for a := range n {
		c.base[a] = make([]wide, n)
		for b := range n {
			c.base[a][b] = c.between(c.people[c.members[a][0]], c.people[c.members[b][0]])
			if !isAbsent(c.base[a][b]) {
				c.near[a].order = append(c.near[a].order, int32(b))
			}
		}
		near := &c.near[a]
		slices.SortFunc(near.order, func(x, y int32) int {
			return cmp.Or(c.base[a][x].Compare(c.base[a][y]), cmp.Compare(x, y))
		})
		size := 0
		for i, b := range near.order {
			size += len(c.members[b])
			near.sizes = append(near.sizes, size)
			if cost := c.base[a][b]; cost == c.base[a][near.order[0]] {
				near.upTo = [2]int{i + 1, i + 1}
			} else if near.upTo[1] == near.upTo[0] || cost == c.base[a][near.order[near.upTo[1]-1]] {
				near.upTo[1] = i + 1
			}
		}
	}
}

// between is what two people cost by rules that tell classes apart, and by having wishes, none of which is for the other.
func (c *classes) between(a, b int32) wide {
	in := c.in
	sum := wide{}
	for r, rule := range in.p.Rules {
		if !c.by[r] {
			continue
		}
		cost := in.ruleCost(r, a, b)
		if rule.Hard && !cost.IsZero() {
			return absent
		}
		sum = sum.Add(cost)
	}
	for l, shift := range in.pack.level {
		if in.levels[l].Unit == UnitUnwished {
			sum = sum.Add(blossom.Shifted(uint64(unwished*(one(in.wisher[a])+one(in.wisher[b]))), shift))
		}
	}
	return sum
}

// pick is the person at a position among the members of the classes in order.
func (n nearness) pick(at int, members [][]int32) int32 {
	i, _ := slices.BinarySearch(n.sizes, at+1)
	from := 0
	if i > 0 {
		from = n.sizes[i-1]
	}
	return members[n.order[i]][at-from]
}
