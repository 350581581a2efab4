package store

import (
	"context"
	"strings"
	"unicode/utf8"
)

// MaxFound is how many people a search by name may find; if there are more it finds nobody.
const MaxFound = 10

// Acquaintance is somebody whom a person can name. Hint tells namesakes apart by what the programs both take part in show
// of their members; it is empty otherwise.
type Acquaintance struct {
	ID   int64  `db:"id"`
	Name string `db:"name"`
	Hint string `db:"hint"`
}

// FindAcquaintances finds active people by whole words of their names, without regard to case and accents, among those who
// have been in rounds of the programs that the person has been in rounds of. It is made so that nobody can read off who
// takes part: no beginnings of words, no single letters, and nobody rather than more than MaxFound. The subquery of one row is no EXISTS,
// because a planner that makes a join of it reads all members of all rounds.
func (db *DB) FindAcquaintances(ctx context.Context, person int64, name string) (found []Acquaintance, tooMany bool, err error) {
	if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return []Acquaintance{}, false, nil
	}
	found, err = manyRows[Acquaintance](ctx, db.pool, "acquaintances", `WITH shared AS MATERIALIZED (SELECT id, visible_attributes FROM programs WHERE id IN (`+programsSharedBy+`)),
		named AS MATERIALIZED (SELECT p.id, p.name, p.attributes FROM people p
			WHERE p.status = 'active' AND p.id <> $1 AND name_words(p.name) @> name_words($2)
			AND EXISTS (SELECT FROM unnest(name_words($2)) word WHERE length(word) > 1)
			AND (SELECT true FROM round_members m JOIN rounds r ON r.id = m.round_id
				WHERE m.person_id = p.id AND r.program_id IN (SELECT id FROM shared) LIMIT 1) LIMIT $3)
		SELECT n.id, n.name, CASE WHEN count(*) OVER (PARTITION BY n.name) > 1 THEN coalesce((
				SELECT string_agg(DISTINCT n.attributes ->> v, ', ') FROM shared s, unnest(s.visible_attributes) v WHERE n.attributes ? v), '')
			ELSE '' END AS hint
		FROM named n ORDER BY n.name, n.id`, person, name, MaxFound+1)
	if len(found) > MaxFound {
		return []Acquaintance{}, true, err
	}
	return found, false, err
}

// recentRounds bounds how far back Acquaintances looks.
const recentRounds = 12

// Acquaintances lists the active people whom a person has been matched with in their latest rounds, by name.
func (db *DB) Acquaintances(ctx context.Context, person int64) ([]Acquaintance, error) {
	return manyRows[Acquaintance](ctx, db.pool, "acquaintances", `SELECT DISTINCT p.id, p.name, '' AS hint FROM (
			SELECT r.id FROM round_members m JOIN rounds r ON r.id = m.round_id
			WHERE m.person_id = $1 AND r.phase IN ('sending', 'sent', 'closed') ORDER BY r.match_at DESC LIMIT $2) r
		JOIN group_members mine ON mine.round_id = r.id AND mine.person_id = $1 AND NOT mine.receives
		JOIN group_members other ON other.round_id = r.id AND other.group_no = mine.group_no AND other.person_id <> $1
		JOIN people p ON p.id = other.person_id WHERE p.status = 'active' ORDER BY p.name, p.id`, person, recentRounds)
}

// WishedFor names the people of a person's wishes, each list in its order.
func (db *DB) WishedFor(ctx context.Context, person int64) (meet, avoid []Acquaintance, version int64, err error) {
	w, version, err := db.Wishes(ctx, person)
	if err != nil {
		return nil, nil, 0, err
	}
	name := func(ids []int64) ([]Acquaintance, error) {
		return manyRows[Acquaintance](ctx, db.pool, "wished people", `SELECT p.id, p.name, '' AS hint
			FROM unnest($1::bigint[]) WITH ORDINALITY AS w (id, no) JOIN people p ON p.id = w.id ORDER BY no`, ids)
	}
	if meet, err = name(w.Meet); err != nil {
		return nil, nil, 0, err
	}
	avoid, err = name(w.Avoid)
	return meet, avoid, version, err
}
