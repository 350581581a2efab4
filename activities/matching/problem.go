package matching

// Limits of a Problem.
const (
	MinGroupSize = 2
	MaxGroupSize = 8
	// MaxPinned is the largest group that may be pinned: a small round can make groups above MaxGroupSize.
	MaxPinned = 16
	MaxRules  = 16
	// MaxRematch is the most groups that a composer puts one person in, also where they are unlimited.
	MaxRematch = 100
)

// ID is the row id of a person.
type ID = int64

// Problem is all that a decision depends on. Met, Never, Wishes, Forbidden, Exempt and OddBefore may speak of people who
// are not Members; what they say of them is ignored.
type Problem struct {
	Members   []Member  `json:"members"`
	GroupSize int       `json:"group_size"` // MinGroupSize..MaxGroupSize; of ModeComposer the sum of its seats, of ModeMystery 2
	Mode      Mode      `json:"mode,omitempty"`
	Leftover  Leftover  `json:"leftover,omitempty"`
	Seats     Seats     `json:"seats,omitzero"`  // of ModeComposer
	Fixed     []ID      `json:"fixed,omitempty"` // of ModeLottery: members of the group besides GroupSize drawn ones
	Rules     []Rule    `json:"rules"`           // ranked: the first outranks all below it
	Met       []Meeting `json:"met"`
	Never     []Pair    `json:"never"` // pairs that must not meet, in any round
	Wishes    []Wish    `json:"wishes"`
	// OddBefore counts how often a member was in an odd-sized group or left out.
	OddBefore map[ID]int  `json:"odd_before"`
	Pinned    [][]ID      `json:"pinned"`    // groups to keep as they are
	Forbidden []Pair      `json:"forbidden"` // pairs that must not meet in this round
	Exempt    []Exemption `json:"exempt,omitempty"`
	Seed      uint64      `json:"seed"`
}

// Mode says how groups come about.
type Mode string

// Modes. Never-together and forbidden pairs hold in all of them.
const (
	ModeRandom  Mode = "random"       // by the rules; so is ""
	ModeCross   Mode = "cross_groups" // everybody meets somebody: rules marked hard break as a last resort, in their rank
	ModeCompose Mode = "composer"     // so many people of each value of an attribute in every group, or none
	ModeLottery Mode = "lottery"      // one group: those left out most often are drawn first
	ModeMystery Mode = "mystery"      // everybody gives to one and gets from another: groups are [giver, receiver]
)

// Several says whether people may be in several groups.
func (p Problem) Several() bool { return p.Mode == ModeCompose || p.Mode == ModeMystery }

// Leftover says what becomes of people who do not fill a group.
type Leftover string

// Leftovers. Pairs know no smaller group: there Smaller is Larger.
const (
	LeftoverLarger  Leftover = "larger"   // they make groups larger by one, or fewer than wanted if that cannot seat all; so does ""
	LeftoverSmaller Leftover = "smaller"  // no group is larger than wanted
	LeftoverOut     Leftover = "left_out" // no group is of another size; those left out least often before are
)

// Seats is what every group of ModeComposer is made of.
type Seats struct {
	Attribute string `json:"attribute"`
	Of        []Seat `json:"of"`
	// Rematch is in how many groups a person of the scarcer values may be: 0 and 1 are one, -1 is unlimited. Nobody is in
	// more than one group more than another of the same value.
	Rematch int `json:"rematch,omitempty"`
}

// Seat is Count people with a value.
type Seat struct {
	Value string `json:"value"`
	Count int    `json:"count"`
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
	KindNoRepeat  RuleKind = "no_repeat"  // people who met before should not meet again
	KindSame      RuleKind = "same"       // people should share the attribute's value
	KindDifferent RuleKind = "different"  // people should differ in the attribute's value
	KindWishes    RuleKind = "wishes"     // people should meet whom they want and not whom they avoid; hard: never the latter
	KindWith      RuleKind = "with"       // people with a value should meet people with another value
	KindApart     RuleKind = "apart"      // people with a value should not meet people with another value
	KindBetween   RuleKind = "between"    // people should meet across two audiences: one has the value, the other the other value
	KindFewShared RuleKind = "few_shared" // people should share few values of an attribute that lists several, split by ";"
	// KindFairTurns ranks fair turns at being odd or left out; where it is missing they outrank all soft rules. Never hard;
	// a lottery is drawn by turns first whatever it says.
	KindFairTurns RuleKind = "fair_turns"
)

// Kinds that reasons name and that are not rules of a program.
const (
	KindNever     RuleKind = "never"     // a pair of Problem.Never
	KindForbidden RuleKind = "forbidden" // a pair of Problem.Forbidden
	KindOdd       RuleKind = "odd"       // the group is not of the wanted size
	KindSeats     RuleKind = "seats"     // the group has the seats of a composer
)

// Rule is one wish of the admin about every pair of people in a group.
type Rule struct {
	Kind      RuleKind `json:"kind"`
	Attribute string   `json:"attribute,omitempty"` // of all kinds but KindNoRepeat, KindWishes and KindFairTurns
	Hard      bool     `json:"hard"`                // never broken, rather leave people out
	// Of KindWith, KindApart and KindBetween.
	Value      string `json:"value,omitempty"`
	Other      string `json:"other,omitempty"` // attribute of OtherValue; "" is the same attribute
	OtherValue string `json:"other_value,omitempty"`
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

// Exemption frees a member of a hard rule: they break it with nobody. Of a rule that is not hard it says nothing.
type Exemption struct {
	Member ID  `json:"member"`
	Rule   int `json:"rule"` // index in Problem.Rules
}

// Wish is what one member wants of another: to meet (1 is wanted most) or to avoid.
type Wish struct {
	From  ID   `json:"from"`
	To    ID   `json:"to"`
	Rank  int  `json:"rank,omitempty"`
	Avoid bool `json:"avoid,omitempty"`
}
