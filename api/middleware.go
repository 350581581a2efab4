package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var acceptableID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// identify names the request, by the caller's X-Request-Id if it is a plain one, and puts what it carries in its context.
func (s *Server) identify(c *gin.Context) {
	id := c.GetHeader("X-Request-Id")
	if !acceptableID.MatchString(id) {
		id = strings.ToLower(rand.Text())
	}
	c.Header("X-Request-Id", id)
	r := &request{id: id, route: s.routes[c.Request.Method+" "+c.FullPath()], log: s.log.With(slog.String("request_id", id))}
	c.Request = c.Request.WithContext(context.WithValue(c.Request.Context(), requestKey{}, r))
}

// trace opens the server's span. The ready-made middleware records the path, and ours carry signed links: this one
// records the route.
func (s *Server) trace(c *gin.Context) {
	route := c.FullPath()
	ctx := otel.GetTextMapPropagator().Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	ctx, span := s.tracer.Start(ctx, strings.TrimSpace(c.Request.Method+" "+route), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", c.Request.Method), attribute.String("http.route", route)))
	defer span.End()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	span.SetAttributes(attribute.Int("http.response.status_code", c.Writer.Status()))
	if c.Writer.Status() >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, "")
	}
}

// observe counts the request and writes the access log: the route, never the path or the query, which carry signed links.
func (s *Server) observe(c *gin.Context) {
	begin := time.Now()
	c.Next()
	took, status, r := time.Since(begin), c.Writer.Status(), requestOf(c.Request.Context())
	s.metrics.observe(c.Request.Method, c.FullPath(), status, took)
	r.log.LogAttrs(c.Request.Context(), slog.LevelInfo, "request",
		slog.String("method", c.Request.Method), slog.String("route", c.FullPath()), slog.Int("status", status),
		slog.Float64("seconds", took.Seconds()), slog.Int("bytes", max(c.Writer.Size(), 0)), slog.Int64("key_id", r.caller.ID))
}

// recover turns a panic into a problem.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(v)
		}
		ctx := c.Request.Context()
		logger(ctx).ErrorContext(ctx, "panic", slog.Any("panic", v), slog.String("stack", string(debug.Stack())))
		if !c.Writer.Written() {
			s.fail(c, problemOf(ctx, fmt.Errorf("panic: %v", v)))
		}
		c.Abort()
	}()
	c.Next()
}

// harden sets what browsers should know. Pages for people replace the content policy by their own.
func (s *Server) harden(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Cache-Control", "no-store")
	if strings.HasPrefix(s.publicURL, "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// fail answers with a problem, as the route renders it, and ends the request.
func (s *Server) fail(c *gin.Context, p *Problem) {
	if p.RequestID == "" {
		p.RequestID = requestID(c.Request.Context())
	}
	for name, values := range p.GetHeaders() {
		c.Header(name, values[0])
	}
	c.Abort()
	if r := requestOf(c.Request.Context()).route; r != nil && r.Problem != nil {
		r.Problem(c, p)
		return
	}
	c.Header("Content-Type", p.ContentType(""))
	c.JSON(p.Status, p)
}
