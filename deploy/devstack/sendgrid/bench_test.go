package sendgrid

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// bulk is a call of 1,000 personalizations and about 1.5 MB; n makes its addresses its own.
func bulk(t testing.TB, n int) []byte {
	var list []any
	filler := strings.Repeat("x", 160)
	for i := range maxPersonalizations {
		substitutions := object{}
		for k := range 6 {
			substitutions[fmt.Sprintf("-tag%d-", k)] = filler
		}
		list = append(list, object{
			"to":            []any{object{"email": fmt.Sprintf("member%d.%d@example.com", n, i), "name": "Member"}},
			"substitutions": substitutions,
			"custom_args":   object{"ledger": fmt.Sprintf("%d-%d", n, i)},
			"headers":       object{"List-Unsubscribe": fmt.Sprintf("<https://rondo.example/u/%d/%d>", n, i)},
		})
	}
	body, err := json.Marshal(with(letter(), "personalizations", list, "subject", "Hello -tag1-",
		"content", []any{object{"type": "text/html", "value": "<p>-tag0-</p>" + strings.Repeat("text ", 2000)}}))
	require.NoError(t, err)
	return body
}

func BenchmarkValidateThousandPersonalizations(b *testing.B) {
	body := bulk(b, 0)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		v, err := validate(body, time.Now())
		require.NoError(b, err)
		require.Empty(b, v.problems)
	}
}

// A benchmark of Rondo posts 200 such calls of 1.2 MB: what stays in memory is the index and what is still to happen, not the bodies.
func TestMessagesTakeLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("posts 60 MB; run without -short")
	}
	s := start(t)
	s.api(http.MethodPut, "/api/settings", object{"event_delay": "1h"}, nil)
	before := heapInUse()
	const calls = 50
	for n := range calls {
		s.send(bulk(t, n))
	}
	grown := heapInUse() - before
	t.Logf("%d messages, %d bytes of heap each", s.server.store.total(), grown/(calls*maxPersonalizations))
	require.Equal(t, calls*maxPersonalizations, s.server.store.total())
	require.Less(t, grown/(calls*maxPersonalizations), int64(800))
}

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
