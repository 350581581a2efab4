package filter

import (
	"strings"
	"unicode"
)

// Limits of a filter. They keep the SQL far below what Postgres refuses for its depth or its number of arguments.
const (
	MaxLength = 10_000 // characters
	MaxDepth  = 50     // nested parentheses and "not"
)

// Expr is a parsed filter. The zero value selects everybody. It is immutable and safe for concurrent use.
type Expr struct {
	root node // nil: everybody
}

// Everybody reports whether the filter is empty.
func (e Expr) Everybody() bool { return e.root == nil }

// node is one of anyOf, allOf, not, condition.
type node interface {
	write(b *strings.Builder)
	sql(w *writer)
}

type (
	anyOf     []node // two or more; none of them an anyOf
	allOf     []node // two or more; none of them an allOf
	not       struct{ of node }
	condition struct {
		field  field
		name   string // of an attribute, lower case
		op     op
		values []string // as typed; one, or for in and not in one or more, or for set and not set none
	}
)

type op string

const (
	eq         op = "="
	ne         op = "!="
	in         op = "in"
	notIn      op = "not in"
	contains   op = "contains"
	startsWith op = "starts with"
	isSet      op = "is set"
	isNotSet   op = "is not set"
	lt         op = "<"
	le         op = "<="
	gt         op = ">"
	ge         op = ">="
)

// String prints the filter in its canonical form: parsing it again gives an equal filter.
func (e Expr) String() string {
	if e.root == nil {
		return ""
	}
	var b strings.Builder
	e.root.write(&b)
	return b.String()
}

func (n anyOf) write(b *strings.Builder) { writeJoined(b, " or ", n) }

func (n allOf) write(b *strings.Builder) { writeJoined(b, " and ", n) }

func writeJoined(b *strings.Builder, word string, parts []node) {
	for i, p := range parts {
		if i > 0 {
			b.WriteString(word)
		}
		writePart(b, p)
	}
}

// writePart adds parentheses around everything that binds less tightly than "not", though an "and" within an "or" could
// do without: nobody should have to know.
func writePart(b *strings.Builder, n node) {
	switch n.(type) {
	case anyOf, allOf:
		b.WriteByte('(')
		n.write(b)
		b.WriteByte(')')
	default:
		n.write(b)
	}
}

func (n not) write(b *strings.Builder) {
	b.WriteString("not ")
	writePart(b, n.of)
}

func (c condition) write(b *strings.Builder) {
	switch {
	case c.field != attribute:
		b.WriteString(string(c.field))
	case plainName(c.name):
		b.WriteString(c.name)
	default:
		b.WriteString("attr.")
		b.WriteString(quote(c.name))
	}
	b.WriteByte(' ')
	b.WriteString(string(c.op))
	if len(c.values) == 0 {
		return
	}
	b.WriteByte(' ')
	if c.op != in && c.op != notIn {
		writeValue(b, c.values[0])
		return
	}
	b.WriteByte('(')
	for i, v := range c.values {
		if i > 0 {
			b.WriteString(", ")
		}
		writeValue(b, v)
	}
	b.WriteByte(')')
}

func writeValue(b *strings.Builder, v string) {
	if v != "" && !keyword(v) && strings.IndexFunc(v, notWordRune) < 0 {
		b.WriteString(v)
		return
	}
	b.WriteString(quote(v))
}

var escape = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(s string) string { return `"` + escape.Replace(s) + `"` }

// plainName reports whether an attribute can be named without attr."...".
func plainName(s string) bool {
	for i, r := range s {
		letter := unicode.IsLetter(r)
		if !letter && (i == 0 || !unicode.IsDigit(r) && r != '_' && r != '-') {
			return false
		}
	}
	_, builtin := operators[field(s)]
	return s != "" && !builtin && !keyword(s)
}

// keyword reports whether a word must be quoted to be a value.
func keyword(s string) bool {
	switch strings.ToLower(s) {
	case "and", "or", "not", "in", "is", "set", "contains", "starts", "with":
		return true
	}
	return false
}
