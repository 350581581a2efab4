package store

import (
	"context"
	"strings"
	"unicode"
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

// marks are the combining marks that a decomposed letter carries: e with an acute accent is e and U+0301.
var marks = func() string {
	var b strings.Builder
	for r := rune(0x300); r <= 0x36f; r++ {
		b.WriteRune(r)
	}
	return b.String()
}()

// words splits a name as typed; a single letter names nobody.
func words(s string) []string {
	all := strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) })
	for _, w := range all {
		if len([]rune(w)) > 1 {
			return all
		}
	}
	return nil
}

// bare reduces a name to what is compared: no case, no accents, spaces between words.
func bare(column string) string {
	return icuLower(`translate(normalize(` + column + `, NFKD), '-.,''’·_/()' || $3, '          ')`)
}

func icuLower(s string) string { return `lower((` + s + `) COLLATE "und-x-icu")` }

// FindAcquaintances finds active people by whole words of their names, without regard to case and accents, among those who
// have been in rounds of the programs that the person has been in rounds of. It is made so that nobody can read off who
// takes part: no beginnings of words, and nobody rather than more than MaxFound. It reads every name, about 2 µs each.
func (db *DB) FindAcquaintances(ctx context.Context, person int64, name string) (found []Acquaintance, tooMany bool, err error) {
	asked := words(name)
	if len(asked) == 0 || len(asked) > 10 {
		return []Acquaintance{}, false, nil
	}
	found, err = manyRows[Acquaintance](ctx, db.pool, "acquaintances", `WITH named AS MATERIALIZED (
			SELECT p.id, p.name, p.attributes FROM people p WHERE p.status = 'active' AND p.id <> $1
			AND string_to_array(`+bare(`p.name`)+`, ' ') @> (SELECT array_agg(`+bare(`w`)+`) FROM unnest($2::text[]) w)),
		shared AS MATERIALIZED (SELECT * FROM programs WHERE id IN (`+programsSharedBy+`))
		SELECT n.id, n.name, CASE WHEN count(*) OVER (PARTITION BY n.name) > 1 THEN coalesce((
				SELECT string_agg(DISTINCT n.attributes ->> v, ', ') FROM shared s, unnest(s.visible_attributes) v WHERE n.attributes ? v), '')
			ELSE '' END AS hint
		FROM named n WHERE EXISTS (SELECT FROM round_members m JOIN rounds r ON r.id = m.round_id
			WHERE m.person_id = n.id AND r.program_id IN (SELECT id FROM shared))
		ORDER BY n.name, n.id LIMIT $4`, person, asked, marks, MaxFound+1)
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
		JOIN group_members mine ON mine.round_id = r.id AND mine.person_id = $1
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
