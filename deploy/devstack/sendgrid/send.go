package sendgrid

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// maxInflated bounds a gzip body once unpacked; published is only the limit of the packed one.
const maxInflated = 2 * maxBody

var bodies = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// An answer is a refusal on its way to the caller.
type answer struct {
	status   int
	problems []problem
}

func (a *answer) Error() string { return fmt.Sprintf("answered %d", a.status) }

func refuse(status int, message string) *answer {
	return &answer{status: status, problems: []problem{{Message: message}}}
}

func (s *server) handleUnknown(w http.ResponseWriter, r *http.Request) {
	if err := s.authorize(r); err != nil {
		writeProblems(w, err.status, err.problems...)
		return
	}
	writeProblems(w, http.StatusNotFound, problem{Message: "not found"})
}

func (s *server) handleSend(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		writeProblems(w, http.StatusMethodNotAllowed, problem{Message: "method not allowed"})
		return
	}
	status := 0 // stays so when a fault cuts the connection by panic
	done := s.stats.begin(time.Now())
	defer func() { done(status) }()
	status = s.mailSend(w, r)
}

// mailSend handles a call and returns the status it answered.
func (s *server) mailSend(w http.ResponseWriter, r *http.Request) int {
	body := bodies.Get().(*bytes.Buffer) //nolint:errcheck // the pool holds nothing else
	body.Reset()
	defer func() {
		if body.Cap() <= 8<<20 {
			bodies.Put(body)
		}
	}()
	err := s.receive(w, r, body)
	if err == nil {
		fault := s.faults.send()
		if status := fault.before(w, r); status > 0 {
			return status
		}
		var id string
		if id, err = s.accept(body.Bytes()); err == nil {
			fault.after(r)
			return writeAccepted(w, id)
		}
	}
	var a *answer
	if !errors.As(err, &a) {
		s.log.Error("mail send failed", "error", err)
		a = refuse(http.StatusInternalServerError, "internal server error")
	}
	writeProblems(w, a.status, a.problems...)
	return a.status
}

func (s *server) authorize(r *http.Request) *answer {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || key == "" {
		return refuse(http.StatusUnauthorized, "authorization required")
	}
	if s.config.APIKey != "" && key != s.config.APIKey {
		return refuse(http.StatusUnauthorized, "this API key is unknown, expired or revoked")
	}
	return nil
}

// receive checks the request's head and reads its body, unpacked.
func (s *server) receive(w http.ResponseWriter, r *http.Request, into *bytes.Buffer) error {
	if a := s.authorize(r); a != nil {
		return a
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return refuse(http.StatusUnsupportedMediaType, "the Content-Type must be application/json")
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, maxBody)
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return refuse(http.StatusBadRequest, "the body is not gzip")
		}
		from = io.LimitReader(unpacked, maxInflated+1)
	default:
		return refuse(http.StatusUnsupportedMediaType, "the Content-Encoding must be gzip or absent")
	}
	_, err := into.ReadFrom(from)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), into.Len() > maxInflated:
		return refuse(http.StatusRequestEntityTooLarge, "content too large")
	case err != nil:
		return refuse(http.StatusBadRequest, "the body could not be read")
	case !utf8.Valid(into.Bytes()):
		return refuse(http.StatusBadRequest, "the body is not UTF-8")
	}
	return nil
}

// writeAccepted answers 202, or 200 when sandbox mode kept the call from having an id.
func writeAccepted(w http.ResponseWriter, id string) int {
	if id == "" {
		w.WriteHeader(http.StatusOK)
		return http.StatusOK
	}
	w.Header().Set("X-Message-Id", id)
	w.WriteHeader(http.StatusAccepted)
	return http.StatusAccepted
}

// accept validates and keeps a call and schedules its events. In sandbox mode it only validates, and id is empty.
func (s *server) accept(body []byte) (id string, err error) {
	now := time.Now()
	v, err := validate(body, now)
	if errors.Is(err, errJSON) {
		return "", refuse(http.StatusBadRequest, "the body is no valid JSON")
	}
	if err != nil {
		return "", err
	}
	if len(v.problems) > 0 {
		return "", &answer{status: http.StatusBadRequest, problems: v.problems}
	}
	if local, _, _ := strings.Cut(v.from, "@"); strings.EqualFold(local, "unverified") {
		p := fieldProblem("from", "the from address is no verified sender identity")
		return "", &answer{status: http.StatusForbidden, problems: []problem{p}}
	}
	if v.request.sandbox {
		return "", nil
	}
	id = newID()
	first, err := s.store.add(stamp{ID: id, Received: now}, body, v.request.messages)
	if err != nil {
		return "", err
	}
	return id, s.plan(first, len(v.request.messages))
}
