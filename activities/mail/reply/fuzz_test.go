package reply

import (
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func FuzzRead(f *testing.F) {
	for _, language := range languages {
		for _, l := range corpus(f, language, "train") {
			f.Add(l.raw()["email"][0], "", "", "", l.envelope(), "")
			if p := l.parsed(); p != nil {
				f.Add("", p["headers"][0], slices.Concat(p["text"], []string{""})[0], slices.Concat(p["html"], []string{""})[0], l.envelope(), p["charsets"][0])
			}
		}
	}
	f.Fuzz(func(t *testing.T, email, headers, text, html, envelope, charsets string) {
		start := time.Now()
		m, err := Read(post("email", email, "headers", headers, "from", "Pat <pat@example.com>", "subject", text, "text", text, "html", html, "envelope", envelope, "charsets", charsets))
		if err == nil {
			require.True(t, m.From != "" || m.Bounce)
		}
		for _, s := range append(append([]string{m.From, m.Subject, m.Text, m.MessageID, m.Fresh()}, m.To...), m.InReplyTo...) {
			require.True(t, utf8.ValidString(s) && len(s) <= maxText, "%q", s)
			require.NotContains(t, s, "\x00")
		}
		require.LessOrEqual(t, len(m.Subject), maxSubject)
		require.LessOrEqual(t, max(len(m.To), len(m.InReplyTo)), maxIDs+maxAddresses)
		require.Less(t, time.Since(start), 2*time.Second)
	})
}

func FuzzClassify(f *testing.F) {
	for _, language := range languages {
		for _, l := range corpus(f, language, "train") {
			f.Add(l.field("Subject"), l.body, l.kind == OutOfOffice, l.now.Unix())
		}
	}
	f.Add("", "", true, int64(-1<<40))
	f.Add("", "back on 8 June 2025", true, int64(1_781_000_000))
	f.Fuzz(func(t *testing.T, subject, text string, auto bool, unix int64) {
		now := time.Unix(unix, 0).UTC()
		start := time.Now()
		v := Classify(Mail{Subject: clean(subject), Text: clean(text), Auto: auto}, now)
		require.Less(t, time.Since(start), 2*time.Second)
		require.Contains(t, []Kind{Reply, OutOfOffice, Negative, Unsubscribe}, v.Kind)
		require.True(t, v.Language == "" || slices.Contains(languages[:], v.Language))
		if !v.Until.IsZero() {
			require.Equal(t, OutOfOffice, v.Kind)
			day, err := time.Parse(time.DateOnly, v.Until.String())
			require.NoError(t, err)
			require.LessOrEqual(t, day.Sub(now), (longest+1)*24*time.Hour)
			require.Less(t, now.Sub(day), 24*time.Hour)
		}
	})
}
