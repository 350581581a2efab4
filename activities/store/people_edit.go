package store

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// PersonPatch says what to change; nil leaves a field as it is.
type PersonPatch struct {
	Email, Name, Timezone *string
	Owner                 *string           // a user's address; "" for none
	Attributes            map[string]string // merged: an empty value removes the attribute

	set    map[string]string
	remove []string
}

// clean checks everything that needs no database.
func (c PersonPatch) clean() (PersonPatch, error) {
	for _, f := range []struct {
		location string
		value    **string
		check    func(location, s string) (string, error)
	}{{"body.email", &c.Email, Address}, {"body.name", &c.Name, personName}, {"body.timezone", &c.Timezone, timezoneName}} {
		if *f.value == nil {
			continue
		}
		cleaned, err := f.check(f.location, **f.value)
		if err != nil {
			return c, err
		}
		*f.value = &cleaned
	}
	var err error
	c.set, c.remove, err = attributeChanges(c.Attributes)
	return c, err
}

// PatchPerson edits the given version of a person. Errors: Stale, Conflict "person_erased", "email_taken" and
// "address_erased", Invalid for a wrong field.
func (db *DB) PatchPerson(ctx context.Context, key ErasureKey, id, version int64, c PersonPatch) (Person, []Ring, error) {
	c, err := c.clean()
	if err != nil {
		return Person{}, nil, err
	}
	return db.editPerson(ctx, id, func(tx pgx.Tx, p Person) (Person, []Ring, error) {
		if p.Version != version {
			return p, nil, Stale("person")
		}
		if c.Email != nil && *c.Email != p.Email {
			if err := refuseErased(ctx, tx, key, *c.Email); err != nil {
				return p, nil, err
			}
			if err := followAddress(ctx, tx, p.Email, *c.Email); err != nil {
				return p, nil, err
			}
		}
		owner := p.OwnerID
		if c.Owner != nil {
			var err error
			if owner, err = ownerID(ctx, tx, *c.Owner); err != nil {
				return p, nil, err
			}
		}
		p, err := updatePerson(ctx, tx, id, `email = coalesce($2, email), name = coalesce($3, name), timezone = coalesce($4, timezone),
			owner_id = $5, attributes = (attributes - $6::text[]) || $7`, c.Email, c.Name, c.Timezone, owner, c.remove, c.set)
		if isUnique(err, "people_email_key") {
			return p, nil, emailTaken(err)
		}
		if err != nil {
			return p, nil, err
		}
		rings, err := AudienceChanged(ctx, tx)
		return p, rings, err
	})
}

// DeactivatePerson stops everything for a person; what they did stays. Doing it again changes nothing.
func (db *DB) DeactivatePerson(ctx context.Context, id int64) (Person, []Ring, error) {
	return db.editPerson(ctx, id, func(tx pgx.Tx, p Person) (Person, []Ring, error) {
		if p.Status == Inactive {
			return p, nil, nil
		}
		return deactivate(ctx, tx, id, "admin")
	})
}

func deactivate(ctx context.Context, tx pgx.Tx, id int64, reason string) (Person, []Ring, error) {
	p, err := updatePerson(ctx, tx, id, `status = 'inactive', inactive_reason = $2`, reason)
	if err != nil {
		return p, nil, err
	}
	rings, err := leaveAll(ctx, tx, []int64{id})
	return p, rings, err
}

// ReactivatePerson undoes DeactivatePerson. Conflict "blacklisted" while the person's address is on the blacklist: whoever
// unsubscribed comes back by RemoveBlacklisted only. Conflict "person_is_bot": nobody writes to the bot of a session.
func (db *DB) ReactivatePerson(ctx context.Context, id int64) (Person, []Ring, error) {
	return db.editPerson(ctx, id, func(tx pgx.Tx, p Person) (Person, []Ring, error) {
		if p.Status == Active {
			return p, nil, nil
		}
		if entries, err := blacklistEntries(ctx, tx, p.Email); err != nil {
			return p, nil, err
		} else if len(entries) > 0 {
			return p, nil, fault.New(fault.Conflict, "blacklisted", "the person's address is on the blacklist (entry %d): remove that first", entries[0])
		}
		if bot, err := isBot(ctx, tx, id); err != nil {
			return p, nil, err
		} else if bot {
			return p, nil, fault.New(fault.Conflict, "person_is_bot", "this is the bot of a networking session: nobody writes to it")
		}
		return reactivate(ctx, tx, id)
	})
}

func reactivate(ctx context.Context, tx pgx.Tx, id int64) (Person, []Ring, error) {
	p, err := updatePerson(ctx, tx, id, `status = 'active', inactive_reason = ''`)
	if err != nil {
		return p, nil, err
	}
	rings, err := AudienceChanged(ctx, tx)
	return p, rings, err
}

// SnoozePerson leaves a person out of everything until an instant; nil ends the snooze. The instant must lie ahead.
func (db *DB) SnoozePerson(ctx context.Context, id int64, until *time.Time) (Person, []Ring, error) {
	if until != nil && !until.After(time.Now()) {
		return Person{}, nil, fault.BadField("snooze_past", "body.until", "the end of a snooze lies in the future")
	}
	return db.editPerson(ctx, id, func(tx pgx.Tx, _ Person) (Person, []Ring, error) {
		p, err := updatePerson(ctx, tx, id, `snoozed_until = $2`, until)
		if err != nil {
			return p, nil, err
		}
		if until == nil {
			rings, err := AudienceChanged(ctx, tx)
			return p, rings, err
		}
		rings, err := leaveRounds(ctx, tx, []int64{id})
		return p, rings, err
	})
}

// editPerson runs f on the locked row of somebody who is not erased.
func (db *DB) editPerson(ctx context.Context, id int64, f func(tx pgx.Tx, p Person) (Person, []Ring, error)) (out Person, rings []Ring, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) error {
		p, err := personByID(ctx, tx, id, "FOR NO KEY UPDATE OF p")
		if err != nil {
			return err
		}
		if p.Status == Erased {
			return errPersonErased
		}
		out, rings, err = f(tx, p)
		return err
	})
	return out, rings, err
}

var errPersonErased = fault.New(fault.Conflict, "person_erased", "the person was erased: only the id is left")

func updatePerson(ctx context.Context, tx pgx.Tx, id int64, set string, args ...any) (Person, error) {
	return oneRow[Person](ctx, tx, "person_not_found", "person",
		`UPDATE people p SET version = version + 1, updated_at = now(), `+set+` WHERE p.id = $1 RETURNING `+personColumns,
		slices.Concat([]any{id}, args)...)
}
