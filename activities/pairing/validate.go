package pairing

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"rondo/activities/fault"
)

// Limits on rules.
const (
	MaxTypePairs      = 200
	MaxAttributeRules = 20
	MaxPreferences    = 8                  // of them, rules that choose rather than forbid: more would not fit side by side into a weight
	MaxAttributeName  = 100                // in characters
	MaxWindow         = 366 * 24 * 60 * 60 // of Repeat, in seconds
	MaxGuarantee      = 24 * 60 * 60       // in seconds
)

// Validate checks rules by themselves: whether ticket types and attributes exist, the caller knows. The error is a
// [fault.Error] with the code "rules_invalid" and everything that is wrong, at locations such as "rules.attributes[0].kind".
func (r *Rules) Validate() error {
	c := check{fault.New(fault.Invalid, "rules_invalid", "the rules of the session have mistakes")}
	c.types(r.Types)
	c.attributes(r.Attributes)
	switch r.Repeat.Kind {
	case "", RepeatWindow, RepeatNever, RepeatAcross, RepeatAllow:
	default:
		c.wrong(r.Repeat.Kind, "repeat.kind", "a repeat rule is window, never, across or allow")
	}
	c.within(r.Repeat.Seconds, MaxWindow, "repeat.seconds")
	switch r.Odd {
	case "", OddWaits, OddJoins:
	default:
		c.wrong(r.Odd, "odd", "the odd one out can wait or join as third")
	}
	c.within(r.Guarantee, MaxGuarantee, "guarantee")
	if r.Guarantee > 0 && len(r.order()) == 0 {
		c.wrong(r.Guarantee, "guarantee", "there is no rule that waiting could relax: add an attribute rule that forbids, or name ticket_types or repeat in relax")
	}
	c.relax(r)
	if len(c.Fields) > 0 {
		return c.Error
	}
	return nil
}

type check struct{ *fault.Error }

func (c *check) wrong(value any, location, message string, args ...any) {
	c.Fields = append(c.Fields, fault.Field{Location: "rules." + location, Message: fmt.Sprintf(message, args...), Value: value})
}

func (c *check) within(n, most int, location string) {
	if n < 0 || n > most {
		c.wrong(n, location, "from 0 to %d seconds", most)
	}
}

func (c *check) types(pairs [][2]int64) {
	if len(pairs) > MaxTypePairs {
		c.wrong(len(pairs), "types", "at most %d pairs of ticket types", MaxTypePairs)
		return
	}
	seen := map[pair]bool{}
	for i, p := range pairs {
		at := fmt.Sprintf("types[%d]", i)
		switch {
		case p[0] <= 0 || p[1] <= 0:
			c.wrong(p, at, "the id of a ticket type is positive")
		case seen[pairOf(p[0], p[1])]:
			c.wrong(p, at, "this pair of ticket types stands there twice: its order means nothing")
		}
		seen[pairOf(p[0], p[1])] = true
	}
}

func (c *check) attributes(rules []AttributeRule) {
	if len(rules) > MaxAttributeRules {
		c.wrong(len(rules), "attributes", "at most %d rules about attributes", MaxAttributeRules)
		return
	}
	seen, preferences := map[string]bool{}, 0
	for i, a := range rules {
		at, name := fmt.Sprintf("attributes[%d]", i), strings.ToLower(strings.TrimSpace(a.Attribute))
		switch {
		case name == "":
			c.wrong(a.Attribute, at+".attribute", "the name of an attribute is needed")
		case utf8.RuneCountInString(name) > MaxAttributeName:
			c.wrong(a.Attribute, at+".attribute", "the name of an attribute has at most %d characters", MaxAttributeName)
		case seen[name]:
			c.wrong(a.Attribute, at+".attribute", "there is a rule about this attribute already")
		}
		seen[name] = true
		switch a.Kind {
		case NeverSame, OnlySame:
		case PreferDifferent, PreferSame:
			if preferences++; preferences == MaxPreferences+1 {
				c.wrong(a.Kind, at+".kind", "at most %d rules can prefer", MaxPreferences)
			}
		default:
			c.wrong(a.Kind, at+".kind", "an attribute rule is never_same, only_same, prefer_different or prefer_same")
		}
	}
}

func (c *check) relax(r *Rules) {
	if len(r.Relax) > MaxAttributeRules+2 {
		c.wrong(len(r.Relax), "relax", "at most every rule once")
		return
	}
	for i, name := range r.Relax {
		at := fmt.Sprintf("relax[%d]", i)
		attribute, isAttribute := strings.CutPrefix(name, AttributePrefix)
		rule := slices.IndexFunc(r.Attributes, func(a AttributeRule) bool { return a.Attribute == attribute })
		switch {
		case slices.Contains(r.Relax[:i], name):
			c.wrong(name, at, "this rule is relaxed already")
		case name == TicketTypesRule || name == RepeatRule:
		case name == BlocksRule || name == "block":
			c.wrong(name, at, "a block holds for ever: waiting does not relax it")
		case !isAttribute:
			c.wrong(name, at, "waiting can relax ticket_types, repeat or attribute:NAME")
		case rule < 0:
			c.wrong(name, at, "there is no rule about this attribute")
		case !r.Attributes[rule].forbids():
			c.wrong(name, at, "this rule forbids nothing: there is nothing to relax")
		}
	}
}
