package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Call is one call of the provider to be made: what becomes of it becomes of all its messages.
type Call struct {
	ID      string // a UUID of its own
	Attempt string // a UUID: of the delivery that makes the call
	Mailing
}

// Recipient is somebody who was owed a mailing when their page was claimed.
type Recipient struct {
	Place
	Email      string          `db:"email"`
	Name       string          `db:"name"`
	Timezone   string          `db:"timezone"`
	Attributes []byte          `db:"attributes"` // a JSON object; as bytes it is not read a second time
	Unmatched  json.RawMessage `db:"unmatched"`  // no_match: the engine's reason
	Stop       string          `db:"stop"`       // why nobody may write to them: a code, or "" if all is well
	// Message is their row of the ledger, if the call is to carry it: 0 if they must not be written to, or if another
	// attempt was quicker.
	Message int64 `db:"message"`
}

// Place is where somebody stands among those a mailing is owed to: people of a group next to each other.
type Place struct {
	Group  int64 `db:"group_no"` // 0 in mailings that are not about groups
	Person int64 `db:"id"`
}

// Stretch is a part of those a mailing may be for, to be claimed page by page.
type Stretch struct {
	After, Until Place // the place before the first, and the last
	Page         int   // how many at a time
	// Untouched says that nobody has a message of the mailing, as far as anybody knows. Claims are cheaper then; one that
	// finds somebody who has unsays it.
	Untouched bool
}

// Everybody is one stretch of all.
func Everybody(page int) Stretch {
	return Stretch{Until: Place{Group: math.MaxInt64, Person: math.MaxInt64}, Page: page}
}

// keys are the SQL of a place's group, and of the order of places.
func (o owed) keys() (group, order string) {
	if o.table == "group_members" {
		return `m.group_no::bigint`, `m.group_no, m.person_id`
	}
	return `0::bigint`, `m.person_id`
}

// step is the SQL of what tells messages of a mailing to the same person apart: the number of their group, or 0.
func (o owed) step() string {
	if o.table == "group_members" {
		return `m.group_no`
	}
	return `0`
}

// Stretches divides a mailing into at most n parts of whole pages, about equally many. It goes through everybody whom the
// mailing may be for, so 100,000 take some 30 ms.
func (db *DB) Stretches(ctx context.Context, m Mailing, n, page int) ([]Stretch, error) {
	o, err := m.who()
	if err != nil {
		return nil, err
	}
	whole := Everybody(page)
	if o.few {
		return []Stretch{whole}, nil
	}
	column, _ := o.subject()
	group, order := o.keys()
	ends, err := manyRows[Place](ctx, db.pool, "pages of a mailing", `SELECT group_no, id FROM (
			SELECT `+group+` AS group_no, m.person_id AS id, row_number() OVER (ORDER BY `+order+`) AS no
			FROM `+o.table+` m WHERE m.`+column+` = $1) x WHERE no % $2 = 0 ORDER BY no`, fresh, m.Subject, page)
	if err != nil {
		return nil, err
	}
	// Ordered, or a planner that does not know of the mailing yet goes through the whole ledger.
	if err := db.pool.QueryRow(ctx, `SELECT (SELECT id FROM ledger WHERE subject_id = $1 AND purpose = $2 ORDER BY person_id, step LIMIT 1) IS NULL`, m.Subject, m.Purpose).
		Scan(&whole.Untouched); err != nil {
		return nil, fmt.Errorf("look for messages of %s: %w", m, err)
	}
	n = max(1, min(n, len(ends)))
	stretches := make([]Stretch, 0, n)
	next := whole
	for i := 1; i < n; i++ {
		next.Until = ends[len(ends)*i/n-1]
		stretches = append(stretches, next)
		next.After = next.Until
	}
	next.Until = whole.Until
	return append(stretches, next), nil
}

// ClaimPage writes the next people of a stretch who are owed a mailing into the ledger, as what one call is going to
// carry, and gives them with what to write. Owed it are those who have no message yet, and those whose message has been
// in doubt since before the cutoff and was not sent again. Those who must not be written to get a suppressed row; if their
// message is in doubt, it stays so for good. No one left: an empty page.
//
// It is one statement: two attempts never claim the same person. The same call may be claimed again when the answer was
// not heard, as long as it was not made. The stretch then begins behind the page.
func (db *DB) ClaimPage(ctx context.Context, c Call, cutoff time.Time, s *Stretch) ([]Recipient, error) {
	o, err := c.who()
	if err != nil {
		return nil, err
	}
	claim := func() ([]Recipient, error) {
		return manyRows[Recipient](ctx, db.pool, "whom to write to", o.claim(*s), c.Subject, c.Purpose, c.ID, c.Attempt, cutoff,
			s.After.Group, s.After.Person, s.Until.Group, s.Until.Person)
	}
	page, err := claim()
	var broken *pgconn.PgError
	if errors.As(err, &broken) && broken.ConstraintName == "ledger_subject_id_purpose_person_id_step_key" {
		s.Untouched = false
		page, err = claim()
	}
	if err != nil {
		return nil, fmt.Errorf("claim messages of %s: %w", c.Mailing, err)
	}
	if len(page) > 0 {
		s.After = page[len(page)-1].Place
	}
	return page, nil
}

