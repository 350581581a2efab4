package filter

import (
	"strconv"
	"strings"
	"time"
)

type field string

const (
	attribute field = "attr"
	email     field = "email"
	name      field = "name"
	timezone  field = "timezone"
	owner     field = "owner"
	status    field = "status"
	list      field = "list"
	program   field = "program"
	created   field = "created"
)

var (
	equality = []op{eq, ne, in, notIn}
	presence = []op{isSet, isNotSet}
	order    = []op{lt, le, gt, ge}
	text     = join(equality, []op{contains, startsWith}, presence)
)

// operators says what each field understands.
var operators = map[field][]op{
	attribute: join(text, order),
	email:     text,
	name:      text,
	timezone:  text,
	owner:     text,
	status:    equality,
	list:      join(equality, presence),
	program:   join(equality, presence),
	created:   join([]op{eq, ne}, order),
}

func join(parts ...[]op) []op {
	var all []op
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// wrongValue says what would be right instead of a value that the field does not understand; "" when it is right.
func wrongValue(f field, o op, v string) string {
	switch {
	case f == status && !strings.EqualFold(v, "active") && !strings.EqualFold(v, "inactive"):
		return "status is active or inactive"
	case f == program:
		if _, err := parseID(v); err != nil {
			return "program takes the id of a program, a whole number such as 3"
		}
	case f == created:
		if _, _, err := parseDay(v); err != nil {
			return "created takes a date such as 2026-01-31, or an instant such as 2026-01-31T10:00:00Z"
		}
	case f == attribute && ordered(o) && !isNumber(v) && !isDate(v):
		return string(o) + " compares with a number such as 12.5 or a date such as 2026-01-31"
	case (o == contains || o == startsWith) && v == "":
		return string(o) + " needs at least one character"
	}
	return ""
}

func ordered(o op) bool { return o == lt || o == le || o == gt || o == ge }

func parseID(v string) (int64, error) {
	id, err := strconv.ParseUint(v, 10, 63)
	return int64(id), err //nolint:gosec // 63 bits fit
}

// parseDay gives the day [from, to) that a date means, or for an instant the microsecond it falls in, which is the
// resolution of Postgres.
func parseDay(v string) (from, to time.Time, err error) {
	if from, err = time.Parse(time.DateOnly, v); err == nil {
		return from, from.AddDate(0, 0, 1), nil
	}
	if from, err = time.Parse(time.RFC3339, v); err != nil {
		return from, to, err
	}
	from = from.UTC().Truncate(time.Microsecond)
	return from, from.Add(time.Microsecond), nil
}

func isDate(v string) bool {
	_, err := time.Parse(time.DateOnly, v)
	return err == nil
}

// isNumber accepts what sqlNumber accepts: at most 30 digits before and after the point.
func isNumber(v string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(v, "-"), ".")
	return digits(whole) && (!point || digits(fraction))
}

func digits(s string) bool {
	return len(s) >= 1 && len(s) <= 30 && strings.Trim(s, "0123456789") == ""
}
