package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/api"
)

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// into reads the body of a success.
func into[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	require.Less(t, a.status, 300, "%s", a.body)
	require.NoError(t, json.Unmarshal(a.body, &v), "%s", a.body)
	return v
}

// code is the code of the problem an answer states, empty for a success.
func (a answer) code() string {
	var p api.Problem
	if a.status < 400 || json.Unmarshal(a.body, &p) != nil {
		return ""
	}
	return p.Code
}

// try makes a call with the admin key; headers come in pairs. The body is JSON unless it is text.
func (h *house) try(method, path string, body any, headers ...string) (answer, error) {
	var reader io.Reader
	contentType := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		reader, contentType = bytes.NewReader([]byte(b)), "text/csv"
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			return answer{}, err
		}
		reader = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, reader)
	if err != nil {
		return answer{}, err
	}
	r.Header.Set("Authorization", "Bearer "+h.key)
	r.Header.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return answer{status: res.StatusCode, header: res.Header, body: b}, err
}

// call is try, where the API has to be there.
func (h *house) call(method, path string, body any, headers ...string) answer {
	h.t.Helper()
	a, err := h.try(method, path, body, headers...)
	require.NoError(h.t, err)
	return a
}

// get reads a resource.
func get[T any](h *house, path string, args ...any) T {
	h.t.Helper()
	return into[T](h.t, h.call("GET", fmt.Sprintf(path, args...), nil))
}

// edit makes a change to the present version of a resource, and again when somebody else (the workflow, say) was faster.
func (h *house) edit(method, resource, action string, body any) answer {
	h.t.Helper()
	for {
		tag := h.call("GET", resource, nil).header.Get("ETag")
		a := h.call(method, resource+action, body, "If-Match", tag)
		if a.status != http.StatusPreconditionFailed {
			require.Less(h.t, a.status, 300, "%s %s%s: %s", method, resource, action, a.body)
			return a
		}
	}
}

// pages reads a whole list.
func pages[T any](h *house, path string) []T {
	h.t.Helper()
	var all []T
	for cursor := ""; ; {
		p := get[api.Page[T]](h, "%s", path+"&limit=500&cursor="+cursor)
		all = append(all, p.Items...)
		if cursor = p.NextCursor; cursor == "" {
			return all
		}
	}
}
