package matching

import (
	"context"
	"fmt"
	"slices"
)

// Price is what it would cost that a rule held in a group: the best assignment in which those of the group who break it do
// not meet, found by solving again.
type Price struct {
	Rule      int      `json:"rule"` // index in Problem.Rules
	Kind      RuleKind `json:"kind"`
	Attribute string   `json:"attribute,omitempty"`
	// Change is the best score with the rule held here less the score as it is. A change that is better says that the
	// groups were not the best, which edited groups may be.
	Change Score `json:"change"`
	Exact  bool  `json:"exact"` // the best score is proven
}

// PriceOf says for each rule that a group breaks what holding it there would cost. Pins and forbidden pairs stay. It
// solves once for each such rule.
func PriceOf(ctx context.Context, p Problem, groups [][]ID, group int) ([]Price, error) {
	if group < 0 || group >= len(groups) {
		return nil, invalid(InvalidUnknown, "group")
	}
	in, err := newInstance(&p)
	if err != nil {
		return nil, err
	}
	dense, err := in.assignment(groups)
	if err != nil {
		return nil, err
	}
	now, prices := in.result(dense, false), []Price{}
	p.Pinned = slices.DeleteFunc(slices.Clone(p.Pinned), func(pin []ID) bool { return sameGroup(pin, groups[group]) })
	for r, rule := range in.p.Rules {
		forced := p
		forced.Forbidden = slices.Clone(p.Forbidden)
		for i, a := range dense[group] {
			for _, b := range dense[group][:i] {
				if in.breaks(r, a, b) {
					forced.Forbidden = append(forced.Forbidden, Pair{in.ids[a], in.ids[b]})
				}
			}
		}
		if len(forced.Forbidden) == len(p.Forbidden) {
			continue
		}
		best, err := Solve(ctx, forced)
		if err != nil {
			return nil, fmt.Errorf("price rule %d: %w", r, err)
		}
		prices = append(prices, Price{
			Rule: r, Kind: rule.Kind, Attribute: rule.Attribute, Change: best.Score.Minus(now.Score), Exact: best.Exact,
		})
	}
	return prices, nil
}

func sameGroup(a, b []ID) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// RemedyKind says what would match somebody.
type RemedyKind string

// Kinds of remedies, the smallest change first.
const (
	RemedySolve   RemedyKind = "solve"    // solving again: the groups were edited, or people joined
	RemedyPair    RemedyKind = "pair"     // lifting the never-together or forbidden pair with With
	RemedyExempt  RemedyKind = "exempt"   // freeing the person of Rule
	RemedyAll     RemedyKind = "all"      // freeing the person of all hard rules and pairs
	RemedyOneMore RemedyKind = "one_more" // one more person whom anybody may meet
	RemedyNone    RemedyKind = "none"     // none of these
)

// Remedy is the smallest change found that puts somebody in a group and leaves fewer people out.
type Remedy struct {
	Kind      RemedyKind `json:"kind"`
	Rule      int        `json:"rule"` // index in Problem.Rules, or -1
	RuleKind  RuleKind   `json:"rule_kind,omitempty"`
	Attribute string     `json:"attribute,omitempty"`
	With      ID         `json:"with,omitempty"`
	Score     Score      `json:"score"` // with that change
}

// mostPairs is how many pairs of one person RemedyOf tries to lift.
const mostPairs = 8

// RemedyOf looks for the smallest change that would match a person in no group, and checks each by solving again. score is
// that of the groups as they are.
func RemedyOf(ctx context.Context, p Problem, score Score, person ID) (Remedy, error) {
	in, err := newInstance(&p)
	if err != nil {
		return Remedy{}, err
	}
	if _, ok := in.index(person); !ok {
		return Remedy{}, invalid(InvalidUnknown, "person")
	}
	for _, try := range p.remedies(in, person) {
		made, err := Solve(ctx, try.problem)
		if err != nil {
			return Remedy{}, fmt.Errorf("try remedy %s: %w", try.Kind, err)
		}
		left := slices.ContainsFunc(made.Unmatched, func(u Unmatched) bool { return u.ID == person })
		if !left && made.Score.Unmatched < score.Unmatched {
			try.Score = made.Score
			return try.Remedy, nil
		}
	}
	return Remedy{Kind: RemedyNone, Rule: -1, Score: score}, nil
}

type remedyTry struct {
	Remedy
	problem Problem
}

// remedies is what to try, the smallest first: rules of the lowest rank before those above.
func (p Problem) remedies(in *instance, person ID) []remedyTry {
	tries := []remedyTry{{Remedy{Kind: RemedySolve, Rule: -1}, p}}
	without := func(pairs []Pair, with ID) []Pair {
		return slices.DeleteFunc(slices.Clone(pairs), func(pair Pair) bool {
			return pair.A == person && (with == 0 || pair.B == with) || pair.B == person && (with == 0 || pair.A == with)
		})
	}
	lifted := 0
	for _, pair := range slices.Concat(p.Forbidden, p.Never) {
		with := pair.B
		if with == person {
			with = pair.A
		} else if pair.A != person {
			continue
		}
		if _, ok := in.index(with); !ok || lifted == mostPairs {
			continue
		}
		lifted++
		q := p
		q.Forbidden, q.Never = without(p.Forbidden, with), without(p.Never, with)
		tries = append(tries, remedyTry{Remedy{Kind: RemedyPair, Rule: -1, With: with}, q})
	}
	all := p
	all.Forbidden, all.Never = without(p.Forbidden, 0), without(p.Never, 0)
	for r := len(in.p.Rules) - 1; r >= 0; r-- {
		rule := in.p.Rules[r]
		if !rule.Hard {
			continue
		}
		q, free := p, Exemption{person, r}
		q.Exempt = append(slices.Clone(p.Exempt), free)
		all.Exempt = append(slices.Clone(all.Exempt), free)
		tries = append(tries, remedyTry{Remedy{Kind: RemedyExempt, Rule: r, RuleKind: rule.Kind, Attribute: rule.Attribute}, q})
	}
	more, everything := p, ID(1)
	for _, id := range in.ids {
		everything = max(everything, id+1)
	}
	more.Members = append(slices.Clone(p.Members), Member{ID: everything})
	for r, rule := range in.p.Rules {
		if rule.Hard {
			more.Exempt = append(slices.Clone(more.Exempt), Exemption{everything, r})
		}
	}
	return append(tries, remedyTry{Remedy{Kind: RemedyAll, Rule: -1}, all}, remedyTry{Remedy{Kind: RemedyOneMore, Rule: -1}, more})
}
