package matching

// Result is who meets whom. Every member is in exactly one group or unmatched; of ModeCompose in one or more, of ModeMystery
// they give in one.
type Result struct {
	Engine string `json:"engine"`
	Seed   uint64 `json:"seed"`
	// Exact says that no assignment of the planned sizes has a better Score: it is proven. Pairs are solved by maximum-weight
	// matching with a certificate (see package blossom), whatever their number; that leaves open some cases in which
	// hard rules keep many apart and somebody is over. Groups are proven when they reach Bound, or by trying all where
	// at most 12 people may meet. False means the best found.
	Exact     bool        `json:"exact"`
	Groups    []Group     `json:"groups"`    // by their smallest id; Evaluate keeps the given order
	Unmatched []Unmatched `json:"unmatched"` // by id
	Score     Score       `json:"score"`
	Bound     Score       `json:"bound"` // of Solve: no assignment of the planned sizes has less; Score if Exact
	Gap       float64     `json:"gap"`   // of Solve: the share of the first figure of Score above Bound's that may be too much
}

// Group is people who meet, with the reason for it rule by rule.
type Group struct {
	Members []ID     `json:"members"` // ascending; Evaluate keeps the given order
	Pinned  bool     `json:"pinned"`
	Odd     bool     `json:"odd"` // not of the wanted size: count its members in the next Problem.OddBefore
	Score   Score    `json:"score"`
	Reasons []Reason `json:"reasons"`
}

// Reason says whether a rule holds in a group. It carries no personal data.
type Reason struct {
	Rule      int      `json:"rule"` // index in Problem.Rules; -1 for KindNever, KindForbidden and KindOdd
	Kind      RuleKind `json:"kind"`
	Attribute string   `json:"attribute,omitempty"`
	Hard      bool     `json:"hard"`
	Held      bool     `json:"held"`
	Detail    Detail   `json:"detail"`
}

// Detail is a reason in numbers.
type Detail struct {
	Pairs     int `json:"pairs"`                // pairs of people in the group
	Broken    int `json:"broken"`               // of them, those that break the rule
	Times     int `json:"times,omitempty"`      // no_repeat: earlier meetings of the broken pairs
	RoundsAgo int `json:"rounds_ago,omitempty"` // no_repeat: rounds since the latest of these
	Wished    int `json:"wished,omitempty"`     // wishes: wishes to meet that come true
	Avoided   int `json:"avoided,omitempty"`    // wishes: wishes to avoid that do not
	Size      int `json:"size,omitempty"`       // odd: people in the group
	Before    int `json:"before,omitempty"`     // odd: times its members were odd before
}

// UnmatchedCode says why somebody is in no group.
type UnmatchedCode string

// Codes of Unmatched.
const (
	CodeAlone    UnmatchedCode = "alone"     // there is nobody else, or everybody else is in a pinned group
	CodeBlocked  UnmatchedCode = "blocked"   // hard rules forbid everybody else
	CodeNoRoom   UnmatchedCode = "no_room"   // some are allowed, but no group with them holds the hard rules
	CodeNotDrawn UnmatchedCode = "not_drawn" // of ModeLottery: others were
	CodeNoSeat   UnmatchedCode = "no_seat"   // of ModeCompose: no seat is for their value
)

// Unmatched is a member in no group. Kind, Attribute and Rule name the hard rule that blocks the most people (the
// first that does, for each of them); Kind is empty when no rule blocks anybody.
type Unmatched struct {
	ID        ID            `json:"id"`
	Code      UnmatchedCode `json:"code"`
	Rule      int           `json:"rule"` // index in Problem.Rules, or -1
	Kind      RuleKind      `json:"kind,omitempty"`
	Attribute string        `json:"attribute,omitempty"`
	Others    int           `json:"others"`  // people looked at: all others, in rounds beyond 1,000 members a sample
	Blocked   int           `json:"blocked"` // of them, those any hard rule forbids
}

// ChangeKind says what became of a group in a repair.
type ChangeKind string

// Kinds of changes.
const (
	ChangeShrunk    ChangeKind = "shrunk"    // it lost people and gained none
	ChangeRegrouped ChangeKind = "regrouped" // somebody joined it
	ChangeFormed    ChangeKind = "formed"    // it is new
	ChangeDissolved ChangeKind = "dissolved" // nobody of it is together any more
)

// Change is one group before and after a repair, ascending ids. Before is empty for ChangeFormed, After for
// ChangeDissolved.
type Change struct {
	Kind   ChangeKind `json:"kind"`
	Before []ID       `json:"before"`
	After  []ID       `json:"after"`
}
