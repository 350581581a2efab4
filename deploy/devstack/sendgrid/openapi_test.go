package sendgrid

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPublishedExamplesAreAccepted(t *testing.T) {
	d := readDocument(t)
	s := start(t)
	require.NotEmpty(t, d.request().JSON.Examples)
	for name, example := range d.request().JSON.Examples {
		res, answer := s.call(http.MethodPost, "/v3/mail/send", []byte(example.Value))
		require.Equal(t, http.StatusAccepted, res.StatusCode, "%s: %s", name, answer)
	}
}

func TestWhateverBreaksThePublishedSchemaIsRefusedByName(t *testing.T) {
	d := readDocument(t)
	s := start(t)
	root := d.request().JSON.Schema
	n := 0
	valid := d.sample(root, "", &n).(object)
	require.Empty(t, d.faults(root, decoded(t, with(maps.Clone(valid), "custom_args", nil)), ""))
	s.send(valid)
	violations := d.violations(root, valid, "", "", func(into object, to any) { maps.Copy(into, to.(object)) })
	require.Greater(t, len(violations), 100)
	for _, v := range violations {
		t.Run(v.name, func(t *testing.T) {
			broken := object{}
			v.apply(broken)
			require.NotEmpty(t, d.faults(root, decoded(t, without(broken, "custom_args")), ""), "the violation breaks nothing")
			res, answer := s.call(http.MethodPost, "/v3/mail/send", broken)
			require.Equal(t, http.StatusBadRequest, res.StatusCode, string(answer))
			named := fields(t, answer)
			require.True(t, slices.ContainsFunc(named, func(f string) bool { return f == v.field || strings.HasPrefix(f, v.field+".") }), "%v, not %s", named, v.field)
		})
	}
	t.Logf("%d violations of the published schema, each refused with its field", len(violations))
}

func decoded(t *testing.T, o object) (value any) {
	text, err := json.Marshal(o)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &value))
	return value
}

// Every status the document lists for mail send is answered, with a body of its schema. One member differs knowingly: help is
// a link in SendGrid's answers, as its users quote them, and an object in the document.
func TestAnswersHaveThePublishedShape(t *testing.T) {
	d := readDocument(t)
	s := start(t)
	asks := map[string]func() (*http.Response, []byte){
		"202": func() (*http.Response, []byte) { return s.call("POST", "/v3/mail/send", letter("ann@example.com")) },
		"400": func() (*http.Response, []byte) { return s.call("POST", "/v3/mail/send", letter("ann@")) },
		"401": func() (*http.Response, []byte) { return s.call("POST", "/v3/mail/send", nil, "Authorization", "") },
		"403": func() (*http.Response, []byte) {
			return s.call("POST", "/v3/mail/send", with(letter("ann@example.com"), "from", object{"email": "unverified@example.com"}))
		},
		"404": func() (*http.Response, []byte) { return s.call("POST", "/v3/mail/nothing", nil) },
		"405": func() (*http.Response, []byte) { return s.call("PUT", "/v3/mail/send", nil) },
		"413": func() (*http.Response, []byte) { return s.call("POST", "/v3/mail/send", make([]byte, maxBody+1)) },
		"500": func() (*http.Response, []byte) {
			s.faulty(Rule{Kind: Failure, Next: 1})
			return s.call("POST", "/v3/mail/send", letter("ann@example.com"))
		},
	}
	published := d.Paths.Send.Post.Responses
	require.ElementsMatch(t, slices.Collect(maps.Keys(published)), slices.Collect(maps.Keys(asks)))
	for status, ask := range asks {
		t.Run(status, func(t *testing.T) {
			res, answer := ask()
			require.Equal(t, status, fmt.Sprint(res.StatusCode), string(answer))
			content := d.Components.Responses[last(published[status].Ref)].Content.JSON.Schema
			if content.Ref == "" {
				require.Empty(t, answer)
				return
			}
			var body map[string]any
			require.NoError(t, json.Unmarshal(answer, &body))
			for _, e := range body["errors"].([]any) {
				delete(e.(map[string]any), "help")
			}
			require.Empty(t, d.faults(content, body, ""))
			require.NotEmpty(t, body["errors"])
		})
	}
}
