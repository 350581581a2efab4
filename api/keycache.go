package api

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"rondo/activities/store"
)

// How long a revoked key may still work in another process, and how many keys a process remembers.
const (
	keyCacheTTL  = 10 * time.Second
	keyCacheSize = 1000
)

// keyCache spares a query for every request of a busy key. It remembers working keys only, under the hash of their text.
type keyCache struct {
	store *store.DB
	mu    sync.Mutex
	known map[[sha256.Size]byte]cachedKey
}

type cachedKey struct {
	key   store.Key
	until time.Time
}

func newKeyCache(db *store.DB) *keyCache {
	return &keyCache{store: db, known: map[[sha256.Size]byte]cachedKey{}}
}

// find gives the working key with this text, or the fault unknown_key.
func (k *keyCache) find(ctx context.Context, text string) (store.Key, error) {
	hash, now := sha256.Sum256([]byte(text)), time.Now()
	k.mu.Lock()
	hit, ok := k.known[hash]
	k.mu.Unlock()
	if ok && now.Before(hit.until) && hit.key.Works(now) {
		return hit.key, nil
	}
	key, err := k.store.AuthenticateKey(ctx, text)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil {
		delete(k.known, hash)
		return store.Key{}, err
	}
	if len(k.known) >= keyCacheSize {
		clear(k.known)
	}
	k.known[hash] = cachedKey{key: key, until: now.Add(keyCacheTTL)}
	return key, nil
}

// forget makes a change of a key felt at once in this process.
func (k *keyCache) forget(id int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for hash, c := range k.known {
		if c.key.ID == id {
			delete(k.known, hash)
		}
	}
}
