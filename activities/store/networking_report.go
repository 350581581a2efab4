package store

import "context"

// SessionReport is what became of a networking session, or has so far.
type SessionReport struct {
	Tickets       int            `db:"tickets"`        // valid ones of its event
	Attendees     int            `db:"attendees"`      // who came
	NoShows       int            `db:"no_shows"`       // valid tickets whose holder did not
	Unmet         int            `db:"unmet"`          // who came and met nobody
	Meetings      int            `db:"meetings"`       // made
	Met           int            `db:"met"`            // in which all had media
	Seconds       int64          `db:"seconds"`        // of all that met, together, once over
	Extended      int            `db:"extended"`       // of those that met
	Forced        int            `db:"forced"`         // by an organiser
	Relaxed       int            `db:"relaxed"`        // for which a rule did not hold
	Repeats       int            `db:"repeats"`        // pairs of people in a meeting who had been in one before in this session
	ForcedRepeats int            `db:"forced_repeats"` // of them, in meetings that an organiser wanted
	WaitP50       int64          `db:"wait_p50"`       // milliseconds that people waited for a meeting
	WaitP95       int64          `db:"wait_p95"`
	WaitMax       int64          `db:"wait_max"`
	Asked         int            `db:"asked"`     // connections asked for
	Connected     int            `db:"connected"` // and accepted
	Complaints    int            `db:"complaints"`
	Endings       map[string]int `db:"endings"` // meetings by pairing.Reason; those that are open not
}

// withBot holds for meetings m of session s, and what else has their number, in which its bot was.
const withBot = `EXISTS (SELECT FROM meeting_members b WHERE b.session_id = s.id AND b.no = m.no AND b.person_id = s.bot_id)`

// SessionReport counts a session, without the bot and its meetings. It reads all of its rows: what is watched is SessionLive. NotFound "session_not_found".
func (db *DB) SessionReport(ctx context.Context, session int64) (SessionReport, error) {
	return oneRow[SessionReport](ctx, db.pool, "session_not_found", "networking session", `SELECT t.*, a.*, m.*, p.*, w.*, c.*,
			(SELECT count(*) FROM reports WHERE session_id = s.id) AS complaints,
			(SELECT coalesce(jsonb_object_agg(reason, n), '{}') FROM (SELECT reason, count(*) AS n FROM meetings m
				WHERE session_id = s.id AND ended_at IS NOT NULL AND NOT `+withBot+` GROUP BY 1) x) AS endings
		FROM networking_sessions s,
		LATERAL (SELECT count(*) AS tickets, count(*) FILTER (WHERE NOT EXISTS (
			SELECT FROM attendees a WHERE a.session_id = s.id AND a.person_id = t.person_id)) AS no_shows
			FROM tickets t WHERE t.event_id = s.event_id AND t.revoked_at IS NULL AND NOT `+ofBot+`) t,
		LATERAL (SELECT count(*) AS attendees, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM meeting_members x JOIN meetings m USING (session_id, no)
			WHERE x.session_id = s.id AND x.person_id = a.person_id AND m.started_at IS NOT NULL AND NOT `+withBot+`)) AS unmet
			FROM attendees a WHERE a.session_id = s.id AND a.person_id IS DISTINCT FROM s.bot_id) a,
		LATERAL (SELECT count(*) AS meetings, count(started_at) AS met, coalesce(sum(extract(epoch FROM ended_at - started_at)), 0)::bigint AS seconds,
			count(*) FILTER (WHERE extended) AS extended, count(*) FILTER (WHERE forced) AS forced, count(*) FILTER (WHERE relaxed <> '{}') AS relaxed
			FROM meetings m WHERE session_id = s.id AND NOT `+withBot+`) m,
		LATERAL (SELECT count(*) AS repeats, count(*) FILTER (WHERE forced) AS forced_repeats FROM (
			SELECT m.forced, row_number() OVER (PARTITION BY x.person_id, y.person_id ORDER BY m.no) AS nth
			FROM meetings m JOIN meeting_members x USING (session_id, no) JOIN meeting_members y USING (session_id, no)
			WHERE session_id = s.id AND x.person_id < y.person_id AND NOT `+withBot+`) pairs WHERE nth > 1) p,
		LATERAL (SELECT coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY waited_ms), 0) AS wait_p50,
			coalesce(percentile_disc(0.95) WITHIN GROUP (ORDER BY waited_ms), 0) AS wait_p95, coalesce(max(waited_ms), 0) AS wait_max
			FROM meeting_members m WHERE session_id = s.id AND NOT `+withBot+`) w,
		LATERAL (SELECT count(*) AS asked, count(accepted_at) AS connected FROM connections m WHERE session_id = s.id AND NOT `+withBot+`) c
		WHERE s.id = $1`, session)
}
