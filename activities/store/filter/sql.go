package filter

import (
	"fmt"
	"strings"
)

// SQL gives a Boolean SQL expression over the row "p" of table people, and its arguments. The first argument is
// $<argOffset+1>. It is true or false for every row, never null. The empty filter is "true".
func (e Expr) SQL(argOffset int) (sql string, args []any) {
	if e.root == nil {
		return "true", nil
	}
	w := &writer{offset: argOffset}
	e.root.sql(w)
	return w.b.String(), w.args
}

type writer struct {
	b      strings.Builder
	offset int
	args   []any
}

// arg adds an argument and returns its placeholder with its type, which Postgres then need not guess.
func (w *writer) arg(v any, sqlType string) string {
	w.args = append(w.args, v)
	return fmt.Sprintf("$%d::%s", w.offset+len(w.args), sqlType)
}

func (n anyOf) sql(w *writer) { joinSQL(w, " OR ", n) }

func (n allOf) sql(w *writer) { joinSQL(w, " AND ", n) }

func joinSQL(w *writer, word string, parts []node) {
	w.b.WriteByte('(')
	for i, p := range parts {
		if i > 0 {
			w.b.WriteString(word)
		}
		p.sql(w)
	}
	w.b.WriteByte(')')
}

func (n not) sql(w *writer) {
	w.b.WriteString("NOT ")
	n.of.sql(w)
}

// fold makes text comparable without regard to case, in every language and whatever the locale of the database.
func fold(s string) string { return `lower((` + s + `) COLLATE "und-x-icu")` }

func (c condition) sql(w *writer) {
	switch c.op {
	case ne, notIn, isNotSet:
		w.b.WriteString("NOT ")
	}
	w.b.WriteByte('(')
	switch c.field {
	case list:
		w.b.WriteString("EXISTS (SELECT FROM list_people lp JOIN lists l ON l.id = lp.list_id WHERE lp.person_id = p.id")
		c.member(w, func(w *writer) { c.text(w, "l.name") })
	case program:
		w.b.WriteString("EXISTS (SELECT FROM round_members rm JOIN rounds r ON r.id = rm.round_id WHERE rm.person_id = p.id")
		c.member(w, func(w *writer) { fmt.Fprintf(&w.b, "r.program_id = ANY (%s)", w.arg(c.ids(), "bigint[]")) })
	case created:
		c.instant(w, "p.created_at")
	case email:
		// An erased person has no address; the plain comparison is what the unique index can answer.
		if c.op == eq {
			fmt.Fprintf(&w.b, "p.email IS NOT NULL AND p.email = %s", w.arg(strings.ToLower(c.values[0]), "text"))
			break
		}
		c.text(w, "coalesce(p.email, '')")
	case owner:
		c.text(w, "coalesce((SELECT u.email FROM users u WHERE u.id = p.owner_id), '')")
	case attribute:
		c.text(w, fmt.Sprintf("coalesce(p.attributes ->> %s, '')", w.arg(c.name, "text")))
	default:
		c.text(w, "p."+string(c.field))
	}
	w.b.WriteByte(')')
}

// member ends an EXISTS; being set asks only that there is a row.
func (c condition) member(w *writer, where func(*writer)) {
	if c.op != isSet && c.op != isNotSet {
		w.b.WriteString(" AND ")
		where(w)
	}
	w.b.WriteByte(')')
}

func (c condition) ids() []int64 {
	ids := make([]int64, len(c.values))
	for i, v := range c.values {
		ids[i], _ = parseID(v) // wrongValue has seen it
	}
	return ids
}

// text compares a text that is never null.
func (c condition) text(w *writer, value string) {
	switch c.op {
	case eq, ne:
		fmt.Fprintf(&w.b, "%s = %s", fold(value), fold(w.arg(c.values[0], "text")))
	case in, notIn:
		fmt.Fprintf(&w.b, "%s IN (SELECT %s FROM unnest(%s) v)", fold(value), fold("v"), w.arg(c.values, "text[]"))
	case contains:
		fmt.Fprintf(&w.b, "strpos(%s, %s) > 0", fold(value), fold(w.arg(c.values[0], "text")))
	case startsWith:
		fmt.Fprintf(&w.b, "starts_with(%s, %s)", fold(value), fold(w.arg(c.values[0], "text")))
	case isSet, isNotSet:
		fmt.Fprintf(&w.b, "%s <> ''", value)
	case lt, le, gt, ge:
		c.order(w, value)
	}
}

// What an ordered comparison takes for a number or a date; CASE keeps Postgres from casting anything else.
const (
	sqlNumber = `'^-?[0-9]{1,30}([.][0-9]{1,30})?$'`
	sqlDate   = `'^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|$)'`
)

func (c condition) order(w *writer, value string) {
	v := c.values[0]
	if isDate(v) {
		fmt.Fprintf(&w.b, `CASE WHEN %s ~ %s THEN left(%s, 10) COLLATE "C" %s %s ELSE false END`, value, sqlDate, value, c.op, w.arg(v, "text"))
		return
	}
	fmt.Fprintf(&w.b, "CASE WHEN %s ~ %s THEN (%s)::numeric %s %s::numeric ELSE false END", value, sqlNumber, value, c.op, w.arg(v, "text"))
}

// instant compares with [from, to), see parseDay.
func (c condition) instant(w *writer, column string) {
	from, to, _ := parseDay(c.values[0]) // wrongValue has seen it
	switch c.op {
	case eq, ne:
		fmt.Fprintf(&w.b, "%s >= %s AND %s < %s", column, w.arg(from, "timestamptz"), column, w.arg(to, "timestamptz"))
	case lt:
		fmt.Fprintf(&w.b, "%s < %s", column, w.arg(from, "timestamptz"))
	case le:
		fmt.Fprintf(&w.b, "%s < %s", column, w.arg(to, "timestamptz"))
	case gt:
		fmt.Fprintf(&w.b, "%s >= %s", column, w.arg(to, "timestamptz"))
	case ge:
		fmt.Fprintf(&w.b, "%s >= %s", column, w.arg(from, "timestamptz"))
	}
}
