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
	QueueRounds = "rounds" // round and schedule workflows and their short activities
	QueueMail   = "mail"   // everything that calls the mail provider; rate-limited for the whole queue
)

// Names on the wire. They never change once shipped.
const (
	RoundWorkflow     = "Round"
	ScheduleWorkflow  = "Schedule"
	ReconcileWorkflow = "Reconcile"
	ProbeWorkflow     = "Probe"

	// Doorbell tells a workflow that its row changed; the workflow re-reads it. Its payload is a Bell.
	Doorbell = "doorbell"
	// AnswersSignal carries up to MaxAnswers opt-in answers from an integration to an open round. Its payload is Answers.
	AnswersSignal = "answers"
	// PlanQuery asks a round for the Plan it is acting on.
	PlanQuery = "plan"
)

// ReconcileSchedule is the id of the Temporal Schedule that runs ReconcileWorkflow.
const ReconcileSchedule = "rondo-reconcile"

// RoundID is the workflow id of a round's row.
func RoundID(id int64) string { return "round-" + strconv.FormatInt(id, 10) }

// ScheduleID is the workflow id of a schedule's row.
func ScheduleID(id int64) string { return "schedule-" + strconv.FormatInt(id, 10) }

// Search attributes: keywords without personal data. `rondo migrate` registers them.
var (
	KindAttribute    = temporal.NewSearchAttributeKeyKeyword("RondoKind")
	PhaseAttribute   = temporal.NewSearchAttributeKeyKeyword("RondoPhase")
	ProgramAttribute = temporal.NewSearchAttributeKeyKeyword("RondoProgram")
)

// Ref names the row a workflow or activity is about.
type Ref struct {
	ID int64 `json:"id"`
}

// Bell is the payload of the Doorbell: the version of the row that rang, for people who read histories.
type Bell struct {
	Version int64 `json:"version"`
}
