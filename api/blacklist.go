package api

import (
	"context"
	"net/http"
	"time"

	"rondo/activities/store"
)

func (s *Server) addBlacklist() {
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/blacklist", ID: "list-blacklist", Tag: "blacklist", Scope: Read, Summary: "List the blacklist",
	}, s.listBlacklist)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/blacklist", ID: "add-to-blacklist", Tag: "blacklist", Scope: Admin,
		Status: http.StatusCreated, Idempotent: true, Summary: "Stop every kind of mail to an address or a domain",
		Description: "A domain covers every domain below it.",
	}, s.addBlacklisted)
	handle(s, Route{
		Method: http.MethodGet, Path: "/v1/blacklist/{id}", ID: "get-blacklist-entry", Tag: "blacklist", Scope: Read,
		Summary: "Read an entry of the blacklist",
	}, s.getBlacklisted)
	handle(s, Route{
		Method: http.MethodDelete, Path: "/v1/blacklist/{id}", ID: "remove-from-blacklist", Tag: "blacklist", Scope: Admin,
		Summary:     "Remove an entry from the blacklist",
		Description: "Refused with `consent_required` for what the person did: unsubscribe or report spam. A person whom the entry made inactive is active again.",
	}, s.removeBlacklisted)
	handle(s, Route{
		Method: http.MethodPost, Path: "/v1/blacklist/{id}/consent", ID: "remove-from-blacklist-with-consent", Tag: "blacklist", Scope: Admin,
		Summary: "Record that the person wants mail again, and remove the entry", Status: http.StatusNoContent,
	}, s.consentBlacklisted)
}

// BlacklistEntry stops every kind of mail to an address, or to a domain and those below it.
type BlacklistEntry struct {
	ID           int64     `json:"id"`
	Kind         string    `json:"kind" enum:"address,domain"`
	Value        string    `json:"value"`
	Origin       string    `json:"origin" enum:"manual,unsubscribe,bounce,spam"`
	Reason       string    `json:"reason"`
	NeedsConsent bool      `json:"needs_consent" doc:"The person made the entry: it is removed with their recorded consent only"`
	CreatedAt    time.Time `json:"created_at"`
}

// BlacklistPath is embedded by inputs about one entry.
type BlacklistPath struct {
	ID int64 `path:"id" minimum:"1"`
}

type (
	blacklistOutput      struct{ Body Page[BlacklistEntry] }
	blacklistEntryOutput struct{ Body BlacklistEntry }
)

func showBlacklisted(b store.Blacklisted) BlacklistEntry {
	return BlacklistEntry{
		ID: b.ID, Kind: b.Kind, Value: b.Value, Origin: b.Origin, Reason: b.Reason, NeedsConsent: b.NeedsConsent(), CreatedAt: b.CreatedAt,
	}
}

type listBlacklistInput struct {
	PageQuery
	Kind   string `query:"kind" enum:"address,domain"`
	Origin string `query:"origin" enum:"manual,unsubscribe,bounce,spam"`
}

func (s *Server) listBlacklist(ctx context.Context, in *listBlacklistInput) (*blacklistOutput, error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Blacklist(ctx, in.Kind, in.Origin, p)
	if err != nil {
		return nil, err
	}
	return &blacklistOutput{Body: newPage(in.PageQuery, rows, func(b store.Blacklisted) int64 { return b.ID }, showBlacklisted)}, nil
}

type addBlacklistedInput struct {
	Body struct {
		Kind   string `json:"kind" enum:"address,domain"`
		Value  string `json:"value" minLength:"1" maxLength:"320" example:"example.com"`
		Reason string `json:"reason,omitempty" maxLength:"1000"`
	}
}

func (s *Server) addBlacklisted(ctx context.Context, in *addBlacklistedInput) (*blacklistEntryOutput, error) {
	b, rings, err := s.store.AddBlacklisted(ctx, in.Body.Kind, in.Body.Value, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	s.ring(ctx, rings)
	return &blacklistEntryOutput{Body: showBlacklisted(b)}, nil
}

func (s *Server) getBlacklisted(ctx context.Context, in *BlacklistPath) (*blacklistEntryOutput, error) {
	b, err := s.store.BlacklistEntry(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &blacklistEntryOutput{Body: showBlacklisted(b)}, nil
}

func (s *Server) removeBlacklisted(ctx context.Context, in *BlacklistPath) (*struct{}, error) {
	rings, err := s.store.RemoveBlacklisted(ctx, in.ID, nil)
	s.ring(ctx, rings)
	return nil, err
}

type consentInput struct {
	BlacklistPath
	Body struct {
		Evidence string `json:"evidence" minLength:"1" maxLength:"1000" doc:"What the person said, when and where; kept with the key that recorded it"`
	}
}

func (s *Server) consentBlacklisted(ctx context.Context, in *consentInput) (*struct{}, error) {
	rings, err := s.store.RemoveBlacklisted(ctx, in.ID, &store.Consent{Evidence: in.Body.Evidence, KeyID: caller(ctx).ID})
	s.ring(ctx, rings)
	return nil, err
}
