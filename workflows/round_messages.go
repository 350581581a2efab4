package workflows

import "time"

// Phase is where a round is on its way.
type Phase string

// The phases of a round, in order; skipped and cancelled end it early.
const (
	Planned   Phase = "planned"   // waits for its opening instant; everything can change
	Open      Phase = "open"      // opt-in messages are out, answers arrive
	Matching  Phase = "matching"  // answers are closed, groups are being made
	Review    Phase = "review"    // groups can be edited; the match instant is the deadline, if there is one
	Ready     Phase = "ready"     // groups are approved and wait for the match instant
	Sending   Phase = "sending"   // groups are final, match messages go out
	Sent      Phase = "sent"      // everyone knows; the check-in is still to come
	Closed    Phase = "closed"    // done
	Skipped   Phase = "skipped"   // did not take place
	Cancelled Phase = "cancelled" // was stopped
)

// Over reports whether nothing further happens in this phase.
func (p Phase) Over() bool { return p == Closed || p == Skipped || p == Cancelled }

// Plan is what a round's row says at one version: the phase and the instants to act on, in UTC. A zero instant means
// there is none: not wanted, already done, or not known yet. Every round activity returns the plan it left behind.
type Plan struct {
	Version int64 `json:"version"`
	Program int64 `json:"program"`
	Phase   Phase `json:"phase"`
	Invites bool  `json:"invites,omitempty"` // opt-in messages are owed: to everyone at first, to joiners later
	Repair  bool  `json:"repair,omitempty"`  // somebody in a group dropped out after matching
	Hold    bool  `json:"hold,omitempty"`    // at the deadline the round waits for approval instead of sending

	OpensAt time.Time `json:"opens_at,omitzero"`
	// JoinersAt is when to look through the audience of an open round for people who can be invited now.
	JoinersAt      time.Time `json:"joiners_at,omitzero"`
	RemindAt       time.Time `json:"remind_at,omitzero"`
	AnswersCloseAt time.Time `json:"answers_close_at,omitzero"`
	MatchAt        time.Time `json:"match_at,omitzero"`
	CheckInAt      time.Time `json:"check_in_at,omitzero"`
	ClosesAt       time.Time `json:"closes_at,omitzero"`
	// DoubtAt is when messages of the kind Doubtful, whose fate is unknown, have waited long enough for evidence and are
	// sent once more; see Delivery.
	DoubtAt  time.Time `json:"doubt_at,omitzero"`
	Doubtful Purpose   `json:"doubtful,omitempty"`

	// Counts are for people who read the workflow's details.
	Counts Counts `json:"counts,omitzero"`
}

// Counts of a round for its details in the Temporal UI.
type Counts struct {
	Invited   int `json:"invited,omitempty"`
	OptedIn   int `json:"opted_in,omitempty"`
	Declined  int `json:"declined,omitempty"`
	Groups    int `json:"groups,omitempty"`
	Unmatched int `json:"unmatched,omitempty"`
}

// Purpose is the kind of mail a delivery is about.
type Purpose string

// The mails of a round.
const (
	OptInMail    Purpose = "opt_in"
	ReminderMail Purpose = "reminder"
	MatchMail    Purpose = "match"
	NoMatchMail  Purpose = "no_match"
	CheckInMail  Purpose = "check_in"
)

// StepMail is the mail of a sequence's step.
const StepMail Purpose = "step"

// The mails of a networking session.
const (
	JoinMail Purpose = "join" // the link to come in
	MetMail  Purpose = "met"  // whom somebody met
)

// DeliverInput asks for one kind of mail to everybody in a round or a networking session, one of the two, who is owed it. It
// can be repeated at will: the ledger knows who has been written to.
type DeliverInput struct {
	Round   int64   `json:"round,omitempty"`
	Session int64   `json:"session,omitempty"`
	Purpose Purpose `json:"purpose"`
}

// Delivery says what became of a DeliverInput over all attempts so far.
type Delivery struct {
	Sent       int `json:"sent"`
	Failed     int `json:"failed,omitempty"`
	Suppressed int `json:"suppressed,omitempty"`
	// Unknown messages were handed to the provider by an attempt that died. Evidence may still arrive; from DoubtAt on a
	// repeated delivery sends them once more.
	Unknown int       `json:"unknown,omitempty"`
	DoubtAt time.Time `json:"doubt_at,omitzero"`
	Calls   int       `json:"calls"`
}

// MaxAnswers is how many answers one signal may carry.
const MaxAnswers = 500

// Answers is the payload of AnswersSignal.
type Answers struct {
	Answers []Answer `json:"answers"`
}

// Answer is one person's answer to an opt-in, "yes" or "no". The key is the integration's own: the same key is stored
// once, however often it is sent.
type Answer struct {
	PersonID int64  `json:"person_id"`
	Answer   string `json:"answer"`
	Key      string `json:"key"`
}

// StoreAnswersInput is one signal's batch for one round.
type StoreAnswersInput struct {
	Round   int64    `json:"round"`
	Answers []Answer `json:"answers"`
}

// StoredAnswers counts what became of a batch. Refused answers came for somebody not invited, too late, or malformed.
type StoredAnswers struct {
	Stored   int `json:"stored"`
	Repeated int `json:"repeated,omitempty"`
	Refused  int `json:"refused,omitempty"`
}

// NextRound is what a schedule waits for: the round already planned and when it opens, or that there is no further one.
type NextRound struct {
	Round   int64     `json:"round,omitempty"`
	OpensAt time.Time `json:"opens_at,omitzero"`
	Ended   bool      `json:"ended,omitempty"`
}

// Reconciled counts what the reconcile activity mended.
type Reconciled struct {
	Rung    int `json:"rung"`    // marks repeated: the row was committed, the workflow had not heard
	Started int `json:"started"` // open rows that had no running workflow
}
