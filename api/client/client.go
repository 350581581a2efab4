// Package client is Rondo's API in Go. Everything but this file is generated from the OpenAPI document; what streams has a
// helper here.
package client

//go:generate go run ../../cmd/rondo openapi --downgrade --output openapi.json
//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 --config codegen.yaml openapi.json

import (
	"context"
	"net/http"
)

// New makes a client of the API at url that authenticates with an API key.
func New(url, key string, options ...ClientOption) (*ClientWithResponses, error) {
	authorize := WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+key)
		return nil
	})
	return NewClientWithResponses(url, append([]ClientOption{authorize}, options...)...)
}
