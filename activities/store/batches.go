package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/calendar"
	"rondo/activities/fault"
	"rondo/activities/store/filter"
)

// Batch is people to be added to a sequence: a draft whose every part can be changed until it is engaged.
type Batch struct {
	ID         int64      `db:"id"`
	SequenceID int64      `db:"sequence_id"`
	Edition    int        `db:"edition"`
	State      string     `db:"state"`      // draft, engaging, engaged or discarded
	Senders    string     `db:"senders"`    // me, owners or selected
	SenderIDs  []int64    `db:"sender_ids"` // of me and selected: users
	Split      string     `db:"split"`      // of selected: even or random
	Start      string     `db:"start"`      // next_slot, at or at_once
	StartWall  *time.Time `db:"start_wall"` // of at: a wall clock in Timezone
	Timezone   string     `db:"timezone"`
	PerHour    int        `db:"per_hour"` // contacts begun, all senders together, in Timezone; 0: as soon as possible
	PerDay     int        `db:"per_day"`
	Authorized bool       `db:"authorized"`
	Seed       int64      `db:"seed"`
	EngagedAt  *time.Time `db:"engaged_at"`
	Version    int64      `db:"version"`
	CreatedAt  time.Time  `db:"created_at"`
}

const batchColumns = `b.id, b.sequence_id, b.edition, b.state, b.senders, b.sender_ids, b.split, b.start, b.start_wall, b.timezone,
	b.per_hour, b.per_day, b.authorized, b.seed, b.engaged_at, b.version, b.created_at`

// MaxBatch is how many people one batch may hold.
const MaxBatch = 100_000

// Whom says which people a batch gets: ids, those of a list, those a filter selects; all of what is given together.
type Whom struct {
	IDs    []int64
	List   int64 // 0: none
	Filter filter.Expr
	All    bool // Filter says something
}

// CreateBatch makes a draft with the sequence's present edition, in the zone of its first sender or UTC. Nobody selected is
// Invalid "nobody_selected".
func (db *DB) CreateBatch(ctx context.Context, sequence int64, who Whom) (b Batch, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		s, err := sequenceByID(ctx, tx, sequence, "FOR SHARE")
		if err != nil {
			return err
		}
		if s.ArchivedAt != nil {
			return fault.New(fault.Conflict, "sequence_archived", "the sequence is archived")
		}
		b, err = oneRow[Batch](ctx, tx, "batch_not_found", "batch", `INSERT INTO batches AS b (sequence_id, edition, seed) VALUES ($1, $2, $3)
			RETURNING `+batchColumns, sequence, s.Edition, newSeed())
		if err != nil {
			return err
		}
		return addToBatch(ctx, tx, b.ID, who)
	})
	return b, err
}

func newSeed() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return int64(binary.LittleEndian.Uint64(b[:]) >> 1)
}

