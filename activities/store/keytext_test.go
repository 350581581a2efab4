package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryWrongCharacterOfAKeyIsNoticed(t *testing.T) {
	text, prefix := newKeyText()
	got, err := keyPrefix(text)
	require.NoError(t, err)
	require.Equal(t, prefix, got)
	for i := range text {
		for _, other := range []string{"", "a", "7", "z", "A", "_", "é"} {
			if other == text[i:i+1] {
				continue
			}
			_, err := keyPrefix(text[:i] + other + text[i+1:])
			require.ErrorIs(t, err, errUnknownKey, "%q at %d", other, i)
		}
	}
	second, _ := newKeyText()
	require.NotEqual(t, text, second)
	require.GreaterOrEqual(t, len(text), len("rondo_")+prefixChars+1+256/5)
}

func FuzzKeyTexts(f *testing.F) {
	text, _ := newKeyText()
	f.Add(text)
	f.Add("rondo__")
	f.Add("rondo_aaaaaaaaaa_" + strings.Repeat("a", 58))
	f.Fuzz(func(t *testing.T, text string) {
		if prefix, err := keyPrefix(text); err == nil {
			require.True(t, strings.HasPrefix(text, keyBrand+prefix+"_"))
		}
	})
}

func TestTheSchemaRangeIsWhatTheMigrationsSay(t *testing.T) {
	oldest, newest, err := SchemaRange()
	require.NoError(t, err)
	require.Positive(t, oldest)
	require.EqualValues(t, schemaEra-1, newest)
	require.LessOrEqual(t, oldest, newest)
}
