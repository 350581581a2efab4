package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
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
	timeout := requestTimeout
	if r.route.Stream {
		timeout = 0
	} else if err := s.readBody(c, r.route.MaxBody); err != nil {
		s.fail(c, problemOf(c.Request.Context(), err))
		return
	}
	if timeout > 0 {
		ctx, cancel := context.WithTimeout(c.Request.Context(), timeout)
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
		return err
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Request.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return newProblem(http.StatusRequestEntityTooLarge, "body_too_large", "the body is larger than %d bytes", limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return newProblem(http.StatusRequestTimeout, "body_too_slow", "the body did not arrive within %s", requestTimeout)
	case err != nil:
		return newProblem(http.StatusBadRequest, "broken_body", "the body ended early")
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	if err := control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}
