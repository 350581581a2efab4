package sendgrid

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// A benchmark posts the bodies of accepted calls again, byte for byte.
func TestCallBodies(t *testing.T) {
	s := start(t)
	first := `{"personalizations":[{"to":[{"email":"ada@example.com"}]}],"from":{"email":"a@example.com"},"subject":"s","content":[{"type":"text/plain","value":"x"}]}`
	s.send([]byte(first))
	for path, want := range map[string]int{"/api/calls/1": 200, "/api/calls/2": 404, "/api/calls/x": 400} {
		res, err := http.Get(s.url + path)
		require.NoError(t, err)
		got, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, want, res.StatusCode, path)
		if want == http.StatusOK {
			require.Equal(t, first, string(got))
		}
	}
}
