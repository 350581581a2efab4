package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"rondo/activities/bell"
	"rondo/activities/store"
	"rondo/activities/video"
)

// The walk reads the OpenAPI document and calls every route of it: a new route is covered as soon as it is declared.

// walked is one operation of the document.
type walked struct {
	*huma.Operation
	doc *huma.OpenAPI
}

func (v walked) scope() Scope {
	scope, _ := v.Extensions["x-scope"].(string)
	return Scope(scope)
}

func walk(t *testing.T, f *fixture, do func(t *testing.T, v walked)) {
	t.Helper()
	doc := f.server.OpenAPI()
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				t.Run(op.Method+" "+path, func(t *testing.T) { do(t, walked{op, doc}) })
			}
		}
	}
}

// generous limits, so that a walk is not slowed down, and keys whose signatures nobody here can make.
func generous(c *Config) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c.WebhookKey = &signer.PublicKey
	if c.Video, err = video.New("ws://127.0.0.1:1", "nobody", rand.Text()+rand.Text()); err != nil {
		panic(err)
	}
	c.PerKey, c.PerAddress = Rate{PerSecond: 1e6, Burst: 1e6}, Rate{PerSecond: 1e6, Burst: 1e6}
}

// withTemporal gives the API a bell that rings, where `make test` has a Temporal.
func withTemporal(t *testing.T) func(*Config) {
	t.Helper()
	address := os.Getenv("RONDO_TEMPORAL_ADDRESS")
	if address == "" {
		t.Skip("RONDO_TEMPORAL_ADDRESS is not set: run `make test`, which starts a Temporal")
	}
	c, err := client.NewLazyClient(client.Options{HostPort: address, Namespace: "nobody", Logger: log.NewStructuredLogger(quiet)})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return func(config *Config) { config.Temporal, config.Bell = c, bell.New(c) }
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

func (v walked) pathWith(value string) string {
	return placeholder.ReplaceAllLiteralString(v.Path, url.PathEscape(value))
}

func TestEveryRouteIsDeclaredDocumentedAndUnderARule(t *testing.T) {
	f := setup(t)
	documented := map[string]bool{}
	walk(t, f, func(t *testing.T, v walked) {
		documented[v.Method+" "+ginPath(v.Path)] = true
		require.NotEmpty(t, v.OperationID)
		require.NotEmpty(t, v.Summary)
		require.NotEmpty(t, v.Tags)
		r := f.server.routes[v.Method+" "+ginPath(v.Path)]
		require.NotNil(t, r)
		require.Equal(t, r.Scope, v.scope())
		if strings.HasPrefix(v.Path, "/v1/") && !slices.Contains(signedByOthers, v.OperationID) {
			require.NotEqual(t, Public, r.Scope, "a route under /v1 needs a key")
		}
		if v.Method == http.MethodPost && r.Status == http.StatusCreated && r.Scope != Public {
			require.True(t, r.Idempotent, "a POST that creates takes an Idempotency-Key")
		}
		if v.Method == http.MethodGet {
			require.False(t, r.Idempotent)
		}
	})
	for _, r := range f.server.engine.Routes() {
		require.Contains(t, f.server.routes, r.Method+" "+r.Path)
		method := r.Method
		if method == http.MethodHead { // the same without a body
			method = http.MethodGet
		}
		// The document itself, and files for browsers, are nothing to program against.
		if method != http.MethodGet || strings.HasPrefix(r.Path, "/v1/") {
			require.True(t, documented[method+" "+r.Path], "%s %s is not in the OpenAPI document", r.Method, r.Path)
		}
	}
}

// signedByOthers are routes under /v1 whose caller proves itself by a signature instead of a key.
var signedByOthers = []string{}

func TestEveryRouteRefusesCallersWithoutAKey(t *testing.T) {
	f := setup(t, generous)
	f.keys["forged"] = strings.Replace(f.keys[Admin], "rondo_", "rondo_x", 1)
	walk(t, f, func(t *testing.T, v walked) {
		if v.scope() == Public {
			return
		}
		for _, who := range []Scope{Public, "forged"} {
			a := f.call(who, v.Method, v.pathWith("1"), `{}`)
			require.Equal(t, http.StatusUnauthorized, a.Status, "%s", a.Body)
			require.Contains(t, []string{"missing_key", "unknown_key"}, a.Problem.Code)
		}
	})
}

func TestEveryRouteRefusesTooSmallAScope(t *testing.T) {
	f := setup(t, generous)
	refused := 0
	walk(t, f, func(t *testing.T, v walked) {
		for scope := range f.keys {
			if v.scope().allows([]string{string(scope)}) {
				continue
			}
			refused++
			a := f.call(scope, v.Method, v.pathWith("1"), `{}`)
			require.Equal(t, http.StatusForbidden, a.Status, "%s with scope %s: %s", v.OperationID, scope, a.Body)
			require.Equal(t, "scope_missing", a.Problem.Code)
		}
	})
	require.Positive(t, refused)
}

// TestEveryRouteAnswersGarbageWithAProblem sends what cannot be right, and nothing but a 4xx problem may come back.
func TestEveryRouteAnswersGarbageWithAProblem(t *testing.T) {
	f := setup(t, generous)
	walk(t, f, func(t *testing.T, v walked) {
		if v.Path == "/healthz" || v.Path == "/readyz" {
			return // they take nothing
		}
		if v.scope() != Public {
			v.refuses(t, f, v.pathWith("1")+"?no_such_parameter=1", nil)
		}
		for _, p := range v.Parameters {
			switch p.In {
			case "path":
				for _, garbage := range []string{"x", "-1", "99999999999999999999", "\x00", "%", "é́", "' OR 1=1 --", strings.Repeat("z", 4000)} {
					v.refuses(t, f, v.pathWith(garbage), nil)
				}
			case "query":
				if p.Schema.Type != huma.TypeString {
					v.refuses(t, f, v.pathWith("1")+"?"+url.Values{p.Name: {"\x00garbage"}}.Encode(), nil)
				}
			}
		}
		if v.RequestBody != nil && v.RequestBody.Content["application/json"] != nil {
			for _, garbage := range []string{"", "{", "nul", `"text"`, "[[]]", "7", "\x00", "\xff\xfe{}", `{"no_such_field":1}`, strings.Repeat("[", 50_000)} {
				v.refuses(t, f, v.pathWith("1"), garbage)
			}
		}
	})
}

// refuses wants a 4xx problem; a page for people may render it as HTML.
func (v walked) refuses(t *testing.T, f *fixture, path string, body any) {
	t.Helper()
	if v.RequestBody == nil {
		body = nil
	}
	a := f.call(v.caller(), v.Method, path, body)
	require.GreaterOrEqual(t, a.Status, 400, "%s %s %.200q: %s", v.Method, path, body, a.Body)
	require.Less(t, a.Status, 500, "%s %s %.200q: %s", v.Method, path, body, a.Body)
	if v.scope() != Public {
		require.Equal(t, "application/problem+json", a.Header.Get("Content-Type"))
	}
}

func (v walked) caller() Scope {
	if v.scope() == Public {
		return Public
	}
	return Admin
}

// TestNoRouteFailsOnHostileValues takes a body that is right by its schema and makes one field after the other hostile.
// Whatever a route makes of it, it is not an internal error.
func TestNoRouteFailsOnHostileValues(t *testing.T) {
	f := setup(t, generous, withTemporal(t))
	_, admin, err := f.server.store.CreateKey(t.Context(), store.KeyInput{Name: "walker", Scopes: []string{"admin"}})
	require.NoError(t, err)
	f.keys[Admin] = admin // not number 1, which the walk ends
	plant(t, f)
	walk(t, f, func(t *testing.T, v walked) {
		paths := v.hostilePaths()
		bodies := v.hostileBodies()
		for _, path := range paths {
			v.survives(t, f, path, bodies[0])
		}
		for _, body := range bodies {
			v.survives(t, f, v.pathWith("1"), body)
		}
		for _, header := range []string{"If-Match", "Idempotency-Key", "Last-Event-ID", "Content-Type", "Accept"} {
			v.survives(t, f, v.pathWith("1"), bodies[0], header, "\"\xc3\x28 garbage")
		}
	})
}

// plant makes number 1 of most kinds, so that hostile values reach the end of a handler.
func plant(t *testing.T, f *fixture) {
	t.Helper()
	for _, seed := range [][2]string{
		{"/v1/users", `{"email":"grace@example.org","name":"Grace"}`},
		{"/v1/people", `{"email":"ada@example.org","name":"Ada"}`},
		{"/v1/people", `{"email":"alan@example.org","name":"Alan"}`},
		{"/v1/lists", `{"name":"Everybody"}`},
		{"/v1/holiday-lists", `{"name":"France","days":{"2030-07-14":"Quatorze"}}`},
		{"/v1/blacklist", `{"kind":"address","value":"stop@example.org"}`},
		{"/v1/programs", `{"name":"Coffee"}`},
		{"/v1/programs/1/schedules", `{"timezone":"Europe/Paris","opt_in":"2030-01-07T09:00","match":"2030-01-10T09:00","every_weeks":1}`},
		{"/v1/sequences", `{"name":"Drip","steps":[{"kind":"mail","subject":"Hello","text":"First"},{"kind":"task","text":"Call"}]}`},
		{"/v1/sequences/1/batches", `{"people":[1]}`},
		{"/v1/events", `{"name":"Fair","timezone":"Europe/Paris","first_day":"2020-01-01","last_day":"2040-01-01"}`},
		{"/v1/events/1/ticket-types", `{"name":"Founder"}`},
		{"/v1/events/1/sessions", `{"name":"Speed networking","starts":"now","ends":"2039-01-01T10:00","visible_attributes":["company"]}`},
	} {
		a := f.call(Admin, "POST", seed[0], seed[1])
		require.Equal(t, http.StatusCreated, a.Status, "%s: %s", seed[0], a.Body)
	}
	a := f.call(Admin, "PUT", "/v1/users/1/sender", `{}`)
	require.Equal(t, http.StatusOK, a.Status, "%s", a.Body)
	a = f.call(Admin, "POST", "/v1/events/1/tickets", `{"tickets":[{"person_id":1,"type":"Founder"},{"person_id":2,"type":"1"}]}`)
	require.Equal(t, http.StatusOK, a.Status, "%s", a.Body)
	_, err := f.server.store.Pool().Exec(t.Context(), `UPDATE networking_sessions SET phase = 'open', meetings = 1;
		INSERT INTO attendees (session_id, person_id, state, seq) VALUES (1, 1, 'meeting', 1), (1, 2, 'meeting', 1);
		INSERT INTO meetings (session_id, no, made_at, connect_by) VALUES (1, 1, now(), now());
		INSERT INTO meeting_members (session_id, no, person_id, waited_ms) VALUES (1, 1, 1, 1), (1, 1, 2, 1);
		INSERT INTO reports (session_id, no, person_id, other_id, reason) VALUES (1, 1, 1, 2, 'spam')`)
	require.NoError(t, err)
	_, err = f.server.store.Pool().Exec(t.Context(), `INSERT INTO enrollments (sequence_id, edition, batch_id, person_id, sender_id) VALUES (1, 1, 1, 2, 1)`)
	require.NoError(t, err)
	_, err = f.server.store.Pool().Exec(t.Context(), `
		WITH r AS (INSERT INTO rounds (program_id, schedule_id, ordinal, phase, kind, participation, review, at_deadline, timezone, opens_at, answers_close_at, match_at)
			VALUES (1, 1, 0, 'open', 'automatic', 'ask', false, 'send', 'Europe/Paris', now(), now() + interval '1 day', now() + interval '1 day') RETURNING id),
		c AS (INSERT INTO round_counts (round_id, invited) SELECT id, 2 FROM r)
		INSERT INTO round_members (round_id, person_id) SELECT r.id, p.id FROM r, people p`)
	require.NoError(t, err)
}

var hostileTexts = []string{"", "\x00", "a\x00b", "\u202e", strings.Repeat("é", 5000), "' OR 1=1 --", "{{ x | y }}", "{% for %}", "../../etc/passwd", "2026-02-30T25:61", "Mars/Olympus"}

func (v walked) hostilePaths() []string {
	paths := []string{v.pathWith("1"), v.pathWith("9223372036854775807")}
	for _, p := range v.Parameters {
		if p.In == "query" {
			for _, text := range hostileTexts {
				paths = append(paths, v.pathWith("1")+"?"+url.Values{p.Name: {text}}.Encode())
			}
		}
	}
	return paths
}

func (v walked) hostileBodies() []any {
	if v.RequestBody == nil {
		return []any{nil}
	}
	media := v.RequestBody.Content["application/json"]
	if media == nil {
		bodies := []any{"garbage"}
		for _, text := range hostileTexts {
			bodies = append(bodies, text)
		}
		return bodies
	}
	whole, _ := v.sample(media.Schema, 0).(map[string]any)
	object, _ := v.sample(media.Schema, 1).(map[string]any)
	bodies := []any{object, whole}
	for name := range whole {
		for _, hostile := range []any{nil, true, -1, 1e300, json.Number("9223372036854775807"), map[string]any{"x": 1}, []any{nil}} {
			bodies = append(bodies, with(object, name, hostile))
		}
		for _, text := range hostileTexts {
			bodies = append(bodies, with(object, name, text), with(object, name, []any{text}), with(object, name, map[string]any{text: text}))
		}
	}
	return bodies
}

func with(object map[string]any, name string, value any) map[string]any {
	changed := maps.Clone(object)
	changed[name] = value
	return changed
}

// sample makes a value that satisfies a schema, at depth 0 with every property, deeper with the required ones.
func (v walked) sample(s *huma.Schema, depth int) any {
	if s.Ref != "" {
		s = v.doc.Components.Schemas.SchemaFromRef(s.Ref)
	}
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case len(s.OneOf) > 0:
		return v.sample(s.OneOf[0], depth)
	case depth > 6:
		return nil
	}
	switch s.Type {
	case huma.TypeObject:
		object := map[string]any{}
		for name, property := range s.Properties {
			if depth == 0 || slices.Contains(s.Required, name) {
				object[name] = v.sample(property, depth+1)
			}
		}
		return object
	case huma.TypeArray:
		return []any{v.sample(s.Items, depth+1)}
	case huma.TypeString:
		return sampleText(s)
	case huma.TypeInteger, huma.TypeNumber:
		if s.Minimum != nil {
			return *s.Minimum
		}
		return 1
	case huma.TypeBoolean:
		return false
	default:
		return map[string]any{}
	}
}

