package filter

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/fault"
)

func TestCanonicalForm(t *testing.T) {
	for _, c := range []struct{ in, out string }{
		{"", ""},
		{" \n\t", ""},
		{`Department="Sales"`, `department = Sales`},
		{`EMAIL Starts  With ada`, `email starts with ada`},
		{`a=1 or b=2 and c=3`, `a = 1 or (b = 2 and c = 3)`},
		{`(a=1 or b=2) and c=3`, `(a = 1 or b = 2) and c = 3`},
		{`a=1 and (b=2 and (c=3))`, `a = 1 and b = 2 and c = 3`},
		{`not not a is set`, `not not a is set`},
		{`not (a=1 or b=2)`, `not (a = 1 or b = 2)`},
		{`NOT a IS NOT SET`, `not a is not set`},
		{`status not in (active,"Inactive")`, `status not in (active, Inactive)`},
		{`attr."Job title" contains "c++ \"lead\" \\"`, `attr."job title" contains "c++ \"lead\" \\"`},
		{`attr."Email" = x`, `attr."email" = x`},
		{`attr."plain" >= -1.5`, `plain >= -1.5`},
		{`x = "and"`, `x = "and"`},
		{`x = ""`, `x = ""`},
		{`ville = Besançon and 名前 = 太郎`, `ville = Besançon and 名前 = 太郎`},
		{`created >= 2026-01-31 and created<2026-02-01T00:00:00+01:00`, `created >= 2026-01-31 and created < 2026-02-01T00:00:00+01:00`},
		{`program in (1, 2) or list = "Paris office" or owner = ada@example.com`, `program in (1, 2) or list = "Paris office" or owner = ada@example.com`},
	} {
		e, err := Parse(c.in)
		require.NoError(t, err, c.in)
		require.Equal(t, c.out, e.String(), c.in)
		require.Equal(t, c.out == "", e.Everybody())
	}
}

func TestErrorsSayWhereAndWhatWouldBeRight(t *testing.T) {
	for _, c := range []struct {
		in   string
		at   int
		says string
	}{
		{`=`, 1, "expected a field"},
		{`and`, 1, "expected a field"},
		{`"name" = x`, 1, "expected a field"},
		{`a`, 2, "expected an operator"},
		{`a b`, 3, "expected an operator"},
		{`a = `, 5, "expected a value instead of the end"},
		{`a = and`, 5, "quote it"},
		{`a == 1`, 3, "use ="},
		{`a <> 1`, 3, "use !="},
		{`a ! 1`, 3, "use != or not"},
		{`é = 'x'`, 5, "double quotes"},
		{`a = x;`, 6, "double quotes"},
		{`a = "x`, 5, "never closed"},
		{`a = "\n"`, 6, `write \\`},
		{`a = 1 b = 2`, 7, "join conditions"},
		{`a = 1 and`, 10, "expected a field"},
		{`(a = 1`, 7, "for the ( at character 1"},
		{`a = 1)`, 6, "join conditions"},
		{`a in 1`, 6, "before the values of in"},
		{`a in (1 2)`, 9, "or , after a value"},
		{`a in ()`, 7, "expected a value"},
		{`a not 1`, 7, "after not"},
		{`a starts x`, 10, "after starts"},
		{`a is nice`, 6, "after is"},
		{`attr. = 1`, 1, `attr."..."`},
		{`attr."" = 1`, 6, "empty"},
		{`attr.x = 1`, 1, `attr."..."`},
		{`team.lead = 1`, 1, `attr."..."`},
		{`status = sleeping`, 10, "active or inactive"},
		{`status contains act`, 8, "use one of =, !=, in, not in"},
		{`email < b`, 7, "does not understand"},
		{`created = yesterday`, 11, "2026-01-31"},
		{`created = 2026-02-30`, 11, "2026-01-31"},
		{`created in (2026-01-01)`, 9, "does not understand"},
		{`program = paris`, 11, "whole number"},
		{`program = -1`, 11, "whole number"},
		{`age > old`, 7, "a number such as"},
		{`age > 1.`, 7, "a number such as"},
		{`age contains ""`, 14, "at least one character"},
		{"a = \x00", 5, "NUL"},
		{"éa = \xff", 6, "UTF-8"},
		{strings.Repeat("(", MaxDepth+1) + "a=1", MaxDepth + 1, "levels"},
		{`a = "` + strings.Repeat("x", MaxLength) + `"`, MaxLength + 1, "at most"},
	} {
		_, err := Parse(c.in)
		var e *Error
		require.ErrorAs(t, err, &e, c.in)
		require.Equal(t, c.at, e.Position, "%s: %s", c.in, e)
		require.Contains(t, e.Message, c.says, c.in)
		f := fault.From(err)
		require.Equal(t, fault.Invalid, f.Kind)
		require.Equal(t, "invalid_filter", f.Code)
		require.Equal(t, "filter", f.Fields[0].Location)
	}
}

