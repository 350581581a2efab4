package store

import (
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/fault"
)

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"ada@example.com":                              "ada@example.com",
		"  Ada.L@Example.COM ":                         "ada.l@example.com",
		"ada+tag_x'y@ex-ample.org":                     "ada+tag_x'y@ex-ample.org",
		"ada@bücher.example":                           "ada@xn--bcher-kva.example",
		"ada@XN--BCHER-KVA.example":                    "ada@xn--bcher-kva.example",
		"ada@faß.de":                                   "ada@xn--fa-hia.de",
		"ada@example.com.":                             "ada@example.com",
		"a@" + strings.Repeat("a.", 5) + "example.com": "a@a.a.a.a.a.example.com",
		strings.Repeat("a", 64) + "@example.com":       strings.Repeat("a", 64) + "@example.com",
	} {
		got, err := Address("email", in)
		require.NoError(t, err, in)
		require.Equal(t, want, got)
		again, err := Address("email", got)
		require.NoError(t, err)
		require.Equal(t, got, again, "a stored address is its own form")
	}
	for in, code := range map[string]string{
		"":                                       "email_required",
		" \t":                                    "email_required",
		"ada":                                    "email_invalid",
		"@example.com":                           "email_invalid",
		"ada@":                                   "email_invalid",
		"ada@localhost":                          "email_invalid",
		"ada@[192.0.2.1]":                        "email_invalid",
		"ada@exa mple.com":                       "email_invalid",
		"ada@-example.com":                       "email_invalid",
		"ada@example..com":                       "email_invalid",
		"ada@exa_mple.com":                       "email_invalid",
		"Ada <ada@example.com>":                  "email_invalid",
		"ada@example.com, bob@example.com":       "email_invalid",
		"ada@example.com\r\nBcc: x@example.com":  "email_invalid",
		"a\nda@example.com":                      "email_invalid",
		"a da@example.com":                       "email_invalid",
		`"a@da"@example.com`:                     "email_invalid",
		"ada(comment)@example.com":               "email_invalid",
		".ada@example.com":                       "email_invalid",
		"ada..l@example.com":                     "email_invalid",
		"édith@example.com":                      "email_invalid",
		"ada\x00@example.com":                    "email_invalid",
		"ada@ex\xffample.com":                    "email_invalid",
		strings.Repeat("a", 65) + "@example.com": "email_too_long",
		"ada@" + strings.Repeat(strings.Repeat("a", 60)+".", 4) + "example.com":                        "email_invalid",
		strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("a", 60)+".", 3) + "example.com": "email_too_long",
	} {
		_, err := Address("email", in)
		require.Equal(t, code, fault.From(err).Code, "%q: %v", in, err)
		require.Equal(t, "email", fault.From(err).Fields[0].Location)
	}
}

func TestFormulaEscapesAreUndone(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", "'a": "'a", "a=1": "a=1", "=1+1": "'=1+1", "+33 1": "'+33 1", "-2": "'-2", "@x": "'@x",
		"\tx": "'\tx", "\rx": "'\rx", "'=1": "''=1", "''-": "'''-", "'": "'",
	} {
		require.Equal(t, want, escapeFormula(in), "%q", in)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("'=+-@\t\ra"))).Draw(t, "cell")
		escaped := escapeFormula(s)
		require.Equal(t, s, unescapeFormula(escaped))
		require.False(t, escaped != "" && strings.ContainsRune(formulaStart, rune(escaped[0])), "%q", escaped)
	})
}

// What the reader accepts can be stored, whatever the file; what it refuses says where and why.
func FuzzImport(f *testing.F) {
	for _, s := range []string{
		"email,name\nada@example.com,Ada\n", "\ufeffEMAIL ,Department\r\nada@example.com,\"R\r\n&D\"\r\n",
		"email\n\"never closed", "email,a,A\n", "email;name\n", "email,name\nada@example.com\n", "name\nx\n", "",
		"email\nada@example.com\n\"b\"ob@example.com\nbob@example.com\n", "email,timezone,owner\na@b.example,Europe/Paris,x@y.example\n",
		"email,rondo_id,attr\na@b.example,1,'=1\n", "email,\xff\n", "email,n\na@b.example,\x00\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		file, err := openImport(strings.NewReader(s))
		if err != nil {
			require.Equal(t, fault.Invalid, fault.From(err).Kind, "%v", err)
			return
		}
		require.Contains(t, file.columns, "email")
		last := 1
		for {
			l, bad, err := file.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				require.Equal(t, "csv_line_too_large", fault.From(err).Code)
				return
			}
			if bad != nil {
				require.NotEmpty(t, bad.Code)
				require.NotEmpty(t, bad.Message)
				require.GreaterOrEqual(t, bad.Line, last)
				last = bad.Line
				continue
			}
			require.Greater(t, l.line, last)
			last = l.line
			again, err := Address("email", l.email)
			require.NoError(t, err)
			require.Equal(t, l.email, again)
			for name, v := range l.attributes {
				require.Contains(t, file.attributes, name)
				requireStorable(t, name, v)
				require.NotEmpty(t, v)
			}
			requireStorable(t, l.name, l.timezone, l.owner)
			require.NotContains(t, l.name, "\n")
		}
	})
}

func requireStorable(t *testing.T, texts ...string) {
	for _, s := range texts {
		require.True(t, utf8.ValidString(s))
		require.NotContains(t, s, "\x00")
		require.LessOrEqual(t, utf8.RuneCountInString(s), MaxAttributeValue)
	}
}

func TestAQuoteThatIsNeverClosedEndsTheFile(t *testing.T) {
	for name, start := range map[string]string{"in the header": `email,"x`, "in a line": "email\nada@example.com\n\"x"} {
		t.Run(name, func(t *testing.T) {
			endless := io.MultiReader(strings.NewReader(start), strings.NewReader(strings.Repeat("x\n", maxRecord)))
			file, err := openImport(endless)
			for err == nil {
				_, _, err = file.next()
			}
			require.Equal(t, "csv_line_too_large", fault.From(err).Code)
		})
	}
}
