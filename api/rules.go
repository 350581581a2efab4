package api

import (
	"slices"

	"rondo/activities/fault"
	"rondo/activities/matching"
	"rondo/activities/store"
)

// Rule is one matching rule. Rules are ranked: the first outranks all below it.
type Rule struct {
	Kind      string `json:"kind" enum:"no_repeat,wishes,same,different,with,apart,between,few_shared,fair_turns" doc:"no_repeat: who has met does not meet again; wishes: whom members want to meet or avoid; same, different: of an attribute; with: people with a value meet people with another; apart: they do not; between: everybody meets across the two; few_shared: people share few values of an attribute that lists several, split by semicolons; fair_turns: who was odd or left out is not so again before their turn"`
	Attribute string `json:"attribute,omitempty" maxLength:"100" doc:"Of all kinds but no_repeat, wishes and fair_turns: the attribute compared" example:"role"`
	Hard      bool   `json:"hard,omitempty" doc:"Of kinds with an attribute: never broken, even if somebody stays unmatched (in mode cross_groups only as a last resort)"`

	Value      string `json:"value,omitempty" maxLength:"1000" doc:"Of with, apart and between: the one value" example:"mentor"`
	Other      string `json:"other,omitempty" maxLength:"100" doc:"Of with, apart and between: the attribute of the other value; missing: the same attribute"`
	OtherValue string `json:"other_value,omitempty" maxLength:"1000" doc:"Of with, apart and between: the other value" example:"mentee"`
}

func (f programFields) applyRules(p *store.Program) error {
	if f.Rules == nil {
		return nil
	}
	rules := slices.Clone(*f.Rules)
	for i := range rules {
		if err := rules[i].clean("body.rules[" + itoa(i) + "]"); err != nil {
			return err
		}
	}
	return firstError(checkRules(rules), assignJSON(&p.Rules, rules))
}

// clean gives names and values their one form.
func (r *Rule) clean(at string) error {
	var err error
	if r.Attribute != "" {
		if r.Attribute, err = store.AttributeName(at+".attribute", r.Attribute); err != nil {
			return err
		}
	}
	if r.Other != "" {
		if r.Other, err = store.AttributeName(at+".other", r.Other); err != nil {
			return err
		}
	}
	if r.Other == r.Attribute {
		r.Other = ""
	}
	if r.Value, err = store.AttributeValue(at+".value", r.Value); err != nil {
		return err
	}
	r.OtherValue, err = store.AttributeValue(at+".other_value", r.OtherValue)
	return err
}

func checkRules(rules []Rule) error {
	for i, r := range rules {
		at := "body.rules[" + itoa(i) + "]"
		if err := r.check(at); err != nil {
			return err
		}
		for _, other := range rules[:i] {
			switch {
			case r.engine().Repeats(other.engine()):
				return fault.BadField("rule_twice", at, "this rule is there already")
			case r.engine().Contradicts(other.engine()):
				return fault.BadField("rules_contradict", at, "rules %q and %q of the same people cannot both hold", other.Kind, r.Kind)
			}
		}
	}
	return nil
}

// check says which fields are missing, or there in vain.
func (r Rule) check(at string) error {
	compares := !slices.Contains([]matching.RuleKind{matching.KindNoRepeat, matching.KindWishes, matching.KindFairTurns}, matching.RuleKind(r.Kind))
	switch {
	case compares && r.Attribute == "":
		return fault.BadField("rule_attribute_missing", at+".attribute", "a rule %q compares an attribute: name it", r.Kind)
	case !compares && r.Attribute != "":
		return fault.BadField("rule_attribute_unused", at+".attribute", "a rule %q compares no attribute", r.Kind)
	case !compares && r.Hard:
		return fault.BadField("rule_cannot_be_hard", at+".hard", "only rules about an attribute can be hard; a pair that must never meet is a never-pair")
	}
	for _, v := range []struct {
		field, value     string
		needed, optional bool
	}{
		{".value", r.Value, r.ofValues(), false},
		{".other_value", r.OtherValue, r.ofValues(), false},
		{".other", r.Other, r.ofValues(), true},
	} {
		switch {
		case v.needed && !v.optional && v.value == "":
			return fault.BadField("rule_value_missing", at+v.field, "a rule %q is about people with a value and people with another: name both", r.Kind)
		case !v.needed && v.value != "":
			return fault.BadField("rule_value_unused", at+v.field, "a rule %q is about no single values: leave it out", r.Kind)
		}
	}
	return nil
}

// ofValues reports whether a rule is about people with a value and people with another.
func (r Rule) ofValues() bool {
	return r.Kind == string(matching.KindWith) || r.Kind == string(matching.KindApart) || r.Kind == string(matching.KindBetween)
}

func (r Rule) engine() matching.Rule {
	return matching.Rule{
		Kind: matching.RuleKind(r.Kind), Attribute: r.Attribute, Hard: r.Hard, Value: r.Value, Other: r.Other, OtherValue: r.OtherValue,
	}
}
