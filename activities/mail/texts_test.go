package mail

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/fault"
	"rondo/workflows"
)

func occasion(t testing.TB, p workflows.Purpose) Occasion {
	o := sampleOccasion(p)
	o.Links, o.ProgramName = links(t), "Tea & talk"
	return o
}

func grace() *Reader {
	return &Reader{
		Person: Person{
			ID: 7, Email: "grace@example.org", Name: "Grace <b>", Timezone: "America/New_York",
			Attributes: json.RawMessage(`{"team":"R&D","Job title":"Admiral","tags":["a","b"],"empty":""}`),
		},
		Others: []*Person{
			{ID: 8, Email: "ada@example.org", Name: "Ada", Attributes: json.RawMessage(`{"team":"Maths"}`)},
			{ID: 9, Email: "joan@example.org"},
		},
		Reason: "There was nobody left.",
	}
}

func TestDefaultTextsRender(t *testing.T) {
	for _, c := range []struct {
		mode     string
		purposes []workflows.Purpose
	}{{"random", Purposes}, {"mystery", []workflows.Purpose{workflows.MatchMail, workflows.CheckInMail}}} {
		for _, p := range c.purposes {
			t.Run(c.mode+" "+string(p), func(t *testing.T) { renders(t, p, Default(p, c.mode)) })
		}
	}
	require.NotEqual(t, Default(workflows.MatchMail, "random"), Default(workflows.MatchMail, "mystery"))
}

func renders(t *testing.T, p workflows.Purpose, text Text) {
	require.NoError(t, Check(p, text, []string{"team"}))
	tmpl, err := Compile(occasion(t, p), text, []string{"team"})
	require.NoError(t, err)
	m, err := tmpl.Render(grace())
	require.NoError(t, err)
	for name, s := range map[string]string{"text": m.Text, "html": m.HTML} {
		require.Contains(t, s, "/u/", name+" has an unsubscribe link")
		require.Contains(t, s, "/p/", name+" has a preferences link")
		require.NotContains(t, s, "{{", name)
		require.NotContains(t, s, "{%", name)
	}
	require.NotContains(t, m.HTML, "Grace <b>")
	require.Contains(t, m.Text, "Grace <b>")
	require.NotContains(t, m.Subject, "\n")
	require.Contains(t, m.Subject, "Tea & talk")
	require.Contains(t, m.HTML, "Tea &amp; talk")
}

func TestRender(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"plain":               {"Hi {{ person.name }}!", "Hi Grace <b>!"},
		"reader's zone":       {"{{ round.match_date }}", "Thursday 4 June 2026 at 04:00 (EDT)"},
		"attribute":           {"{{person.team}} {{ person[\"Job title\"] }} {{ person.tags }} [{{ person.nothing }}]", "R&D Admiral a, b []"},
		"missing is false":    {"{% if person.empty %}yes{% else %}no{% endif %}", "no"},
		"filter":              {"{{ person.nothing | default: 'x' | upcase }}", "X"},
		"loop":                {"{% for o in others %}{{ forloop.index }}:{{ o.name }} {% endfor %}", "1:Ada 2:joan@example.org "},
		"visible attributes":  {"{% for o in others %}{% for a in o.attributes %}{{ a.name }}={{ a.value }};{% endfor %}{% endfor %}", "team=Maths;"},
		"index and size":      {"{{ others[0].name }} {{ others.size }} {{ others.first.email }}", "Ada 2 ada@example.org"},
		"case":                {"{% case others.size %}{% when 1 %}one{% when 2 %}two{% endcase %}", "two"},
		"whitespace":          {"a  {%- if true -%}  b  {%- endif -%}  c {{- person.team -}} d", "abcR&Dd"},
		"comment and raw":     {"a{% comment %} {{ nonsense }} {% endcomment %}b{% raw %}{{ x }}{% endraw %}", "ab{{ x }}"},
		"a token in the text": {"%r0% {{ person.name }} %rr1%", "%r0% Grace <b> %rr1%"},
		"unicode":             {"{{ 'éa' | capitalize | truncate: 10 }}", "Éa"},
		"comparison":          {"{{ person.team == 'R&D' }}", "true"},
		"empty words":         {"{{ 'one two three' | truncatewords: 2 }}", "one two..."},
	} {
		t.Run(name, func(t *testing.T) {
			o := occasion(t, workflows.MatchMail)
			tmpl, err := Compile(o, Text{Subject: "s", Text: c.text}, []string{"team"})
			require.NoError(t, err)
			m, err := tmpl.Render(grace())
			require.NoError(t, err)
			got, _, _ := strings.Cut(m.Text, "\n\n-- \n")
			require.Equal(t, c.want, got)
		})
	}
}