func TestDepthIsCountedNotSummed(t *testing.T) {
	_, err := Parse(strings.Repeat("(a=1) and ", 200) + "not b=2")
	require.NoError(t, err)
}

func TestArgumentsAreNumberedFromTheOffset(t *testing.T) {
	e, err := Parse(`name = "x'); DROP TABLE people" and office in (a, b)`)
	require.NoError(t, err)
	sql, args := e.SQL(3)
	require.Equal(t, []any{"x'); DROP TABLE people", "office", []string{"a", "b"}}, args)
	require.Contains(t, sql, "$4::text")
	require.Contains(t, sql, "$6::text[]")
	require.NotContains(t, sql, "DROP")
	require.NotContains(t, sql, "office")
}

func TestPrintThenParseIsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Expr{root: drawNode(t, 4)}
		again, err := Parse(e.String())
		require.NoError(t, err, e.String())
		require.Equal(t, e, again, e.String())
	})
}

var placeholder = regexp.MustCompile(`\$[0-9]+::`)

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", `department = "Sales" and (timezone starts with Europe or not office is set)`, `attr."a b" not in (1, "\"\\")`,
		`created >= 2026-01-31`, `age < -1.5`, "status != inactive", `list is not set or program in (3)`, `x == 1`, "(((", "not",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(e.String())
		require.NoError(t, err, e.String())
		require.Equal(t, e, again)
		sql, args := e.SQL(0)
		seen := map[string]bool{}
		for _, p := range placeholder.FindAllString(sql, -1) {
			seen[p] = true
		}
		require.Len(t, seen, len(args), sql)
	})
}

// drawNode draws what the parser can produce: joins have two parts or more and no part of their own kind.
func drawNode(t *rapid.T, depth int) node {
	shape := 0
	if depth > 0 {
		shape = rapid.IntRange(0, 3).Draw(t, "shape")
	}
	parts := func() []node {
		return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) node { return drawNode(t, depth-1) }), 2, 3).Draw(t, "parts")
	}
	switch shape {
	case 1:
		return flat[anyOf](parts())
	case 2:
		return flat[allOf](parts())
	case 3:
		return not{of: drawNode(t, depth-1)}
	}
	return drawCondition(t)
}

func drawCondition(t *rapid.T) node {
	fields := []field{attribute, email, name, timezone, owner, status, list, program, created}
	c := condition{field: rapid.SampledFrom(fields).Draw(t, "field")}
	c.op = rapid.SampledFrom(operators[c.field]).Draw(t, "op")
	if c.field == attribute {
		c.name = strings.ToLower(strings.TrimSpace(rapid.StringOfN(readable, 1, 12, -1).Draw(t, "name") + "x"))
	}
	min, max := 1, 1
	switch c.op {
	case isSet, isNotSet:
		return c
	case in, notIn:
		max = 3
	}
	c.values = rapid.SliceOfN(drawValue(c.field, c.op), min, max).Draw(t, "values")
	return c
}

var readable = rapid.RuneFrom([]rune(`aZéß太İ9_-.@:+/ "\()=<,'%$` + "\n"))

func drawValue(f field, o op) *rapid.Generator[string] {
	date := rapid.StringMatching(`20[0-9]{2}-0[1-9]-[012][1-8]`)
	switch {
	case f == status:
		return rapid.SampledFrom([]string{"active", "Inactive"})
	case f == program:
		return rapid.StringMatching(`[1-9][0-9]{0,15}`)
	case f == created:
		return rapid.OneOf(date, rapid.StringMatching(`20[0-9]{2}-0[1-9]-[012][1-8]T[01][0-9]:30:00(\.[0-9]{1,9})?(Z|\+05:30)`))
	case ordered(o):
		return rapid.OneOf(date, rapid.StringMatching(`-?[0-9]{1,30}(\.[0-9]{1,30})?`))
	case o == contains || o == startsWith:
		return rapid.StringOfN(readable, 1, 12, -1)
	}
	return rapid.OneOf(rapid.StringOfN(readable, 0, 12, -1), rapid.SampledFrom([]string{"and", "Set", ""}))
}
