package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
)

// Where an answer came from.
const (
	FromPage   = "page"
	FromAPI    = "api"
	FromSignal = "signal"
)

// OptInAnswer is one person's answer, "yes" or "no". The key is the integration's own, at most 255 bytes of text: the
// same key of the same person is stored once, however often it is sent. An answer without a key is never a repetition.
type OptInAnswer struct {
	PersonID int64
	Answer   string
	Key      string
}

// Why an answer is refused.
const (
	NotInvited = "not_invited" // no member of the round, or has left it
	TooLate    = "too_late"    // answers have closed, or not opened; a "no" still counts until the groups go out
	Malformed  = "malformed"
)

// Refusal says which answer of a batch was refused, and why.
type Refusal struct {
	Index    int
	PersonID int64
	Reason   string
}

// Answered is what became of a batch of answers.
type Answered struct {
	Stored, Repeated int
	Refused          []Refusal
}

// Answer stores a batch of answers to a round; the last of several answers of one person counts. People change their
// minds until answers close. After that, and until the groups go out, "no" still takes somebody out and lets the round
// repair itself. It locks the round: batches of one round are stored one after the other.
func (db *DB) Answer(ctx context.Context, round int64, source string, answers []OptInAnswer) (Answered, []Ring, error) {
	var done Answered
	var rings []Ring
	err := db.tx(ctx, func(tx pgx.Tx) error {
		r, now, err := holdRound(ctx, tx, round)
		if err != nil {
			return err
		}
		done, rings, err = answer(ctx, tx, r, now, source, answers)
		return err
	})
	return done, rings, err
}

func answer(ctx context.Context, tx pgx.Tx, r Round, now time.Time, source string, answers []OptInAnswer) (Answered, []Ring, error) {
	b := batch{round: r, now: now, answers: answers}
	var err error
	if b.members, err = membersAmong(ctx, tx, r.ID, answers); err != nil {
		return Answered{}, nil, err
	}
	if b.seen, err = keysAmong(ctx, tx, r.ID, answers); err != nil {
		return Answered{}, nil, err
	}
	b.judge()
	if b.done.Stored == 0 {
		return b.done, nil, nil
	}
	if err := b.store(ctx, tx, source); err != nil {
		return Answered{}, nil, fmt.Errorf("store answers to round %d: %w", r.ID, err)
	}
	var rings []Ring
	if b.lost {
		rings, err = repairDue(ctx, tx, []int64{r.ID})
	}
	return b.done, rings, err
}

// batch is answers on their way into a held round.
type batch struct {
	round   Round
	now     time.Time
	answers []OptInAnswer
	members map[int64]string // present answers of those who are members, "" for none
	seen    map[answerKey]bool

	done Answered
	keys []answerKey
	last map[int64]string // the answer of each person that counts
	lost bool             // somebody who may be in a group declined
}

type answerKey struct {
	person int64
	key    string
}

// judge decides about each answer, in order.
func (b *batch) judge() {
	b.last = map[int64]string{}
	for i, a := range b.answers {
		k := answerKey{a.PersonID, a.Key}
		if reason := b.refuse(a); reason != "" {
			b.done.Refused = append(b.done.Refused, Refusal{Index: i, PersonID: a.PersonID, Reason: reason})
			continue
		}
		if a.Key != "" {
			if b.seen[k] {
				b.done.Repeated++
				continue
			}
			b.seen[k] = true
			b.keys = append(b.keys, k)
		}
		b.done.Stored++
		b.last[a.PersonID] = a.Answer
	}
}

func (b *batch) refuse(a OptInAnswer) string {
	member := func() bool { _, ok := b.members[a.PersonID]; return ok }
	switch {
	case a.Answer != "yes" && a.Answer != "no", !storable(a.Key):
		return Malformed
	case !member():
		return NotInvited
	case b.round.answerable(b.now):
		return ""
	case a.Answer == "no" && (b.round.Phase == "matching" || b.round.Phase == "review" || b.round.Phase == "ready"):
		return ""
	default:
		return TooLate
	}
}

func storable(key string) bool {
	return len(key) <= 255 && utf8.ValidString(key) && !strings.Contains(key, "\x00")
}

// store writes what judge accepted, and counts.
func (b *batch) store(ctx context.Context, tx pgx.Tx, source string) error {
	var keyPersons, persons []int64
	var keys, texts []string
	for _, k := range b.keys {
		keyPersons, keys = append(keyPersons, k.person), append(keys, k.key)
	}
	var d counted
	for person, text := range b.last {
		persons, texts = append(persons, person), append(texts, text)
		before := b.members[person]
		d.optedIn += one(text == "yes") - one(before == "yes")
		d.declined += one(text == "no") - one(before == "no")
		b.lost = b.lost || (before == "yes" && text == "no")
	}
	_, err := tx.Exec(ctx, `INSERT INTO answer_keys (round_id, person_id, key) SELECT $1, * FROM unnest($2::bigint[], $3::text[])`,
		b.round.ID, keyPersons, keys)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE round_members m SET answer = a.answer, answered_at = clock_timestamp(), answer_source = $4
		FROM unnest($2::bigint[], $3::text[]) AS a (person_id, answer) WHERE m.round_id = $1 AND m.person_id = a.person_id`,
		b.round.ID, persons, texts, source)
	if err != nil {
		return err
	}
	return count(ctx, tx, b.round.ID, d)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// membersAmong gives the present answers of those among a batch who are members of the round.
func membersAmong(ctx context.Context, tx pgx.Tx, round int64, answers []OptInAnswer) (map[int64]string, error) {
	persons := make([]int64, len(answers))
	for i, a := range answers {
		persons[i] = a.PersonID
	}
	rows, err := tx.Query(ctx, `SELECT person_id, coalesce(answer, '') FROM round_members
		WHERE round_id = $1 AND person_id = ANY ($2) AND removed_at IS NULL`, round, persons)
	if err != nil {
		return nil, fmt.Errorf("read members of round %d: %w", round, err)
	}
	members := make(map[int64]string, len(answers))
	var person int64
	var text string
	_, err = pgx.ForEachRow(rows, []any{&person, &text}, func() error {
		members[person] = text
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read members of round %d: %w", round, err)
	}
	return members, nil
}

// keysAmong gives the keys of a batch that were stored before.
func keysAmong(ctx context.Context, tx pgx.Tx, round int64, answers []OptInAnswer) (map[answerKey]bool, error) {
	var persons []int64
	var keys []string
	for _, a := range answers {
		if a.Key != "" && storable(a.Key) {
			persons, keys = append(persons, a.PersonID), append(keys, a.Key)
		}
	}
	seen := map[answerKey]bool{}
	if len(keys) == 0 {
		return seen, nil
	}
	rows, err := tx.Query(ctx, `SELECT k.person_id, k.key FROM unnest($2::bigint[], $3::text[]) AS a (person_id, key)
		JOIN answer_keys k ON k.round_id = $1 AND k.person_id = a.person_id AND k.key = a.key`, round, persons, keys)
	if err != nil {
		return nil, fmt.Errorf("read answer keys of round %d: %w", round, err)
	}
	var k answerKey
	_, err = pgx.ForEachRow(rows, []any{&k.person, &k.key}, func() error {
		seen[k] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read answer keys of round %d: %w", round, err)
	}
	return seen, nil
}