func TestHTMLIsEscapedWherePrinted(t *testing.T) {
	for text, want := range map[string]string{
		"{{ person.name }}":                                         "Grace &lt;b&gt;",
		"{{ person.name | upcase }}":                                "GRACE &lt;B&gt;",
		"{{ person.name | escape }}":                                "Grace &lt;b&gt;",
		"{% if person.team == 'R&D' %}{{ person.team }}{% endif %}": "R&amp;D",
		"{% raw %}<i>{% endraw %}":                                  "<i>",
		"{{ 'a<\nb' | newline_to_br }}":                             "{{",
		"{{ person.name | append: '&' | newline_to_br }}":           "Grace &lt;b&gt;&amp;",
		"{{ person.team == 'R&D' }}":                                "true",
	} {
		tmpl, err := Compile(occasion(t, workflows.MatchMail), Text{Subject: "s", Text: "t", HTML: "[" + text + "]"}, nil)
		if want == "{{" {
			require.Error(t, err, "a {{ }} stays on one line")
			continue
		}
		require.NoError(t, err, text)
		m, err := tmpl.Render(grace())
		require.NoError(t, err)
		require.Contains(t, m.HTML, "["+want+"]")
	}
}

func TestHTMLFromText(t *testing.T) {
	tmpl, err := Compile(occasion(t, workflows.MatchMail), Text{Subject: "s", Text: "1 < 2\n{{ links.match }}"}, nil)
	require.NoError(t, err)
	m, err := tmpl.Render(grace())
	require.NoError(t, err)
	require.Contains(t, m.HTML, "1 &lt; 2<br>\n<a href=\"https://rondo.example/m/")
}

func TestCheckNamesMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		text Text
		want []fault.Field
	}{
		"unknown variables": {
			Text{Subject: "{{ person.name }} {{ nme }}", Text: "a\nb {{ links.answer }}\n{{ round.nothing }}", HTML: "{% for o in others %}{{ o.salary }}{% endfor %}"},
			[]fault.Field{
				{Location: "texts.match.subject", Message: "line 1: unknown variable nme"},
				{Location: "texts.match.text", Message: "line 2: unknown variable links.answer"},
				{Location: "texts.match.text", Message: "line 3: unknown variable round.nothing"},
				{Location: "texts.match.html", Message: "line 1: unknown variable o.salary"},
			},
		},
		"not closed":       {Text{Subject: "s", Text: "a {{ person.name"}, []fault.Field{{Location: "texts.match.text", Message: "line 1: a {{ or {% is not closed on its line"}}},
		"block not closed": {Text{Subject: "s", Text: "\n{% if true %}"}, []fault.Field{{Location: "texts.match.text", Message: "line 2: {% if %} is never closed"}}},
		"closes nothing":   {Text{Subject: "s", Text: "{% endif %}"}, []fault.Field{{Location: "texts.match.text", Message: "line 1: {% endif %} closes nothing"}}},
		"else outside":     {Text{Subject: "s", Text: "{% else %}"}, []fault.Field{{Location: "texts.match.text", Message: "line 1: {% else %} stands outside of a block"}}},
		"syntax":           {Text{Subject: "s", Text: "\n{{ person.name | }}"}, nil},
		"two lines":        {Text{Subject: "a\r\nBcc: x", Text: "t"}, []fault.Field{{Location: "texts.match.subject", Message: "line 1: a subject is one line"}}},
		"no text":          {Text{Subject: "s", HTML: "<p>x</p>"}, []fault.Field{{Location: "texts.match.text", Message: "line 1: the plain text is missing"}}},
		"no unsubscribe":   {Text{Subject: "s", Text: "t", HTML: "<HTML>x</HTML>"}, []fault.Field{{Location: "texts.match.html", Message: "line 1: a whole document has to print links.unsubscribe"}}},
		"range":            {Text{Subject: "s", Text: "{% for i in (1..1000000000) %}{% endfor %}"}, []fault.Field{{Location: "texts.match.text", Message: "line 1: ranges such as (1..5) are not available"}}},
		"huge number":      {Text{Subject: "s", Text: "{{ 99999999999999999999 }}"}, nil},
		"files":            {Text{Subject: "s", Text: "{% include '/etc/passwd' %}"}, nil},
		"assign":           {Text{Subject: "s", Text: "{% assign x = 1 %}"}, nil},
		"filter":           {Text{Subject: "s", Text: "{{ person.name | shout }}"}, nil},
		"too long":         {Text{Subject: "s", Text: strings.Repeat("x", maxSource+1)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			err := Check(workflows.MatchMail, c.text, nil)
			f := fault.From(err)
			require.Equal(t, "text_invalid", f.Code)
			require.NotEmpty(t, f.Fields)
			if c.want != nil {
				require.Equal(t, c.want, f.Fields)
			}
		})
	}
	require.NoError(t, Check(workflows.MatchMail, Text{Subject: "s", Text: "{% for o in others %}{{ o.salary }}{% endfor %}"}, []string{"salary"}))
}

