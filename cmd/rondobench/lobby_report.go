package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"rondo/activities/video"
	"rondo/workflows"
)

// check asks Postgres and LiveKit what really came about: that every meeting has a room, that nobody was in two meetings or
// met twice, and that no rule was broken.
func (r *lobbyRun) check(ctx context.Context) error {
	var meetings, rooms int
	err := r.db.QueryRow(ctx, `WITH pairs AS (
			SELECT x.no, x.person_id AS a, y.person_id AS b FROM meeting_members x JOIN meeting_members y USING (session_id, no)
			WHERE session_id = $1 AND x.person_id < y.person_id)
		SELECT (SELECT count(*) FROM meetings WHERE session_id = $1),
			(SELECT count(*) - count(DISTINCT (a, b)) FROM pairs),
			(SELECT count(*) FROM pairs JOIN people p ON p.id = a JOIN people q ON q.id = b WHERE p.attributes ->> 'company' = q.attributes ->> 'company')
			+ (SELECT count(*) FROM (SELECT FROM meeting_members WHERE open GROUP BY person_id HAVING count(*) > 1) twice)`,
		r.session).Scan(&meetings, &r.repeats, &r.violations)
	if err != nil {
		return err
	}
	for _, p := range r.pages {
		p.leave()
	}
	names := make([]string, meetings)
	for i := range names {
		names[i] = video.RoomName(r.session, i+1)
	}
	exist, err := r.video.Rooms(ctx, names...)
	if err != nil {
		return err
	}
	rooms = len(exist)
	if meetings != len(r.pages)/2 || rooms == 0 {
		return fmt.Errorf("%d attendees have %d meetings and %d rooms", len(r.pages), meetings, rooms)
	}
	return nil
}

// finish closes the session and asks Temporal how long its history is.
func (r *lobbyRun) finish(ctx context.Context) (err error) {
	if r.peak, err = r.worker.peakMiB(); err != nil {
		return err
	}
	d, err := r.temporal.DescribeWorkflowExecution(ctx, workflows.SessionID(r.session), "")
	if err != nil {
		return err
	}
	r.events = d.GetWorkflowExecutionInfo().GetHistoryLength()
	return nil
}

// quantile is in milliseconds.
func quantile(of []time.Duration, q float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	return float64(sorted[int(q*float64(len(sorted)-1))].Microseconds()) / 1000
}

func (r *lobbyRun) report() error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%d attendees get ready within %s, milliseconds\tp50\tp90\tp99\tmax\t\n", len(r.people), r.Within)
	for _, line := range []struct {
		name string
		took []time.Duration
	}{{"Rondo: pressed to the page has the key to a room that exists", r.took}, {"floor: insert, LISTEN, read back, CreateRoom", r.floor}} {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.1f\t\n", line.name, quantile(line.took, 0.5), quantile(line.took, 0.9), quantile(line.took, 0.99), quantile(line.took, 1))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("CPU seconds while all got ready: %s; in the floor: %s\n", r.cpu, r.floorCPU)
	r.reportMinutes()
	f := r.simulated
	fmt.Printf("attendees=%d p50_ms=%.1f p99_ms=%.1f max_ms=%.1f floor_p50_ms=%.1f floor_p99_ms=%.1f ratio=%.2f repeats=%d violations=%d history_events=%d peak_mib=%d"+
		" sim_meetings=%d sim_wait_p50_s=%.2f sim_wait_p99_s=%.2f sim_repeats=%d sim_violations=%d\n",
		len(r.people), quantile(r.took, 0.5), quantile(r.took, 0.99), quantile(r.took, 1), quantile(r.floor, 0.5), quantile(r.floor, 0.99),
		quantile(r.took, 0.5)/quantile(r.floor, 0.5), r.repeats+f.Repeats, r.violations+len(f.Violations), r.events, r.peak,
		f.Meetings, f.Wait.P50.Seconds(), f.Wait.P99.Seconds(), f.Repeats, len(f.Violations))
	return nil
}
