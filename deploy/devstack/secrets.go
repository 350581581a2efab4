package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// secrets belong to one folder; no two stacks share any.
type secrets struct {
	Postgres, TemporalDatabase, RondoDatabase string // passwords
	SendGridAPIKey                            string
	LiveKitAPIKey, LiveKitAPISecret           string
	Rondo                                     string // 32 bytes in hex
}

// loadSecrets reads the secrets of dir and makes them at the first time.
func loadSecrets(dir string) (secrets, error) {
	path := filepath.Join(dir, "secrets.json")
	var s secrets
	b, err := os.ReadFile(path) //nolint:gosec // in the folder of a stack
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s = newSecrets()
		return s, s.save(path)
	case err != nil:
		return s, fmt.Errorf("read secrets: %w", err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("read secrets in %s: %w", path, err)
	}
	return s, nil
}

func newSecrets() secrets {
	key := make([]byte, 32)
	rand.Read(key) // never fails
	return secrets{
		Postgres: rand.Text(), TemporalDatabase: rand.Text(), RondoDatabase: rand.Text(),
		SendGridAPIKey: "SG." + rand.Text(), LiveKitAPIKey: "API" + rand.Text()[:12], LiveKitAPISecret: rand.Text() + rand.Text(),
		Rondo: hex.EncodeToString(key),
	}
}

func (s secrets) save(path string) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeSecret(path, b)
}

// writeSecret replaces path as a whole; only its owner can read it.
func writeSecret(path string, content []byte) error {
	partial := path + ".partial"
	if err := os.WriteFile(partial, content, 0o600); err != nil {
		return err
	}
	return os.Rename(partial, path)
}
