package workflows

import "time"

// SessionPhase is where a networking session is on its way.
type SessionPhase string

// The phases of a networking session, in order; cancelled ends it early.
const (
	SessionPlanned   SessionPhase = "planned"   // waits for its doors
	SessionDoors     SessionPhase = "doors"     // attendees come in, nobody is paired
	SessionOpen      SessionPhase = "open"      // pairs are made
	SessionEnding    SessionPhase = "ending"    // no more pairs; meetings last to their own limit
	SessionClosed    SessionPhase = "closed"    // done
	SessionCancelled SessionPhase = "cancelled" // was stopped before it began
)

// Over reports whether nothing further happens in this phase.
func (p SessionPhase) Over() bool { return p == SessionClosed || p == SessionCancelled }

// SessionPlan is what a networking session's row says at one version, with the instants to act on in UTC.
type SessionPlan struct {
	Version  int64        `json:"version"`
	Phase    SessionPhase `json:"phase"`
	Paused   bool         `json:"paused,omitempty"`
	DoorsAt  time.Time    `json:"doors_at"`
	StartsAt time.Time    `json:"starts_at"`
	EndsAt   time.Time    `json:"ends_at"`
	Bot      bool         `json:"bot,omitempty"`     // a bot takes part
	Invites  bool         `json:"invites,omitempty"` // join mails are owed
	Met      bool         `json:"met,omitempty"`     // lists of matches are owed
	// DoubtAt is when messages of the kind Doubtful, whose fate is unknown, have waited long enough for evidence and are sent
	// once more; see Delivery.
	DoubtAt  time.Time     `json:"doubt_at,omitzero"`
	Doubtful Purpose       `json:"doubtful,omitempty"`
	Counts   SessionCounts `json:"counts,omitzero"`
}

// SessionCounts are for people who read the workflow's details.
type SessionCounts struct {
	Attendees int `json:"attendees,omitempty"` // who came
	Meetings  int `json:"meetings,omitempty"`  // made so far
	Open      int `json:"open,omitempty"`      // of them now
	// Waits for a meeting, in seconds.
	WaitP50 float64 `json:"wait_p50,omitempty"`
	WaitP95 float64 `json:"wait_p95,omitempty"`
}

// LobbyEnd is what a lobby leaves behind.
type LobbyEnd struct {
	Meetings int `json:"meetings"` // made
}

// BotEnd is what a bot says when it goes by itself.
type BotEnd struct {
	Version int64 `json:"version"` // of the session, in which there was nothing left for it to do
}

// LobbyPulse is the heartbeat of a lobby, which the Temporal UI shows beside the running activity.
type LobbyPulse struct {
	Lobby    int `json:"lobby"`
	Ready    int `json:"ready"`
	Meetings int `json:"meetings"` // open
}

// MaxTickets is how many tickets one signal may carry.
const MaxTickets = 500

// Tickets is the payload of TicketsSignal.
type Tickets struct {
	Tickets []Ticket `json:"tickets"`
}

// Ticket admits a person to the event of the session, as a ticket type of that event, or no longer.
type Ticket struct {
	PersonID int64 `json:"person_id"`
	TypeID   int64 `json:"type_id,omitempty"` // needed unless revoked
	Revoked  bool  `json:"revoked,omitempty"`
}

// StoreTicketsInput is one signal's batch for the event of one session.
type StoreTicketsInput struct {
	Session int64    `json:"session"`
	Tickets []Ticket `json:"tickets"`
}

// StoredTickets counts what became of a batch. Refused ones were of people or types that do not exist.
type StoredTickets struct {
	Stored  int `json:"stored"`
	Refused int `json:"refused,omitempty"`
}

// Control is the payload of ControlSignal: "pause", "resume" or "close".
type Control struct {
	Command string `json:"command"`
}

// ControlInput is a command for one session.
type ControlInput struct {
	Session int64  `json:"session"`
	Command string `json:"command"`
}
