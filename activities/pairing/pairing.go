// Package pairing decides who meets whom right now: the rules of a networking session, the pairs of a moment, and the lobby
// as a state machine. It is pure: the time is an input, chance comes from a seed, and the same inputs in the same order give
// the same meetings on every machine.
package pairing

import "time"

// Rules say who of a networking session may meet whom. The zero value pairs anybody with anybody, and nobody with the same
// person again within five minutes.
type Rules struct {
	// Types lists the pairs of ticket types that may meet, in either order; empty: all may. A type in no pair meets nobody.
	Types [][2]int64 `json:"types,omitempty"`
	// Attributes are rules about what is known of people, the first outranks the rest.
	Attributes []AttributeRule `json:"attributes,omitempty"`
	// Repeat is when two people may meet again.
	Repeat Repeat `json:"repeat,omitzero"`
	// Odd is what becomes of somebody for whom nobody is left.
	Odd Odd `json:"odd,omitempty"`
	// Guarantee, in seconds, is the wait after which the first rule of Relax no longer holds for somebody; after twice of it
	// the second, and so on. 0: rules hold however long the wait.
	Guarantee int `json:"guarantee,omitempty"`
	// Relax names the rules that waiting relaxes, in this order: "ticket_types", "repeat" or "attribute:NAME". Empty: the
	// attribute rules that forbid, in their order. Blocks are never relaxed.
	Relax []string `json:"relax,omitempty"`
}

// AttributeRule is about one attribute of both people. Who lacks the attribute is neither the same nor different.
type AttributeRule struct {
	Attribute string        `json:"attribute"`
	Kind      AttributeKind `json:"kind"`
}

// AttributeKind is what an attribute rule wants.
type AttributeKind string

// The kinds. The first two forbid, the others choose among partners who are allowed and as new to each other.
const (
	NeverSame       AttributeKind = "never_same"       // as with company: colleagues know each other
	OnlySame        AttributeKind = "only_same"        // as with language
	PreferDifferent AttributeKind = "prefer_different" // rather than the same
	PreferSame      AttributeKind = "prefer_same"
)

// Repeat is when two people who had a meeting may have another.
type Repeat struct {
	Kind RepeatKind `json:"kind,omitempty"` // empty: RepeatWindow
	// Seconds since the end of their previous meeting, for RepeatWindow; 0: DefaultWindow. For RepeatNever and RepeatAcross it
	// holds for pairs who had a meeting without having met, because one's media never came.
	Seconds int `json:"seconds,omitempty"`
}

// RepeatKind is the kind of a repeat rule.
type RepeatKind string

// The kinds of repeat rules.
const (
	RepeatWindow RepeatKind = "window" // not within so many seconds of the end of the previous meeting
	RepeatNever  RepeatKind = "never"  // not in this session
	RepeatAcross RepeatKind = "across" // not if they ever met in any session
	RepeatAllow  RepeatKind = "allow"  // allow matching with an existing match
)

// DefaultWindow is five minutes, in seconds.
const DefaultWindow = 300

// Odd is what becomes of the odd one out.
type Odd string

// What becomes of the odd one out.
const (
	OddWaits Odd = "wait"  // the default
	OddJoins Odd = "third" // joins a meeting that is just being made, after OddPatience
)

// OddPatience is how long somebody waits before joining a pair as third.
const OddPatience = 10 * time.Second

// Names of rules in Rules.Relax and in what was relaxed; an attribute's follows AttributePrefix.
const (
	TicketTypesRule = "ticket_types"
	RepeatRule      = "repeat"
	AttributePrefix = "attribute:"
)

// Candidate is somebody who is ready to meet.
type Candidate struct {
	Person     int64
	Type       int64             // of their ticket
	Attributes map[string]string // at least those that the rules name
	Since      time.Time         // waits since, credit from broken meetings included
}

// Match is people who are to meet: two, or three where the odd one joins.
type Match struct {
	People  []int64  // who has waited longest comes first
	Relaxed []string // rules that do not hold between some of them, because somebody waited so long
}
