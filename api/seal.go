package api

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"net/http"
)

// Kept answers hold personal data and new API keys, so they are encrypted under the API key that asked, of which the
// database has only a hash: AES-256-GCM, key by HKDF from the Authorization header, bound to the Idempotency-Key.

func sealer(r *http.Request) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(r.Header.Get("Authorization")), nil, "rondo idempotency answer", 32)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func seal(r *http.Request, idempotencyKey string, body []byte) ([]byte, error) {
	a, err := sealer(r)
	if err != nil {
		return nil, err
	}
	return a.Seal(nil, nil, body, []byte(idempotencyKey)), nil //nolint:gosec // this AEAD draws its nonce
}

func unseal(r *http.Request, idempotencyKey string, sealed []byte) ([]byte, error) {
	a, err := sealer(r)
	if err != nil {
		return nil, err
	}
	body, err := a.Open(nil, nil, sealed, []byte(idempotencyKey))
	if err != nil {
		return nil, fmt.Errorf("open kept answer: %w", err)
	}
	return body, nil
}
