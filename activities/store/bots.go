package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/pairing"
)

// BotName is what the bot of a session is called.
const BotName = "Test partner (bot)"

// botPlays holds for networking_sessions with a bot that is to take part: it has a ticket, and no organiser took it out.
const botPlays = `(bot_id IS NOT NULL
	AND EXISTS (SELECT FROM tickets b WHERE b.event_id = networking_sessions.event_id AND b.person_id = bot_id AND b.revoked_at IS NULL)
	AND NOT EXISTS (SELECT FROM attendees b WHERE b.session_id = networking_sessions.id AND b.person_id = bot_id AND b.state = 'removed'))`

// ofBot holds for a ticket t of the bot of any session.
const ofBot = `EXISTS (SELECT FROM networking_sessions b WHERE b.bot_id = t.person_id)`

// AddBot asks for the bot of a session, an attendee whom a worker plays, so that one person can test alone. It is a person to
// whom nobody ever writes, with a ticket of the given type: a name, an id in decimal, or "" for the event's first. Doing it
// again changes at most the type. Conflict "session_over", also once no pairs are made any more, and "removed" where an
// organiser took it out for good; Invalid "ticket_type_not_found".
func (db *DB) AddBot(ctx context.Context, session int64, kind string) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, session, func(tx pgx.Tx, s NetworkingSession) (string, []any, error) {
		if s.Over() || s.Phase == SessionEnding {
			return "", nil, sessionOver(s)
		}
		types, err := ticketTypesOf(ctx, tx, s.EventID, Page{Limit: MaxTicketTypes})
		if err != nil {
			return "", nil, err
		}
		i := 0
		if kind != "" {
			i = ticketTypeNamed(types, kind)
		}
		if i < 0 || len(types) == 0 {
			return "", nil, fault.BadField("ticket_type_not_found", "body.type", "the event has no such ticket type: give its name or id")
		}
		bot, err := botOf(ctx, tx, s)
		if err != nil {
			return "", nil, err
		}
		tag, err := tx.Exec(ctx, `INSERT INTO tickets AS t (event_id, person_id, type_id) VALUES ($1, $2, $3)
			ON CONFLICT (event_id, person_id) DO UPDATE SET type_id = excluded.type_id, revoked_at = NULL, version = t.version + 1
			WHERE t.type_id <> excluded.type_id OR t.revoked_at IS NOT NULL`, s.EventID, bot, types[i].ID)
		if err != nil {
			return "", nil, fmt.Errorf("give the bot of session %d a ticket: %w", session, err)
		}
		if tag.RowsAffected() == 0 {
			return "", nil, nil
		}
		return `bot_id = $2`, []any{bot}, nil
	})
}

// botOf is the bot that a session has had, or a new one. An erased one is nobody any more.
func botOf(ctx context.Context, tx pgx.Tx, s NetworkingSession) (id int64, err error) {
	if s.BotID != nil {
		var status string
		var removed bool
		err := tx.QueryRow(ctx, `SELECT status, EXISTS (SELECT FROM attendees WHERE session_id = $2 AND person_id = $1 AND state = 'removed')
			FROM people WHERE id = $1 FOR SHARE`, *s.BotID, s.ID).Scan(&status, &removed)
		switch {
		case err != nil:
			return 0, fmt.Errorf("read the bot of session %d: %w", s.ID, err)
		case removed:
			return 0, fault.New(fault.Conflict, "removed", "an organiser took the bot out of this session for good")
		case status != Erased:
			return *s.BotID, nil
		}
	}
	err = tx.QueryRow(ctx, `INSERT INTO people (email, name, status, inactive_reason) VALUES ($1, $2, 'inactive', 'admin') RETURNING id`,
		fmt.Sprintf("bot-%d-%s@bot.invalid", s.ID, uuid.NewString()[:8]), BotName).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("make the bot of session %d: %w", s.ID, err)
	}
	return id, nil
}

// RemoveBot takes the bot out of a session, out of a meeting too. Doing it again changes nothing. Conflict "session_over".
func (db *DB) RemoveBot(ctx context.Context, session int64) (NetworkingSession, []Ring, error) {
	return db.commandSession(ctx, session, func(tx pgx.Tx, s NetworkingSession) (string, []any, error) {
		if s.Over() {
			return "", nil, sessionOver(s)
		}
		revoked, err := revokeTickets(ctx, tx, `event_id = $1 AND person_id = $2 AND revoked_at IS NULL`, s.EventID, s.BotID)
		if err != nil || revoked == 0 {
			return "", nil, err
		}
		return `bot_id = bot_id`, nil, nil
	})
}

func isBot(ctx context.Context, q querier, person int64) (yes bool, err error) {
	if err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM networking_sessions WHERE bot_id = $1)`, person).Scan(&yes); err != nil {
		return false, fmt.Errorf("look whether person %d is a bot: %w", person, err)
	}
	return yes, nil
}

// BotLook is what the bot of a session acts on.
type BotLook struct {
	Version int64   `db:"version"` // of the session
	Phase   string  `db:"phase"`
	Bot     int64   `db:"bot"`     // 0: none takes part
	Pairs   bool    `db:"pairs"`   // are made now
	Waiting []int64 `db:"waiting"` // who is ready, the bot not; the 20 who have waited longest
	Asking  []int64 `db:"asking"`  // who wants to stay in touch with the bot, and has waited for its answer long enough
}

// BotLook reads it. Asked is how long the bot lets people wait who want to stay in touch. NotFound "session_not_found".
func (db *DB) BotLook(ctx context.Context, session int64, asked time.Duration) (BotLook, error) {
	return oneRow[BotLook](ctx, db.pool, "session_not_found", "networking session", `SELECT version, phase, phase = 'open' AND paused_at IS NULL AS pairs,
			CASE WHEN `+botPlays+` THEN bot_id ELSE 0 END AS bot,
			ARRAY (SELECT person_id FROM attendees a WHERE a.session_id = networking_sessions.id AND a.state = $2
				AND a.person_id IS DISTINCT FROM bot_id ORDER BY a.ready_at LIMIT 20) AS waiting,
			ARRAY (SELECT asked_by FROM connections c WHERE c.session_id = networking_sessions.id AND bot_id IN (c.a, c.b)
				AND c.asked_by <> bot_id AND c.accepted_at IS NULL AND c.asked_at <= now() - $3::interval) AS asking
		FROM networking_sessions WHERE id = $1`, session, pairing.Ready, asked)
}
