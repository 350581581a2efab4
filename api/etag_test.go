package api

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/store"
)

func TestEditsNeedTheCurrentVersion(t *testing.T) {
	f := setup(t)
	const current = 3
	type output struct {
		ETag ETag `header:"ETag"`
	}
	handle(f.server, Route{Method: "PUT", Path: "/v1/thing", ID: "put-thing", Tag: "test", Scope: Send}, func(_ context.Context, in *IfMatch) (*output, error) {
		v, err := in.version()
		if err != nil {
			return nil, err
		}
		if v != current {
			return nil, store.Stale("thing")
		}
		return &output{ETag: etag(v + 1)}, nil
	})
	for match, want := range map[string]struct {
		status int
		code   string
	}{
		`"v3"`:                       {http.StatusNoContent, ""},
		`"v2"`:                       {http.StatusPreconditionFailed, "stale_version"},
		`"v4"`:                       {http.StatusPreconditionFailed, "stale_version"},
		``:                           {http.StatusPreconditionRequired, "if_match_missing"},
		`*`:                          {http.StatusUnprocessableEntity, "invalid_if_match"},
		`v3`:                         {http.StatusUnprocessableEntity, "invalid_if_match"},
		`"v3`:                        {http.StatusUnprocessableEntity, "invalid_if_match"},
		`"v-3"`:                      {http.StatusUnprocessableEntity, "invalid_if_match"},
		`"v0"`:                       {http.StatusUnprocessableEntity, "invalid_if_match"},
		`"v99999999999999999999"`:    {http.StatusUnprocessableEntity, "invalid_if_match"},
		`"v3", "v4"`:                 {http.StatusUnprocessableEntity, "invalid_if_match"},
		`"0123456789abcdef01234567"`: {http.StatusUnprocessableEntity, "invalid_if_match"},
	} {
		t.Run(match, func(t *testing.T) {
			headers := []string{}
			if match != "" {
				headers = append(headers, "If-Match", match)
			}
			a := f.call(Send, "PUT", "/v1/thing", nil, headers...)
			require.Equal(t, want.status, a.Status, "%s", a.Body)
			require.Equal(t, want.code, a.Problem.Code)
			if want.code == "" {
				require.Equal(t, `"v4"`, a.Header.Get("ETag"))
			}
		})
	}
}
