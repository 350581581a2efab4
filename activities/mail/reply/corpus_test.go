package reply

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html/charset"
)

// labelled is a mail of the corpus and what it is.
//
// A corpus file holds mails that each begin with "%% kind [first day back]", then a header and a body as in a mail. Text
// before the first is a comment. The file is UTF-8; the body is sent in the charset that its header names. Now: is when
// the mail came, if not on Wednesday 10 June 2026. {{quoted}}, {{plain}} and {{html}} stand for the mail that we sent.
type labelled struct {
	language string
	line     int
	kind     Kind
	until    string
	now      time.Time
	header   []string
	body     string // in its charset
	charset  string
	media    string
}

var sent = []string{
	"Hi there,", "are you the right person to talk to about how new people meet at your company?", "Alex",
	"Unsubscribe: https://rondo.example.com/u/abc - stop these emails, remove me from the list",
	"Se désinscrire / ne plus recevoir ces mails - Abmelden / keine weiteren E-Mails - Darse de baja / no me escriban más",
	"I am out of the office until 24 December 2026, thank you for your message, urgent",
}

func corpus(t testing.TB, language, half string) []labelled {
	b, err := os.ReadFile("testdata/corpus/" + language + "." + half + ".txt")
	require.NoError(t, err)
	text := strings.NewReplacer("{{quoted}}", "> "+strings.Join(sent, "\n> "), "{{plain}}", strings.Join(sent, "\n\n"), "{{html}}", "<p>"+strings.Join(sent, "</p><p>")+"</p>").Replace(string(b))
	var mails []labelled
	for i, block := range strings.Split(text, "\n%% ")[1:] {
		label, mail, _ := strings.Cut(block, "\n")
		head, body, _ := strings.Cut(mail, "\n\n")
		kind, until, _ := strings.Cut(label, " ")
		m := labelled{
			language: language, line: i + 1, kind: Kind(kind), until: until, body: strings.TrimRight(body, "\n") + "\n",
			now: time.Date(2026, 6, 10, 9, 0, 0, 0, time.UTC), media: "text/plain", charset: "utf-8",
		}
		from := "From: Pat Specimen <Pat@Example.com>"
		for _, line := range strings.Split(strings.TrimRight(head, "\n"), "\n") {
			name, value, _ := strings.Cut(line, ": ")
			switch name {
			case "From":
				from = line
				continue
			case "Now":
				m.now, err = time.Parse(time.RFC3339, value)
				require.NoError(t, err)
				continue
			case "Content-Type":
				m.media = value
				if c, label, ok := strings.Cut(value, "; charset="); ok {
					m.media, m.charset = c, label
				}
			}
			m.header = append(m.header, line)
		}
		m.header = append(m.header, from, "To: alex@rondo.example.com", "Message-ID: <1@example.com>", "In-Reply-To: <m7@rondo.example.com>")
		if !strings.HasPrefix(m.media, "multipart") {
			e, _ := charset.Lookup(m.charset)
			m.body, err = e.NewEncoder().String(m.body)
			require.NoError(t, err)
		}
		mails = append(mails, m)
	}
	return mails
}

// field is a header of the mail.
func (l *labelled) field(name string) string {
	for _, h := range l.header {
		if value, ok := strings.CutPrefix(h, name+": "); ok {
			return value
		}
	}
	return ""
}

// raw is the mail as Inbound Parse posts it where it is asked for raw mails.
func (l *labelled) raw() map[string][]string {
	return map[string][]string{"email": {strings.Join(l.header, "\r\n") + "\r\n\r\n" + l.body}, "envelope": {l.envelope()}}
}

// parsed is the mail as Inbound Parse posts it else; nil for one of several parts.
func (l *labelled) parsed() map[string][]string {
	if strings.HasPrefix(l.media, "multipart") {
		return nil
	}
	_, name, _ := strings.Cut(l.media, "/")
	if name == "plain" {
		name = "text"
	}
	charsets, _ := json.Marshal(map[string]string{"from": "UTF-8", name: l.charset})
	return map[string][]string{
		"headers": {strings.Join(l.header, "\n") + "\n"}, "from": {l.field("From")}, "to": {"alex@rondo.example.com"}, "subject": {l.field("Subject")},
		name: {l.body}, "envelope": {l.envelope()}, "charsets": {string(charsets)}, "SPF": {"pass"}, "spam_score": {"0.1"},
	}
}

func (l *labelled) envelope() string {
	from := "pat@example.com"
	if l.kind == Bounce {
		from = ""
	}
	return fmt.Sprintf(`{"to":["alex@rondo.example.com"],"from":%q}`, from)
}

func (l *labelled) String() string {
	return fmt.Sprintf("%s #%d %q", l.language, l.line, l.field("Subject"))
}
