package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docs is the OpenAPI document as a person reads it.
type docs struct {
	Title, Version, URL string
	Text                []docText
	Chapters            []docChapter
	Schemas             []docSchema
}

type docChapter struct {
	Tag        string
	Operations []docOperation
}

type docOperation struct {
	Method, Path, ID, Summary, Scope string
	Text                             []docText
	Parameters                       []docField
	Body, Answer                     *docType
	Try                              string // a command for a shell
}

// docField is a parameter, or a property of a schema.
type docField struct {
	Name, In string
	Required bool
	Type     docType
	Text     []docText
}

// docType is a type in words; Schema is the schema it names, if it names one.
type docType struct{ Before, Schema, After string }

type docSchema struct {
	Name   string
	Text   []docText
	Fields []docField
}

// docText is a piece of a description; a new paragraph begins at every Break.
type docText struct {
	Text        string
	Code, Break bool
}

func describe(doc *huma.OpenAPI, url string) docs {
	d := docs{Title: doc.Info.Title, Version: doc.Info.Version, URL: url, Text: docTexts(doc.Info.Description)}
	byTag := map[string][]docOperation{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], describeOperation(op, url))
			}
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		d.Chapters = append(d.Chapters, docChapter{tag, byTag[tag]})
	}
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		d.Schemas = append(d.Schemas, docSchema{name, docTexts(schemas[name].Description), docFields(schemas[name])})
	}
	return d
}

func describeOperation(op *huma.Operation, url string) docOperation {
	scope, _ := op.Extensions["x-scope"].(string)
	d := docOperation{
		Method: op.Method, Path: op.Path, ID: op.OperationID, Summary: op.Summary, Scope: scope,
		Text: docTexts(strings.TrimPrefix(op.Description, "Scope: `"+scope+"`.")),
	}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docField{p.Name, p.In, p.Required, typeOf(p.Schema), docTexts(p.Description)})
	}
	if op.RequestBody != nil {
		d.Body = contentOf(op.RequestBody.Content)
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if strings.HasPrefix(status, "2") && d.Answer == nil {
			d.Answer = contentOf(op.Responses[status].Content)
		}
	}
	d.Try = command(op, url, scope)
	return d
}

// contentOf describes a body; other than JSON by its media type.
func contentOf(content map[string]*huma.MediaType) *docType {
	if len(content) == 0 {
		return nil
	}
	if body := content["application/json"]; body != nil && body.Schema != nil {
		t := typeOf(body.Schema)
		return &t
	}
	return &docType{Before: strings.Join(slices.Sorted(maps.Keys(content)), " or ")}
}

func docFields(s *huma.Schema) []docField {
	var fields []docField
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		fields = append(fields, docField{Name: name, Required: slices.Contains(s.Required, name), Type: typeOf(p), Text: docTexts(p.Description)})
	}
	return fields
}

func typeOf(s *huma.Schema) docType {
	switch {
	case s == nil:
		return docType{}
	case s.Ref != "":
		return docType{Schema: s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]}
	case s.Type == huma.TypeArray:
		t := typeOf(s.Items)
		t.Before = "list of " + t.Before
		return t
	case len(s.Enum) > 0:
		values := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			values[i] = fmt.Sprint(v)
		}
		return docType{Before: "one of " + strings.Join(values, ", ")}
	}
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		t := typeOf(values)
		t.Before = "object of " + t.Before
		return t
	}
	return docType{Before: s.Type, After: bounds(s)}
}

func bounds(s *huma.Schema) string {
	var all []string
	if s.Format != "" && s.Format != "int64" && s.Format != "double" {
		all = append(all, s.Format)
	}
	if s.Minimum != nil {
		all = append(all, fmt.Sprintf("from %g", *s.Minimum))
	}
	if s.Maximum != nil {
		all = append(all, fmt.Sprintf("to %g", *s.Maximum))
	}
	if s.MaxLength != nil {
		all = append(all, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.Default != nil && s.Default != "" {
		all = append(all, fmt.Sprintf("default %v", s.Default))
	}
	if len(all) == 0 {
		return ""
	}
	return " (" + strings.Join(all, ", ") + ")"
}

// docTexts reads the little Markdown that descriptions use: paragraphs and `code`.
func docTexts(markdown string) []docText {
	var all []docText
	for paragraph := range strings.SplitSeq(strings.TrimSpace(markdown), "\n\n") {
		for i, piece := range strings.Split(paragraph, "`") {
			if piece != "" || i == 0 {
				all = append(all, docText{Text: piece, Code: i%2 == 1, Break: i == 0 && len(all) > 0})
			}
		}
	}
	if len(all) == 1 && all[0].Text == "" {
		return nil
	}
	return all
}

func command(op *huma.Operation, url, scope string) string {
	words := []string{"curl"}
	if op.Method != http.MethodGet {
		words = append(words, "-X "+op.Method)
	}
	if scope != "" {
		words = append(words, `-H "Authorization: Bearer $RONDO_KEY"`)
	}
	if op.RequestBody != nil {
		if body := contentOf(op.RequestBody.Content); body != nil && op.RequestBody.Content["application/json"] != nil {
			words = append(words, "-H 'Content-Type: application/json'", "-d @body.json")
		}
	}
	return strings.Join(append(words, "'"+url+op.Path+"'"), " ")
}
