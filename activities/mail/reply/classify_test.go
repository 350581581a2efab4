package reply

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// score counts what was found against what was there.
type score struct{ right, found, there int }

func (s score) precision() float64 { return ratio(s.right, s.found) }
func (s score) recall() float64    { return ratio(s.right, s.there) }

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

// judge classifies half of the corpus: scores by kind and by language and kind, of return dates and of languages. tell is
// for what went wrong.
func judge(t *testing.T, half string, tell func(format string, args ...any)) map[string]*score {
	scores := map[string]*score{}
	count := func(name string, found, there bool) {
		if scores[name] == nil {
			scores[name] = &score{}
		}
		s := scores[name]
		if found {
			s.found++
		}
		if there {
			s.there++
		}
		if found && there {
			s.right++
		}
	}
	for _, language := range languages {
		for _, l := range corpus(t, language, half) {
			m, err := Read(l.raw())
			require.NoError(t, err, l.String())
			v := Classify(m, l.now)
			if form := l.parsed(); form != nil {
				p, err := Read(form)
				require.NoError(t, err, l.String())
				require.Equal(t, m, p, "%s: raw and parsed", &l)
			}
			for _, k := range []Kind{Reply, OutOfOffice, Negative, Unsubscribe, Bounce} {
				count(string(k), v.Kind == k, l.kind == k)
				count(language+" "+string(k), v.Kind == k, l.kind == k)
			}
			if v.Kind != l.kind {
				tell("%s is %s, not %s: %q", &l, l.kind, v.Kind, m.Fresh())
			}
			if l.kind == OutOfOffice {
				count("until", v.Until.String() == l.until, true)
				if v.Until.String() != l.until {
					tell("%s is until %q, not %q", &l, l.until, v.Until)
				}
			}
			count("language", v.Language == language, true)
			if v.Language != language {
				t.Logf("%s is in %q, not %q", &l, language, v.Language)
			}
		}
	}
	return scores
}

func table(scores map[string]*score) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%-14s", "")
	for _, language := range append([]string{"all"}, languages[:]...) {
		fmt.Fprintf(&b, "%-22s", language)
	}
	for _, k := range []Kind{Reply, OutOfOffice, Negative, Unsubscribe, Bounce} {
		fmt.Fprintf(&b, "\n%-14s", k)
		for _, prefix := range []string{"", "en ", "fr ", "de ", "es "} {
			s := scores[prefix+string(k)]
			fmt.Fprintf(&b, "p %.2f r %.2f (%2d)    ", s.precision(), s.recall(), s.there)
		}
	}
	fmt.Fprintf(&b, "\nfirst day back right: %d of %d, language right: %d of %d", scores["until"].right, scores["until"].there, scores["language"].right, scores["language"].there)
	return b.String()
}

// The train half is what the rules were written against, in two rounds.
func TestTrain(t *testing.T) {
	scores := judge(t, "train", t.Errorf)
	t.Log(table(scores))
	for _, language := range languages {
		for _, k := range []Kind{Reply, OutOfOffice, Negative, Unsubscribe, Bounce} {
			s := scores[language+" "+string(k)]
			require.GreaterOrEqual(t, s.precision(), 0.9, "%s %s", language, k)
			require.GreaterOrEqual(t, s.recall(), 0.9, "%s %s", language, k)
		}
	}
	require.GreaterOrEqual(t, scores["until"].recall(), 0.95)
	require.GreaterOrEqual(t, scores["language"].recall(), 0.9)
}

// The held-out half was written after the rules and measured before anything else: out_of_office recall 0.75, negative
// 0.50, unsubscribe 0.83, no false alarm, 15 of 24 first days back right (16 since a mistake about "between" is mended).
// No rule was added for it. Its recall is what to expect of mails in words nobody thought of; the floors are below that.
func TestHeldOut(t *testing.T) {
	scores := judge(t, "held", t.Logf)
	t.Log(table(scores))
	for k, recall := range map[Kind]float64{Reply: 0.95, OutOfOffice: 0.7, Negative: 0.45, Unsubscribe: 0.8} {
		require.GreaterOrEqual(t, scores[string(k)].recall(), recall, k)
	}
	for _, k := range []Kind{OutOfOffice, Negative, Unsubscribe} {
		require.GreaterOrEqual(t, scores[string(k)].precision(), 0.95, k)
	}
	require.GreaterOrEqual(t, scores["until"].recall(), 0.6)
	require.GreaterOrEqual(t, scores["language"].recall(), 0.9)
}

func TestWish(t *testing.T) {
	for _, c := range []struct {
		text, subject string
		want          Kind
	}{
		{"STOP!", "", Unsubscribe},
		{"", "unsubscribe", Unsubscribe},
		{"", "Re: How to unsubscribe", Reply}, // our subject
		{"Ich muss mich für Donnerstag leider abmelden.", "", Reply},
		{"Can we unsubscribe users ourselves?", "", Reply},
		{"¿Se puede dar de baja a un usuario?", "", Reply},
		{"Please don't email me before Monday.", "", Reply},
		{"Please don't write to me at this address any more, use the other.", "", Reply},
		{"We have a supplier, have had one for years, and like them a lot, so please unsubscribe me.", "", Negative},
	} {
		require.Equal(t, c.want, wish(fold(c.text), fold(c.subject)), c.text+c.subject)
	}
}
