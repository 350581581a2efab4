package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"rondo/activities/fault"
)

func TestEveryFailureIsAProblem(t *testing.T) {
	f := setup(t)
	body := `{"name":"demo","scopes":["read"]}`
	for name, c := range map[string]struct {
		method, path, body, contentType string
		status                          int
		code, location                  string
	}{
		"no such path":       {method: "GET", path: "/v1/nothing", status: 404, code: "not_found"},
		"no such method":     {method: "PATCH", path: "/v1/keys", status: 405, code: "method_not_allowed"},
		"slash at the end":   {method: "GET", path: "/v1/keys/", status: 404, code: "not_found"},
		"not JSON":           {method: "POST", path: "/v1/keys", body: "{", status: 400, code: "malformed_body", location: "body"},
		"two JSONs":          {method: "POST", path: "/v1/keys", body: body + body, status: 400, code: "malformed_body", location: "body"},
		"no body":            {method: "POST", path: "/v1/keys", status: 400, code: "malformed_body"},
		"not an object":      {method: "POST", path: "/v1/keys", body: "[]", status: 422, code: "invalid_request", location: "body"},
		"unknown field":      {method: "POST", path: "/v1/keys", body: `{"name":"x","scopes":["read"],"sudo":true}`, status: 422, code: "invalid_request", location: "body.sudo"},
		"field missing":      {method: "POST", path: "/v1/keys", body: `{"scopes":["read"]}`, status: 422, code: "invalid_request", location: "body"},
		"wrong value":        {method: "POST", path: "/v1/keys", body: `{"name":"x","scopes":["root"]}`, status: 422, code: "invalid_request", location: "body.scopes[0]"},
		"wrong type":         {method: "POST", path: "/v1/keys", body: `{"name":7,"scopes":["read"]}`, status: 422, code: "invalid_request", location: "body.name"},
		"NUL in a text":      {method: "POST", path: "/v1/keys", body: `{"name":"a\u0000b","scopes":["read"]}`, status: 422, code: "invalid_text"},
		"unknown user":       {method: "POST", path: "/v1/keys", body: `{"name":"x","scopes":["read"],"user_id":99}`, status: 422, code: "unknown_user", location: "body.user_id"},
		"form":               {method: "POST", path: "/v1/keys", body: "name=x", contentType: "application/x-www-form-urlencoded", status: 415, code: "unsupported_media_type", location: "body"},
		"too large":          {method: "POST", path: "/v1/keys", body: `{"name":"` + strings.Repeat("x", 1<<20) + `"}`, status: 413, code: "body_too_large"},
		"id is a word":       {method: "POST", path: "/v1/keys/seven/revoke", status: 422, code: "invalid_request", location: "path.id"},
		"id is zero":         {method: "POST", path: "/v1/keys/0/revoke", status: 422, code: "invalid_request", location: "path.id"},
		"id is huge":         {method: "POST", path: "/v1/keys/99999999999999999999/revoke", status: 422, code: "invalid_request", location: "path.id"},
		"unknown query":      {method: "GET", path: "/v1/keys?limt=3", status: 422, code: "invalid_request", location: "query.limt"},
		"limit too large":    {method: "GET", path: "/v1/keys?limit=501", status: 422, code: "invalid_request", location: "query.limit"},
		"cursor is garbage":  {method: "GET", path: "/v1/keys?cursor=%F0%28", status: 422, code: "invalid_cursor", location: "query.cursor"},
		"cursor of an other": {method: "GET", path: "/v1/keys?cursor=" + newCursor([]string{"x"}), status: 422, code: "invalid_cursor", location: "query.cursor"},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{}
			if c.contentType != "" {
				headers = append(headers, "Content-Type", c.contentType)
			}
			var send any
			if c.body != "" {
				send = c.body
			}
			a := f.call(Admin, c.method, c.path, send, headers...)
			require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
			require.Equal(t, c.status, a.Status, "%s", a.Body)
			require.Equal(t, c.code, a.Problem.Code)
			require.Equal(t, http.StatusText(c.status), a.Problem.Title)
			if c.location != "" {
				require.NotEmpty(t, a.Problem.Errors, "%s", a.Body)
				require.Equal(t, c.location, a.Problem.Errors[0].Location)
			}
		})
	}
	a := f.call(Admin, "PATCH", "/v1/keys", nil)
	require.Contains(t, a.Header.Get("Allow"), "GET")
}

func TestWhatIsUnforeseenIsLoggedAndToldToNobody(t *testing.T) {
	secret := "Key (email)=(ada@example.org)"
	var fail error
	f := setup(t)
	handle(f.server, Route{Method: "GET", Path: "/v1/fail", ID: "fail", Tag: "test", Scope: Read}, func(context.Context, *struct{}) (*keyOutput, error) {
		if fail == nil {
			panic(secret)
		}
		return nil, fail
	})
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"a panic":            {nil, 500, "internal"},
		"any error":          {errors.New(secret), 500, "internal"},
		"a driver's error":   {fmt.Errorf("x: %w", &pgconn.PgError{Code: "23505", Message: secret}), 500, "internal"},
		"postgres leaves":    {&pgconn.PgError{Code: "57P01", Message: secret}, 503, "database_unavailable"},
		"postgres is full":   {&pgconn.PgError{Code: "53300", Message: secret}, 503, "database_unavailable"},
		"postgres deadlocks": {&pgconn.PgError{Code: "40P01", Message: secret}, 503, "database_unavailable"},
		"temporal is gone":   {fmt.Errorf("x: %w", serviceerror.NewUnavailable(secret)), 503, "temporal_unavailable"},
		"too slow":           {fmt.Errorf("%s: %w", secret, context.DeadlineExceeded), 503, "timeout"},
		"a fault's cause":    {fault.Wrap(errors.New(secret), fault.Conflict, "round_not_open", "the round is not open"), 409, "round_not_open"},
		"denied":             {fault.New(fault.Denied, "not_yours", "no"), 403, "not_yours"},
		"limited":            {fault.New(fault.Limited, "quota", "no"), 429, "quota"},
	} {
		t.Run(name, func(t *testing.T) {
			fail = c.err
			f.log.Reset()
			a := f.call(Read, "GET", "/v1/fail", nil)
			require.Equal(t, c.status, a.Status)
			require.Equal(t, c.code, a.Problem.Code)
			require.NotContains(t, string(a.Body), "ada@")
			if c.status >= 500 {
				require.Contains(t, f.log.String(), "ada@")
			}
			if c.status == 503 {
				require.Equal(t, "1", a.Header.Get("Retry-After"))
			}
		})
	}
}
