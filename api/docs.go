package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"rondo/api/web"
)

// addDocs serves the OpenAPI document and a page made from it, which needs neither scripts nor another server.
func (s *Server) addDocs() {
	asJSON := sync.OnceValues(func() ([]byte, error) { return json.MarshalIndent(s.huma.OpenAPI(), "", "  ") })
	asYAML := sync.OnceValues(s.huma.OpenAPI().YAML)
	serve := func(id, path, contentType string, render func() ([]byte, error)) {
		plain(s, Route{Method: http.MethodGet, Path: path, ID: id, Tag: "operation"}, func(c *gin.Context) error {
			b, err := render()
			if err != nil {
				return fmt.Errorf("render OpenAPI document: %w", err)
			}
			c.Data(http.StatusOK, contentType, b)
			return nil
		})
	}
	serve("get-openapi-json", "/openapi.json", "application/openapi+json", asJSON)
	serve("get-openapi-yaml", "/openapi.yaml", "application/openapi+yaml", asYAML)
	content := sync.OnceValue(func() docs { return describe(s.huma.OpenAPI(), s.publicURL) })
	plain(s, Route{Method: http.MethodGet, Path: "/docs", ID: "get-docs", Tag: "operation"}, func(c *gin.Context) error {
		return s.show(c, http.StatusOK, "docs", web.Page{Title: "How to use the API", Content: content()})
	})
}
