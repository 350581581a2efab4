// Package fault is Rondo's one error type: what went wrong as a stable code, told once to HTTP clients (api) and once to
// Temporal (activities). Everything else wraps with %w.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind groups codes by what a caller can do about them. It decides the HTTP status and whether an activity is retried.
type Kind int

const (
	// Internal is everything unforeseen: HTTP 500, retried in activities. Its text never leaves the process.
	Internal Kind = iota
	// Invalid is wrong input: HTTP 422, never retried.
	Invalid
	// NotFound is what does not exist: HTTP 404, never retried.
	NotFound
	// Conflict is with the present state of the row: HTTP 409, never retried.
	Conflict
	// Stale means that the ETag the caller edited is not the current one: HTTP 412, never retried.
	Stale
	// Denied is known but not allowed: HTTP 403, never retried.
	Denied
	// Unavailable is a dependency that is down or busy: HTTP 503, retried.
	Unavailable
	// Limited is a quota or rate of ours or of the provider: HTTP 429, retried after RetryAfter.
	Limited
)

// Field names one input that was wrong, where it was ("schedule.match"), what was wrong and what would be right.
type Field struct {
	Location string `json:"location"`
	Message  string `json:"message"`
	Value    any    `json:"value,omitempty"`
}

// Error carries a stable machine code ("round_not_open"), a sentence for people and, for Invalid, the fields.
// Message and Fields are shown to API clients; Err is for logs only and never leaves the process.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Fields  []Field
	// RetryAfter is set with Limited and Unavailable when the time to wait is known.
	RetryAfter time.Duration
	Err        error
}

// Error implements error. It includes the wrapped error, so it is for logs, not for clients.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return e.Code + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is matches any fault of the same code, so that errors.Is(err, fault.New(...)) and sentinel faults work.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// New makes a fault whose message is for API clients.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap makes a fault with a cause that only logs see.
func Wrap(err error, kind Kind, code, format string, args ...any) *Error {
	f := New(kind, code, format, args...)
	f.Err = err
	return f
}

// BadField is the common case of one wrong input.
func BadField(code, location, format string, args ...any) *Error {
	f := New(Invalid, code, format, args...)
	f.Fields = []Field{{Location: location, Message: f.Message}}
	return f
}

// From finds the fault in an error chain; an error without one is Internal with code "internal".
func From(err error) *Error {
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return &Error{Kind: Internal, Code: "internal", Message: "something went wrong on our side", Err: err}
}

// Permanent reports whether trying the same again cannot help.
func (e *Error) Permanent() bool {
	switch e.Kind {
	case Internal, Unavailable, Limited:
		return false
	default:
		return true
	}
}
