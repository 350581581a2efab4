package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
	"rondo/activities/store/filter"
)

// Status of a person.
const (
	Active   = "active"
	Inactive = "inactive" // gets no mail and is in no round; history stays
	Erased   = "erased"   // only the id is left
)

// Person is anyone Rondo writes to or introduces.
type Person struct {
	ID             int64             `db:"id"`
	Email          string            `db:"email"` // see Address; "" when erased
	Name           string            `db:"name"`
	Timezone       string            `db:"timezone"` // IANA name; "" when not known
	OwnerID        *int64            `db:"owner_id"`
	Owner          string            `db:"owner"`      // the owner's address; "" for none
	Attributes     map[string]string `db:"attributes"` // by AttributeName; never an empty value
	Status         string            `db:"status"`
	InactiveReason string            `db:"inactive_reason"` // admin, unsubscribe, bounce or spam while inactive
	SnoozedUntil   *time.Time        `db:"snoozed_until"`   // may have passed
	Version        int64             `db:"version"`
	CreatedAt      time.Time         `db:"created_at"`
	UpdatedAt      time.Time         `db:"updated_at"`
}

const personColumns = `p.id, coalesce(p.email, '') AS email, p.name, p.timezone, p.owner_id,
	coalesce((SELECT u.email FROM users u WHERE u.id = p.owner_id), '') AS owner,
	p.attributes, p.status, p.inactive_reason, p.snoozed_until, p.version, p.created_at, p.updated_at`

// Person reads one person, an erased one too: only the id, the status and the dates are left of them.
func (db *DB) Person(ctx context.Context, id int64) (Person, error) {
	return personByID(ctx, db.pool, id, "")
}

func personByID(ctx context.Context, q querier, id int64, lock string) (Person, error) {
	return oneRow[Person](ctx, q, "person_not_found", "person", `SELECT `+personColumns+` FROM people p WHERE p.id = $1 `+lock, id)
}

// People lists whom a filter selects, by id. Erased people are never listed.
func (db *DB) People(ctx context.Context, e filter.Expr, p Page) ([]Person, error) {
	where, args := e.SQL(2)
	return manyRows[Person](ctx, db.pool, "people", `SELECT `+personColumns+` FROM people p
		WHERE p.id > $1 AND p.status <> 'erased' AND `+where+` ORDER BY p.id LIMIT $2`, append([]any{p.After, p.Limit}, args...)...)
}

// EligiblePeople lists who of those a filter selects would be invited if a round of the program opened at this instant.
func (db *DB) EligiblePeople(ctx context.Context, program int64, e filter.Expr, p Page) ([]Person, error) {
	of, err := db.Program(ctx, program)
	if err != nil {
		return nil, err
	}
	where, args := e.SQL(2)
	a, err := audienceOf(program, of.Audience, 2+len(args))
	if err != nil {
		return nil, err
	}
	return manyRows[Person](ctx, db.pool, "people", `SELECT `+personColumns+` FROM people p
		WHERE p.id > $1 AND `+where+` AND `+a.eligible()+` ORDER BY p.id LIMIT $2`, slices.Concat([]any{p.After, p.Limit}, args, a.args)...)
}

// NewPerson is what CreatePerson takes.
type NewPerson struct {
	Email, Name, Timezone string
	Owner                 string // a user's address; "" for none
	Attributes            map[string]string
}

// CreatePerson adds one person. Conflict: "email_taken", or "address_erased" when the owner of the address had it erased.
func (db *DB) CreatePerson(ctx context.Context, key ErasureKey, n NewPerson) (Person, []Ring, error) {
	address, err := Address("body.email", n.Email)
	if err != nil {
		return Person{}, nil, err
	}
	change, err := PersonPatch{Name: &n.Name, Timezone: &n.Timezone, Owner: &n.Owner, Attributes: n.Attributes}.clean()
	if err != nil {
		return Person{}, nil, err
	}
	var out Person
	var rings []Ring
	err = db.tx(ctx, func(tx pgx.Tx) error {
		if err := refuseErased(ctx, tx, key, address); err != nil {
			return err
		}
		owner, err := ownerID(ctx, tx, n.Owner)
		if err != nil {
			return err
		}
		out, err = oneRow[Person](ctx, tx, "person_not_found", "person", `INSERT INTO people AS p (email, name, timezone, owner_id, attributes)
			VALUES ($1, $2, $3, $4, $5) RETURNING `+personColumns, address, *change.Name, *change.Timezone, owner, change.set)
		if isUnique(err, "people_email_key") {
			return emailTaken(err)
		}
		if err != nil {
			return err
		}
		rings, err = AudienceChanged(ctx, tx)
		return err
	})
	return out, rings, err
}

func emailTaken(err error) error {
	return fault.Wrap(err, fault.Conflict, "email_taken", "somebody else has this address")
}

// ownerID finds the user of an address; "" is nobody.
func ownerID(ctx context.Context, q querier, address string) (*int64, error) {
	address = strings.ToLower(strings.TrimSpace(address))
	if address == "" {
		return nil, nil
	}
	var id *int64
	if err := q.QueryRow(ctx, `SELECT (SELECT id FROM users WHERE email = $1)`, address).Scan(&id); err != nil {
		return nil, fmt.Errorf("find owner: %w", err)
	}
	if id == nil {
		return nil, fault.BadField("owner_unknown", "body.owner", "%s", ownerUnknown)
	}
	return id, nil
}

const ownerUnknown = "there is no user with this address: create the user first"
