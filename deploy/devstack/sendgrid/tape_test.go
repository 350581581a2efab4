package sendgrid

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTapeReadsValues(t *testing.T) {
	tape, err := readTape([]byte(` {"a" : [1, -2.5e3, "x\u00e9\n", true, null], "b":{"c":"d"}, "\u0062":{"c":"last"}} `))
	require.NoError(t, err)
	list, ok := tape.get(0, "a")
	require.True(t, ok)
	require.Equal(t, 5, tape.len(list))
	var kinds []kind
	tape.each(list, func(_, i int) { kinds = append(kinds, tape.nodes[i].kind) })
	require.Equal(t, []kind{kindNumber, kindNumber, kindString, kindBool, kindNull}, kinds)
	require.Equal(t, "xé\n", tape.str(list+3))
	require.Equal(t, 4, tape.strLen(list+3))
	n, ok := tape.integer(list + 1)
	require.True(t, ok)
	require.EqualValues(t, 1, n)
	_, ok = tape.integer(list + 2)
	require.False(t, ok)
	b, _ := tape.get(0, "b")
	require.Equal(t, "last", tape.getStr(b, "c"))
}

// FuzzTape holds the reader against encoding/json: same texts accepted (but for the depth), same values read.
func FuzzTape(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e-7,"\ud83d\ude00\"",true,false,null,{}]}`, `[`, `{"a":1,}`, `[1,]`, `01`, `"\x"`, `-`, `1e`, "\"\t\"", ` 0 `, `tru`, `[[[]]]`, `{"a" "b"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tape, err := readTape(text)
		if err != nil {
			require.ErrorIs(t, err, errJSON)
			if json.Valid(text) {
				require.ErrorContains(t, err, "deeply")
			}
			return
		}
		var want any
		require.NoError(t, json.Unmarshal(text, &want))
		require.Equal(t, want, tape.value(t, 0))
	})
}

// value is node i as encoding/json would decode it.
func (t *tape) value(test *testing.T, i int) any {
	switch t.nodes[i].kind {
	case kindString:
		// encoding/json replaces what is not UTF-8; mail send refuses such bodies before reading them.
		var s string
		require.NoError(test, json.Unmarshal(t.text[t.nodes[i].start-1:t.nodes[i].end+1], &s))
		return s
	case kindArray:
		list := []any{}
		t.each(i, func(_, v int) { list = append(list, t.value(test, v)) })
		return list
	case kindObject:
		m := map[string]any{}
		t.members(i, func(k, v int) { m[t.value(test, k).(string)] = t.value(test, v) })
		return m
	default:
		var v any
		require.NoError(test, json.Unmarshal(t.text[t.nodes[i].start:t.nodes[i].end], &v))
		return v
	}
}

// FuzzValidate holds that any text is either no JSON, or refused with named fields, or accepted within the limits and renderable.
func FuzzValidate(f *testing.F) {
	for _, seed := range []object{
		letter("ann@example.com"),
		personal(letter("ann@example.com", "bob@example.com"), "substitutions", object{"-n-": "Ann"}, "cc", []any{mailbox(1)}, "send_at", 1),
		with(letter("ann@"), "attachments", []any{object{"content": "aGk=", "filename": "x"}}, "asm", object{"group_id": 1}),
		with(letter(), "mail_settings", object{"spam_check": object{"enable": true}}, "categories", []any{"a", "a"}),
	} {
		body, err := json.Marshal(seed)
		require.NoError(f, err)
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := validate(body, time.Unix(1_700_000_000, 0))
		if err != nil {
			require.False(t, json.Valid(body) && len(body) < maxDepth)
			return
		}
		for _, p := range v.problems {
			require.NotEmpty(t, p.Message)
			require.NotNil(t, p.Field)
		}
		if len(v.problems) > 0 || v.request.sandbox {
			return
		}
		require.NotEmpty(t, v.request.messages)
		s, err := openStore(t.TempDir())
		require.NoError(t, err)
		first, err := s.add(stamp{ID: newID()}, body, v.request.messages)
		require.NoError(t, err)
		for i, e := range v.request.messages {
			require.NotEmpty(t, e.recipients)
			m, err := s.render(first + i)
			require.NoError(t, err)
			require.True(t, validAddress(m.From.Email))
			require.Len(t, e.recipients, len(m.To)+len(m.CC)+len(m.BCC))
		}
		require.NoError(t, s.close())
	})
}
