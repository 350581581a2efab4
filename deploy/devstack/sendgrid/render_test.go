package sendgrid

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sendgrid/sendgrid-go"
	"github.com/sendgrid/sendgrid-go/helpers/mail"
	"github.com/stretchr/testify/require"
)

func TestSendGridsOwnClientIsUnderstood(t *testing.T) {
	s := start(t)
	m := mail.NewV3Mail()
	m.SetFrom(mail.NewEmail("Rondo", "rondo@example.com"))
	m.SetReplyTo(mail.NewEmail("", "-reply-@in.example.com"))
	m.Subject = "Hello -name-"
	m.AddContent(mail.NewContent("text/plain", "Dear -name-, meet -others-."), mail.NewContent("text/html", "<p>Dear -name-</p>"))
	m.SetHeader("X-Both", "request")
	m.SetHeader("X-Tag", "-name-")
	m.SetCustomArg("both", "request")
	m.SetCustomArg("tag", "-name-")
	m.AddCategories("match")
	m.AddAttachment(mail.NewAttachment().SetContent("aGVsbG8=").SetFilename("a.txt").SetType("text/plain"))
	for _, person := range []struct{ name, address string }{{"Ann", "ann@example.com"}, {"Élie", "Elie@example.com"}} {
		p := mail.NewPersonalization()
		p.AddTos(mail.NewEmail(person.name, person.address))
		p.SetSubstitution("-name-", person.name)
		p.SetSubstitution("-others-", "-name- & <Bob>")
		p.SetSubstitution("-reply-", "r"+person.name)
		p.SetHeader("X-Both", person.name)
		p.SetCustomArg("both", person.name)
		m.AddPersonalizations(p)
	}
	client := sendgrid.NewSendClient(testKey)
	client.BaseURL = s.url + "/v3/mail/send"
	res, err := client.Send(m)
	require.NoError(t, err)
	require.Equal(t, http.StatusAccepted, res.StatusCode, res.Body)
	id := http.Header(res.Headers).Get("X-Message-Id")

	var list MessageList
	s.api(http.MethodGet, "/api/messages?to=elie@example.com", nil, &list)
	require.Len(t, list.Messages, 1)
	got, err := s.server.store.render(list.Messages[0].ID)
	require.NoError(t, err)
	require.Equal(t, id, got.XMessageID)
	require.Equal(t, "Hello Élie", got.Subject)
	require.Equal(t, "Dear Élie, meet -name- & <Bob>.", got.Text, "values are not searched for tags again")
	require.Equal(t, "<p>Dear Élie</p>", got.HTML)
	require.Equal(t, []Address{{Email: "Elie@example.com", Name: "Élie"}}, got.To)
	require.Equal(t, Address{Email: "rondo@example.com", Name: "Rondo"}, got.From)
	require.Equal(t, "rÉlie@in.example.com", got.ReplyTo[0].Email)
	require.Equal(t, map[string]string{"both": "Élie", "tag": "-name-"}, got.CustomArgs)
	require.Equal(t, "Élie", got.Headers["X-Both"])
	require.Equal(t, "-name-", got.Headers["X-Tag"])
	require.Contains(t, got.Headers["Message-ID"], id)
	require.Equal(t, []string{"match"}, got.Categories)
	require.Equal(t, []Attachment{{Filename: "a.txt", Type: "text/plain", Disposition: "attachment", Size: 5}}, got.Attachments)
}

func TestPersonalizationOverrides(t *testing.T) {
	s := start(t)
	s.send(with(personal(letter("ann@example.com"), "from", object{"email": "other@example.com"}, "subject", "Mine -x-", "send_at", 1_700_000_000,
		"substitutions", object{"-x-": "1", "-x-y-": ":s"}), "send_at", 1_600_000_000, "sections", object{":s": "section"},
		"headers", object{"message-id": "<mine@example.com>"}, "content", []any{object{"type": "text/plain", "value": "-x- -x-y-"}}))
	m := s.only()
	require.Equal(t, "other@example.com", m.From.Email)
	require.Equal(t, "Mine 1", m.Subject)
	require.Equal(t, "1 section", m.Text, "the longest tag wins")
	require.EqualValues(t, 1_700_000_000, m.SendAt.Unix())
	require.Equal(t, map[string]string{"message-id": "<mine@example.com>"}, m.Headers)
	require.Equal(t, "<mine@example.com>", s.event("ann@example.com", "processed")["smtp-id"])
}

func TestLinks(t *testing.T) {
	m := &Mail{HTML: `<a href="https://a.example/?x=1&amp;y=2">1</a> <A title='t' HREF='http://b.example'>2</A> <a href=https://c.example/3>3</a>
		<a href="mailto:x@y.z">no</a> <a href="https://a.example/?x=1&amp;y=2">again</a>`, Text: "https://text.example"}
	require.Equal(t, []string{"https://a.example/?x=1&y=2", "http://b.example", "https://c.example/3"}, m.links())
	m.HTML = ""
	m.Text = "go to https://text.example/a?b=c, or (http://two.example/x)"
	require.Equal(t, []string{"https://text.example/a?b=c,", "http://two.example/x"}, m.links())
}

func TestMessagesSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	t.Run("first run", func(t *testing.T) {
		s := startIn(t, dir)
		s.send(letter("ann@example.com", "bob@example.com"))
		s.send(with(letter("ann@example.com"), "subject", "Second"))
	})
	s := startIn(t, dir)
	var list MessageList
	s.api(http.MethodGet, "/api/messages?to=ann@example.com", nil, &list)
	require.Len(t, list.Messages, 2)
	require.Equal(t, "Second", list.Messages[0].Subject)
	var m Mail
	s.api(http.MethodGet, "/api/messages/1", nil, &m)
	require.Equal(t, "Hi", m.Text)
}

func TestARecordCutShortIsDropped(t *testing.T) {
	dir := t.TempDir()
	st, err := openStore(dir)
	require.NoError(t, err)
	body, err := json.Marshal(letter("ann@example.com"))
	require.NoError(t, err)
	_, err = st.add(stamp{ID: "one"}, body, []envelope{{recipients: []string{"ann@example.com"}}})
	require.NoError(t, err)
	_, err = st.segment.file.WriteAt([]byte(`{"id":"two","length":1000}`+"\n{\"pers"), st.segment.size)
	require.NoError(t, err)
	require.NoError(t, st.close())

	st, err = openStore(dir)
	require.NoError(t, err)
	_, err = st.add(stamp{ID: "three"}, body, []envelope{{recipients: []string{"ann@example.com"}}})
	require.NoError(t, err)
	require.NoError(t, st.close())
	st, err = openStore(dir)
	require.NoError(t, err)
	require.Equal(t, 2, st.total())
	m, err := st.render(2)
	require.NoError(t, err)
	require.Equal(t, "three", m.XMessageID)
	require.NoError(t, st.close())
}

func TestOnlyTheBodiesLookedAtLastStayParsed(t *testing.T) {
	st, err := openStore(t.TempDir())
	require.NoError(t, err)
	body, err := json.Marshal(with(letter("ann@example.com"), "subject", strings.Repeat("x", maxParsed/3)))
	require.NoError(t, err)
	for i := range 6 {
		_, err = st.add(stamp{ID: newID()}, body, []envelope{{recipients: []string{"ann@example.com"}}})
		require.NoError(t, err)
		_, err = st.render(i + 1)
		require.NoError(t, err)
	}
	require.Len(t, st.parsed.calls, 2)
	require.LessOrEqual(t, st.parsed.size, maxParsed)
	require.NoError(t, st.close())
}