func addToBatch(ctx context.Context, tx pgx.Tx, batch int64, who Whom) error {
	where, args := "", []any{batch, who.IDs, who.List}
	if who.All {
		sql, more := who.Filter.SQL(len(args))
		where, args = ` OR `+sql, append(args, more...)
	}
	_, err := tx.Exec(ctx, `INSERT INTO batch_people (batch_id, person_id) SELECT $1, p.id FROM people p
		WHERE p.status <> 'erased' AND (p.id = ANY ($2) OR p.id IN (SELECT person_id FROM list_people WHERE list_id = $3)`+where+`) ON CONFLICT DO NOTHING`, args...)
	if err != nil {
		return fmt.Errorf("add people to batch %d: %w", batch, err)
	}
	var n int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM batch_people WHERE batch_id = $1`, batch).Scan(&n); err != nil {
		return fmt.Errorf("count batch %d: %w", batch, err)
	}
	switch {
	case n == 0:
		return fault.BadField("nobody_selected", "body", "this selects nobody: name people, a list or a filter that somebody matches")
	case n > MaxBatch:
		return fault.BadField("too_many_people", "body", "this selects %d people: a batch holds at most %d", n, MaxBatch)
	}
	return nil
}

// Batch reads one.
func (db *DB) Batch(ctx context.Context, id int64) (Batch, error) {
	return batchByID(ctx, db.pool, id, "")
}

func batchByID(ctx context.Context, q querier, id int64, lock string) (Batch, error) {
	return oneRow[Batch](ctx, q, "batch_not_found", "batch", `SELECT `+batchColumns+` FROM batches b WHERE b.id = $1 `+lock, id)
}

// Batches lists those of a sequence, or of all if it is 0, by id; discarded ones are left out.
func (db *DB) Batches(ctx context.Context, sequence int64, p Page) ([]Batch, error) {
	return manyRows[Batch](ctx, db.pool, "batches", `SELECT `+batchColumns+` FROM batches b
		WHERE b.id > $1 AND b.state <> 'discarded' AND ($3::bigint = 0 OR b.sequence_id = $3) ORDER BY b.id LIMIT $2`, p.After, p.Limit, sequence)
}

// EditBatch changes the given version of a draft. The change may set everything but ids, state and seed.
func (db *DB) EditBatch(ctx context.Context, id, version int64, change func(*Batch) error) (out Batch, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		b, err := heldDraft(ctx, tx, id, version)
		if err != nil {
			return err
		}
		if err := change(&b); err != nil {
			return err
		}
		if err := b.check(ctx, tx); err != nil {
			return err
		}
		out, err = oneRow[Batch](ctx, tx, "batch_not_found", "batch", `UPDATE batches b SET senders = $2, sender_ids = $3, split = $4, start = $5,
			start_wall = $6, timezone = $7, per_hour = $8, per_day = $9, authorized = $10, edition = $11, version = version + 1
			WHERE b.id = $1 RETURNING `+batchColumns,
			id, b.Senders, b.SenderIDs, b.Split, b.Start, b.StartWall, b.Timezone, b.PerHour, b.PerDay, b.Authorized, b.Edition)
		return err
	})
	return out, err
}

// heldDraft locks the given version of a draft; version 0 is any.
func heldDraft(ctx context.Context, tx pgx.Tx, id, version int64) (Batch, error) {
	b, err := batchByID(ctx, tx, id, "FOR UPDATE")
	switch {
	case err != nil:
		return b, err
	case b.State != "draft":
		return b, fault.New(fault.Conflict, "batch_not_draft", "the batch is %s: only a draft can be changed", b.State)
	case version != 0 && b.Version != version:
		return b, Stale("batch")
	}
	return b, nil
}

func (b Batch) check(ctx context.Context, tx pgx.Tx) error {
	if _, err := calendar.Zone(b.Timezone); err != nil {
		return fault.BadField("timezone_unknown", "body.timezone", "this time zone is unknown: use an IANA name such as Europe/Paris")
	}
	if _, err := stepsOf(ctx, tx, b.SequenceID, b.Edition); fault.From(err).Code == "edition_not_found" {
		return fault.BadField("edition_unknown", "body.edition", "the sequence has no edition %d", b.Edition)
	} else if err != nil {
		return err
	}
	if b.Senders == "owners" {
		return nil
	}
	if b.Senders == "me" && len(b.SenderIDs) != 1 {
		return fault.BadField("senders_invalid", "body.senders", "name the one user who sends, or use a key that belongs to a user")
	}
	if len(b.SenderIDs) == 0 {
		return fault.BadField("senders_invalid", "body.sender_ids", "name the users who send")
	}
	rows, err := tx.Query(ctx, `SELECT user_id FROM senders WHERE user_id = ANY ($1) AND deleted_at IS NULL`, b.SenderIDs)
	if err != nil {
		return fmt.Errorf("find senders: %w", err)
	}
	have, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("find senders: %w", err)
	}
	for i, id := range b.SenderIDs {
		if !slices.Contains(have, id) {
			return fault.BadField("sender_unknown", fmt.Sprintf("body.sender_ids[%d]", i), "user %d has no mailbox: PUT /v1/users/%d/sender first", id, id)
		}
		if slices.Contains(b.SenderIDs[:i], id) {
			return fault.BadField("sender_twice", fmt.Sprintf("body.sender_ids[%d]", i), "user %d is named twice", id)
		}
	}
	return nil
}

// DiscardBatch gives a draft up.
func (db *DB) DiscardBatch(ctx context.Context, id int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := heldDraft(ctx, tx, id, 0); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `WITH gone AS (DELETE FROM batch_people WHERE batch_id = $1) UPDATE batches SET state = 'discarded', version = version + 1 WHERE id = $1`, id)
		return err
	})
}

// StepText is a step's mail as edited for one contact: Liquid, like the step's own.
type StepText struct {
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text,omitempty"`
	HTML    string `json:"html,omitempty"`
}

// TextFor is the text of a step for a contact: the one edited for them, by step, or the step's own.
func (s Step) TextFor(edited map[string]StepText) (text StepText, own bool) {
	if text, own = edited[strconv.Itoa(s.No)]; own {
		return text, true
	}
	return StepText{Subject: s.Subject, Text: s.Text, HTML: s.HTML}, false
}

// SubjectAnswered is the subject of the mail that the mail of a step answers, where it is in a thread, as edited for a contact.
func SubjectAnswered(steps []Step, step int, edited map[string]StepText) (subject string) {
	for _, before := range steps[:step-1] {
		if before.Kind == MailStep && (!before.Thread || subject == "") {
			text, _ := before.TextFor(edited)
			subject = text.Subject
		}
	}
	return subject
}

// EditText replaces the text of a step for one contact of a draft; nil goes back to the sequence's.
func (db *DB) EditText(ctx context.Context, batch, person int64, step int, text *StepText) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := heldDraft(ctx, tx, batch, 0); err != nil {
			return err
		}
		value, err := json.Marshal(text)
		if err != nil {
			return fmt.Errorf("encode text: %w", err)
		}
		tag, err := tx.Exec(ctx, `UPDATE batch_people SET texts = CASE WHEN $4::jsonb = 'null' THEN texts - $3::text ELSE texts || jsonb_build_object($3::text, $4::jsonb) END
			WHERE batch_id = $1 AND person_id = $2`, batch, person, fmt.Sprint(step), value)
		if err != nil {
			return fmt.Errorf("edit a text of batch %d: %w", batch, err)
		}
		if tag.RowsAffected() == 0 {
			return fault.New(fault.NotFound, "not_in_batch", "the person is not in this batch")
		}
		_, err = tx.Exec(ctx, `UPDATE batches SET version = version + 1 WHERE id = $1`, batch)
		return err
	})
}

// RemoveFromBatch takes people out of a draft.
func (db *DB) RemoveFromBatch(ctx context.Context, batch int64, people []int64) error {
	return db.tx(ctx, func(tx pgx.Tx) error {
		if _, err := heldDraft(ctx, tx, batch, 0); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `WITH gone AS (DELETE FROM batch_people WHERE batch_id = $1 AND person_id = ANY ($2))
			UPDATE batches SET version = version + 1 WHERE id = $1`, batch, people)
		return err
	})
}
