package store

import (
	"context"
	"encoding/json"
	"time"
)

// Membership is a round as one of its members sees it.
type Membership struct {
	Round
	Program    string          `db:"program"` // its name
	Visible    []string        `db:"visible"` // attributes that the members of a group see of each other
	Left       bool            `db:"left"`    // the person takes part in no further round of the program
	Answer     *string         `db:"answer"`  // yes, no or nil
	AnsweredAt *time.Time      `db:"answered_at"`
	RemovedAt  *time.Time      `db:"removed_at"` // when the person left the round
	GroupNo    *int            `db:"group_no"`   // the first they know of; nil: in no group, or not yet
	Unmatched  json.RawMessage `db:"unmatched"`  // a matching.Unmatched, or nil
}

// GroupsOut reports whether the groups are final and members may know them.
func (m Membership) GroupsOut() bool {
	return m.Phase == "sending" || m.Phase == "sent" || m.Phase == "closed"
}

// AnswersOpen reports whether the round takes any answer at this instant.
func (m Membership) AnswersOpen(now time.Time) bool {
	return m.Phase == "open" && m.RemovedAt == nil && m.AnswersCloseAt != nil && now.Before(*m.AnswersCloseAt)
}

// MayStepBack reports whether a no is still taken, although answers have closed: the groups have not gone out.
func (m Membership) MayStepBack() bool {
	return m.RemovedAt == nil && m.Answer != nil && *m.Answer == "yes" && (m.Phase == "matching" || m.Phase == "review" || m.Phase == "ready")
}

// Membership reads it; NotFound "not_a_member" for somebody who never was in the round.
func (db *DB) Membership(ctx context.Context, round, person int64) (Membership, error) {
	return oneRow[Membership](ctx, db.pool, "not_a_member", "member of this round", `SELECT `+roundColumns+`, p.name AS program,
		p.visible_attributes AS visible, EXISTS (SELECT FROM program_leavers l WHERE l.program_id = p.id AND l.person_id = m.person_id) AS left,
		m.answer, m.answered_at, m.removed_at, m.unmatched,
		(SELECT min(g.group_no) FROM group_members g WHERE g.round_id = m.round_id AND g.person_id = m.person_id AND NOT g.receives) AS group_no
		FROM round_members m JOIN rounds r ON r.id = m.round_id JOIN programs p ON p.id = r.program_id
		WHERE m.round_id = $1 AND m.person_id = $2`, round, person)
}

// Met is somebody a person meets, and in which group.
type Met struct {
	Person
	GroupNo int `db:"group_no"`
}

// MatchOf lists whom a person meets in a round, by group, then name; nobody before the groups have gone out. In a mystery
// that is whom they give to, and nobody who gives to them. An erased person is listed with nothing but the id.
func (db *DB) MatchOf(ctx context.Context, round, person int64) ([]Met, error) {
	return manyRows[Met](ctx, db.pool, "match", `SELECT `+personColumns+`, mine.group_no FROM rounds r
		JOIN group_members mine ON mine.round_id = r.id AND mine.person_id = $2 AND NOT mine.receives
		JOIN group_members other ON other.round_id = r.id AND other.group_no = mine.group_no AND other.person_id <> $2
		JOIN people p ON p.id = other.person_id
		WHERE r.id = $1 AND r.phase IN ('sending', 'sent', 'closed') ORDER BY mine.group_no, p.name, p.id`, round, person)
}

// ProgramOf is a program that a person takes part in, or has left.
type ProgramOf struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
	Left bool   `db:"left"`
}

// ProgramsOf lists the programs whose rounds a person has been a member of, and the one given, by name; archived ones are
// left out.
func (db *DB) ProgramsOf(ctx context.Context, person, program int64) ([]ProgramOf, error) {
	return manyRows[ProgramOf](ctx, db.pool, "programs of a person", `SELECT p.id, p.name, l.person_id IS NOT NULL AS left
		FROM programs p LEFT JOIN program_leavers l ON l.program_id = p.id AND l.person_id = $1
		WHERE p.archived_at IS NULL AND (p.id = $2 OR l.person_id IS NOT NULL OR p.id IN (`+programsSharedBy+`)) ORDER BY p.name`, person, program)
}

// programsSharedBy are the programs whose rounds the person $1 has been a member of.
const programsSharedBy = `SELECT r.program_id FROM round_members m JOIN rounds r ON r.id = m.round_id WHERE m.person_id = $1`
