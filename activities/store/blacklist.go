package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// Origins of a blacklist entry, each outranked by the next; unsubscribe and spam are the person's own.
const (
	ByHand        = "manual"
	ByBounce      = "bounce"
	ByUnsubscribe = "unsubscribe"
	BySpam        = "spam"
)

// originRank orders origins and the reasons to be inactive that they make; "admin" is that of an admin.
var originRank = map[string]int{ByHand: 1, "admin": 1, ByBounce: 2, ByUnsubscribe: 3, BySpam: 4}

// Blacklisted is an entry that stops every kind of mail: to one address, or to a domain and every domain below it.
type Blacklisted struct {
	ID        int64     `db:"id"`
	Kind      string    `db:"kind"`  // address or domain
	Value     string    `db:"value"` // see Address, Domain
	Origin    string    `db:"origin"`
	Reason    string    `db:"reason"`
	CreatedAt time.Time `db:"created_at"`
}

// NeedsConsent reports whether the person made the entry, so that only the person can take it back.
func (b Blacklisted) NeedsConsent() bool { return b.Origin == ByUnsubscribe || b.Origin == BySpam }

const blacklistColumns = `id, kind, value, origin, reason, created_at`

// Blacklist lists entries by id; an empty kind or origin is any.
func (db *DB) Blacklist(ctx context.Context, kind, origin string, p Page) ([]Blacklisted, error) {
	return manyRows[Blacklisted](ctx, db.pool, "blacklist", `SELECT `+blacklistColumns+` FROM blacklist
		WHERE id > $1 AND ($3 = '' OR kind = $3) AND ($4 = '' OR origin = $4) ORDER BY id LIMIT $2`, p.After, p.Limit, kind, origin)
}

// BlacklistEntry reads one entry.
func (db *DB) BlacklistEntry(ctx context.Context, id int64) (Blacklisted, error) {
	return blacklistEntry(ctx, db.pool, id, "")
}

func blacklistEntry(ctx context.Context, q querier, id int64, lock string) (Blacklisted, error) {
	return oneRow[Blacklisted](ctx, q, "blacklist_entry_not_found", "blacklist entry", `SELECT `+blacklistColumns+` FROM blacklist WHERE id = $1 `+lock, id)
}

// AddBlacklisted adds an entry by hand; kind is address or domain. Conflict "already_blacklisted".
func (db *DB) AddBlacklisted(ctx context.Context, kind, value, reason string) (out Blacklisted, rings []Ring, err error) {
	check := Address
	switch kind {
	case "address":
	case "domain":
		check = Domain
	default:
		return out, nil, fault.BadField("kind_unknown", "body.kind", "the kind of an entry is address or domain")
	}
	if value, err = check("body.value", value); err != nil {
		return out, nil, err
	}
	if reason, err = cleanLine("body.reason", reason, MaxAttributeValue); err != nil {
		return out, nil, err
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		people, err := peopleAt(ctx, tx, kind, value)
		if err != nil {
			return err
		}
		if err := holdPeople(ctx, tx, people); err != nil {
			return err
		}
		out, err = oneRow[Blacklisted](ctx, tx, "blacklist_entry_not_found", "blacklist entry",
			`INSERT INTO blacklist (kind, value, origin, reason) VALUES ($1, $2, 'manual', $3) RETURNING `+blacklistColumns, kind, value, reason)
		if isUnique(err, "blacklist_kind_value_key") {
			return fault.Wrap(err, fault.Conflict, "already_blacklisted", "this %s is on the blacklist already", kind)
		}
		if err != nil {
			return err
		}
		rings, err = leaveAll(ctx, tx, people)
		return err
	})
	return out, rings, err
}

// peopleAt finds everybody whom an entry of the blacklist is, or would be, about.
func peopleAt(ctx context.Context, q querier, kind, value string) ([]int64, error) {
	return idsOf(ctx, q, "blacklisted people", `SELECT p.id FROM people p WHERE CASE WHEN $1 = 'address' THEN p.email = $2
		ELSE p.email_domain = $2 OR right(p.email_domain, length($2) + 1) = '.' || $2 END`, kind, value)
}

// BlacklistPerson records that a person unsubscribed from everything, reported spam or cannot be reached: their address is
// blacklisted and they go inactive with the origin as the reason. Doing it again changes nothing, except that an origin
// replaces one that it outranks. For somebody erased there is nothing to do.
func (db *DB) BlacklistPerson(ctx context.Context, id int64, origin, reason string) (rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		rings, err = blacklistPerson(ctx, tx, id, origin, reason)
		return err
	})
	return rings, err
}

