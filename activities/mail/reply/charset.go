package reply

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
)

// decode makes UTF-8 of text in a charset. Text that is UTF-8 beyond ASCII is so whatever the label says; a label that is
// missing or wrong means Windows-1252, as in browsers.
func decode(s, label string) string {
	if utf8.ValidString(s) && (label == "" || !ascii(s)) {
		return s
	}
	e, name := charset.Lookup(label)
	if e == nil || name == "utf-8" || name == "replacement" {
		if utf8.ValidString(s) {
			return s
		}
		e, _ = charset.Lookup("windows-1252")
	}
	decoded, err := e.NewDecoder().String(s)
	if err != nil {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	return decoded
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// charsetReader is for encoded words.
func charsetReader(label string, input io.Reader) (io.Reader, error) {
	r, err := charset.NewReaderLabel(label, input)
	if err != nil {
		return nil, fmt.Errorf("charset of a header: %w", err)
	}
	return r, nil
}

// clean makes text fit to be kept and searched: valid UTF-8, no control or invisible characters, lines that end with \n,
// and no more of it than maxText.
func clean(s string) string {
	s = cut(s, 4*maxText)
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune { // which also makes U+FFFD of what is no UTF-8
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029' || r == '\v' || r == '\f':
			return '\n'
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		default:
			return r
		}
	}, s)
	return cut(s, maxText)
}

// cut keeps whole characters within n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return s[:i]
		}
	}
	return s[:n] // not UTF-8
}

// oneLine joins lines and runs of space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
