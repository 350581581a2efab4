package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rondo/activities/fault"
)

// guard is what stands before every handler, in this order: is the route declared, who calls, may they, not too often,
// not too much, not for too long.
func (s *Server) guard(c *gin.Context) {
	if c.FullPath() == "" {
		return // the engine answers 404 or 405
	}
	r := requestOf(c.Request.Context())
	if r.route == nil {
		s.fail(c, newProblem(http.StatusNotFound, "not_found", "there is nothing here"))
		return
	}
	if p := s.admit(c, r); p != nil {
		s.fail(c, p)
		return
	}
	if r.route.Stream {
		s.openStream(c, r.route.MaxBody)
	} else {
		if err := s.readBody(c, r.route.MaxBody); err != nil {
			s.fail(c, problemOf(c.Request.Context(), err))
			return
		}
		ctx, cancel := context.WithTimeout(c.Request.Context(), requestTimeout)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
	}
	if r.route.Idempotent && c.GetHeader("Idempotency-Key") != "" {
		s.once(c, r)
		return
	}
	c.Next()
}

// admit checks key, scope and rate.
func (s *Server) admit(c *gin.Context, r *request) *Problem {
	ctx := c.Request.Context()
	if r.route.Signed || r.route.Embedded {
		return nil
	}
	if r.route.Scope == Public {
		return s.limitAddress(c)
	}
	text, ok := strings.CutPrefix(c.GetHeader("Authorization"), "Bearer ")
	if !ok {
		if p := s.limitAddress(c); p != nil {
			return p
		}
		return newProblem(http.StatusUnauthorized, "missing_key", "send an API key: Authorization: Bearer rondo_...")
	}
	key, err := s.keys.find(ctx, strings.TrimSpace(text))
	if errors.Is(err, errUnknownKey) {
		if p := s.limitAddress(c); p != nil {
			return p
		}
		return newProblem(http.StatusUnauthorized, errUnknownKey.Code, "the API key is not known, has expired or was revoked")
	}
	if err != nil {
		return problemOf(ctx, err)
	}
	r.caller = key
	if p := s.limitKey(c, key.ID); p != nil {
		return p
	}
	if !r.route.Scope.allows(key.Scopes) {
		return newProblem(http.StatusForbidden, "scope_missing", "this needs an API key with the scope %s", r.route.Scope)
	}
	return nil
}

var errUnknownKey = &fault.Error{Code: "unknown_key"}

// readBody takes the whole body into memory, so that a slow or endless one ends here.
func (s *Server) readBody(c *gin.Context, limit int64) error {
	if c.Request.Body == nil || c.Request.Body == http.NoBody {
		return nil
	}
	control := http.NewResponseController(c.Writer)
	if err := control.SetReadDeadline(time.Now().Add(requestTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set read deadline: %w", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	if err != nil {
		return bodyProblem(err, limit)
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	// Else the deadline would cancel a handler that takes longer: net/http reads on to notice a client that leaves.
	if err := control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("reset read deadline: %w", err)
	}
	return nil
}

// openStream replaces the server's limits for a whole request by ones for each read and write.
func (s *Server) openStream(c *gin.Context, limit int64) {
	control := http.NewResponseController(c.Writer)
	if err := control.SetWriteDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		logger(c.Request.Context()).Warn("stream keeps the server's deadline", slog.Any("error", err))
	}
	if c.Request.Body != nil && c.Request.Body != http.NoBody {
		c.Request.Body = steadyBody{http.MaxBytesReader(c.Writer, c.Request.Body, limit), control, limit}
	}
}
