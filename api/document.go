package api

import (
	"github.com/danielgtaylor/huma/v2"

	"rondo/activities/store"
)

// document is the frame of the OpenAPI document; routes fill it.
func document() huma.Config {
	c := huma.DefaultConfig("Rondo", "1")
	c.Info.Description = "Rondo introduces people to each other, on time, and never forgets.\n\n" +
		"Instants are RFC 3339. Errors are RFC 9457 problems with a stable `code`. Lists take `limit` and `cursor` and answer " +
		"`next_cursor`. Edits need `If-Match` with the `ETag` they read. POSTs that create or send take an `Idempotency-Key`."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // served by addDocs
	c.CreateHooks = nil                                   // no $schema in answers
	c.RejectUnknownQueryParameters = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": { //nolint:gosec // the form of a key, not one
			Type: "http", Scheme: "bearer", BearerFormat: "rondo_<prefix>_<secret>",
			Description: "An API key; x-scope says which scope a route needs.",
		},
	}
	return c
}

// Document describes every route; it needs no database.
func Document() (*huma.OpenAPI, error) {
	s, err := New(Config{Store: store.New(nil), Secret: make([]byte, 32), PublicURL: "https://rondo.invalid"}) // nothing is signed
	if err != nil {
		return nil, err
	}
	return s.OpenAPI(), nil
}
