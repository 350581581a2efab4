package store

import (
	"context"
	"time"
)

// StepMails lists what the ledger knows of the mails of an enrollment, by step; Group is the step.
func (db *DB) StepMails(ctx context.Context, enrollment int64) ([]Message, error) {
	return manyRows[Message](ctx, db.pool, "mails of an enrollment", `SELECT `+messageColumns+` FROM messages
		WHERE subject_id = $1 AND purpose = 'step' ORDER BY step`, enrollment)
}

// StoredReply is what came back from a contact, without its text.
type StoredReply struct {
	ID    int64      `db:"id"`
	Kind  string     `db:"kind"` // see Response
	Until *time.Time `db:"until_day"`
	At    time.Time  `db:"at"`
}

// StoredReplies lists what came back from an enrollment's contact, the first first.
func (db *DB) StoredReplies(ctx context.Context, enrollment int64) ([]StoredReply, error) {
	return manyRows[StoredReply](ctx, db.pool, "replies", `SELECT id, kind, until_day, at FROM replies WHERE enrollment_id = $1 ORDER BY at, id`, enrollment)
}

// SenderZone is the time zone of a mailbox, also of a deleted one.
func (db *DB) SenderZone(ctx context.Context, user int64) (string, error) {
	s, err := oneSender(ctx, db.pool, `SELECT `+senderColumns+` FROM senders s WHERE s.user_id = $1`, user)
	return s.Timezone, err
}
