package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

//go:embed docs.html
var docsHTML string

var docsPage = template.Must(template.New("docs").Parse(docsHTML))

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
	plain(s, Route{Method: http.MethodGet, Path: "/docs", ID: "get-docs", Tag: "operation"}, func(c *gin.Context) error {
		c.Header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		c.Header("Content-Type", "text/html; charset=utf-8")
		return docsPage.Execute(c.Writer, map[string]any{"Info": s.huma.OpenAPI().Info, "Chapters": chapters(s.huma.OpenAPI())})
	})
}

type chapter struct {
	Tag        string
	Operations []entry
}

type entry struct {
	*huma.Operation
	Body, Answer string // their schemas as indented JSON
}

// chapters groups the operations by tag, each in the order of paths.
func chapters(doc *huma.OpenAPI) []chapter {
	byTag := map[string][]entry{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], describe(doc, op))
			}
		}
	}
	var out []chapter
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		out = append(out, chapter{Tag: tag, Operations: byTag[tag]})
	}
	return out
}

func describe(doc *huma.OpenAPI, op *huma.Operation) entry {
	e := entry{Operation: op}
	if op.RequestBody != nil {
		e.Body = schemaText(doc, op.RequestBody.Content)
	}
	for status, r := range op.Responses {
		if strings.HasPrefix(status, "2") {
			e.Answer = schemaText(doc, r.Content)
		}
	}
	return e
}

// schemaText is the schema of a JSON body, one reference deep.
func schemaText(doc *huma.OpenAPI, content map[string]*huma.MediaType) string {
	for contentType, media := range content {
		if media.Schema == nil || contentType != "application/json" {
			return contentType
		}
		schema := media.Schema
		if schema.Ref != "" {
			schema = doc.Components.Schemas.SchemaFromRef(schema.Ref)
		}
		b, err := json.MarshalIndent(schema, "", "  ")
		if err != nil {
			return contentType
		}
		return string(b)
	}
	return ""
}
