package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/store"
)

// counting is a route that counts how often it really ran, and does what next says.
func counting(f *fixture) (calls *atomic.Int64, next *func() error) {
	calls, next = new(atomic.Int64), new(func() error)
	*next = func() error { return nil }
	type input struct {
		Body struct {
			Text string `json:"text"`
		}
	}
	handle(f.server, Route{
		Method: "POST", Path: "/v1/things", ID: "create-thing", Tag: "test", Scope: Send, Status: http.StatusCreated, Idempotent: true,
	}, func(_ context.Context, in *input) (*countOutput, error) {
		n := calls.Add(1)
		if err := (*next)(); err != nil {
			return nil, err
		}
		out := &countOutput{}
		out.Body.Bytes = n
		return out, nil
	})
	return calls, next
}

func TestARepeatedRequestGetsTheFirstAnswer(t *testing.T) {
	f := setup(t)
	calls, _ := counting(f)
	first := f.call(Send, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k1")
	require.Equal(t, http.StatusCreated, first.Status, "%s", first.Body)
	require.Empty(t, first.Header.Get("Idempotent-Replayed"))
	again := f.call(Send, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k1")
	require.Equal(t, http.StatusCreated, again.Status)
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, first.Header.Get("Content-Type"), again.Header.Get("Content-Type"))
	require.Equal(t, first.Body, again.Body)
	require.EqualValues(t, 1, calls.Load())

	require.Equal(t, http.StatusCreated, f.call(Send, "POST", "/v1/things", `{"text":"a"}`).Status)
	require.Equal(t, http.StatusCreated, f.call(Send, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k2").Status)
	require.Equal(t, http.StatusCreated, f.call(Admin, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k1").Status, "keys of another caller")
	require.EqualValues(t, 4, calls.Load())
}

func TestAKeyOfAnotherRequestIsRefused(t *testing.T) {
	f := setup(t)
	calls, _ := counting(f)
	f.call(Send, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k")
	a := f.call(Send, "POST", "/v1/things", `{"text":"b"}`, "Idempotency-Key", "k")
	require.Equal(t, http.StatusUnprocessableEntity, a.Status)
	require.Equal(t, "idempotency_key_reused", a.Problem.Code)
	f.call(Admin, "POST", "/v1/keys", `{"name":"x","scopes":["read"]}`, "Idempotency-Key", "k")
	a = f.call(Admin, "POST", "/v1/things", `{"name":"x","scopes":["read"]}`, "Idempotency-Key", "k")
	require.Equal(t, "idempotency_key_reused", a.Problem.Code, "the same body to another path")
	a = f.call(Send, "POST", "/v1/things", `{"text":"b"}`, "Idempotency-Key", strings.Repeat("k", 256))
	require.Equal(t, "invalid_idempotency_key", a.Problem.Code)
	require.EqualValues(t, 1, calls.Load())
}

func TestOnlyAFailureOfOursFreesTheKey(t *testing.T) {
	f := setup(t)
	calls, next := counting(f)
	post := func() answer { return f.call(Send, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k") }
	*next = func() error { return errors.New("down") }
	require.Equal(t, http.StatusInternalServerError, post().Status)
	*next = func() error { panic("down") }
	require.Equal(t, http.StatusInternalServerError, post().Status)
	*next = func() error { return fault.New(fault.Limited, "quota", "slow down") }
	require.Equal(t, http.StatusTooManyRequests, post().Status)
	*next = func() error { return fault.New(fault.Conflict, "taken", "it is taken") }
	require.Equal(t, http.StatusConflict, post().Status)
	require.EqualValues(t, 4, calls.Load())
	*next = func() error { return nil }
	a := post()
	require.Equal(t, "taken", a.Problem.Code, "a refusal is an answer")
	require.Equal(t, "true", a.Header.Get("Idempotent-Replayed"))
	require.EqualValues(t, 4, calls.Load())
}

func TestOfManyAtOnceOneRuns(t *testing.T) {
	f := setup(t)
	calls, next := counting(f)
	running, finish := make(chan struct{}), make(chan struct{})
	*next = func() error {
		close(running)
		<-finish
		return nil
	}
	var wg sync.WaitGroup
	post := func() answer { return f.call(Send, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k") }
	var first answer
	wg.Go(func() { first = post() })
	<-running
	var waiting sync.WaitGroup
	for range 8 {
		waiting.Go(func() {
			a := post()
			if a.Problem.Code != "request_in_progress" || a.Status != http.StatusConflict {
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	waiting.Wait()
	require.Equal(t, "idempotency_key_reused", f.call(Send, "POST", "/v1/things", `{"text":"b"}`, "Idempotency-Key", "k").Problem.Code)
	close(finish)
	wg.Wait()
	require.Equal(t, http.StatusCreated, first.Status)
	require.Equal(t, first.Body, post().Body)
	require.EqualValues(t, 1, calls.Load())
}

func TestKeptAnswersCannotBeReadInTheDatabaseAndOldOnesGo(t *testing.T) {
	f := setup(t)
	create := func() NewKey {
		a := f.call(Admin, "POST", "/v1/keys", `{"name":"demo","scopes":["read"]}`, "Idempotency-Key", "k")
		require.Equal(t, http.StatusCreated, a.Status, "%s", a.Body)
		var k NewKey
		require.NoError(t, json.Unmarshal(a.Body, &k))
		return k
	}
	first := create()
	require.Equal(t, first, create())
	pool := f.server.store.Pool()
	var row string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT convert_from(decode(replace(encode(body, 'hex'), '00', '2e'), 'hex'), 'LATIN1') || headers::text FROM idempotency`).Scan(&row))
	require.NotContains(t, row, first.Text)
	require.NotContains(t, row, "demo")

	_, err := pool.Exec(t.Context(), `UPDATE idempotency SET created_at = created_at - interval '24 hours 1 second'`)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, create().ID, "after a day the key is new again")
	_, err = pool.Exec(t.Context(), `UPDATE idempotency SET created_at = created_at - interval '24 hours 1 second'`)
	require.NoError(t, err)
	n, err := f.server.store.CleanIdempotency(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
}

func TestAClaimOfADeadProcessIsTakenOver(t *testing.T) {
	f := setup(t)
	calls, next := counting(f)
	*next = func() error { // what a crash would leave: no answer, a claim older than its lease
		_, err := f.server.store.Pool().Exec(t.Context(), `UPDATE idempotency SET created_at = created_at - interval '2 minutes'`)
		return err
	}
	f.call(Send, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k")
	require.EqualValues(t, 1, calls.Load())
	*next = func() error { return nil }
	a := f.call(Send, "POST", "/v1/things", `{"text":"a"}`, "Idempotency-Key", "k")
	require.Equal(t, http.StatusCreated, a.Status, "%s", a.Body)
	require.EqualValues(t, 2, calls.Load())
}

// The process died, or the answer could not be kept: what took effect does not happen twice, what did not is done again.
func TestARequestThatTookEffectNeverRunsAgain(t *testing.T) {
	f := setup(t)
	ctx := t.Context()
	begin := func(key string, lease time.Duration) (*store.Claim, error) {
		c := &store.Claim{KeyID: 1, Key: key, Hash: []byte("h"), Lease: lease}
		_, err := f.server.store.ClaimRequest(ctx, c)
		return c, err
	}
	dead, err := begin("dead", time.Hour)
	require.NoError(t, err)
	_, err = begin("dead", 0)
	require.NoError(t, err, "nothing was committed: it is taken over")
	_, err = f.server.store.CreateList(store.Claimed(ctx, dead), "late")
	require.Equal(t, "request_taken_over", fault.From(err).Code, "and the first, if it lives, commits nothing any more")

	died, err := begin("died", time.Hour)
	require.NoError(t, err)
	_, err = f.server.store.CreateList(store.Claimed(ctx, died), "made")
	require.NoError(t, err)
	_, err = begin("died", time.Hour)
	require.Equal(t, "request_in_progress", fault.From(err).Code)
	_, err = begin("died", 0)
	require.Equal(t, "request_answer_lost", fault.From(err).Code)
	require.NoError(t, f.server.store.DropClaim(ctx, died))
	_, err = begin("died", 0)
	require.Equal(t, "request_answer_lost", fault.From(err).Code, "a failure after the fact frees nothing")

	lists, err := f.server.store.Lists(ctx, store.Page{Limit: 9})
	require.NoError(t, err)
	require.Len(t, lists, 1)
}

// Every route that takes an Idempotency-Key notes what it does.
func TestRoutesNoteThatTheyTookEffect(t *testing.T) {
	f := setup(t, unrung(t))
	p := f.program(`{"name": "Tea"}`)
	person := f.posted().PersonID
	other := f.posted().PersonID
	for path, body := range map[string]string{
		"/v1/people":        `{"email": "new@example.com"}`,
		"/v1/users":         `{"email": "user@example.com"}`,
		"/v1/lists":         `{"name": "l"}`,
		"/v1/keys":          `{"name": "k", "scopes": ["read"]}`,
		"/v1/programs":      `{"name": "Coffee"}`,
		"/v1/blacklist":     `{"kind": "domain", "value": "example.net"}`,
		"/v1/holiday-lists": `{"name": "h", "days": {}}`,
		"/v1/programs/" + decimal(p.ID) + "/schedules":   `{"opt_in": "now", "match": "2999-01-01T10:00", "timezone": "UTC"}`,
		"/v1/programs/" + decimal(p.ID) + "/never-pairs": fmt.Sprintf(`{"pairs": [{"a": %d, "b": %d}]}`, person, other),
		"/v1/people/import":                              "email\nimported@example.com\n",
	} {
		kind := "application/json"
		if strings.HasSuffix(path, "/import") {
			kind = "text/csv"
		}
		a := f.call(Admin, http.MethodPost, path, body, "Idempotency-Key", path, "Content-Type", kind)
		require.Less(t, a.Status, 300, "%s: %s", path, a.Body)
		var effective bool
		require.NoError(t, f.server.store.Pool().QueryRow(t.Context(), `SELECT effective FROM idempotency WHERE key = $1`, path).Scan(&effective))
		require.True(t, effective, path)
	}
}
