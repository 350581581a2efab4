package store

// Ring names a workflow to ring after the commit: of a round, a schedule, a batch, an enrollment or a networking session, one
// of them. Ringing is best effort, because the row keeps its mark (ring_since) until the workflow has read it, and reconcile repeats what was
// lost.
type Ring struct {
	Round, Schedule   int64
	Program           int64
	Batch, Enrollment int64
	Person, Sequence  int64 // of an enrollment
	Session           int64
	Version           int64
}

// row is the table and the id of what is rung.
func (r Ring) row() (table string, id int64) {
	switch {
	case r.Round != 0:
		return "rounds", r.Round
	case r.Schedule != 0:
		return "schedules", r.Schedule
	case r.Batch != 0:
		return "batches", r.Batch
	case r.Session != 0:
		return "networking_sessions", r.Session
	}
	return "enrollments", r.Enrollment
}
