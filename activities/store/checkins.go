package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"rondo/activities/fault"
)

// The answers to "did you meet?".
const (
	MetYes     = "yes"
	MetPlanned = "planned" // a date is set, or they are writing to each other
	MetNo      = "no"
)

// MaxNote is how long the note of a check-in may be, in characters.
const MaxNote = 2000

// CheckIn is what a member of a group says about whether they met. The note is for those who run the program, not for the
// others of the group.
type CheckIn struct {
	Answer     string    `db:"answer"`
	Note       string    `db:"note"`
	AnsweredAt time.Time `db:"answered_at"`
}

// CheckIn reads what a person said about a round; ok is false when they have said nothing.
func (db *DB) CheckIn(ctx context.Context, round, person int64) (c CheckIn, ok bool, err error) {
	c, err = oneRow[CheckIn](ctx, db.pool, "check_in_not_found", "check-in",
		`SELECT answer, note, answered_at FROM check_ins WHERE round_id = $1 AND person_id = $2`, round, person)
	if errors.Is(err, &fault.Error{Code: "check_in_not_found"}) {
		return c, false, nil
	}
	return c, err == nil, err
}

// PutCheckIn says or changes whether a person met their group of a round. The last word counts. Invalid for another answer
// or a note that is too long; Conflict "not_in_group" for somebody who met nobody in this round, "check_in_closed" before the
// groups have gone out and once the round is closed.
func (db *DB) PutCheckIn(ctx context.Context, round, person int64, answer, note string) error {
	switch answer {
	case MetYes, MetPlanned, MetNo:
	default:
		return fault.BadField("check_in_unknown", "body.answer", "the answer is yes, planned or no")
	}
	note, err := cleanText("body.note", strings.ReplaceAll(note, "\r\n", "\n"), MaxNote, "\n\t")
	if err != nil {
		return err
	}
	m, err := db.Membership(ctx, round, person)
	if err != nil {
		return err
	}
	if !m.GroupsOut() || m.Phase == "closed" {
		return fault.New(fault.Conflict, "check_in_closed", "whether people met is asked from the match until the round is closed")
	}
	if m.GroupNo == nil {
		return fault.New(fault.Conflict, "not_in_group", "the person met nobody in this round")
	}
	_, err = db.pool.Exec(ctx, `INSERT INTO check_ins (round_id, person_id, answer, note) VALUES ($1, $2, $3, $4)
		ON CONFLICT (round_id, person_id) DO UPDATE SET answer = excluded.answer, note = excluded.note, answered_at = now()`,
		round, person, answer, note)
	if err != nil {
		return fmt.Errorf("store check-in of person %d: %w", person, err)
	}
	return nil
}
