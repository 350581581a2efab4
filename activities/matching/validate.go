package matching

import (
	"cmp"
	"fmt"
)

// validate checks what needs no index; newInstance finds the rest.
func validate(p *Problem) error {
	if p.GroupSize < MinGroupSize || p.GroupSize > MaxGroupSize {
		return invalid(InvalidGroupSize, "group_size")
	}
	if err := validateRules(p.Rules); err != nil {
		return err
	}
	if err := validateMode(p); err != nil {
		return err
	}
	for i, m := range p.Met {
		if m.A == m.B {
			return invalid(InvalidSelfPair, "met[%d]", i)
		}
		if m.Times < 0 || m.RoundsAgo < 0 {
			return invalid(InvalidNumber, "met[%d]", i)
		}
	}
	for field, pairs := range [...][]Pair{p.Never, p.Forbidden} {
		for i, pair := range pairs {
			if pair.A == pair.B {
				return invalid(InvalidSelfPair, "%s[%d]", [...]string{"never", "forbidden"}[field], i)
			}
		}
	}
	for i, w := range p.Wishes {
		if w.From == w.To {
			return invalid(InvalidSelfPair, "wishes[%d]", i)
		}
		if w.Rank < 1 && !w.Avoid {
			return invalid(InvalidNumber, "wishes[%d]", i)
		}
	}
	for i, m := range p.Members {
		if p.OddBefore[m.ID] < 0 {
			return invalid(InvalidNumber, "odd_before of members[%d]", i)
		}
	}
	return nil
}

func validateRules(rules []Rule) error {
	if len(rules) > MaxRules {
		return invalid(InvalidRule, "rules")
	}
	for i, r := range rules {
		field := fmt.Sprintf("rules[%d]", i)
		names := r
		names.Hard = false
		switch r.Kind {
		case KindNoRepeat, KindWishes, KindFairTurns:
			if r.Kind == KindFairTurns && r.Hard || names != (Rule{Kind: r.Kind}) {
				return invalid(InvalidRule, "%s", field)
			}
		case KindSame, KindDifferent, KindFewShared:
			if r.Attribute == "" || names != (Rule{Kind: r.Kind, Attribute: r.Attribute}) {
				return invalid(InvalidRule, "%s", field)
			}
		case KindWith, KindApart, KindBetween:
			if r.Attribute == "" || r.Value == "" || r.OtherValue == "" {
				return invalid(InvalidRule, "%s", field)
			}
		default:
			return invalid(InvalidRule, "%s", field)
		}
		for _, other := range rules[:i] {
			switch {
			case r.Repeats(other):
				return invalid(InvalidRuleTwice, "%s", field)
			case r.Contradicts(other):
				return invalid(InvalidContradicts, "%s", field)
			}
		}
	}
	return nil
}

// Repeats says whether two rules want the same of the same people. Of KindApart and KindBetween the two sides may be
// exchanged.
func (r Rule) Repeats(o Rule) bool {
	return r.Kind == o.Kind && (r.about() == o.about() || r.Kind != KindWith && r.about() == o.crossed().about())
}

// Contradicts says whether no two people of whom one rule speaks can hold it and the other.
func (r Rule) Contradicts(o Rule) bool {
	return (opposite[r.Kind] == o.Kind || opposite[o.Kind] == r.Kind) && (r.about() == o.about() || r.about() == o.crossed().about())
}

// about is what a rule looks at, whatever its kind.
func (r Rule) about() Rule {
	r.Kind, r.Hard = "", false
	if r.OtherValue != "" {
		r.Other = cmp.Or(r.Other, r.Attribute)
	}
	return r
}

// crossed is a rule with its two sides exchanged.
func (r Rule) crossed() Rule {
	if r.OtherValue != "" {
		r.Attribute, r.Value, r.Other, r.OtherValue = cmp.Or(r.Other, r.Attribute), r.OtherValue, r.Attribute, r.Value
	}
	return r
}

// KindWith and KindApart of the same two values contradict each other, as do KindBetween and KindApart.
var opposite = map[RuleKind]RuleKind{KindSame: KindDifferent, KindWith: KindApart, KindBetween: KindApart}

func validateMode(p *Problem) error {
	switch p.Leftover {
	case "", LeftoverLarger, LeftoverSmaller, LeftoverOut:
	default:
		return invalid(InvalidMode, "leftover")
	}
	switch p.Mode {
	case "", ModeRandom, ModeCross, ModeLottery:
	case ModeMystery:
		if p.GroupSize != 2 {
			return invalid(InvalidGroupSize, "group_size")
		}
	case ModeCompose:
		return validateSeats(p)
	default:
		return invalid(InvalidMode, "mode")
	}
	if p.Seats.Attribute != "" || len(p.Seats.Of) > 0 || p.Seats.Rematch != 0 {
		return invalid(InvalidMode, "seats")
	}
	if p.Mode != ModeLottery && len(p.Fixed) > 0 {
		return invalid(InvalidMode, "fixed")
	}
	return nil
}

func validateSeats(p *Problem) error {
	if p.Seats.Attribute == "" || len(p.Seats.Of) == 0 || p.Seats.Rematch < -1 || p.Seats.Rematch > MaxRematch {
		return invalid(InvalidSeats, "seats")
	}
	sum, seen := 0, map[string]bool{}
	for i, seat := range p.Seats.Of {
		if seat.Value == "" || seat.Count < 1 || seat.Count > MaxGroupSize || seen[seat.Value] {
			return invalid(InvalidSeats, "seats.of[%d]", i)
		}
		seen[seat.Value] = true
		sum += seat.Count
	}
	if sum != p.GroupSize {
		return invalid(InvalidGroupSize, "group_size")
	}
	if len(p.Fixed) > 0 {
		return invalid(InvalidMode, "fixed")
	}
	return nil
}
