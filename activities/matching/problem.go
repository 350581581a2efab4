package matching

// Limits of a Problem.
const (
	MinGroupSize = 2
	MaxGroupSize = 8
	// MaxPinned is the largest group that may be pinned: a small round can make groups above MaxGroupSize.
	MaxPinned = 16
	MaxRules  = 16
)

// ID is the row id of a person.
type ID = int64

// Problem is all that a decision depends on. Met, Never, Wishes, Forbidden and OddBefore may speak of people who are
// not Members; what they say of them is ignored.
type Problem struct {
	Members   []Member  `json:"members"`
	GroupSize int       `json:"group_size"` // MinGroupSize..MaxGroupSize
	Rules     []Rule    `json:"rules"`      // ranked: the first outranks all below it
	Met       []Meeting `json:"met"`
	Never     []Pair    `json:"never"` // pairs that must not meet, in any round
	Wishes    []Wish    `json:"wishes"`
	// OddBefore counts how often a member was in an odd-sized group or left out.
	OddBefore map[ID]int `json:"odd_before"`
	Pinned    [][]ID     `json:"pinned"`    // groups to keep as they are
	Forbidden []Pair     `json:"forbidden"` // pairs that must not meet in this round
	Seed      uint64     `json:"seed"`
}

// Member is a person who takes part. A missing attribute is the same as an empty one.
type Member struct {
	ID         ID                `json:"id"`
	Attributes map[string]string `json:"attributes"`
}

// RuleKind says what a rule looks at.
type RuleKind string

// Kinds of rules. An empty attribute value equals nothing, not even another empty one: it satisfies KindDifferent and
// breaks KindSame.
const (
	KindNoRepeat  RuleKind = "no_repeat" // people who met before should not meet again
	KindSame      RuleKind = "same"      // people should share the attribute's value
	KindDifferent RuleKind = "different" // people should differ in the attribute's value
	KindWishes    RuleKind = "wishes"    // people should meet whom they want and not whom they avoid; hard: never the latter
)

// Kinds that reasons name and that are not rules of a program.
const (
	KindNever     RuleKind = "never"     // a pair of Problem.Never
	KindForbidden RuleKind = "forbidden" // a pair of Problem.Forbidden
	KindOdd       RuleKind = "odd"       // the group is not of the wanted size
)

// Rule is one wish of the admin about every pair of people in a group.
type Rule struct {
	Kind      RuleKind `json:"kind"`
	Attribute string   `json:"attribute,omitempty"` // of KindSame and KindDifferent
	Hard      bool     `json:"hard"`                // never broken, rather leave people out
}

// Meeting is how often two people met and how many rounds ago they did last (1: in the round before this one).
// Several meetings of the same pair add up.
type Meeting struct {
	A         ID  `json:"a"`
	B         ID  `json:"b"`
	Times     int `json:"times"`
	RoundsAgo int `json:"rounds_ago"`
}

// Pair is two people, in any order.
type Pair struct {
	A ID `json:"a"`
	B ID `json:"b"`
}

// Wish is what one member wants of another: to meet (1 is wanted most) or to avoid.
type Wish struct {
	From  ID   `json:"from"`
	To    ID   `json:"to"`
	Rank  int  `json:"rank,omitempty"`
	Avoid bool `json:"avoid,omitempty"`
}
