package filter

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"rondo/activities/fault"
)

// Error says where a filter is wrong and what would be right.
type Error struct {
	Position int // 1-based, in characters
	Message  string
}

func (e *Error) Error() string { return fmt.Sprintf("at character %d: %s", e.Position, e.Message) }

func errorAt(position int, format string, args ...any) *Error {
	return &Error{Position: position, Message: fmt.Sprintf(format, args...)}
}

// Parse reads a filter in time linear in its length. Its error is a fault with the code "invalid_filter", the location
// "filter" and an *Error as its cause; errors.As reaches both.
func Parse(s string) (Expr, error) {
	root, err := parse(s)
	if err != nil {
		f := fault.BadField("invalid_filter", "filter", "%s", err.Error())
		f.Err = err
		return Expr{}, f
	}
	return Expr{root: root}, nil
}

func parse(s string) (node, *Error) {
	if at := badCharacter(s); at > 0 {
		return nil, errorAt(at, "a filter is UTF-8 text without NUL")
	}
	if n := utf8.RuneCountInString(s); n > MaxLength {
		return nil, errorAt(MaxLength+1, "the filter has %d characters: at most %d are read", n, MaxLength)
	}
	p := &parser{lexer: lexer{rest: s, at: 1}}
	p.advance()
	if p.err == nil && p.token.kind == end {
		return nil, nil
	}
	n := p.anyOf()
	if p.err == nil && p.token.kind != end {
		p.fail(p.token.at, "unexpected %s: join conditions with and or or", p.token.describe())
	}
	if p.err != nil {
		return nil, p.err
	}
	return n, nil
}

// badCharacter is the 1-based position of the first character that Postgres would refuse; 0 when there is none.
func badCharacter(s string) int {
	at := 0
	for i, r := range s {
		at++
		if r == 0 {
			return at
		}
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return at
			}
		}
	}
	return 0
}

// parser is a recursive descent with one token of look-ahead. The first error sticks; after it every token is the end.
type parser struct {
	lexer lexer
	token token
	depth int
	err   *Error
}

func (p *parser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = errorAt(at, format, args...)
	}
	p.token = token{kind: end, at: at}
}

// advance moves to the next token and returns the one it leaves.
func (p *parser) advance() token {
	t := p.token
	if p.err != nil {
		return t
	}
	next, err := p.lexer.next()
	if err != nil {
		p.fail(err.Position, "%s", err.Message)
		return t
	}
	p.token = next
	return t
}

func (p *parser) accept(k kind, text string) bool {
	if !p.token.is(k, text) {
		return false
	}
	p.advance()
	return true
}

func (p *parser) expect(k kind, text, then string) {
	if !p.accept(k, text) {
		p.fail(p.token.at, "expected %s %s instead of %s", text, then, p.token.describe())
	}
}

func (p *parser) anyOf() node {
	parts := []node{p.allOf()}
	for p.accept(word, "or") {
		parts = append(parts, p.allOf())
	}
	return flat[anyOf](parts)
}

func (p *parser) allOf() node {
	parts := []node{p.unary()}
	for p.accept(word, "and") {
		parts = append(parts, p.unary())
	}
	return flat[allOf](parts)
}

// flat joins parts, taking apart those that are of the same kind: a and (b and c) is a and b and c.
func flat[N interface {
	~[]node
	node
}](parts []node) node {
	if len(parts) == 1 {
		return parts[0]
	}
	var all N
	for _, p := range parts {
		if same, ok := p.(N); ok {
			all = append(all, same...)
		} else {
			all = append(all, p)
		}
	}
	return all
}

func (p *parser) unary() node {
	at := p.token.at
	if p.depth++; p.depth > MaxDepth {
		p.fail(at, "more than %d levels of parentheses and not: simplify the filter", MaxDepth)
	}
	defer func() { p.depth-- }()
	switch {
	case p.accept(word, "not"):
		return not{of: p.unary()}
	case p.accept(symbol, "("):
		n := p.anyOf()
		p.expect(symbol, ")", fmt.Sprintf("for the ( at character %d", at))
		return n
	default:
		return p.condition()
	}
}

func (p *parser) condition() node {
	c := condition{}
	c.field, c.name = p.field()
	at := p.token.at
	c.op = p.operator()
	if p.err != nil {
		return c
	}
	if !slices.Contains(operators[c.field], c.op) {
		p.fail(at, "%s does not understand %s: use one of %s", c.field, c.op, strings.Join(asStrings(operators[c.field]), ", "))
		return c
	}
	switch c.op {
	case isSet, isNotSet:
	case in, notIn:
		p.expect(symbol, "(", "before the values of in")
		c.values = []string{p.value(c)}
		for p.accept(symbol, ",") {
			c.values = append(c.values, p.value(c))
		}
		p.expect(symbol, ")", "or , after a value of in")
	default:
		c.values = []string{p.value(c)}
	}
	return c
}

func (p *parser) field() (field, string) {
	t := p.advance()
	if t.kind != word || keyword(t.text) {
		p.fail(t.at, "expected a field such as email or department instead of %s", t.describe())
		return "", ""
	}
	lower := strings.ToLower(t.text)
	if lower == "attr." && p.token.kind == quoted && p.token.glue {
		n := strings.ToLower(strings.TrimSpace(p.token.text))
		if n == "" {
			p.fail(p.token.at, `the name of an attribute is empty: write attr."job title"`)
		}
		p.advance()
		return attribute, n
	}
	if f := field(lower); f != attribute && operators[f] != nil {
		return f, ""
	}
	if !plainName(lower) {
		p.fail(t.at, `%s is no plain name: write attr."..." around the name of an attribute`, t.text)
	}
	return attribute, lower
}

func (p *parser) operator() op {
	t := p.token
	if t.kind == symbol && t.text != "(" && t.text != ")" && t.text != "," {
		p.advance()
		return op(t.text)
	}
	switch {
	case p.accept(word, "in"):
		return in
	case p.accept(word, "contains"):
		return contains
	case p.accept(word, "not"):
		p.expect(word, "in", "after not")
		return notIn
	case p.accept(word, "starts"):
		p.expect(word, "with", "after starts")
		return startsWith
	case p.accept(word, "is"):
		o := isSet
		if p.accept(word, "not") {
			o = isNotSet
		}
		p.expect(word, "set", "after is")
		return o
	}
	p.fail(t.at, "expected an operator (=, !=, in, not in, contains, starts with, is set, is not set, <, <=, >, >=) instead of %s", t.describe())
	return ""
}

func (p *parser) value(c condition) string {
	t := p.advance()
	switch {
	case p.err != nil:
		return ""
	case t.kind == word && keyword(t.text):
		p.fail(t.at, "expected a value instead of the keyword %s: to use it as a value, quote it", t.text)
	case t.kind != word && t.kind != quoted:
		p.fail(t.at, "expected a value instead of %s", t.describe())
	default:
		if right := wrongValue(c.field, c.op, t.text); right != "" {
			p.fail(t.at, "%s, not %s", right, t.describe())
		}
	}
	return t.text
}

func asStrings(ops []op) []string {
	s := make([]string, len(ops))
	for i, o := range ops {
		s[i] = string(o)
	}
	return s
}
