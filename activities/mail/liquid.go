package mail

import (
	"errors"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/osteele/liquid"
)

// Bounds of texts, in bytes.
const (
	maxSource = 100_000 // of one template
	maxOutput = 500_000 // of one rendered template
	maxValue  = 50_000  // of what a filter may make
)

// The engines differ in what leaves a {{ }}: for HTML it is escaped, for text and subjects it is not.
var (
	textEngine = newEngine(func(s string) any { return s })
	htmlEngine = newEngine(func(s string) any { return markup(strings.ReplaceAll(html.EscapeString(s), "\n", "<br>\n")) })
)

// markup is HTML already; everything else is escaped when it is printed.
type markup string

// output is the filter that the compiler puts behind every {{ }} of an HTML text.
const output = "rondo_output"

// newEngine replaces whatever filter could make much out of little: texts come from users. Tags and ranges that could are
// refused when a text is compiled.
func newEngine(breaks func(string) any) *liquid.Engine {
	e := liquid.NewEngine()
	e.RegisterFilter("append", func(a, b string) (string, error) { return bounded(a + b) })
	e.RegisterFilter("prepend", func(a, b string) (string, error) { return bounded(b + a) })
	e.RegisterFilter("replace", func(s, old, with string) (string, error) {
		if old == "" || len(s)+strings.Count(s, old)*len(with) > maxValue {
			return bounded(s)
		}
		return strings.ReplaceAll(s, old, with), nil
	})
	e.RegisterFilter("capitalize", func(s string) string {
		r, n := utf8.DecodeRuneInString(s)
		return strings.ToUpper(string(r)) + s[n:]
	})
	e.RegisterFilter("strip", strings.TrimSpace)
	e.RegisterFilter("url_encode", url.QueryEscape)
	e.RegisterFilter("truncate", truncate)
	e.RegisterFilter("truncatewords", truncateWords)
	e.RegisterFilter("escape", func(s any) any { return s }) // HTML is escaped anyway
	e.RegisterFilter("newline_to_br", breaks)
	e.RegisterFilter(output, func(v any) string {
		if m, ok := v.(markup); ok {
			return string(m)
		}
		return html.EscapeString(shown(v))
	})
	return e
}

func bounded(s string) (string, error) {
	if len(s) > maxValue {
		return "", fmt.Errorf("a filter made more than %d bytes", maxValue)
	}
	return s, nil
}

func truncate(s string, length func(int) int, ellipsis func(string) string) string {
	n, end := length(50), ellipsis("...")
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	keep := max(n-utf8.RuneCountInString(end), 0)
	return string([]rune(s)[:keep]) + end
}

func truncateWords(s string, length func(int) int, ellipsis func(string) string) string {
	words := strings.Fields(s)
	n := max(length(15), 1)
	if len(words) <= n {
		return s
	}
	return strings.Join(words[:n], " ") + ellipsis("...")
}

// shown is what Liquid prints for a value.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		var b strings.Builder
		for _, item := range v {
			b.WriteString(shown(item))
		}
		return b.String()
	default:
		return fmt.Sprint(v)
	}
}

// renderBlock runs a compiled block. Liquid has neither a limit nor a way to stop it, so the limits are these: only values
// of one message go in, loops run over those, and what comes out is cut off with an error.
func renderBlock(t *liquid.Template, vars map[string]any) (out string, err error) {
	defer func() {
		if r := recover(); r != nil { // the library panics on some type errors and when its writer fails
			err = fmt.Errorf("render: %v", r)
		}
	}()
	w := &limitedWriter{}
	if err := t.FRender(w, vars); err != nil {
		return "", err
	}
	return w.String(), nil
}

var errTooLong = errors.New("the text becomes too long")

type limitedWriter struct{ strings.Builder }

func (w *limitedWriter) Write(p []byte) (int, error) {
	if w.Len()+len(p) > maxOutput {
		return 0, errTooLong
	}
	return w.Builder.Write(p)
}

// The tags that texts may use. What is missing either reads files (include), or could build values without bound
// (assign, capture), or makes markup that HTML escaping does not know (tablerow).
var (
	blockTags  = []string{"if", "unless", "case", "for", "comment", "raw"}
	clauseTags = []string{"else", "elsif", "when"}
	loopTags   = []string{"break", "continue"}
)

func knownTag(name string) bool {
	start, end := strings.CutPrefix(name, "end")
	if end {
		return slices.Contains(blockTags, start)
	}
	return slices.Contains(blockTags, name) || slices.Contains(clauseTags, name) || slices.Contains(loopTags, name)
}

// oneLine is what may stand in a header: no line breaks, no other control characters.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) }), " ")
}