func sampleText(s *huma.Schema) string {
	switch s.Format {
	case "date-time":
		return time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	case "date":
		return time.Now().Add(48 * time.Hour).UTC().Format(time.DateOnly)
	case "email":
		return "ada@example.org"
	}
	if len(s.Examples) > 0 {
		return fmt.Sprint(s.Examples[0])
	}
	if s.MinLength != nil && *s.MinLength > 2 {
		return strings.Repeat("a", *s.MinLength)
	}
	return "UTC"
}

// survives wants anything but an internal error. Streams that begin are left at once.
func (v walked) survives(t *testing.T, f *fixture, path string, body any, headers ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r := newRequest(t, v.Method, f.url+path, body).WithContext(ctx)
	if who := v.caller(); who != Public {
		r.Header.Set("Authorization", "Bearer "+f.keys[who])
	}
	r.Header.Set("If-Match", string(etag(1)))
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = []string{headers[i+1]}
	}
	res, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	if v.scope() != Public {
		require.NotEqual(t, http.StatusUnauthorized, res.StatusCode, "the walk has lost its key")
	}
	require.Less(t, res.StatusCode, 500, "%s %s %.300v\n%s", v.Method, path, body, lastLines(f.log.String()))
}

func lastLines(log string) string {
	return log[max(0, len(log)-1500):]
}
