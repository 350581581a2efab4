package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

// ParseRules reads a program's ranked rules, the first of which outranks the rest. Not to repeat and to heed wishes are
// rules of every program: where they are not ranked, they come last.
func ParseRules(raw json.RawMessage) ([]matching.Rule, error) {
	var rules []matching.Rule
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	err := d.Decode(&rules)
	if err == nil && d.More() {
		err = errors.New("more than one value")
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "rules_invalid", "the matching rules cannot be read")
	}
	for _, kind := range []matching.RuleKind{matching.KindNoRepeat, matching.KindWishes} {
		if !slices.ContainsFunc(rules, func(r matching.Rule) bool { return r.Kind == kind }) {
			rules = append(rules, matching.Rule{Kind: kind})
		}
	}
	return rules, nil
}

// ruleAttributes are the attributes that rules and seats look at, each once.
func ruleAttributes(rules []matching.Rule, seats matching.Seats) []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, r := range rules {
		add(r.Attribute)
		add(r.Other)
	}
	add(seats.Attribute)
	return names
}
