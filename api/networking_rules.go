package api

import (
	"github.com/danielgtaylor/huma/v2"

	"rondo/activities/pairing"
)

// NetworkingRules say who of a networking session may meet whom.
type NetworkingRules struct {
	Types      []TypePair          `json:"types,omitempty" nullable:"false" maxItems:"200" doc:"Pairs of ticket types, by id, that may meet, in either order: [[1, 2]]. Missing: all may. A type in no pair meets nobody"`
	Attributes []NetworkingByValue `json:"attributes,omitempty" nullable:"false" maxItems:"20" doc:"The first outranks the rest"`
	Repeat     *NetworkingRepeat   `json:"repeat,omitempty" doc:"When two people may meet again; missing: not within five minutes"`
	Odd        string              `json:"odd,omitempty" enum:"wait,third" doc:"Somebody for whom nobody is left waits (the default), or joins as third"`
	Guarantee  int                 `json:"guarantee,omitempty" minimum:"0" maximum:"86400" doc:"Seconds of waiting after which the first rule of relax no longer holds for somebody, after twice of it the second, and so on; 0: never"`
	Relax      []string            `json:"relax,omitempty" nullable:"false" maxItems:"22" doc:"Rules that waiting relaxes, in this order: ticket_types, repeat or attribute:NAME. Missing: the attribute rules that forbid, in their order. Blocks always hold"`
}

// TypePair is two ticket types, by id.
type TypePair [2]int64

// TransformSchema implements huma.SchemaTransformer: null is no pair.
func (TypePair) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Nullable = false
	return s
}

// NetworkingByValue is a rule about one attribute of both people.
type NetworkingByValue struct {
	Attribute string `json:"attribute" minLength:"1" maxLength:"100" example:"company"`
	Kind      string `json:"kind" enum:"never_same,only_same,prefer_different,prefer_same" doc:"The first two forbid, the others choose among those who may meet. Who lacks the attribute is neither the same nor different"`
}

// NetworkingRepeat is when two people who had a meeting may have another.
type NetworkingRepeat struct {
	Kind    string `json:"kind,omitempty" enum:"window,never,across,allow" doc:"window (the default): not within so many seconds of the end of their meeting; never: not in this session; across: not if they ever met in any; allow: allow matching with an existing match"`
	Seconds int    `json:"seconds,omitempty" minimum:"0" maximum:"31622400" doc:"Of window; missing: 300"`
}

// rules are those of the pairing engine, which checks them.
func (r NetworkingRules) rules() pairing.Rules {
	out := pairing.Rules{Odd: pairing.Odd(r.Odd), Guarantee: r.Guarantee, Relax: r.Relax}
	for _, t := range r.Types {
		out.Types = append(out.Types, t)
	}
	for _, a := range r.Attributes {
		out.Attributes = append(out.Attributes, pairing.AttributeRule{Attribute: a.Attribute, Kind: pairing.AttributeKind(a.Kind)})
	}
	if r.Repeat != nil {
		out.Repeat = pairing.Repeat{Kind: pairing.RepeatKind(r.Repeat.Kind), Seconds: r.Repeat.Seconds}
	}
	return out
}

func showNetworkingRules(r pairing.Rules) NetworkingRules {
	out := NetworkingRules{Odd: string(r.Odd), Guarantee: r.Guarantee, Relax: r.Relax}
	for _, t := range r.Types {
		out.Types = append(out.Types, t)
	}
	for _, a := range r.Attributes {
		out.Attributes = append(out.Attributes, NetworkingByValue{Attribute: a.Attribute, Kind: string(a.Kind)})
	}
	if r.Repeat != (pairing.Repeat{}) {
		out.Repeat = &NetworkingRepeat{Kind: string(r.Repeat.Kind), Seconds: r.Repeat.Seconds}
	}
	return out
}
