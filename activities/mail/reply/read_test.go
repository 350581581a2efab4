package reply

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// post is one of Inbound Parse with the fields it names.
func post(fields ...string) map[string][]string {
	f := map[string][]string{}
	for i := 0; i < len(fields); i += 2 {
		f[fields[i]] = []string{fields[i+1]}
	}
	return f
}

func TestReadParsed(t *testing.T) {
	m, err := Read(post(
		"headers", "Message-ID: <a@example.com>\nIn-Reply-To: <m1@rondo.example.com>\nReferences: <m0@rondo.example.com>\n <m1@rondo.example.com>\nbad line\n",
		"from", `"Specimen, Pat" <Pat@Example.com>`, "to", "Alex <alex@rondo.example.com>", "subject", "=?iso-8859-1?q?R=E9ponse?=\n here",
		"text", "Caf\xe9 \x00\r\n\xa0oui", "html", "<p>no</p>", "charsets", `{"text":"iso-8859-1"}`,
		"envelope", `{"to":["R7@in.rondo.example.com"],"from":"bounce@example.com"}`,
	))
	require.NoError(t, err)
	require.Equal(t, Mail{
		From: "pat@example.com", Subject: "Réponse here", To: []string{"r7@in.rondo.example.com"}, Text: "Café \n oui",
		MessageID: "a@example.com", InReplyTo: []string{"m1@rondo.example.com", "m0@rondo.example.com"},
	}, m)

	m, err = Read(post("from", "pat@example.com", "to", "Alex <alex@rondo.example.com>, b@example.com", "html", "<p>R&eacute;sum\xe9</p>", "charsets", `{"html":"windows-1252"}`))
	require.NoError(t, err)
	require.Equal(t, "Résumé\n\n", m.Text)
	require.Equal(t, []string{"alex@rondo.example.com", "b@example.com"}, m.To)
}

func TestReadRaw(t *testing.T) {
	html := base64.StdEncoding.EncodeToString([]byte("<p>Hallo</p>"))
	for name, c := range map[string]struct{ body, want string }{
		"quoted-printable":   {"Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=\r\n=DFe", "Grüße"},
		"first text":         {"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nHallo\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>no</p>\r\n--b--", "Hallo"},
		"nested, attached":   {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\nContent-Disposition: attachment\n\nno\n--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + html[:6] + "\n " + html[6:] + "\n--c--\n--b--", "Hallo\n\n"},
		"cut short":          {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHallo", "Hallo"},
		"of unknown charset": {"Content-Type: text/plain; charset=klingon\n\nGr\xfc\xdfe", "Grüße"},
		"iso-8859-2":         {"Content-Type: text/plain; charset=iso-8859-2\n\ndzi\xeakuj\xea", "dziękuję"},
	} {
		m, err := Read(post("email", "From: pat@example.com\nSubject: x\n"+c.body))
		require.NoError(t, err, name)
		require.Equal(t, c.want, strings.ReplaceAll(m.Text, "\r", ""), name)
	}
}

func TestReadAuto(t *testing.T) {
	for _, c := range []struct {
		headers, envelope string
		auto              bool
	}{
		{"Auto-Submitted: auto-replied; x=y", "", true},
		{"Auto-Submitted: no", "", false},
		{"Precedence: bulk", "", true},
		{"Precedence: list", "", false},
		{"X-Autoreply: yes", "", true},
		{"X-Autorespond: whatever", "", true},
		{"X-Auto-Response-Suppress: DR, RN, OOF", "", true},
		{"X-Auto-Response-Suppress: DR, RN", "", false},
		{"Content-Type: multipart/report; report-type=disposition-notification", "", true},
		{"Subject: x", `{"from":""}`, true},
		{"Subject: x", `{"from":"pat@example.com"}`, false},
		{"Subject: x", `{"to":["a@example.com"]}`, false},
	} {
		m, err := Read(post("from", "pat@example.com", "headers", c.headers, "envelope", c.envelope))
		require.NoError(t, err)
		require.Equal(t, c.auto, m.Auto, c)
		require.False(t, m.Bounce, c)
	}
}

func TestReadBounce(t *testing.T) {
	report := func(action string) string {
		return "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nx\n--b\nContent-Type: message/delivery-status\n\nAction: " + action + "\n--b--"
	}
	for _, c := range []struct {
		email  string
		bounce bool
	}{
		{"From: postmaster@example.com\n" + report("failed"), true},
		{"From: mailer-daemon@example.com\n" + report("delayed"), false},
		{"From: MAILER-DAEMON@example.com\nSubject: x\n\n", true},
		{"From: mailer-daemon@example.com\nSubject: Warning: message delayed 4 hours\n\n", false},
		{"From: postmaster@example.com\nSubject: Undeliverable: x\n\n", true},
		{"From: postmaster@example.com\nSubject: Your question\n\n", false},
		{"From: pat@example.com\nSubject: Re: Undeliverable: x\n\n", false},
		{"From: pat@example.com\nX-Failed-Recipients: a@example.com\n\n", true},
	} {
		m, err := Read(post("email", c.email))
		require.NoError(t, err)
		require.Equal(t, c.bounce, m.Bounce, c.email)
		if kind := Classify(m, time.Now()).Kind; c.bounce {
			require.Equal(t, Bounce, kind, c.email)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	_, err := Read(post("text", "hello"))
	require.ErrorIs(t, err, ErrNotInbound)
	_, err = Read(post("headers", "Subject: x", "from", "nobody"))
	var field *FieldError
	require.ErrorAs(t, err, &field)
	require.Equal(t, "from", field.Field)
	require.NotContains(t, err.Error(), "nobody")
	m, err := Read(post("from", "nobody", "envelope", `{"from":"Pat@example.com"}`))
	require.NoError(t, err)
	require.Equal(t, "pat@example.com", m.From)
}

func TestReadIsBounded(t *testing.T) {
	m, err := Read(post("from", "pat@example.com", "text", strings.Repeat("é", maxText), "subject", strings.Repeat("x ", 9999), "to", strings.Repeat("a@example.com,b@example.com,", 999)))
	require.NoError(t, err)
	require.Len(t, m.Text, maxText)
	require.LessOrEqual(t, len(m.Subject), maxSubject)
	require.Len(t, m.To, 2)
	deep := strings.Repeat("<div><blockquote>", 200_000)
	m, err = Read(post("from", "pat@example.com", "html", deep+"x"+strings.Repeat("</div>", 50_000)))
	require.NoError(t, err)
	require.Empty(t, strings.Trim(m.Text, "> \n"), "beyond the limit of HTML")
}