func blacklistPerson(ctx context.Context, tx pgx.Tx, id int64, origin, reason string) ([]Ring, error) {
	p, err := personByID(ctx, tx, id, "FOR NO KEY UPDATE OF p")
	if err != nil {
		return nil, err
	}
	if p.Status == Erased {
		return nil, nil
	}
	_, err = tx.Exec(ctx, `INSERT INTO blacklist AS b (kind, value, origin, reason) VALUES ('address', $1, $2, $3)
		ON CONFLICT (kind, value) DO UPDATE SET origin = excluded.origin, reason = excluded.reason
		WHERE array_position('{manual,bounce,unsubscribe,spam}'::text[], b.origin)
			< array_position('{manual,bounce,unsubscribe,spam}'::text[], excluded.origin)`, p.Email, origin, reason)
	if err != nil {
		return nil, fmt.Errorf("blacklist person %d: %w", id, err)
	}
	if p.Status == Inactive && originRank[p.InactiveReason] >= originRank[origin] {
		return nil, nil
	}
	_, rings, err := deactivate(ctx, tx, id, origin)
	return rings, err
}

// followAddress makes what a person did themselves count for their new address too: nobody is written to again because an
// admin corrected the address they unsubscribed from.
func followAddress(ctx context.Context, tx pgx.Tx, from, to string) error {
	_, err := tx.Exec(ctx, `INSERT INTO blacklist (kind, value, origin, reason) SELECT kind, $2, origin, reason FROM blacklist
		WHERE kind = 'address' AND value = $1 AND origin IN ('unsubscribe', 'spam') ON CONFLICT DO NOTHING`, from, to)
	if err != nil {
		return fmt.Errorf("blacklist the new address: %w", err)
	}
	return nil
}

// blacklistEntries gives the ids of the entries of one address, at most one.
func blacklistEntries(ctx context.Context, q querier, address string) ([]int64, error) {
	rows, err := q.Query(ctx, `SELECT id FROM blacklist WHERE kind = 'address' AND value = $1`, address)
	if err != nil {
		return nil, fmt.Errorf("read blacklist: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read blacklist: %w", err)
	}
	return ids, nil
}

// Consent is a person's word that Rondo may write to them again.
type Consent struct {
	Evidence string // what was said, when and where
	KeyID    int64  // the API key that recorded it
}

// RemoveBlacklisted removes an entry. One that the person made needs their consent, which is recorded; without it the error
// is Conflict "consent_required". A person whom the entry made inactive is active again.
func (db *DB) RemoveBlacklisted(ctx context.Context, id int64, consent *Consent) (rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		b, err := blacklistEntry(ctx, tx, id, "")
		if err != nil {
			return err
		}
		p, err := personOf(ctx, tx, b)
		if err != nil {
			return err
		}
		if b, err = blacklistEntry(ctx, tx, id, "FOR UPDATE"); err != nil { // after the person, who may just have made it their own
			return err
		}
		if err := recordConsent(ctx, tx, b, p, consent); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM blacklist WHERE id = $1`, id); err != nil {
			return fmt.Errorf("remove blacklist entry %d: %w", id, err)
		}
		if p != nil && p.Status == Inactive && p.InactiveReason == b.Origin {
			_, rings, err = reactivate(ctx, tx, p.ID)
			return err
		}
		rings, err = AudienceChanged(ctx, tx)
		return err
	})
	return rings, err
}

// personOf locks the person an address entry is about; nil when there is none.
func personOf(ctx context.Context, tx pgx.Tx, b Blacklisted) (*Person, error) {
	p, err := oneRow[Person](ctx, tx, "person_not_found", "person", `SELECT `+personColumns+` FROM people p WHERE p.email = $1 FOR NO KEY UPDATE OF p`, b.Value)
	if errors.Is(err, &fault.Error{Code: "person_not_found"}) {
		return nil, nil
	}
	return &p, err
}

func recordConsent(ctx context.Context, tx pgx.Tx, b Blacklisted, p *Person, c *Consent) error {
	if c == nil {
		if b.NeedsConsent() {
			return fault.New(fault.Conflict, "consent_required", "the person made this entry: it is removed with their recorded consent only")
		}
		return nil
	}
	evidence, err := cleanText("body.evidence", c.Evidence, MaxAttributeValue, "\n\t")
	if err == nil && evidence == "" {
		err = fault.BadField("evidence_required", "body.evidence", "say what the person agreed to, when and where")
	}
	if err != nil {
		return err
	}
	var person *int64
	if p != nil {
		person = &p.ID
	}
	if _, err := tx.Exec(ctx, `INSERT INTO consents (person_id, entry_kind, origin, evidence, key_id) VALUES ($1, $2, $3, $4, $5)`,
		person, b.Kind, b.Origin, evidence, c.KeyID); err != nil {
		return fmt.Errorf("record consent: %w", err)
	}
	return nil
}
