package store

import "context"

// SessionLive is how a networking session is going at an instant.
type SessionLive struct {
	Phase        string `db:"phase"`
	Paused       bool   `db:"paused"`
	Present      int    `db:"present"` // in the lobby, ready or in a meeting
	Lobby        int    `db:"lobby"`   // here and not ready
	Ready        int    `db:"ready"`
	InMeeting    int    `db:"in_meeting"`
	Away         int    `db:"away"` // no page of theirs is connected
	Exited       int    `db:"exited"`
	Removed      int    `db:"removed"`
	OpenMeetings int    `db:"open_meetings"`
	Meetings     int    `db:"meetings"`   // made so far
	WaitP50      int64  `db:"wait_p50"`   // milliseconds, of the people of the last recentMeetings meetings; 0 before the first
	WaitP95      int64  `db:"wait_p95"`   // likewise
	Longest      int64  `db:"longest_ms"` // milliseconds that somebody who is ready has been waiting; 0 when nobody is
	Seq          int64  `db:"seq"`
}

// recentMeetings is over how many meetings the waits of SessionLive are taken: what is told is how it goes now, and the query
// stays as cheap after hours as at the start. $2 of it.
const recentMeetings = 500

// SessionLive counts a session. It reads one row for each attendee. NotFound "session_not_found".
func (db *DB) SessionLive(ctx context.Context, session int64) (SessionLive, error) {
	return oneRow[SessionLive](ctx, db.pool, "session_not_found", "networking session", `SELECT s.phase, s.paused_at IS NOT NULL AS paused, s.meetings, s.seq, a.*, w.*
		FROM networking_sessions s,
		LATERAL (SELECT count(*) FILTER (WHERE state IN ('lobby', 'ready', 'meeting')) AS present, count(*) FILTER (WHERE state = 'lobby') AS lobby,
			count(*) FILTER (WHERE state = 'ready') AS ready, count(*) FILTER (WHERE state = 'meeting') AS in_meeting,
			count(*) FILTER (WHERE state = 'away') AS away, count(*) FILTER (WHERE state = 'exited') AS exited, count(*) FILTER (WHERE state = 'removed') AS removed,
			count(DISTINCT meeting_no) FILTER (WHERE state = 'meeting') AS open_meetings,
			greatest(coalesce(extract(epoch FROM clock_timestamp() - min(ready_at) FILTER (WHERE state = 'ready')) * 1000, 0), 0)::bigint AS longest_ms
			FROM attendees WHERE session_id = s.id) a,
		LATERAL (SELECT coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY waited_ms), 0) AS wait_p50,
			coalesce(percentile_disc(0.95) WITHIN GROUP (ORDER BY waited_ms), 0) AS wait_p95
			FROM meeting_members WHERE session_id = s.id AND no > s.meetings - $2::int) w
		WHERE s.id = $1`, session, recentMeetings)
}
