package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind int

const (
	end    kind = iota
	word        // a bare word, as typed
	quoted      // a quoted value, unescaped
	symbol      // one of ( ) , = != < <= > >=
)

type token struct {
	kind kind
	text string
	at   int  // 1-based, in characters
	glue bool // follows the token before without a space
}

func (t token) is(k kind, text string) bool { return t.kind == k && strings.EqualFold(t.text, text) }

// describe names a token in an error message.
func (t token) describe() string {
	switch t.kind {
	case end:
		return "the end"
	case quoted:
		return quote(t.text)
	default:
		return t.text
	}
}

// lexer splits a filter into tokens, one per call of next.
type lexer struct {
	rest string
	at   int // 1-based position of rest, in characters
}

func notWordRune(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.@:+/", r)
}

func (l *lexer) next() (token, *Error) {
	glue := true
	for l.rest != "" {
		r, n := utf8.DecodeRuneInString(l.rest)
		if !unicode.IsSpace(r) {
			break
		}
		l.skip(n, 1)
		glue = false
	}
	t := token{at: l.at, glue: glue}
	if l.rest == "" {
		return t, nil
	}
	switch c := l.rest[0]; c {
	case '(', ')', ',':
		return l.symbol(t, 1), nil
	case '=', '<', '>', '!':
		return l.comparison(t)
	case '"':
		return l.quoted(t)
	case '\'':
		return t, errorAt(t.at, `a value is quoted with double quotes: "..."`)
	}
	n := strings.IndexFunc(l.rest, notWordRune)
	if n < 0 {
		n = len(l.rest)
	}
	if n == 0 {
		r, _ := utf8.DecodeRuneInString(l.rest)
		return t, errorAt(t.at, "unexpected %q: write values with other characters than letters, digits and _-.@:+/ in double quotes", r)
	}
	t.kind, t.text = word, l.rest[:n]
	l.skip(n, utf8.RuneCountInString(t.text))
	return t, nil
}

func (l *lexer) skip(size, characters int) {
	l.rest = l.rest[size:]
	l.at += characters
}

func (l *lexer) symbol(t token, size int) token {
	t.kind, t.text = symbol, l.rest[:size]
	l.skip(size, size)
	return t
}

func (l *lexer) comparison(t token) (token, *Error) {
	for _, s := range []string{"==", "=>", "=<", "<>"} {
		if strings.HasPrefix(l.rest, s) {
			right := map[string]string{"==": "=", "=>": ">=", "=<": "<=", "<>": "!="}[s]
			return t, errorAt(t.at, "there is no operator %s: use %s", s, right)
		}
	}
	if len(l.rest) > 1 && l.rest[1] == '=' {
		return l.symbol(t, 2), nil
	}
	if l.rest[0] == '!' {
		return t, errorAt(t.at, "unexpected !: use != or not")
	}
	return l.symbol(t, 1), nil
}

func (l *lexer) quoted(t token) (token, *Error) {
	t.kind = quoted
	l.skip(1, 1)
	var b strings.Builder
	for l.rest != "" {
		r, n := utf8.DecodeRuneInString(l.rest)
		switch r {
		case '"':
			l.skip(n, 1)
			t.text = b.String()
			return t, nil
		case '\\':
			if len(l.rest) < 2 || l.rest[1] != '"' && l.rest[1] != '\\' {
				return t, errorAt(l.at, `after a backslash comes " or \: write \\ for a backslash`)
			}
			b.WriteByte(l.rest[1])
			l.skip(2, 2)
			continue
		}
		b.WriteRune(r)
		l.skip(n, 1)
	}
	return t, errorAt(t.at, `this quote is never closed: end the value with "`)
}
