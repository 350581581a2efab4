package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

// Route declares one operation. Key, scope, limits, idempotency, problems and documentation follow from it.
type Route struct {
	Method  string
	Path    string // as in OpenAPI: /v1/people/{id}
	ID      string // operation id, in kebab-case: the Go client's method is named after it
	Tag     string
	Summary string
	// Description is Markdown for the documentation, where the summary is not enough.
	Description string
	Scope       Scope
	// Signed: a Public route that admits callers by a signature over the body, so that it need not limit addresses.
	Signed bool
	// Embedded: a Public route that serves a file of the binary. An office behind one address loads many of them.
	Embedded bool
	// Status of a success; zero: 200, or 204 for an output without a body.
	Status int
	// Idempotent: the route creates or sends, and takes an Idempotency-Key.
	Idempotent bool
	// Stream: the body (Upload) or the answer (Events, Download) flows for longer than a request may last, or is larger.
	Stream bool
	// MaxBody in bytes; zero: 1 MiB, 256 MiB for a stream.
	MaxBody int64
	// Document may add what the types cannot say.
	Document func(*huma.Operation)
	// Problem renders errors of a page for people; nil: problem+json.
	Problem func(*gin.Context, *Problem)
}

const (
	defaultMaxBody   = 1 << 20
	defaultMaxStream = 256 << 20
	requestTimeout   = 30 * time.Second
	streamLease      = 30 * time.Minute // an upload with an Idempotency-Key that takes longer may be repeated
)

// handle adds a route whose input and output are described by Go types, as huma reads them.
func handle[I, O any](s *Server, r Route, h func(context.Context, *I) (*O, error)) {
	s.declare(r)
	huma.Register(s.huma, r.operation(), func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, problemOf(ctx, err)
		}
		return out, nil
	})
}

// plain adds a route that reads and writes for itself: pages, webhooks. Document has to say what it takes and gives. An
// error is rendered as for any other route, unless the handler has begun to write.
func plain(s *Server, r Route, h func(*gin.Context) error) {
	s.declare(r)
	if op := r.operation(); r.Document != nil {
		if op.Responses == nil {
			op.Responses = map[string]*huma.Response{"200": {Description: "OK"}}
		}
		s.huma.OpenAPI().AddOperation(&op)
	}
	serve := func(c *gin.Context) {
		if err := h(c); err != nil && !c.Writer.Written() {
			s.fail(c, problemOf(c.Request.Context(), err))
		}
	}
	s.engine.Handle(r.Method, ginPath(r.Path), serve)
	if r.Method == http.MethodGet { // mail scanners ask for the headers first; the server leaves the body out
		r.Method = http.MethodHead
		s.declare(r)
		s.engine.HEAD(ginPath(r.Path), serve)
	}
}

// declare makes the route known to the guard, which refuses whatever is not declared.
func (s *Server) declare(r Route) {
	key := r.Method + " " + ginPath(r.Path)
	if _, twice := s.routes[key]; twice {
		panic("api: declared twice: " + key)
	}
	if r.MaxBody == 0 {
		r.MaxBody = defaultMaxBody
		if r.Stream {
			r.MaxBody = defaultMaxStream
		}
	}
	s.routes[key] = &r
}

func ginPath(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

func (r Route) operation() huma.Operation {
	op := huma.Operation{
		OperationID: r.ID, Method: r.Method, Path: r.Path, Tags: []string{r.Tag},
		Summary: r.Summary, Description: r.Description, DefaultStatus: r.Status,
		MaxBodyBytes: -1, BodyReadTimeout: -1, // the guard has read and bounded it
		Security: []map[string][]string{},
	}
	if r.Scope != Public {
		op.Security = []map[string][]string{{"key": {}}}
		op.Extensions = map[string]any{"x-scope": string(r.Scope)}
		op.Description = strings.TrimSpace("Scope: `" + string(r.Scope) + "`.\n\n" + r.Description)
	}
	if r.Idempotent {
		op.Parameters = append(op.Parameters, idempotencyParam)
	}
	if r.Document != nil {
		r.Document(&op)
	}
	return op
}

var idempotencyParam = &huma.Param{
	Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString, MinLength: ptr(1), MaxLength: ptr(255)},
	Description: "A text of your choice, unique to this request. For 24 hours the same key with the same request gets the first " +
		"answer again, with the header Idempotent-Replayed; with another request it gets 422 idempotency_key_reused. A request that took " +
		"effect never runs again: if the server died before it answered, repetitions get 409 request_answer_lost.",
}

func ptr[T any](v T) *T { return &v }
