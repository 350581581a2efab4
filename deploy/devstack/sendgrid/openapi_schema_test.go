package sendgrid

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/mail"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A schema is the part of JSON Schema that SendGrid's document uses for mail send.
type schema struct {
	Ref         string            `json:"$ref"`
	Type        string            `json:"type"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Items       *schema           `json:"items"`
	MaxItems    int               `json:"maxItems"`
	UniqueItems bool              `json:"uniqueItems"`
	MinLength   int               `json:"minLength"`
	MaxLength   int               `json:"maxLength"`
	Enum        []string          `json:"enum"`
	Format      string            `json:"format"`
	Nullable    bool              `json:"nullable"`
}

type mediaType struct {
	JSON struct {
		Schema   schema                                     `json:"schema"`
		Examples map[string]struct{ Value json.RawMessage } `json:"examples"`
	} `json:"application/json"`
}

type reference struct {
	Ref string `json:"$ref"`
}

// A document is SendGrid's published OpenAPI document of mail send, tsg_mail_v3.json.
type document struct {
	Paths struct {
		Send struct {
			Post struct {
				RequestBody reference            `json:"requestBody"`
				Responses   map[string]reference `json:"responses"`
			} `json:"post"`
		} `json:"/v3/mail/send"`
	} `json:"paths"`
	Components struct {
		Schemas       map[string]schema
		RequestBodies map[string]struct{ Content mediaType }
		Responses     map[string]struct{ Content mediaType }
	}
}

const documentVariable = "SENDGRID_OPENAPI"

func readDocument(t *testing.T) *document {
	path := os.Getenv(documentVariable)
	if path == "" {
		t.Skipf("set %s to tsg_mail_v3.json of the repository twilio/sendgrid-oai to hold the simulator against it", documentVariable)
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	var d document
	require.NoError(t, json.Unmarshal(text, &d))
	return &d
}

func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func (d *document) request() mediaType {
	return d.Components.RequestBodies[last(d.Paths.Send.Post.RequestBody.Ref)].Content
}

func (d *document) resolve(s schema) schema {
	for s.Ref != "" {
		s = d.Components.Schemas[last(s.Ref)]
	}
	return s
}

// faults are the ways in which value, decoded JSON, breaks the schema.
func (d *document) faults(s schema, value any, path string) (list []string) {
	s = d.resolve(s)
	bad := func(what string) { list = append(list, path+": "+what) }
	switch v := value.(type) {
	case nil:
		if !s.Nullable {
			bad("null")
		}
	case map[string]any:
		if s.Type != "object" {
			bad("an object")
		}
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				bad("lacks " + name)
			}
		}
		for name, member := range v {
			if known, ok := s.Properties[name]; ok {
				list = append(list, d.faults(known, member, path+"."+name)...)
			}
		}
	case []any:
		if s.Type != "array" {
			bad("an array")
		}
		if s.MaxItems > 0 && len(v) > s.MaxItems {
			bad("too many items")
		}
		distinct := map[string]bool{}
		for _, item := range v {
			distinct[fmt.Sprint(item)] = true
		}
		if s.UniqueItems && len(distinct) < len(v) {
			bad("repeated items")
		}
		for i, item := range v {
			list = append(list, d.faults(*s.Items, item, fmt.Sprintf("%s.%d", path, i))...)
		}
	case string:
		if s.Type != "string" || len(v) < s.MinLength || s.MaxLength > 0 && len(v) > s.MaxLength || len(s.Enum) > 0 && !slices.Contains(s.Enum, v) {
			bad("the string " + v)
		}
		if _, err := mail.ParseAddress(v); s.Format == "email" && err != nil {
			bad("no address")
		}
	case bool:
		if s.Type != "boolean" {
			bad("a boolean")
		}
	case float64:
		if s.Type != "integer" && s.Type != "number" {
			bad("a number")
		}
	}
	return list
}

// samples are values for properties whose meaning the schema does not say, and for one where it is mistaken: the request's
// custom_args are an object in SendGrid's own libraries and error page, a string in the document.
var samples = map[string]any{
	".custom_args": object{"a": "b"}, ".personalizations.custom_args": object{"a": "b"}, ".headers": object{"X-A": "b"}, ".personalizations.headers": object{"X-A": "b"},
	".personalizations.substitutions": object{"-a-": "b"}, ".personalizations.dynamic_template_data": object{"a": "b"},
	".template_id": "d-1", ".attachments.content": "eHg=", ".content.type": "text/plain", ".ip_pool_name": "pool",
	".mail_settings.spam_check.post_to_url": "https://x.example", ".mail_settings.spam_check.threshold": 5,
}

const mistaken = ".custom_args"

// sample is a valid value with every property the schema knows; n makes its addresses its own.
func (d *document) sample(s schema, path string, n *int) any {
	s = d.resolve(s)
	if v, ok := samples[path]; ok {
		return v
	}
	switch s.Type {
	case "object":
		o := object{}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if path+"."+name != ".reply_to_list" { // excludes reply_to
				o[name] = d.sample(s.Properties[name], path+"."+name, n)
			}
		}
		return o
	case "array":
		return []any{d.sample(*s.Items, path, n)}
	case "integer", "number":
		return 1
	case "boolean":
		return false
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	if s.Format == "email" {
		*n++
		return fmt.Sprintf("sample%d@example.com", *n)
	}
	return "xx"
}

// A violation is a way to break a sample, and the field that must be named.
type violation struct {
	name  string
	field string
	apply func(root object)
}

// violations walks the schema beside a sample. set replaces the value in hand.
func (d *document) violations(s schema, value any, field, path string, set func(root object, to any)) (list []violation) {
	s = d.resolve(s)
	add := func(what, at string, to any) {
		list = append(list, violation{name: strings.TrimPrefix(path+" "+what, "."), field: at, apply: func(root object) { set(root, to) }})
	}
	if field != "" && path != mistaken {
		wrong := map[string]any{"object": []any{}, "array": object{}, "string": 7, "integer": "7", "number": "7", "boolean": "yes"}[s.Type]
		add("of another type", field, wrong)
	}
	if s.MinLength > 0 {
		add("too short", field, strings.Repeat("x", s.MinLength-1))
	}
	if s.MaxLength > 0 {
		add("too long", field, strings.Repeat("x", s.MaxLength+1))
	}
	if len(s.Enum) > 0 {
		add("outside its enumeration", field, "something else")
	}
	if s.Format == "email" {
		add("no address", field, "nobody")
	}
	under := func(name string) string { return strings.TrimPrefix(field+"."+name, ".") }
	switch v := value.(type) {
	case map[string]any:
		for _, name := range s.Required {
			add("without "+name, under(name), without(v, name))
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if known, ok := s.Properties[name]; ok {
				list = append(list, d.violations(known, v[name], under(name), path+"."+name, func(root object, to any) {
					changed := maps.Clone(v)
					changed[name] = to
					set(root, changed)
				})...)
			}
		}
	case []any:
		if s.MaxItems > 0 {
			n := 0
			add("too many", field, many(s.MaxItems+1, func(i int) any {
				if v, ok := v[0].(string); ok {
					return v + fmt.Sprint(i)
				}
				return d.sample(*s.Items, path, &n)
			}))
		}
		if s.UniqueItems {
			add("repeated", under("1"), []any{v[0], v[0]})
		}
		list = append(list, d.violations(*s.Items, v[0], under("0"), path, func(root object, to any) { set(root, []any{to}) })...)
	}
	return list
}

func without(o object, name string) object {
	o = maps.Clone(o)
	delete(o, name)
	return o
}
