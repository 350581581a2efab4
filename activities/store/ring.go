package store

// Ring names a workflow to ring after the commit: of a round or of a schedule, never both. Ringing is best effort, because
// the row keeps its mark (ring_since) until the workflow has read it, and reconcile repeats what was lost.
type Ring struct {
	Round, Schedule int64
	Program         int64
	Version         int64
}
