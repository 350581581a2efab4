package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.temporal.io/api/serviceerror"

	"rondo/activities/fault"
	"rondo/activities/store"
)

// Problem is the body of every answer that is not a success, by RFC 9457. Code is stable and made for programs, Detail for
// people.
type Problem struct { //nolint:errname // the name the RFC gives it
	Type      string        `json:"type" doc:"Always about:blank: the code says what happened" example:"about:blank"`
	Title     string        `json:"title" doc:"The HTTP status in words" example:"Conflict"`
	Status    int           `json:"status" doc:"The HTTP status" example:"409"`
	Code      string        `json:"code" doc:"What happened, for programs; never changes" example:"round_not_open"`
	Detail    string        `json:"detail" doc:"What happened, for people" example:"the round is not open"`
	RequestID string        `json:"request_id,omitempty" doc:"Names this request in the server's log"`
	Errors    []fault.Field `json:"errors,omitempty" doc:"Each wrong input: where, what, and what it was"`

	retryAfter time.Duration
	cause      error
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// Unwrap gives the cause, which is for logs only.
func (p *Problem) Unwrap() error { return p.cause }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="rondo"`)
	}
	return h
}

func newProblem(status int, code, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// problemOf is the one place where errors become answers. What is unforeseen is logged and told to nobody.
func problemOf(ctx context.Context, err error) *Problem {
	p := translate(ctx, err)
	p.RequestID = requestID(ctx)
	if p.Status >= http.StatusInternalServerError {
		logger(ctx).ErrorContext(ctx, "request failed", slog.String("code", p.Code), slog.Any("error", err))
	}
	return p
}

// statusClientGone is what access logs show for a request whose client hung up; nobody receives it.
const statusClientGone = 499

func translate(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return newProblem(statusClientGone, "client_gone", "the client closed the connection")
	}
	f := store.AsFault(err)
	if f.Code == "internal" {
		f = unreachable(err, f)
	}
	p = newProblem(statusOf(f.Kind), f.Code, "%s", f.Message)
	p.Errors, p.retryAfter, p.cause = f.Fields, f.RetryAfter, err
	return p
}

// unreachable recognizes a slow dependency and a Temporal that cannot be reached.
func unreachable(err error, otherwise *fault.Error) *fault.Error {
	var down *serviceerror.Unavailable
	var slow *serviceerror.DeadlineExceeded
	var busy *serviceerror.ResourceExhausted
	f := otherwise
	switch {
	case errors.As(err, &down), errors.As(err, &slow), errors.As(err, &busy):
		f = fault.Wrap(err, fault.Unavailable, "temporal_unavailable", "the workflow engine cannot be reached or is busy: try again shortly")
		f.RetryAfter = time.Second
	case errors.Is(err, context.DeadlineExceeded):
		f = fault.Wrap(err, fault.Unavailable, "timeout", "the request took too long and was given up: try again shortly")
		f.RetryAfter = time.Second
	}
	return f
}

func statusOf(k fault.Kind) int {
	switch k {
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.Stale:
		return http.StatusPreconditionFailed
	case fault.Denied:
		return http.StatusForbidden
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Limited:
		return http.StatusTooManyRequests
	default:
		return http.StatusInternalServerError
	}
}

// humaCodes of the problems that huma finds by itself while it reads a request.
var humaCodes = map[int]string{
	http.StatusBadRequest:           "malformed_body",
	http.StatusNotAcceptable:        "not_acceptable",
	http.StatusUnsupportedMediaType: "unsupported_media_type",
	http.StatusUnprocessableEntity:  "invalid_request",
}

// huma's errors are made by variables of its package: set once, before any server exists.
func init() {
	huma.NewErrorWithContext = func(c huma.Context, status int, message string, errs ...error) huma.StatusError {
		return humaProblem(c.Context(), status, message, errs)
	}
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return humaProblem(context.Background(), status, message, errs)
	}
}

func humaProblem(ctx context.Context, status int, message string, errs []error) *Problem {
	code, known := humaCodes[status]
	if status == 0 { // huma asks for the type
		return &Problem{}
	}
	if !known {
		return problemOf(ctx, fmt.Errorf("huma: %s: %w", message, errors.Join(errs...)))
	}
	p := newProblem(status, code, "%s", message)
	p.RequestID = requestID(ctx)
	for _, err := range errs {
		var detail huma.ErrorDetailer
		if errors.As(err, &detail) {
			d := detail.ErrorDetail()
			p.Errors = append(p.Errors, fault.Field{Location: d.Location, Message: d.Message, Value: brief(d.Value)})
		} else {
			p.Errors = append(p.Errors, fault.Field{Location: "body", Message: err.Error()})
		}
	}
	return p
}

// brief leaves out values too long to be of help in an answer.
func brief(v any) any {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.String:
		if r.Len() > 200 {
			return nil
		}
	case reflect.Map, reflect.Slice, reflect.Struct:
		return nil
	}
	return v
}
