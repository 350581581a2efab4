package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// User is someone who works with Rondo and owns people.
type User struct {
	ID        int64     `db:"id"`
	Email     string    `db:"email"` // see Address
	Name      string    `db:"name"`
	Timezone  string    `db:"timezone"` // IANA name
	Version   int64     `db:"version"`
	CreatedAt time.Time `db:"created_at"`
}

const userColumns = `id, email, name, timezone, version, created_at`

// UserPatch says what to change; nil leaves a field as it is.
type UserPatch struct {
	Email, Name, Timezone *string
}

// User reads one user.
func (db *DB) User(ctx context.Context, id int64) (User, error) {
	return oneRow[User](ctx, db.pool, "user_not_found", "user", `SELECT `+userColumns+` FROM users WHERE id = $1`, id)
}

// Users lists users by id.
func (db *DB) Users(ctx context.Context, p Page) ([]User, error) {
	return manyRows[User](ctx, db.pool, "users", `SELECT `+userColumns+` FROM users WHERE id > $1 ORDER BY id LIMIT $2`, p.After, p.Limit)
}

// CreateUser adds a user; an empty time zone is UTC. Conflict "email_taken".
func (db *DB) CreateUser(ctx context.Context, address, name, timezone string) (User, error) {
	c, err := PersonPatch{Email: &address, Name: &name, Timezone: &timezone}.clean()
	if err != nil {
		return User{}, err
	}
	var u User
	err = db.tx(ctx, func(tx pgx.Tx) (err error) {
		u, err = oneRow[User](ctx, tx, "user_not_found", "user", `INSERT INTO users (email, name, timezone)
			VALUES ($1, $2, coalesce(nullif($3, ''), 'UTC')) RETURNING `+userColumns, c.Email, c.Name, c.Timezone)
		return err
	})
	return u, userTaken(err)
}

// PatchUser edits the given version of a user.
func (db *DB) PatchUser(ctx context.Context, id, version int64, patch UserPatch) (out User, err error) {
	c, err := PersonPatch{Email: patch.Email, Name: patch.Name, Timezone: patch.Timezone}.clean()
	if err != nil {
		return out, err
	}
	if c.Timezone != nil && *c.Timezone == "" {
		return out, fault.BadField("timezone_unknown", "body.timezone", "a user has a time zone: use an IANA name such as Europe/Paris")
	}
	err = db.tx(ctx, func(tx pgx.Tx) error {
		u, err := oneRow[User](ctx, tx, "user_not_found", "user", `SELECT `+userColumns+` FROM users WHERE id = $1 FOR UPDATE`, id)
		if err != nil {
			return err
		}
		if u.Version != version {
			return Stale("user")
		}
		out, err = oneRow[User](ctx, tx, "user_not_found", "user", `UPDATE users SET email = coalesce($2, email), name = coalesce($3, name),
			timezone = coalesce($4, timezone), version = version + 1 WHERE id = $1 RETURNING `+userColumns, id, c.Email, c.Name, c.Timezone)
		return userTaken(err)
	})
	return out, err
}

func userTaken(err error) error {
	if isUnique(err, "users_email_key") {
		return fault.Wrap(err, fault.Conflict, "email_taken", "another user has this address")
	}
	return err
}
