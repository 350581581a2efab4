package reply

import (
	"strings"
	"unicode"
)

// plain maps letters of the four languages, and typographic signs, to what patterns are written in.
var plain = func() map[rune]string {
	m := map[rune]string{'ß': "ss", 'œ': "oe", 'æ': "ae", '…': "...", '¿': "", '¡': "", 'ª': ""}
	for to, from := range map[string]string{
		"a": "àáâãäå", "e": "èéêë", "i": "ìíîï", "o": "òóôõöº", "u": "ùúûü", "c": "ç", "n": "ñ", "y": "ýÿ",
		"'": "’‘´`ʼ", `"`: "«»“”„", "-": "‐‑‒–—−",
	} {
		for _, r := range from {
			m[r] = to
		}
	}
	return m
}()

// fold makes text comparable: lower case, without accents, typographic signs as ASCII, words parted by one space and
// paragraphs by one \n. Patterns in this package are about folded text.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	breaks, space := 0, false
	for _, r := range s {
		if unicode.IsSpace(r) {
			if space = true; r == '\n' {
				breaks++
			}
			continue
		}
		if unicode.Is(unicode.Mn, r) {
			continue // the accent of a letter that was written in two characters
		}
		if b.Len() > 0 && breaks > 1 {
			b.WriteByte('\n')
		} else if b.Len() > 0 && space {
			b.WriteByte(' ')
		}
		breaks, space = 0, false
		r = unicode.ToLower(r)
		if to, ok := plain[r]; ok {
			b.WriteString(to)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
