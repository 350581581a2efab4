package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"rondo/activities/fault"
	"rondo/activities/store"
)

// maxKept is the largest answer that is kept for replay; a larger one, the report of an import, is not.
const maxKept = 4 << 20

// replayed are the headers that belong to an answer.
var replayed = []string{"Content-Type", "ETag", "Location"}

// once runs the request unless its Idempotency-Key has been answered already.
func (s *Server) once(c *gin.Context, r *request) {
	ctx := c.Request.Context()
	claim := store.Claim{KeyID: r.caller.ID, Key: c.GetHeader("Idempotency-Key"), Lease: 2 * requestTimeout}
	if len(claim.Key) > 255 {
		s.fail(c, problemOf(ctx, fault.BadField("invalid_idempotency_key", "header.Idempotency-Key", "at most 255 characters")))
		return
	}
	digest := requestDigest(c.Request)
	if r.route.Stream {
		claim.Lease = streamLease
		c.Request.Body = hashingBody{io.TeeReader(c.Request.Body, digest), c.Request.Body}
	} else if err := hashBody(c.Request, digest); err != nil {
		s.fail(c, problemOf(ctx, err))
		return
	} else {
		claim.Hash = digest.Sum(nil)
	}
	earlier, err := s.store.ClaimRequest(ctx, &claim)
	if err == nil && earlier != nil {
		err = s.replay(c, r, digest, *earlier)
	}
	if err != nil {
		s.fail(c, problemOf(ctx, err))
		return
	}
	if earlier == nil {
		s.first(c, r, digest, &claim)
	}
}

// first runs the handler and keeps its answer. A failure of ours, or a panic, leaves the key free to try again if nothing
// had been committed.
func (s *Server) first(c *gin.Context, r *request, digest hash.Hash, claim *store.Claim) {
	ctx := context.WithoutCancel(c.Request.Context())
	w := &recorder{ResponseWriter: c.Writer}
	c.Writer = w
	c.Request = c.Request.WithContext(store.Claimed(c.Request.Context(), claim))
	kept := false
	defer func() {
		if kept {
			return
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		if err := s.store.DropClaim(ctx, claim); err != nil {
			r.log.ErrorContext(ctx, "idempotency key stays claimed", slog.Any("error", err))
		}
	}()
	c.Next()
	if !keepable(w) {
		return
	}
	if _, err := io.Copy(io.Discard, c.Request.Body); err != nil { // what the handler left unread belongs to the hash
		return
	}
	claim.Hash = digest.Sum(nil)
	body, err := seal(c.Request, claim.Key, w.body.Bytes())
	if err != nil {
		r.log.ErrorContext(ctx, "answer not kept for replay", slog.Any("error", err))
		return
	}
	answer := store.Answer{Status: w.Status(), Headers: map[string]string{}, Body: body}
	for _, name := range replayed {
		if v := w.Header().Get(name); v != "" {
			answer.Headers[name] = v
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := s.store.KeepAnswer(ctx, claim, answer); err != nil {
		r.log.ErrorContext(ctx, "answer not kept for replay", slog.Any("error", err))
		return
	}
	kept = true
}

func keepable(w *recorder) bool {
	switch status := w.Status(); status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, statusClientGone:
		return false
	default:
		return status < http.StatusInternalServerError && !w.tooLarge
	}
}

// replay gives the earlier answer. The body of a stream is compared only now: it has to be read to its end.
func (s *Server) replay(c *gin.Context, r *request, digest hash.Hash, a store.Answer) error {
	if r.route.Stream {
		if _, err := io.Copy(io.Discard, c.Request.Body); err != nil {
			return newProblem(http.StatusBadRequest, "broken_body", "the body ended early")
		}
		if subtle.ConstantTimeCompare(digest.Sum(nil), a.Hash) != 1 {
			return store.KeyReused()
		}
	}
	body, err := unseal(c.Request, c.GetHeader("Idempotency-Key"), a.Body)
	if err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	for name, v := range a.Headers {
		c.Header(name, v)
	}
	c.Header("Idempotent-Replayed", "true")
	c.Abort()
	c.Status(a.Status)
	if _, err := c.Writer.Write(body); err != nil {
		return errors.Join(http.ErrAbortHandler, err)
	}
	return nil
}

// requestDigest begins the hash that identifies a request; its body follows.
func requestDigest(r *http.Request) hash.Hash {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n", r.Method, r.URL.EscapedPath(), r.URL.Query().Encode())
	return h
}

// hashBody hashes a body that is in memory and puts it back.
func hashBody(r *http.Request, h hash.Hash) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return fmt.Errorf("hash body: %w", err)
	}
	h.Write(body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

type hashingBody struct {
	io.Reader
	io.Closer
}

// recorder keeps a copy of what is written, up to maxKept.
type recorder struct {
	gin.ResponseWriter
	body     bytes.Buffer
	tooLarge bool
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) Write(b []byte) (int, error) {
	w.keep(b)
	return w.ResponseWriter.Write(b)
}

func (w *recorder) WriteString(s string) (int, error) {
	return w.Write([]byte(s))
}

func (w *recorder) keep(b []byte) {
	if w.body.Len()+len(b) > maxKept {
		w.tooLarge = true
		w.body.Reset()
	}
	if !w.tooLarge {
		w.body.Write(b)
	}
}
