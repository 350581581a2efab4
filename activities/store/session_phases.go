package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// SessionPlan is where a networking session is, and how it goes.
type SessionPlan struct {
	NetworkingSession
	Attendees, OpenMeetings int
	WaitP50, WaitP95        float64 // seconds
	Doubts                  []Doubt
}

// AdvanceSession clears the ring mark and moves a session to the phase that its instants ask for by the database's clock. One
// whose end passed before its doors were opened is closed.
func (db *DB) AdvanceSession(ctx context.Context, id int64) (SessionPlan, error) {
	return db.moveSession(ctx, id, func(s NetworkingSession, now time.Time) string {
		switch {
		case s.Phase == SessionPlanned && !now.Before(s.EndsAt):
			return `phase = 'closed', closed_at = clock_timestamp()`
		case (s.Phase == SessionPlanned || s.Phase == SessionDoors) && !now.Before(s.StartsAt):
			return `phase = 'open', opened_at = clock_timestamp()`
		case s.Phase == SessionPlanned && !now.Before(s.DoorsAt()):
			return `phase = 'doors'`
		case s.Phase == SessionOpen && !now.Before(s.EndsAt):
			return `phase = 'ending', ended_at = clock_timestamp()`
		}
		return ""
	})
}

// FinishSession turns ending into closed and forgets what only a lobby needs.
func (db *DB) FinishSession(ctx context.Context, id int64) (SessionPlan, error) {
	plan, err := db.moveSession(ctx, id, func(s NetworkingSession, _ time.Time) string {
		if s.Phase != SessionEnding {
			return ""
		}
		return `phase = 'closed', closed_at = clock_timestamp()`
	})
	if err != nil {
		return plan, err
	}
	for _, sql := range []string{`DELETE FROM session_actions WHERE session_id = $1`, `DELETE FROM presence WHERE session_id = $1`} {
		if _, err := db.pool.Exec(ctx, sql, id); err != nil {
			return plan, fmt.Errorf("tidy up after session %d: %w", id, err)
		}
	}
	return plan, nil
}

// moveSession sets what move says, if anything, and tells who watches.
func (db *DB) moveSession(ctx context.Context, id int64, move func(s NetworkingSession, now time.Time) string) (SessionPlan, error) {
	var p SessionPlan
	err := db.tx(ctx, func(tx pgx.Tx) (err error) {
		if p.NetworkingSession, err = sessionByID(ctx, tx, id, "FOR UPDATE"); err != nil {
			return err
		}
		var now time.Time
		if err := tx.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now); err != nil {
			return fmt.Errorf("read the clock: %w", err)
		}
		set := `ring_since = NULL`
		if moved := move(p.NetworkingSession, now); moved != "" {
			set += `, seq = seq + 1, version = version + 1, ` + moved
		} else if p.RingSince == nil {
			return p.look(ctx, tx)
		}
		seq := p.Seq
		p.NetworkingSession, err = oneSession(ctx, tx, `UPDATE networking_sessions SET `+set+` WHERE id = $1 RETURNING `+sessionColumns, id)
		if err != nil {
			return err
		}
		if p.Seq != seq {
			if _, err := tx.Exec(ctx, `SELECT pg_notify('rondo', $1)`, sessionTopic(id, p.Seq)); err != nil {
				return fmt.Errorf("tell of session %d: %w", id, err)
			}
		}
		return p.look(ctx, tx)
	})
	return p, err
}

// sessionDoubts are the purposes of a session whose messages may still be sent once more, by its phase.
var sessionDoubts = map[string][]string{SessionPlanned: {"join"}, SessionDoors: {"join"}, SessionOpen: {"join"}, SessionClosed: {"met"}}

// look reads how it goes.
func (p *SessionPlan) look(ctx context.Context, q querier) (err error) {
	if p.Doubts, err = doubts(ctx, q, p.ID, sessionDoubts[p.Phase]); err != nil {
		return err
	}
	return p.count(ctx, q)
}

func (p *SessionPlan) count(ctx context.Context, q querier) error {
	if p.Phase == SessionPlanned {
		return nil
	}
	err := q.QueryRow(ctx, `SELECT (SELECT count(*) FROM attendees WHERE session_id = $1),
			(SELECT count(*) FROM meetings WHERE session_id = $1), (SELECT count(*) FROM meetings WHERE session_id = $1 AND ended_at IS NULL),
			coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY waited_ms), 0) / 1000, coalesce(percentile_cont(0.95) WITHIN GROUP (ORDER BY waited_ms), 0) / 1000
		FROM meeting_members WHERE session_id = $1`, p.ID).Scan(&p.Attendees, &p.Meetings, &p.OpenMeetings, &p.WaitP50, &p.WaitP95)
	if err != nil {
		return fmt.Errorf("count session %d: %w", p.ID, err)
	}
	return nil
}
