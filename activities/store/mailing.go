package store

import (
	"context"
	"encoding/json"
	"time"

	"rondo/activities/matching"
)

// MailFacts is what all messages of a mailing have in common, as of now.
type MailFacts struct {
	Program           int64           `db:"program_id"`
	ProgramName       string          `db:"name"`
	SenderName        string          `db:"sender_name"`
	VisibleAttributes []string        `db:"visible_attributes"`
	Texts             json.RawMessage `db:"texts"`
	MatchAt           *time.Time      `db:"match_at"`
	AnswersCloseAt    *time.Time      `db:"answers_close_at"`
	Timezone          string          `db:"timezone"`
	Mode              matching.Mode   `db:"mode"`
	Now               time.Time       `db:"now"` // by the database's clock, which stamps doubts
	// Session is what a mail of a networking session is about, which is of no program; nil for the others.
	Session *RoomFacts `db:"-"`
}

// MailFacts reads them.
func (db *DB) MailFacts(ctx context.Context, m Mailing) (MailFacts, error) {
	if m.OfSession() {
		f, err := db.RoomFacts(ctx, m.Subject)
		return MailFacts{SenderName: f.Event, VisibleAttributes: f.VisibleAttributes, Timezone: f.Timezone, Now: f.Now, Session: &f}, err
	}
	return oneRow[MailFacts](ctx, db.pool, "round_not_found", "round", `SELECT r.program_id, p.name, p.sender_name, p.visible_attributes,
		p.texts, r.match_at, r.answers_close_at, r.timezone, r.mode, clock_timestamp() AS now
		FROM rounds r JOIN programs p ON p.id = r.program_id WHERE r.id = $1`, m.Subject)
}