func TestSubjectIsOneLine(t *testing.T) {
	r := grace()
	r.Person.Name = "Eve\r\nBcc: everyone@example.org"
	for _, subject := range []string{"{{ person.name }}", "{{ person.name | strip }}"} {
		tmpl, err := Compile(occasion(t, workflows.MatchMail), Text{Subject: subject, Text: "t"}, nil)
		require.NoError(t, err)
		m, err := tmpl.Render(r)
		require.NoError(t, err)
		require.Equal(t, "Eve Bcc: everyone@example.org", m.Subject)
	}
}

func TestOutputIsBounded(t *testing.T) {
	loop := "{% for a in others %}{% for b in others %}" + strings.Repeat("x", 90_000) + "{% endfor %}{% endfor %}"
	tmpl, err := Compile(occasion(t, workflows.MatchMail), Text{Subject: "s", Text: loop}, nil)
	require.NoError(t, err)
	r := grace()
	r.Others = append(r.Others, r.Others...)
	_, err = tmpl.Render(r)
	require.ErrorContains(t, err, errTooLong.Error())

	grow := "{{ person.name" + strings.Repeat(` | replace: "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`, 100) + "}}"
	tmpl, err = Compile(occasion(t, workflows.MatchMail), Text{Subject: "s", Text: grow}, nil)
	require.NoError(t, err)
	m, err := tmpl.Render(grace())
	require.NoError(t, err)
	require.Less(t, len(m.Text), 2*maxValue)
}

// Filling the tokens in is the provider's job; it has to give what a preview shows.
func TestSubstitutionsGiveWhatRenderShows(t *testing.T) {
	pieces := []string{
		"text ", "{{ person.name }}", "{{ person.team }}", "{{ links.match }}", "{{ round.match_date }}", "{{ others.size }}", "<&>",
		"{% for o in others %}{{ o.name }},{% endfor %}", "{{ person.name | upcase }}", "{% if person.team %}T{% endif %}", "%r1%", "\n", " {{- person.email -}} ",
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) string {
			return strings.Join(rapid.SliceOf(rapid.SampledFrom(pieces)).Draw(t, label), "")
		}
		text := Text{Subject: "s" + strings.ReplaceAll(draw("subject"), "\n", ""), Text: "t" + draw("text"), HTML: draw("html")}
		o := sampleOccasion(workflows.MatchMail)
		tmpl, err := Compile(o, text, nil)
		require.NoError(t, err)
		r := grace()
		r.Person.Name = rapid.StringMatching(`[a-z<>&"']{0,9}`).Draw(t, "name")
		want, err := tmpl.Render(r)
		require.NoError(t, err)
		values, err := tmpl.Substitutions(r)
		require.NoError(t, err)
		var pairs []string
		for token, v := range values {
			pairs = append(pairs, token, v)
		}
		fill := strings.NewReplacer(pairs...)
		shared := tmpl.Shared()
		require.Equal(t, want, Message{fill.Replace(shared.Subject), fill.Replace(shared.Text), fill.Replace(shared.HTML)})
	})
}

