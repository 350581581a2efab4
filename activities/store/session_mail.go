package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// joinLinkLife is how long after a session's end its links work: attendees look at whom they met.
const joinLinkLife = 30 * 24 * time.Hour

// LinksUntil is when join links made now stop working, to the second.
func (s NetworkingSession) LinksUntil() time.Time {
	return s.EndsAt.Add(joinLinkLife).UTC().Truncate(time.Second)
}

// InvitesDue reports whether join mails were asked for that have not gone out, while it still makes sense to come.
func (s NetworkingSession) InvitesDue() bool {
	return s.InvitedAt != nil && (s.JoinMailedAt == nil || s.JoinMailedAt.Before(*s.InvitedAt)) &&
		(s.Phase == SessionPlanned || s.Phase == SessionDoors || s.Phase == SessionOpen)
}

// MatchesDue reports whether attendees are to be sent whom they met; matchesDue says the same as SQL.
func (s NetworkingSession) MatchesDue() bool {
	return s.Phase == SessionClosed && s.MailMatches && s.Meetings > 0 && s.MetMailedAt == nil
}

const matchesDue = `phase = 'closed' AND mail_matches AND meetings > 0 AND met_mailed_at IS NULL`

// InviteToSession asks for join mails: to everybody who has a valid ticket now and has had no such mail of this session. Asked
// again it reaches those who got their ticket since. Conflict "session_over", also once it makes no pairs any more.
func (db *DB) InviteToSession(ctx context.Context, id int64) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, id, func(_ pgx.Tx, s NetworkingSession) (string, []any, error) {
		if s.Over() || s.Phase == SessionEnding {
			return "", nil, sessionOver(s)
		}
		return `invited_at = greatest(invited_at, now())`, nil, nil
	})
}

// SessionMailed notes that a mailing of a session has been at everybody who was owed it when it read these facts.
func (db *DB) SessionMailed(ctx context.Context, m Mailing, f RoomFacts) error {
	var err error
	switch m.Purpose {
	case "join": // who asked again meanwhile may mean others
		_, err = db.pool.Exec(ctx, `UPDATE networking_sessions SET join_mailed_at = greatest(join_mailed_at, $2) WHERE id = $1`, m.Subject, f.InvitedAt)
	case "met":
		_, err = db.pool.Exec(ctx, `UPDATE networking_sessions SET met_mailed_at = coalesce(met_mailed_at, now()) WHERE id = $1`, m.Subject)
	}
	if err != nil {
		return fmt.Errorf("note the delivery of %s: %w", m, err)
	}
	return nil
}

// invited is a table of whom the organisers of sessions asked to come: who had a ticket then and has it now. Whoever they took
// out of the session is not asked back.
const invited = `(SELECT s.id AS session_id, t.person_id FROM networking_sessions s
	JOIN tickets t ON t.event_id = s.event_id AND t.revoked_at IS NULL AND t.created_at <= s.invited_at
	WHERE NOT EXISTS (SELECT FROM attendees a WHERE a.session_id = s.id AND a.person_id = t.person_id AND a.state = 'removed')
		AND NOT ` + ofBot + `)`

// haveMet holds for attendees m whose list of matches is not empty.
const haveMet = `EXISTS (SELECT FROM ` + whomTheyMet + ` WHERE x.session_id = m.session_id AND x.person_id = m.person_id)`

// hasTicket holds for attendees m whose link works, who are people.
const hasTicket = `EXISTS (SELECT FROM tickets t JOIN networking_sessions s ON s.event_id = t.event_id
	WHERE s.id = m.session_id AND t.person_id = m.person_id AND t.revoked_at IS NULL AND NOT ` + ofBot + `)`
