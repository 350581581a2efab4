package store

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// ErasureKey makes the keyed hashes that are all Rondo keeps of an erased address. Without the key, nobody who reads the
// database can test whether an address was in it.
type ErasureKey struct{ key []byte }

// NewErasureKey derives the key from RONDO_SECRET (at least 32 bytes). Another secret makes another key: addresses erased
// under the old one are then no longer recognised.
func NewErasureKey(secret []byte) (ErasureKey, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "rondo erased addresses v1", sha256.Size)
	if err != nil {
		return ErasureKey{}, fmt.Errorf("derive erasure key: %w", err)
	}
	return ErasureKey{key: key}, nil
}

// hash is HMAC-SHA-256 of an address in the form of Address.
func (k ErasureKey) hash(address string) []byte {
	m := hmac.New(sha256.New, k.key)
	m.Write([]byte(address))
	return m.Sum(nil)
}

// freezeErasures lets no erasure commit until this transaction ends: one that came between the check and the insert
// would be undone by it. Erasures take their lock first as well, before they lock a person.
func freezeErasures(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `LOCK TABLE erasures IN SHARE MODE`); err != nil {
		return fmt.Errorf("lock erasures: %w", err)
	}
	return nil
}

// refuseErased is Conflict "address_erased" for an address whose owner had it erased.
func refuseErased(ctx context.Context, tx pgx.Tx, key ErasureKey, address string) error {
	if err := freezeErasures(ctx, tx); err != nil {
		return err
	}
	var erased bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM erasures WHERE address_hash = $1)`, key.hash(address)).Scan(&erased)
	if err != nil {
		return fmt.Errorf("look for erasure: %w", err)
	}
	if erased {
		return fault.New(fault.Conflict, "address_erased", "the owner of this address had it erased")
	}
	return nil
}
