package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"

	"rondo/activities/fault"
)

// An API key is rondo_<prefix>_<secret>: ten characters to find the row by, then 256 random bits and a CRC-32 of all
// before it. The checksum tells a mistyped or truncated key, and what a secret scanner found, without a database.
const (
	keyBrand    = "rondo_"
	prefixChars = 10
	secretBytes = 32
)

var keyEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// errUnknownKey is the one answer to every key that does not work for whatever reason.
var errUnknownKey = fault.New(fault.NotFound, "unknown_key", "the API key is not known, has expired or was revoked")

// newKeyText draws a key.
func newKeyText() (text, prefix string) {
	prefix = strings.ToLower(rand.Text()[:prefixChars])
	secret := make([]byte, secretBytes, secretBytes+crc32.Size)
	_, _ = rand.Read(secret) // documented never to fail
	secret = binary.BigEndian.AppendUint32(secret, keyChecksum(prefix, secret))
	return keyBrand + prefix + "_" + encodeSecret(secret), prefix
}

// keyPrefix reads the prefix of a well-formed key.
func keyPrefix(text string) (string, error) {
	prefix, encoded, ok := strings.Cut(strings.TrimPrefix(text, keyBrand), "_")
	if !ok || !strings.HasPrefix(text, keyBrand) || len(prefix) != prefixChars {
		return "", errUnknownKey
	}
	b, err := keyEncoding.DecodeString(strings.ToUpper(encoded))
	if err != nil || len(b) != secretBytes+crc32.Size || encodeSecret(b) != encoded { // one secret, one text
		return "", errUnknownKey
	}
	if binary.BigEndian.Uint32(b[secretBytes:]) != keyChecksum(prefix, b[:secretBytes]) {
		return "", errUnknownKey
	}
	return prefix, nil
}

func encodeSecret(b []byte) string { return strings.ToLower(keyEncoding.EncodeToString(b)) }

func keyChecksum(prefix string, secret []byte) uint32 {
	return crc32.ChecksumIEEE(fmt.Appendf(nil, "%s%s_%x", keyBrand, prefix, secret))
}

func keyHash(text string) []byte {
	h := sha256.Sum256([]byte(text))
	return h[:]
}
