package store

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"rondo/activities/fault"
	"rondo/activities/matching"
)

func TestParseRules(t *testing.T) {
	t.Parallel()
	noRepeat, wishes := matching.Rule{Kind: matching.KindNoRepeat}, matching.Rule{Kind: matching.KindWishes}
	for _, c := range []struct {
		raw  string
		want []matching.Rule
	}{
		{`[]`, []matching.Rule{noRepeat, wishes}},
		{`null`, []matching.Rule{noRepeat, wishes}},
		{`[{"kind":"wishes"}]`, []matching.Rule{wishes, noRepeat}},
		{
			`[{"kind":"same","attribute":"city","hard":true},{"kind":"no_repeat","hard":true}]`,
			[]matching.Rule{{Kind: matching.KindSame, Attribute: "city", Hard: true}, {Kind: matching.KindNoRepeat, Hard: true}, wishes},
		},
		{`{}`, nil},
		{`[{"kind":"same","atribute":"city"}]`, nil},
		{`[] []`, nil},
		{``, nil},
	} {
		got, err := ParseRules(json.RawMessage(c.raw))
		if c.want == nil {
			require.Equal(t, "rules_invalid", fault.From(err).Code, c.raw)
			continue
		}
		require.NoError(t, err, c.raw)
		require.Equal(t, c.want, got, c.raw)
	}
}

func FuzzParseRules(f *testing.F) {
	f.Add([]byte(`[{"kind":"same","attribute":"city","hard":true},{"kind":"no_repeat"}]`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		rules, err := ParseRules(raw)
		if err != nil {
			require.Equal(t, fault.Invalid, fault.From(err).Kind)
			return
		}
		again, err := json.Marshal(rules)
		require.NoError(t, err)
		same, err := ParseRules(again)
		require.NoError(t, err)
		require.Equal(t, rules, same)
	})
}
