// Package workflows decides when: the phases, timers and messages of rounds and schedules. It imports the Temporal SDK
// and nothing of ours, and acts only on recorded ids, instants, versions and counts; what happens at each of those
// moments is decided in activities.
package workflows

import (
	"strconv"

	"go.temporal.io/sdk/temporal"
)

// Task queues split the load, so that a flood of one kind of work does not hold up another.
const (
	QueueRounds    = "rounds"    // round and schedule workflows and their short activities
	QueueMail      = "mail"      // bulk mailings of rounds and sessions; rate-limited for the whole queue
	QueueSequences = "sequences" // contacts and the batches they come from
	QueueLobby     = "lobby"     // networking sessions and their lobbies
)

// Names on the wire. They never change once shipped.
const (
	RoundWorkflow     = "Round"
	ScheduleWorkflow  = "Schedule"
	ReconcileWorkflow = "Reconcile"
	ProbeWorkflow     = "Probe"
	ContactWorkflow   = "Contact"
	EngageWorkflow    = "Engage"
	SessionWorkflow   = "Session"

	// Doorbell tells a workflow that its row changed; the workflow re-reads it. Its payload is a Bell.
	Doorbell = "doorbell"
	// AnswersSignal carries up to MaxAnswers opt-in answers from an integration to an open round. Its payload is Answers.
	AnswersSignal = "answers"
	// TicketsSignal carries up to MaxTickets tickets from an integration to a networking session. Its payload is Tickets.
	TicketsSignal = "tickets"
	// ControlSignal pauses, resumes or closes a networking session. Its payload is Control.
	ControlSignal = "control"
	// PlanQuery asks a round for the Plan it is acting on.
	PlanQuery = "plan"
)

// ReconcileSchedule is the id of the Temporal Schedule that runs ReconcileWorkflow.
const ReconcileSchedule = "rondo-reconcile"

// RoundID is the workflow id of a round's row.
func RoundID(id int64) string { return "round-" + strconv.FormatInt(id, 10) }

// ScheduleID is the workflow id of a schedule's row.
func ScheduleID(id int64) string { return "schedule-" + strconv.FormatInt(id, 10) }

// ContactID is the workflow id of a person's way through a sequence: a second one while it is open is refused.
func ContactID(person int64) string { return "contact-" + strconv.FormatInt(person, 10) }

// EngageID is the workflow id of a batch's row.
func EngageID(batch int64) string { return "engage-" + strconv.FormatInt(batch, 10) }

// SessionID is the workflow id of a networking session's row.
func SessionID(id int64) string { return "session-" + strconv.FormatInt(id, 10) }

// Search attributes: keywords without personal data. `rondo migrate` registers them.
var (
	KindAttribute     = temporal.NewSearchAttributeKeyKeyword("RondoKind")
	PhaseAttribute    = temporal.NewSearchAttributeKeyKeyword("RondoPhase")
	ProgramAttribute  = temporal.NewSearchAttributeKeyKeyword("RondoProgram")
	SequenceAttribute = temporal.NewSearchAttributeKeyKeyword("RondoSequence")
	SessionAttribute  = temporal.NewSearchAttributeKeyKeyword("RondoSession")
)

// Ref names the row a workflow or activity is about.
type Ref struct {
	ID int64 `json:"id"`
}

// Bell is the payload of the Doorbell: the version of the row that rang, for people who read histories.
type Bell struct {
	Version int64 `json:"version"`
}
