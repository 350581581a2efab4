package matching

import "fmt"

// validate checks what needs no index; newInstance finds the rest.
func validate(p *Problem) error {
	if p.GroupSize < MinGroupSize || p.GroupSize > MaxGroupSize {
		return invalid(InvalidGroupSize, "group_size")
	}
	if err := validateRules(p.Rules); err != nil {
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
		switch r.Kind {
		case KindNoRepeat, KindWishes:
			if r.Attribute != "" {
				return invalid(InvalidRule, "%s", field)
			}
		case KindSame, KindDifferent:
			if r.Attribute == "" {
				return invalid(InvalidRule, "%s", field)
			}
		default:
			return invalid(InvalidRule, "%s", field)
		}
		for _, other := range rules[:i] {
			if other.Attribute != r.Attribute {
				continue
			}
			if other.Kind == r.Kind {
				return invalid(InvalidRuleTwice, "%s", field)
			}
			if r.Attribute != "" {
				return invalid(InvalidContradicts, "%s", field)
			}
		}
	}
	return nil
}