// The tree is a second way to render a block; it has to give what Liquid gives.
func TestTreeIsWhatLiquidRenders(t *testing.T) {
	inner := []string{
		"x", "{{ o.name }}", "{{ o.team }}", "{{ o.email }}", "{% if o.email %}E{% endif %}", "{{ forloop.index }}", "{% unless forloop.last %}, {% endunless %}",
		"{% if o.team %}T{{ o.team }}{% else %}-{% endif %}", "{% for a in o.attributes %}{{ a.name }}:{{ a.value }}{% if forloop.first %}!{% endif %}{% endfor %}",
		"{{ person.name }}", "{% if person.nothing %}?{% endif %}", "{% if round.match_date %}d{% endif %}", "{{ links.match }}", "{% if program.name %}p{% endif %}",
		"{% comment %}{{ a }}{% endcomment %}", "{{ o.name | upcase }}", "{{- person.team -}}", "{% if forloop.last == true %}l{% endif %}",
	}
	trees := 0
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(inner), 0, 6).Draw(t, "body"), "")
		text := Text{Subject: "s", Text: "t{% for o in others %}" + body + "{% endfor %}", HTML: "{% for o in others %}" + body + "{% endfor %}"}
		tmpl, err := Compile(sampleOccasion(workflows.MatchMail), text, []string{"team"})
		require.NoError(t, err)
		r := grace()
		r.Others = append(r.Others, &Person{ID: 10, Name: "Mary"}) // whose address is not known
		for _, token := range tmpl.tokens {
			if token.tree == nil {
				continue
			}
			trees++
			l := &letter{t: tmpl, r: r}
			fast, err := l.render(token)
			require.NoError(t, err)
			token.tree = nil
			slow, err := l.render(token)
			require.NoError(t, err)
			require.Equal(t, slow, fast)
		}
	})
	require.NotZero(t, trees)
}

func FuzzCompile(f *testing.F) {
	for _, p := range Purposes {
		d := Default(p, "")
		f.Add(d.Subject, d.Text, d.HTML)
	}
	f.Add("{{ a", "{%if%}{{ others[others[0]] }}{%endif%}", "{%- for a in b -%}{%endfor%}{{ '}}' }}")
	f.Fuzz(func(t *testing.T, subject, text, html string) {
		tmpl, err := Compile(sampleOccasion(workflows.MatchMail), Text{Subject: subject, Text: text, HTML: html}, []string{"team"})
		if err != nil {
			return
		}
		m, err := tmpl.Render(grace())
		if err == nil {
			require.NotContains(t, m.Subject, "\n")
			require.Less(t, len(m.HTML), 4_000_000)
		}
	})
}

func BenchmarkSubstitutions(b *testing.B) {
	for _, p := range []workflows.Purpose{workflows.OptInMail, workflows.MatchMail} {
		b.Run(string(p)+"/1000", func(b *testing.B) {
			tmpl, err := Compile(occasion(b, p), Default(p, ""), []string{"team"})
			require.NoError(b, err)
			readers := make([]*Reader, 1000)
			for i := range readers {
				r := grace()
				r.Person.ID, r.Person.Email, r.Others = int64(i), fmt.Sprintf("p%d@example.org", i), r.Others[:1]
				readers[i] = r
			}
			for b.Loop() {
				for _, r := range readers {
					if _, err := tmpl.Substitutions(r); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func TestOnlyVisibleAttributesOfOthersArePrinted(t *testing.T) {
	r := grace()
	for visible, want := range map[string]string{"team": "team=Maths;Maths", "other": ""} {
		tmpl, err := Compile(occasion(t, workflows.MatchMail), Text{
			Subject: "s",
			Text:    "{% for o in others %}{% for a in o.attributes %}{{ a.name }}={{ a.value }};{% endfor %}{{ o." + visible + " }}{% endfor %}",
		}, []string{visible})
		require.NoError(t, err)
		r.Others[0] = &Person{Name: "Ada", Attributes: r.Others[0].Attributes, Visible: []string{visible}}
		m, err := tmpl.Render(r)
		require.NoError(t, err)
		got, _, _ := strings.Cut(m.Text, "\n\n-- \n")
		require.Equal(t, want, got)
	}
}

func TestDatesAreWrittenOncePerZone(t *testing.T) {
	d := newDates("Europe/Paris")
	at := time.Date(2026, 6, 4, 8, 0, 0, 0, time.UTC)
	require.Equal(t, "Thursday 4 June 2026 at 10:00 (CEST)", d.in(at, ""))
	require.Equal(t, "Thursday 4 June 2026 at 10:00 (CEST)", d.in(at, "No/Zone"))
	require.Equal(t, "Thursday 4 June 2026 at 05:00 (UTC-03)", d.in(at, "America/Sao_Paulo"))
	require.Empty(t, d.in(time.Time{}, "UTC"))
}
