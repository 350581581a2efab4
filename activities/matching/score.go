package matching

import (
	"cmp"
	"slices"
)

// Score is what an assignment costs, most important first; 0 is best everywhere.
type Score struct {
	Hard      int     `json:"hard"`      // pairs that break a hard rule; 0 in all that Solve and Repair make
	Unmatched int     `json:"unmatched"` // people in no group
	Odd       int64   `json:"odd"`       // over people odd or left out: 1 + how often they were before
	Costs     []int64 `json:"costs"`     // soft rules, one entry per Level
	// OddRank is how many entries of Costs outrank Odd: see KindFairTurns. Where any do, scores compare groups of as many odd
	// people: more of them are no way to hold a rule.
	OddRank int `json:"odd_rank,omitempty"`
}

// Compare orders scores of the same rules lexicographically: negative when s is better than o.
func (s Score) Compare(o Score) int {
	return cmp.Or(
		cmp.Compare(s.Hard, o.Hard),
		cmp.Compare(s.Unmatched, o.Unmatched),
		slices.Compare(s.Costs[:s.OddRank], o.Costs[:s.OddRank]),
		cmp.Compare(s.Odd, o.Odd),
		slices.Compare(s.Costs[s.OddRank:], o.Costs[s.OddRank:]),
	)
}

// figures are all of a score but what breaks hard rules, most important first.
func (s Score) figures() []int64 {
	return slices.Concat([]int64{int64(s.Unmatched)}, s.Costs[:s.OddRank], []int64{s.Odd}, s.Costs[s.OddRank:])
}

// Minus is the difference of two scores of the same rules, for showing what an edit changes: negative is better.
func (s Score) Minus(o Score) Score {
	d := Score{
		Hard: s.Hard - o.Hard, Unmatched: s.Unmatched - o.Unmatched, Odd: s.Odd - o.Odd,
		Costs: slices.Clone(s.Costs), OddRank: s.OddRank,
	}
	for i := range min(len(d.Costs), len(o.Costs)) {
		d.Costs[i] -= o.Costs[i]
	}
	return d
}

func (s *Score) add(o Score) {
	s.Hard += o.Hard
	s.Unmatched += o.Unmatched
	s.Odd += o.Odd
	for i, c := range o.Costs {
		s.Costs[i] += c
	}
}

// Level is one entry of Score.Costs.
type Level struct {
	Rule int    `json:"rule"` // index in the rules
	Unit string `json:"unit"` // what is counted, one of the Unit constants
}

// Units of levels, each summed over the pairs of people who meet.
const (
	UnitTimes    = "times"    // no_repeat: earlier meetings of the pair
	UnitRecency  = "recency"  // no_repeat: 256 less the rounds since the pair met last, at least 1; 0 if they never did
	UnitPairs    = "pairs"    // same, different, with, apart, between: 1 if the pair breaks the rule
	UnitShared   = "shared"   // few_shared: values that both list, at most 15
	UnitAvoided  = "avoided"  // wishes: people who wanted to avoid the other
	UnitUnwished = "unwished" // wishes: for each who has wishes, rank of the other less 1, at most 9; 10 if not among them
)

// Levels lists what Score.Costs counts under these rules. Hard rules have no level, but for wishes to meet, which are
// soft even where avoiding is hard.
func Levels(rules []Rule) []Level {
	levels := []Level{}
	for i, r := range rules {
		switch {
		case r.Hard && r.Kind != KindWishes, r.Kind == KindFairTurns:
		case r.Kind == KindNoRepeat:
			levels = append(levels, Level{i, UnitTimes}, Level{i, UnitRecency})
		case r.Kind == KindWishes:
			if !r.Hard {
				levels = append(levels, Level{i, UnitAvoided})
			}
			levels = append(levels, Level{i, UnitUnwished})
		case r.Kind == KindFewShared:
			levels = append(levels, Level{i, UnitShared})
		default:
			levels = append(levels, Level{i, UnitPairs})
		}
	}
	return levels
}

// oddRank is how many levels outrank fair turns.
func oddRank(rules []Rule) int {
	at := slices.IndexFunc(rules, func(r Rule) bool { return r.Kind == KindFairTurns })
	return len(Levels(rules[:max(at, 0)]))
}
