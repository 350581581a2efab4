package mail

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNeeds(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{`Hello {{ person.name }}`, []string{"name"}},
		{`Hello {{ person.first_name | default: "there" }}`, []string{}},
		{`{{ person.role | upcase }} {{person["job title"]}}`, []string{"job title", "role"}},
		{`{% if person.role %}as {{ person.role }}{% endif %}`, []string{}},
		{`{% if person.role %}as {{ person.role }} in {{ person.city }}{% endif %}`, []string{"city"}},
		{`{% if person.city %}x{% else %}{{ person.team }}{% endif %}{{ person.city }}`, []string{"city", "team"}},
		{`{% unless person.role == "" %}{{ person.role }}{% endunless %}`, []string{}},
		{`{% if person.a %}{% if person.b %}{{ person.a }}{{ person.b }}{% endif %}{{ person.b }}{% endif %}`, []string{"b"}},
		{`{{ sender.name }} {{ links.unsubscribe }}`, []string{}},
	} {
		require.Equal(t, c.want, append([]string{}, Needs(c.text)...), c.text)
	}
}
