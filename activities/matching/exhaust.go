package matching

import "slices"

// maxExhaust is how many people are matched in groups by trying all: at most 15,400 ways for 12 in threes.
const maxExhaust = 12

// exhaust finds the cheapest groups of the planned sizes for up to maxExhaust people by branch and bound. It is nil
// when every way breaks a hard rule.
func (in *instance) exhaust(people []int32) [][]int32 {
	e := exhaustion{graph: newGraph(in, people), plan: in.sizes(len(people)), cost: absent}
	e.groups = make([][]int, len(e.plan))
	e.place(0, wide{})
	if e.best == nil {
		return nil
	}
	groups := make([][]int32, len(e.best))
	for i, g := range e.best {
		for _, at := range g {
			groups[i] = append(groups[i], people[at])
		}
	}
	return groups
}

type exhaustion struct {
	*graph
	plan   []int
	groups [][]int // places in people
	best   [][]int
	cost   wide // of best
}

// place seats the person at a place, and all after, in every way that may be cheaper than the best so far.
func (e *exhaustion) place(at int, cost wide) {
	if !cost.Less(e.cost) {
		return
	}
	if at == e.size() {
		e.cost, e.best = cost, make([][]int, len(e.groups))
		for i, g := range e.groups {
			e.best[i] = slices.Clone(g)
		}
		return
	}
	for g, size := range e.plan {
		if len(e.groups[g]) == size || g > 0 && len(e.groups[g-1]) == 0 && e.plan[g-1] == size {
			continue
		}
		sum, fits := cost, true
		if size != e.in.p.GroupSize {
			sum = sum.Add(e.in.oddCost(e.people[at]))
		}
		for _, o := range e.groups[g] {
			if fits = e.edge(at, o); !fits {
				break
			}
			sum = sum.Add(e.between(at, o))
		}
		if fits {
			e.groups[g] = append(e.groups[g], at)
			e.place(at+1, sum)
			e.groups[g] = e.groups[g][:len(e.groups[g])-1]
		}
	}
}
