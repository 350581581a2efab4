package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rondo/activities/fault"
)

// Key is an API key without its secret, which nobody can read again.
type Key struct {
	ID         int64
	Prefix     string
	Hash       []byte
	Name       string
	Scopes     []string // admin, send, read, signal
	UserID     *int64   // whose key it is, if anybody's
	CreatedAt  time.Time
	ExpiresAt  *time.Time
	LastUsedAt *time.Time // to the minute
	RevokedAt  *time.Time
}

const keyColumns = `id, prefix, hash, name, scopes, user_id, created_at, expires_at, last_used_at, revoked_at`

// Works reports whether the key is accepted at that instant.
func (k Key) Works(at time.Time) bool {
	return k.RevokedAt == nil && (k.ExpiresAt == nil || at.Before(*k.ExpiresAt))
}

// KeyInput describes a key to be made.
type KeyInput struct {
	Name      string
	Scopes    []string
	UserID    *int64
	ExpiresAt *time.Time // nil: never
}

// CreateKey makes a key and returns it with its text, which is not stored.
func (db *DB) CreateKey(ctx context.Context, in KeyInput) (k Key, text string, err error) {
	err = db.tx(ctx, func(tx pgx.Tx) (err error) {
		k, text, err = createKey(ctx, tx, in)
		return err
	})
	return k, text, err
}

func createKey(ctx context.Context, q querier, in KeyInput) (Key, string, error) {
	text, prefix := newKeyText()
	k, err := oneRow[Key](ctx, q, "key_not_found", "API key", `
		INSERT INTO api_keys (prefix, hash, name, scopes, user_id, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
		RETURNING `+keyColumns, prefix, keyHash(text), in.Name, in.Scopes, in.UserID, in.ExpiresAt)
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == "api_keys_user_id_fkey" {
		return Key{}, "", fault.BadField("unknown_user", "body.user_id", "there is no such user")
	}
	return k, text, err
}

// Keys lists keys by id, the revoked and expired ones too.
func (db *DB) Keys(ctx context.Context, p Page) ([]Key, error) {
	return manyRows[Key](ctx, db.pool, "API keys",
		`SELECT `+keyColumns+` FROM api_keys WHERE id > $1 ORDER BY id LIMIT $2`, p.After, p.Limit)
}

// RevokeKey ends a key for good; repeated, it keeps the first instant. A cached key may still work for a few seconds.
func (db *DB) RevokeKey(ctx context.Context, id int64) (Key, error) {
	return oneRow[Key](ctx, db.pool, "key_not_found", "API key",
		`UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1 RETURNING `+keyColumns, id)
}

// RotateKey makes a new key like the old one, which keeps working for the overlap at most.
func (db *DB) RotateKey(ctx context.Context, id int64, overlap time.Duration) (Key, string, error) {
	var k Key
	var text string
	err := db.tx(ctx, func(tx pgx.Tx) error {
		old, err := oneRow[Key](ctx, tx, "key_not_found", "API key",
			`SELECT `+keyColumns+` FROM api_keys WHERE id = $1 FOR UPDATE`, id)
		if err != nil {
			return err
		}
		if !old.Works(time.Now()) {
			return fault.New(fault.Conflict, "key_ended", "the API key has expired or was revoked: create a new one")
		}
		k, text, err = createKey(ctx, tx, KeyInput{Name: old.Name, Scopes: old.Scopes, UserID: old.UserID, ExpiresAt: old.ExpiresAt})
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE api_keys SET expires_at = least(expires_at, now() + $2::interval) WHERE id = $1`, id, overlap)
		if err != nil {
			return fmt.Errorf("end rotated API key: %w", err)
		}
		return nil
	})
	return k, text, err
}

// AuthenticateKey finds the working key with this text; every other text is NotFound "unknown_key". It notes the use, at
// most once a minute.
func (db *DB) AuthenticateKey(ctx context.Context, text string) (Key, error) {
	prefix, err := keyPrefix(text)
	if err != nil {
		return Key{}, err
	}
	k, err := oneRow[Key](ctx, db.pool, errUnknownKey.Code, "API key",
		`SELECT `+keyColumns+` FROM api_keys WHERE prefix = $1`, prefix)
	if err != nil {
		return Key{}, err
	}
	now := time.Now()
	if subtle.ConstantTimeCompare(k.Hash, keyHash(text)) != 1 || !k.Works(now) {
		return Key{}, errUnknownKey
	}
	if k.LastUsedAt == nil || now.Sub(*k.LastUsedAt) >= time.Minute {
		_, err = db.pool.Exec(ctx, `UPDATE api_keys SET last_used_at = now()
			WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`, k.ID)
		if err != nil {
			return Key{}, fmt.Errorf("note use of API key: %w", err)
		}
	}
	return k, nil
}
