package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rondo/activities/fault"
)

// idempotencyAge is how long the first answer to an Idempotency-Key is replayed.
const idempotencyAge = 24 * time.Hour

// Claim is a request's hold on an Idempotency-Key.
type Claim struct {
	KeyID int64  // the API key; each has its own keys
	Key   string // 1..255 characters
	// Hash identifies the request: method, path, query and body. It may be empty in ClaimRequest for a body that is still
	// to be read; then the caller compares it with the answer's, and sets it before KeepAnswer.
	Hash []byte
	// Lease is how long the request may run. A claim without an answer that is older belongs to a process that died: if
	// it had committed nothing, it is taken over.
	Lease time.Duration

	at time.Time // tells this claim from one that took it over
}

// Answer is what is replayed. The body may be sealed by the caller: the store does not look into it.
type Answer struct {
	Hash    []byte // of the request it answered
	Status  int
	Headers map[string]string
	Body    []byte
}

type idempotencyRow struct {
	RequestHash []byte
	Status      *int
	Headers     map[string]string
	Body        []byte
	Over        bool
}

type claimKey struct{}

// Claimed is the context of what a request does under a claim: its transactions commit only while the claim is held, and
// from the first of them on the request is never run again, not even if its process dies before it answers.
func Claimed(ctx context.Context, c *Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// tookEffect notes, with what a claimed request commits, that it does.
func tookEffect(ctx context.Context, tx pgx.Tx) error {
	c, claimed := ctx.Value(claimKey{}).(*Claim)
	if !claimed {
		return nil
	}
	tag, err := tx.Exec(ctx, `UPDATE idempotency SET effective = true WHERE key_id = $1 AND key = $2 AND created_at = $3`, c.KeyID, c.Key, c.at)
	if err != nil {
		return fmt.Errorf("note that a request took effect: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "request_taken_over", "this request ran for too long, and a repetition of it took its place")
	}
	return nil
}

// ClaimRequest takes the key for this request before it runs. It returns the earlier answer if there is one; Conflict
// "request_in_progress" while the first request runs, and "request_answer_lost" if it took effect and its process died
// before it answered; Invalid "idempotency_key_reused" for a key used with another request.
func (db *DB) ClaimRequest(ctx context.Context, c *Claim) (*Answer, error) {
	err := db.pool.QueryRow(ctx, `
		INSERT INTO idempotency AS i (key_id, key, request_hash) VALUES ($1, $2, coalesce($3, ''::bytea))
		ON CONFLICT (key_id, key) DO UPDATE SET request_hash = excluded.request_hash, status = NULL, headers = NULL, body = NULL, effective = false,
			created_at = now()
		WHERE i.created_at < now() - $4::interval
		   OR (i.status IS NULL AND NOT i.effective AND i.request_hash IN (excluded.request_hash, '') AND i.created_at < now() - $5::interval)
		RETURNING created_at`, c.KeyID, c.Key, c.Hash, idempotencyAge, c.Lease).Scan(&c.at)
	if err == nil {
		return nil, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("claim idempotency key: %w", err)
	}
	row, err := oneRow[idempotencyRow](ctx, db.pool, "claim_gone", "request",
		`SELECT request_hash, status, headers, body, created_at < now() - $3::interval AS over FROM idempotency WHERE key_id = $1 AND key = $2`,
		c.KeyID, c.Key, c.Lease)
	switch {
	case errors.Is(err, errClaimGone): // given up between the two statements
		return nil, errInProgress
	case err != nil:
		return nil, err
	case len(c.Hash) > 0 && len(row.RequestHash) > 0 && !bytes.Equal(row.RequestHash, c.Hash):
		return nil, KeyReused()
	case row.Status == nil && row.Over:
		return nil, errAnswerLost
	case row.Status == nil:
		return nil, errInProgress
	}
	return &Answer{Hash: row.RequestHash, Status: *row.Status, Headers: row.Headers, Body: row.Body}, nil
}

var errClaimGone = &fault.Error{Code: "claim_gone"}

var errInProgress = fault.New(fault.Conflict, "request_in_progress", "the first request with this Idempotency-Key is still running: try again shortly")

var errAnswerLost = fault.New(fault.Conflict, "request_answer_lost",
	"the first request with this Idempotency-Key took effect, and its answer was lost: read what it made, and draw a new key for another")

// KeyReused is the answer to a key that comes with another request than before.
func KeyReused() error {
	return fault.New(fault.Invalid, "idempotency_key_reused", "this Idempotency-Key was used with another request: draw a new key")
}

// KeepAnswer stores the answer for later repetitions, unless the claim was taken over meanwhile.
func (db *DB) KeepAnswer(ctx context.Context, c *Claim, a Answer) error {
	_, err := db.pool.Exec(ctx, `UPDATE idempotency SET request_hash = $4, status = $5, headers = $6, body = $7
		WHERE key_id = $1 AND key = $2 AND created_at = $3`, c.KeyID, c.Key, c.at, c.Hash, a.Status, a.Headers, a.Body)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// DropClaim forgets a request that failed, so that it can be made again, unless it left something behind.
func (db *DB) DropClaim(ctx context.Context, c *Claim) error {
	_, err := db.pool.Exec(ctx, `DELETE FROM idempotency WHERE key_id = $1 AND key = $2 AND created_at = $3 AND NOT effective`, c.KeyID, c.Key, c.at)
	if err != nil {
		return fmt.Errorf("drop idempotency key: %w", err)
	}
	return nil
}

// CleanIdempotency deletes up to 10,000 answers that are too old to be replayed and reports how many.
func (db *DB) CleanIdempotency(ctx context.Context) (int64, error) {
	tag, err := db.pool.Exec(ctx, `DELETE FROM idempotency WHERE (key_id, key) IN (
		SELECT key_id, key FROM idempotency WHERE created_at < now() - $1::interval ORDER BY created_at LIMIT 10000)`, idempotencyAge)
	if err != nil {
		return 0, fmt.Errorf("clean idempotency keys: %w", err)
	}
	return tag.RowsAffected(), nil
}