// claim is the SQL of ClaimPage. $1 is the subject, $2 the purpose, $3 the call, $4 the attempt, $5 the cutoff, $6 and $7
// the place after which to go on, $8 and $9 that of the last. The limit is written out, because a plan for any limit would
// be a plan for a large one.
func (o owed) claim(s Stretch) string {
	group, order := o.keys()
	unmatched, between := `m.unmatched`, `(m.round_id, m.person_id) > ($1, $7) AND m.person_id <= $9 AND $6::bigint <= $8::bigint`
	if o.table == "group_members" {
		unmatched, between = `NULL::jsonb`, `(m.group_no, m.person_id) > ($6::bigint, $7) AND (m.group_no, m.person_id) <= ($8::bigint, $9)`
	}
	if o.ofSession {
		unmatched, between = `NULL::jsonb`, `m.person_id > $7 AND m.person_id <= $9 AND $6::bigint <= $8::bigint`
	}
	none := `coalesce((SELECT g.state = 'unknown' AND coalesce(g.unknown_at <= $5, false) OR g.state = 'called' AND g.call_id = $3 FROM ledger g
			WHERE g.purpose = $2 AND g.subject_id = $1 AND g.person_id = m.person_id AND g.step = ` + o.step() + `), true)`
	conflict := `ON CONFLICT (subject_id, purpose, person_id, step) DO UPDATE SET
				state = CASE WHEN excluded.state = 'called' OR g.state = 'called' THEN excluded.state ELSE g.state END, reason = excluded.reason,
				call_id = coalesce(excluded.call_id, g.call_id), claimed_at = now(),
				resends = g.resends + (excluded.state = 'called' AND g.state = 'unknown')::int,
				unknown_at = CASE excluded.state WHEN 'called' THEN g.unknown_at END
				WHERE g.state = 'unknown' AND g.unknown_at <= $5 OR g.state = 'called' AND g.call_id = $3`
	if s.Untouched {
		none, conflict = `$5::timestamptz IS NOT NULL`, ``
	}
	from, where := o.rows()
	// The next of the table are found by its key, and then each person and message by theirs: the forms of these conditions
	// and subqueries leave the planner no choice, because the statistics of tables that have just grown mislead it.
	return `WITH m AS MATERIALIZED (
			SELECT m.* ` + from + ` ` + where + ` AND ` + between + `
				AND ` + none + `
			ORDER BY ` + order + ` LIMIT ` + strconv.Itoa(s.Page) + `),
		page AS MATERIALIZED (
			SELECT ` + group + ` AS group_no, p.id, coalesce(p.email, '') AS email, p.name, p.timezone, p.attributes, ` + unmatched + ` AS unmatched,
				` + mustNot + ` AS stop
			FROM m CROSS JOIN LATERAL (SELECT * FROM people WHERE people.id = m.person_id OFFSET 0) p),
		call AS (
			INSERT INTO mail_calls (id, attempt, purpose, subject_id) SELECT $3, $4, $2, $1 WHERE EXISTS (SELECT FROM page WHERE stop = '')
			ON CONFLICT DO NOTHING),
		claimed AS (
			INSERT INTO ledger AS g (purpose, subject_id, person_id, step, state, reason, call_id)
			SELECT $2, $1, id, group_no::int, CASE stop WHEN '' THEN 'called' ELSE 'suppressed' END, stop, CASE stop WHEN '' THEN $3::uuid END FROM page
			` + conflict + `
			RETURNING id, person_id, step::bigint AS step, state)
		SELECT page.*, coalesce(c.id, 0) AS message
		FROM page FULL JOIN (SELECT id, person_id, step FROM claimed WHERE state = 'called') c ON c.person_id = page.id AND c.step = page.group_no -- full: never a nested loop
		ORDER BY page.group_no, page.id`
}

// GroupMember is somebody in a group of a round.
type GroupMember struct {
	Group  int64 `db:"group_no"`
	Person int64 `db:"person_id"`
}

// GroupMembers lists who is in the groups with the numbers, which rise. Where most numbers between the first and the last are
// asked for, as for a page of a mailing, all between are read in one go, and the others left out.
func (db *DB) GroupMembers(ctx context.Context, round int64, groups []int64) ([]GroupMember, error) {
	if len(groups) == 0 {
		return nil, nil
	}
	first, last := groups[0], groups[len(groups)-1]
	if last-first >= 2*int64(len(groups)) {
		return manyRows[GroupMember](ctx, db.pool, "group members", `SELECT group_no::bigint, person_id FROM group_members
			WHERE round_id = $1 AND group_no = ANY ($2)`, round, groups)
	}
	members, err := manyRows[GroupMember](ctx, db.pool, "group members", `SELECT group_no::bigint, person_id FROM group_members
		WHERE round_id = $1 AND (group_no, person_id) >= ($2::bigint, 0) AND group_no <= $3::bigint ORDER BY group_no, person_id`, round, first, last)
	return slices.DeleteFunc(members, func(m GroupMember) bool {
		_, asked := slices.BinarySearch(groups, m.Group)
		return !asked
	}), err
}

// GroupsOfPeople lists which groups these people are in, by their numbers.
func (db *DB) GroupsOfPeople(ctx context.Context, round int64, people []int64) ([]GroupMember, error) {
	return manyRows[GroupMember](ctx, db.pool, "groups of people", `SELECT group_no::bigint, person_id FROM group_members
		WHERE round_id = $1 AND person_id = ANY ($2) ORDER BY 1`, round, people)
}

// Other is somebody a person meets.
type Other struct {
	ID         int64  `db:"id"`
	Email      string `db:"email"`
	Name       string `db:"name"`
	Attributes []byte `db:"attributes"` // a JSON object with all of them
}

// Others reads the people with the ids, but for those who were erased.
func (db *DB) Others(ctx context.Context, ids []int64) ([]Other, error) {
	return manyRows[Other](ctx, db.pool, "the others", `SELECT id, email, name, attributes FROM people WHERE id = ANY ($1) AND status <> 'erased'`, ids)
}
