package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// SessionComplaint is what an attendee reported of somebody they met.
type SessionComplaint struct {
	ID        int64     `db:"id"`
	SessionID int64     `db:"session_id"`
	No        int       `db:"no"`        // of the meeting
	PersonID  int64     `db:"person_id"` // who reports
	Name      string    `db:"name"`
	OtherID   int64     `db:"other_id"` // who is reported
	OtherName string    `db:"other_name"`
	Reason    string    `db:"reason"` // harassment, inappropriate, spam or other
	Text      string    `db:"text"`
	State     string    `db:"state"` // open, acted or dismissed
	At        time.Time `db:"at"`
	Version   int64     `db:"version"`
}

// complaints selects r of session $1.
const complaints = `SELECT r.id, r.session_id, r.no, r.person_id, coalesce(nullif(pt.display_name, ''), p.name, '') AS name,
		r.other_id, coalesce(nullif(ot.display_name, ''), o.name, '') AS other_name, r.reason, r.text, r.state, r.at, r.version
	FROM reports r JOIN networking_sessions s ON s.id = r.session_id JOIN people p ON p.id = r.person_id JOIN people o ON o.id = r.other_id
		LEFT JOIN tickets pt ON pt.event_id = s.event_id AND pt.person_id = r.person_id LEFT JOIN tickets ot ON ot.event_id = s.event_id AND ot.person_id = r.other_id
	WHERE r.session_id = $1`

// SessionComplaints lists what was reported in a session, by id; state "" is any. NotFound "session_not_found".
func (db *DB) SessionComplaints(ctx context.Context, session int64, state string, p Page) ([]SessionComplaint, error) {
	if _, err := db.Session(ctx, session); err != nil {
		return nil, err
	}
	return manyRows[SessionComplaint](ctx, db.pool, "reports", complaints+` AND r.id > $2 AND ($4 = '' OR r.state = $4) ORDER BY r.id LIMIT $3`,
		session, p.After, p.Limit, state)
}

// SessionComplaint reads one. NotFound "report_not_found".
func (db *DB) SessionComplaint(ctx context.Context, session, id int64) (SessionComplaint, error) {
	return complaintByID(ctx, db.pool, session, id, "")
}

func complaintByID(ctx context.Context, q querier, session, id int64, lock string) (SessionComplaint, error) {
	return oneRow[SessionComplaint](ctx, q, "report_not_found", "report in this session", complaints+` AND r.id = $2 `+lock, session, id)
}

// SettleComplaint notes what an organiser makes of the given version of a report: open, acted or dismissed. It does nothing
// else: whoever is to leave is removed, or loses the ticket, by its own command. Errors: NotFound, Stale, Invalid.
func (db *DB) SettleComplaint(ctx context.Context, session, id, version int64, state string) (c SessionComplaint, err error) {
	switch state {
	case "open", "acted", "dismissed":
	default:
		return c, fault.BadField("report_state_unknown", "body.state", "a report is open, acted or dismissed")
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if c, err = complaintByID(ctx, tx, session, id, "FOR UPDATE OF r"); err != nil {
			return err
		}
		if c.Version != version {
			return Stale("report")
		}
		if _, err := tx.Exec(ctx, `UPDATE reports SET state = $2, version = version + 1 WHERE id = $1`, id, state); err != nil {
			return err
		}
		c, err = complaintByID(ctx, tx, session, id, "")
		return err
	})
	return c, err
}
