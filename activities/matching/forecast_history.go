package matching

import (
	"iter"
	"math"
	"slices"
)

// simulation is a problem whose history grows round by round.
type simulation struct {
	in    *instance // of all members: their dense indexes
	all   []Member
	fixed []ID
	share float64
	seed  uint64

	p    Problem    // of the round at hand; Met and OddBefore are the simulation's own
	met  *pairTable // unordered: 1 + index in p.Met
	ends [][2]int32 // dense indexes of p.Met
	here []bool     // takes part in the round at hand, by member
	took []int      // rounds taken part in, by member
	left []int      // of them, in no group
	seen []bool     // took part before, by member
}

func newSimulation(p Problem, share float64) (*simulation, error) {
	p.Pinned, p.Forbidden = nil, nil
	in, err := newInstance(&p)
	if err != nil {
		return nil, err
	}
	n := len(in.ids)
	s := &simulation{
		in: in, all: p.Members, fixed: p.Fixed, share: share, seed: p.Seed, p: p, met: newPairTable(len(p.Met)),
		here: make([]bool, n), took: make([]int, n), left: make([]int, n), seen: make([]bool, n),
	}
	s.p.Met = make([]Meeting, 0, len(p.Met))
	for _, m := range p.Met {
		if a, b, ok := in.pair(m.A, m.B); ok && m.Times > 0 {
			known := s.remember(a, b)
			known.Times = min(known.Times+min(m.Times, maxTimes), maxTimes)
			known.RoundsAgo = max(1, min(known.RoundsAgo, m.RoundsAgo))
			s.seen[a], s.seen[b] = true, true
		}
	}
	s.p.OddBefore = make(map[ID]int, len(p.OddBefore))
	for _, id := range in.ids {
		if odd := p.OddBefore[id]; odd > 0 {
			s.p.OddBefore[id] = min(odd, math.MaxInt-MaxForecastRounds)
		}
	}
	return s, nil
}

// remember is what is known of a pair, valid until the next call.
func (s *simulation) remember(a, b int32) *Meeting {
	a, b = min(a, b), max(a, b)
	at := s.met.at(a, b)
	if *at == 0 {
		s.p.Met = append(s.p.Met, Meeting{A: s.in.ids[a], B: s.in.ids[b], RoundsAgo: maxAgo})
		s.ends = append(s.ends, [2]int32{a, b})
		*at = uint32(len(s.p.Met))
	}
	return &s.p.Met[*at-1]
}

// begin draws who takes part in a round.
func (s *simulation) begin(no int) {
	s.p.Seed = mix(mix(s.seed) + uint64(no))
	s.p.Members = make([]Member, 0, len(s.all))
	clear(s.here)
	for _, m := range s.all {
		const unit = 1 << 53
		drawn := mix(mix(s.p.Seed)^mix(uint64(m.ID))) >> 11
		if float64(drawn)/unit >= s.share {
			continue
		}
		at, _ := s.in.index(m.ID)
		s.here[at] = true
		s.took[at]++
		s.p.Members = append(s.p.Members, m)
	}
	s.p.Fixed = slices.DeleteFunc(slices.Clone(s.fixed), func(id ID) bool {
		at, member := s.in.index(id)
		return member && !s.here[at]
	})
}

// record makes a round the one before the next. A pair in two of its groups met once.
func (s *simulation) record(made Result, odd []ID) {
	s.welcome()
	for _, g := range made.Groups {
		for a, b := range s.pairs(g) {
			if known := s.remember(a, b); known.RoundsAgo > 0 {
				known.Times++
				known.RoundsAgo = 0
			}
		}
	}
	for _, id := range odd {
		s.p.OddBefore[id]++
	}
	for i := range s.p.Met {
		s.p.Met[i].RoundsAgo++
	}
	for _, u := range made.Unmatched {
		s.p.OddBefore[u.ID]++
		at, _ := s.in.index(u.ID)
		s.left[at]++
	}
}

// welcome lets who takes part for the first time begin where those odd least often are: a newcomer need not catch up on
// everybody's turns.
func (s *simulation) welcome() {
	least := math.MaxInt
	for m, here := range s.here {
		if here && s.seen[m] {
			least = min(least, s.p.OddBefore[s.in.ids[m]])
		}
	}
	for m, here := range s.here {
		if here && !s.seen[m] {
			s.seen[m] = true
			if least > 0 && least < math.MaxInt {
				s.p.OddBefore[s.in.ids[m]] += least
			}
		}
	}
}

// pairs are the dense indexes of every two members of a group.
func (s *simulation) pairs(g Group) iter.Seq2[int32, int32] {
	return func(yield func(int32, int32) bool) {
		for i := range g.Members {
			for j := range i {
				a, b, _ := s.in.pair(g.Members[i], g.Members[j])
				if !yield(a, b) {
					return
				}
			}
		}
	}
}

// unavoidable proves a lower bound of repeats in two ways; it is 0 if neither tells anything. No answer that is as good
// in what outranks the rule repeats fewer earlier meetings than Result.Bound says, and so many take so many pairs. And
// while everybody is in a group, they are with at least as many others as the smallest group has, not all of them
// strangers.
func (s *simulation) unavoidable(made Result) int {
	strangers := make([]int, len(s.here)) // by member: those taking part whom they have not met
	for m := range strangers {
		strangers[m] = len(s.p.Members) - 1
	}
	var pairs []int // by earlier meetings
	for i, ends := range s.ends {
		if !s.here[ends[0]] || !s.here[ends[1]] {
			continue
		}
		strangers[ends[0]]--
		strangers[ends[1]]--
		times := min(s.p.Met[i].Times, maxTimes)
		for len(pairs) <= times {
			pairs = append(pairs, 0)
		}
		pairs[times]++
	}
	return max(s.fewestRepeats(made, pairs), s.fewestAcquainted(made, strangers))
}

func (s *simulation) fewestRepeats(made Result, pairs []int) (fewest int) {
	level := slices.IndexFunc(s.in.levels, func(l Level) bool { return l.Unit == UnitTimes })
	if level < 0 || made.Score.Hard != made.Bound.Hard || made.Score.Unmatched != made.Bound.Unmatched ||
		s.in.oddRank <= level && made.Score.Odd != made.Bound.Odd || !slices.Equal(made.Score.Costs[:level], made.Bound.Costs[:level]) {
		return 0
	}
	often := 1 // as a pair may be in groups of one round
	if s.p.Several() {
		often = MaxRematch
	}
	meetings := int(made.Bound.Costs[level])
	for times := len(pairs) - 1; times > 0 && meetings > 0; times-- {
		n := min(often*pairs[times], (meetings+times-1)/times)
		fewest += n
		meetings -= n * times
	}
	return fewest
}

func (s *simulation) fewestAcquainted(made Result, strangers []int) int {
	if len(made.Unmatched) > 0 || len(made.Groups) == 0 {
		return 0
	}
	others := math.MaxInt
	for _, g := range made.Groups {
		others = min(others, len(g.Members)-1)
	}
	sum := 0
	for m, n := range strangers {
		if s.here[m] {
			sum += max(0, others-n)
		}
	}
	return (sum + 1) / 2
}
