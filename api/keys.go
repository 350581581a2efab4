package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/fault"
	"rondo/activities/store"
)

func (s *Server) addKeys() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/keys", ID: "list-keys", Tag: "keys", Scope: Admin,
		Summary: "List API keys, the revoked and expired ones too",
	}, s.listKeys)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/keys", ID: "create-key", Tag: "keys", Scope: Admin, Status: http.StatusCreated, Idempotent: true,
		Summary: "Create an API key", Description: "The answer is the only place where the key can be read.",
	}, s.createKey)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/keys/{id}/revoke", ID: "revoke-key", Tag: "keys", Scope: Admin,
		Summary: "End an API key for good", Description: "Other processes may accept it for ten more seconds.",
	}, s.revokeKey)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/keys/{id}/rotate", ID: "rotate-key", Tag: "keys", Scope: Admin, Status: http.StatusCreated, Idempotent: true,
		Summary: "Replace an API key by a new one that may do the same",
	}, s.rotateKey)
}

// Key is an API key as it can be read: without its secret.
type Key struct {
	ID         int64      `json:"id"`
	Prefix     string     `json:"prefix" doc:"The part between the underscores, to recognize a key by"`
	Name       string     `json:"name"`
	Scopes     []string   `json:"scopes" nullable:"false"`
	UserID     *int64     `json:"user_id,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at,omitempty"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"To the minute"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
}

func showKey(k store.Key) Key {
	return Key{
		ID: k.ID, Prefix: k.Prefix, Name: k.Name, Scopes: k.Scopes, UserID: k.UserID, CreatedAt: k.CreatedAt,
		ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, RevokedAt: k.RevokedAt,
	}
}

// NewKey is a key with its text, shown once.
type NewKey struct {
	Key
	Text string `json:"key" doc:"The key: store it now"`
}

// KeyPath is embedded by inputs about one key.
type KeyPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	keysOutput   struct{ Body Page[Key] }
	keyOutput    struct{ Body Key }
	newKeyOutput struct{ Body NewKey }
)

func (s *Server) listKeys(ctx context.Context, in *PageQuery) (*keysOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Keys(ctx, p)
	if err != nil {
		return nil, err
	}
	return &keysOutput{Body: newPage(*in, rows, func(k store.Key) int64 { return k.ID }, showKey)}, nil
}

type createKeyInput struct {
	Body struct {
		Name      string     `json:"name" minLength:"1" maxLength:"100" doc:"What the key is for"`
		Scopes    []string   `json:"scopes" minItems:"1" uniqueItems:"true" nullable:"false" enum:"admin,send,read,signal"`
		UserID    *int64     `json:"user_id,omitempty" minimum:"1" doc:"Whose key it is"`
		ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Missing: never"`
	}
}

func (s *Server) createKey(ctx context.Context, in *createKeyInput) (*newKeyOutput, error) {
	if at := in.Body.ExpiresAt; at != nil && !at.After(time.Now()) {
		return nil, fault.BadField("expiry_passed", "body.expires_at", "the key would have expired already")
	}
	k, text, err := s.store.CreateKey(ctx, store.KeyInput{
		Name: in.Body.Name, Scopes: in.Body.Scopes, UserID: in.Body.UserID, ExpiresAt: in.Body.ExpiresAt,
	})
	if err != nil {
		return nil, err
	}
	return &newKeyOutput{Body: NewKey{Key: showKey(k), Text: text}}, nil
}

func (s *Server) revokeKey(ctx context.Context, in *KeyPath) (*keyOutput, error) {
	k, err := s.store.RevokeKey(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	s.keys.forget(k.ID)
	return &keyOutput{Body: showKey(k)}, nil
}

type rotateKeyInput struct {
	KeyPath
	Body struct {
		// A pointer: huma would take a default for 0.
		OverlapSeconds *int `json:"overlap_seconds,omitempty" minimum:"0" maximum:"2592000" doc:"How long the old key goes on working; missing: a day"`
	}
}

func (s *Server) rotateKey(ctx context.Context, in *rotateKeyInput) (*newKeyOutput, error) {
	overlap := 24 * time.Hour
	if n := in.Body.OverlapSeconds; n != nil {
		overlap = time.Duration(*n) * time.Second
	}
	k, text, err := s.store.RotateKey(ctx, in.ID, overlap)
	if err != nil {
		return nil, err
	}
	s.keys.forget(in.ID)
	return &newKeyOutput{Body: NewKey{Key: showKey(k), Text: text}}, nil
}
