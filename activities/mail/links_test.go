package mail

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rondo/activities/fault"
)

var noon = time.Date(2026, 6, 4, 12, 0, 0, 0, time.UTC)

func links(t testing.TB) *Links {
	l, err := NewLinks(bytes.Repeat([]byte{7}, 32), "https://rondo.example/")
	require.NoError(t, err)
	return l
}

func TestLinkComesBackAsSigned(t *testing.T) {
	l := links(t)
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Int64Range(0, 1<<62)
		in := Link{
			Purpose: rapid.SampledFrom([]LinkPurpose{LinkAnswer, LinkMatch, LinkCheckIn, LinkPreferences, LinkUnsubscribe, LinkCalendar, LinkPlanning, LinkSession}).Draw(t, "purpose"),
			Round:   id.Draw(t, "round"), Person: id.Draw(t, "person"), Program: id.Draw(t, "program"),
		}
		if rapid.Bool().Draw(t, "expires") {
			in.Expires = time.Unix(rapid.Int64Range(noon.Unix()+1, 1<<40).Draw(t, "at"), 0).UTC()
		}
		token := l.Sign(in)
		out, err := l.Verify(token, in.Purpose, noon)
		require.NoError(t, err)
		require.Equal(t, in, out)

		flipped := []byte(token)
		i := rapid.IntRange(0, len(flipped)-1).Draw(t, "flip")
		flipped[i] = map[bool]byte{true: 'A', false: 'B'}[flipped[i] != 'A']
		_, err = l.Verify(string(flipped), in.Purpose, noon)
		require.Equal(t, LinkInvalid, fault.From(err).Code)
	})
}

func TestNumbersOfPurposesNeverChange(t *testing.T) {
	l := links(t)
	for number, purpose := range []LinkPurpose{LinkAnswer, LinkMatch, LinkCheckIn, LinkPreferences, LinkUnsubscribe, LinkCalendar, LinkPlanning, linkReply, LinkSession} {
		require.EqualValues(t, number+1, purpose, "they are part of links already sent")
	}
	require.Regexp(t, `^https://rondo\.example/n/[\w-]+$`, l.SessionURL(3, 9, noon))
	_, err := l.Verify(l.Sign(Link{Purpose: linkReply, Person: 9}), linkReply, noon)
	require.Equal(t, LinkInvalid, fault.From(err).Code, "an address to answer to is no page")
}

func TestLinkFaults(t *testing.T) {
	l := links(t)
	good := Link{Purpose: LinkAnswer, Round: 3, Person: 9, Expires: noon}
	other, err := NewLinks(bytes.Repeat([]byte{8}, 32), "https://rondo.example")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		token   string
		purpose LinkPurpose
		now     time.Time
		code    string
	}{
		"last second":     {l.Sign(good), LinkAnswer, noon.Add(-time.Second), ""},
		"expired":         {l.Sign(good), LinkAnswer, noon, LinkExpired},
		"another purpose": {l.Sign(good), LinkMatch, noon.Add(-time.Hour), LinkWrongPurpose},
		"another secret":  {other.Sign(good), LinkAnswer, noon.Add(-time.Hour), LinkInvalid},
		"empty":           {"", LinkAnswer, noon, LinkInvalid},
		"cut":             {l.Sign(good)[:12], LinkAnswer, noon, LinkInvalid},
		"too long":        {strings.Repeat("A", 1<<20), LinkAnswer, noon, LinkInvalid},
		"not base64":      {"!!!", LinkAnswer, noon, LinkInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			link, err := l.Verify(c.token, c.purpose, c.now)
			if c.code == "" {
				require.NoError(t, err)
				require.Equal(t, good, link)
				return
			}
			require.Equal(t, c.code, fault.From(err).Code)
			require.Equal(t, c.code != LinkInvalid, link.Person == 9)
		})
	}
}

func TestLinkURLs(t *testing.T) {
	l := links(t)
	for _, c := range []struct {
		purpose     LinkPurpose
		prefix, url string
	}{
		{LinkAnswer, "https://rondo.example/a/", l.AnswerURL(1, 2, noon)},
		{LinkMatch, "https://rondo.example/m/", l.MatchURL(1, 2, noon)},
		{LinkCheckIn, "https://rondo.example/d/", l.CheckInURL(1, 2, noon)},
		{LinkPreferences, "https://rondo.example/p/", l.PreferencesURL(1, 2, noon)},
		{LinkUnsubscribe, "https://rondo.example/u/", l.UnsubscribeURL(2)},
		{LinkCalendar, "https://rondo.example/c/", strings.TrimSuffix(l.CalendarURL(1, 2, noon), ".ics")},
	} {
		token, ok := strings.CutPrefix(c.url, c.prefix)
		require.True(t, ok, c.url)
		_, err := l.Verify(token, c.purpose, noon.Add(-time.Hour))
		require.NoError(t, err)
	}
}

func TestNewLinksRefuses(t *testing.T) {
	_, err := NewLinks(make([]byte, 31), "https://rondo.example")
	require.ErrorContains(t, err, "32")
	for _, u := range []string{"", "rondo.example", "ftp://rondo.example", "https://", "https://rondo.example?x=1"} {
		_, err := NewLinks(make([]byte, 32), u)
		require.Error(t, err, u)
	}
}

func FuzzVerify(f *testing.F) {
	l := links(f)
	f.Add(l.Sign(Link{Purpose: LinkAnswer, Round: 1, Person: 2, Expires: noon}), byte(1))
	f.Add(l.Sign(Link{Purpose: LinkUnsubscribe, Person: 1 << 40}), byte(5))
	f.Add("", byte(0))
	f.Fuzz(func(t *testing.T, token string, purpose byte) {
		link, err := l.Verify(token, LinkPurpose(purpose), noon)
		if err == nil {
			require.Equal(t, token, l.Sign(link), "a token has one spelling")
			require.Equal(t, LinkPurpose(purpose), link.Purpose)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	l := links(b)
	for b.Loop() {
		l.Sign(Link{Purpose: LinkAnswer, Round: 12345, Person: 1234567, Expires: noon})
	}
}
