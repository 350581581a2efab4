package sendgrid

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type errorBody struct {
	Errors []struct {
		Message string  `json:"message"`
		Field   *string `json:"field"`
		Help    *string `json:"help"`
	} `json:"errors"`
}

// fields are the fields an answer names.
func fields(t *testing.T, answer []byte) []string {
	t.Helper()
	var e errorBody
	require.NoError(t, json.Unmarshal(answer, &e), string(answer))
	require.NotEmpty(t, e.Errors)
	var list []string
	for _, p := range e.Errors {
		require.NotEmpty(t, p.Message)
		if p.Field != nil {
			require.True(t, strings.HasPrefix(*p.Help, helpPage))
			list = append(list, *p.Field)
		}
	}
	return list
}

func many(n int, value func(i int) any) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = value(i)
	}
	return list
}

func mailbox(i int) any { return object{"email": fmt.Sprintf("m%d@example.com", i)} }

const tooFar = 73 * time.Hour

// TestEveryDocumentedError has one case for each error of SendGrid's mail send errors page and of its limits that an account
// without templates, groups and pools can meet; each names the field at fault, and only that one.
func TestEveryDocumentedError(t *testing.T) {
	s := start(t)
	p := func(pairs ...any) object { return personal(letter("ann@example.com"), pairs...) }
	m := func(pairs ...any) object { return with(letter("ann@example.com"), pairs...) }
	attached := func(pairs ...any) object {
		return m("attachments", []any{with(object{"content": "aGk=", "filename": "hi.txt", "type": "text/plain"}, pairs...)})
	}
	block := func(kind, value string) object { return object{"type": kind, "value": value} }
	setting := func(group, name string, value any) object { return m(group, object{name: value}) }
	long := strings.Repeat("x", 10_000)

	cases := []struct {
		name  string
		body  any
		field string
	}{
		// personalizations
		{"no personalizations", m("personalizations", nil), "personalizations"},
		{"empty personalizations", m("personalizations", []any{}), "personalizations"},
		{"1,001 personalizations", m("personalizations", many(1001, func(i int) any { return object{"to": []any{mailbox(i)}} })), "personalizations"},
		{"1,001 recipients", p("cc", many(600, mailbox), "bcc", many(400, func(i int) any { return mailbox(i + 600) })), "personalizations"},
		{"personalization of another type", m("personalizations", []any{"ann@example.com"}), "personalizations.0"},
		{"null personalization", m("personalizations", []any{nil}), "personalizations.0"},
		{"no to", p("to", nil), "personalizations.0.to"},
		{"empty to", p("to", []any{}), "personalizations.0.to"},
		{"to of another type", p("to", "ann@example.com"), "personalizations.0.to"},
		{"recipient of another type", p("to", []any{"ann@example.com"}), "personalizations.0.to.0"},
		{"recipient without address", p("to", []any{object{"name": "Ann"}}), "personalizations.0.to.0.email"},
		{"malformed address", p("to", []any{object{"email": "ann@"}}), "personalizations.0.to.0.email"},
		{"malformed cc", p("cc", []any{object{"email": "ann"}}), "personalizations.0.cc.0.email"},
		{"malformed bcc", p("bcc", []any{object{"email": "a b@example.com"}}), "personalizations.0.bcc.0.email"},
		{"address over 320 characters", p("to", []any{object{"email": "a@" + strings.Repeat("b.", 160) + "com"}}), "personalizations.0.to.0.email"},
		{"address twice in a block", p("cc", []any{object{"email": "ANN@example.com"}}), "personalizations.0.cc.0.email"},
		{"address twice in a request", letter("ann@example.com", "ann@example.com"), "personalizations.1.to.0.email"},
		{"comma in a recipient's name", p("to", []any{object{"email": "ann@example.com", "name": "Lee, Ann"}}), "personalizations.0.to.0.name"},
		{"the special address invalid@", letter("bob@example.com", "invalid+3@example.com"), "personalizations.1.to.0.email"},
		{"personal from malformed", p("from", object{"email": "x"}), "personalizations.0.from.email"},
		{"personal subject empty", p("subject", ""), "personalizations.0.subject"},
		{"personal subject of another type", p("subject", 7), "personalizations.0.subject"},
		{"no subject anywhere", m("subject", nil), "personalizations.0.subject"},
		{"substitutions of another type", p("substitutions", []any{}), "personalizations.0.substitutions"},
		{"substitution that is no string", p("substitutions", object{"-n-": 1}), "personalizations.0.substitutions.-n-"},
		{"151 substitutions", p("substitutions", object(numbered(151))), "personalizations.0.substitutions"},
		{"over 10,000 bytes of substitutions", p("substitutions", object{"-n-": long}), "personalizations.0.substitutions"},
		{"personal custom_args empty", p("custom_args", object{}), "personalizations.0.custom_args"},
		{"personal custom_arg that is no string", p("custom_args", object{"id": 1}), "personalizations.0.custom_args.id"},
		{"10,000 bytes of personal custom_args", p("custom_args", object{"a": long}), "personalizations.0.custom_args"},
		{"10,000 bytes of custom_args together", with(p("custom_args", object{"a": long[:5000]}), "custom_args", object{"b": long[:5000]}), "personalizations.0.custom_args"},
		{"personal header that is no string", p("headers", object{"X-A": true}), "personalizations.0.headers.X-A"},
		{"personal reserved header", p("headers", object{"reply-to": "x"}), "personalizations.0.headers.reply-to"},
		{"personal send_at of another type", p("send_at", "now"), "personalizations.0.send_at"},
		{"personal send_at too far", p("send_at", time.Now().Add(tooFar).Unix()), "personalizations.0.send_at"},
		// from, reply_to
		{"no from", m("from", nil), "from"},
		{"from of another type", m("from", "rondo@example.com"), "from"},
		{"from without address", m("from", object{"name": "Rondo"}), "from.email"},
		{"Unicode in from", m("from", object{"email": "rondó@example.com"}), "from.email"},
		{"malformed reply_to", m("reply_to", object{"email": "nobody"}), "reply_to.email"},
		{"reply_to without address", m("reply_to", object{}), "reply_to.email"},
		{"reply_to and reply_to_list", m("reply_to", mailbox(1), "reply_to_list", []any{mailbox(2)}), "reply_to_list"},
		{"reply_to_list with a repetition", m("reply_to_list", []any{mailbox(2), mailbox(2)}), "reply_to_list.1.email"},
		{"reply_to_list too long", m("reply_to_list", many(1001, mailbox)), "reply_to_list"},
		// subject, content, template
		{"subject empty", m("subject", ""), "subject"},
		{"subject of another type", m("subject", []any{"Hello"}), "subject"},
		{"no content", m("content", nil), "content"},
		{"empty content", m("content", []any{}), "content"},
		{"content without type", m("content", []any{object{"value": "Hi"}}), "content.0.type"},
		{"content with empty type", m("content", []any{block("", "Hi")}), "content.0.type"},
		{"content type with a semicolon", m("content", []any{block("text/plain; charset=utf-8", "Hi")}), "content.0.type"},
		{"content without value", m("content", []any{object{"type": "text/plain"}}), "content.0.value"},
		{"content with empty value", m("content", []any{block("text/plain", "")}), "content.0.value"},
		{"HTML before text", m("content", []any{block("text/html", "<p>"), block("text/plain", "Hi")}), "content.1.type"},
		{"calendar before HTML", m("content", []any{block("text/calendar", "BEGIN"), block("text/html", "<p>")}), "content.1.type"},
		{"template_id of another type", m("template_id", 1), "template_id"},
		{"unknown template", m("template_id", "welcome"), "template_id"},
		{"section that is no string", m("sections", object{":a": 1}), "sections.:a"},
		// attachments
		{"attachment without content", attached("content", nil), "attachments.0.content"},
		{"attachment with empty content", attached("content", ""), "attachments.0.content"},
		{"attachment not base64", attached("content", "***"), "attachments.0.content"},
		{"attachment without filename", attached("filename", nil), "attachments.0.filename"},
		{"filename with a line break", attached("filename", "a\r\nb"), "attachments.0.filename"},
		{"filename of another type", attached("filename", 1), "attachments.0.filename"},
		{"attachment with empty type", attached("type", ""), "attachments.0.type"},
		{"attachment type with a semicolon", attached("type", "text/plain;x"), "attachments.0.type"},
		{"content_id of another type", attached("content_id", 1), "attachments.0.content_id"},
		{"content_id with a line break", attached("content_id", "a\nb"), "attachments.0.content_id"},
		{"unknown disposition", attached("disposition", "hidden"), "attachments.0.disposition"},
		// headers
		{"header that is no string", m("headers", object{"X-A": 1}), "headers.X-A"},
		{"header with a space", m("headers", object{"X A": "1"}), "headers.X A"},
		{"header not ASCII", m("headers", object{"X-É": "1"}), "headers.X-É"},
		{"header twice", json.RawMessage(raw(t, m("headers", object{"X-A": "1"}), `"X-A":"1"`, `"X-A":"1","x-a":"2"`)), "headers.x-a"},
		// categories, custom_args, send_at, batch_id, asm, ip_pool_name
		{"11 categories", m("categories", many(11, func(i int) any { return fmt.Sprint(i) })), "categories"},
		{"category of another type", m("categories", []any{1}), "categories.0"},
		{"category over 255 characters", m("categories", []any{long[:256]}), "categories.0"},
		{"category twice", m("categories", []any{"a", "a"}), "categories.1"},
		{"category not ASCII", m("categories", []any{"é"}), "categories.0"},
		{"custom_args empty", m("custom_args", object{}), "custom_args"},
		{"custom_arg that is no string", m("custom_args", object{"id": 1}), "custom_args.id"},
		{"10,000 bytes of custom_args", m("custom_args", object{"id": long}), "custom_args"},
		{"send_at of another type", m("send_at", "1"), "send_at"},
		{"send_at no whole number", m("send_at", 1.5), "send_at"},
		{"send_at too far", m("send_at", time.Now().Add(tooFar).Unix()), "send_at"},
		{"batch_id of another type", m("batch_id", 1), "batch_id"},
		{"asm without group", m("asm", object{}), "asm.group_id"},
		{"asm group of another type", m("asm", object{"group_id": "1"}), "asm.group_id"},
		{"asm group unknown", m("asm", object{"group_id": 0}), "asm.group_id"},
		{"asm groups of another type", m("asm", object{"group_id": 1, "groups_to_display": []any{"1"}}), "asm.groups_to_display.0"},
		{"asm groups unknown", m("asm", object{"group_id": 1, "groups_to_display": []any{-1}}), "asm.groups_to_display.0"},
		{"26 asm groups", m("asm", object{"group_id": 1, "groups_to_display": many(26, func(i int) any { return i + 1 })}), "asm.groups_to_display"},
		{"pool of another type", m("ip_pool_name", 1), "ip_pool_name"},
		{"pool name too short", m("ip_pool_name", "a"), "ip_pool_name"},
		// mail_settings
		{"bcc setting without address", setting("mail_settings", "bcc", object{"enable": true}), "mail_settings.bcc.email"},
		{"bcc enable no boolean", setting("mail_settings", "bcc", object{"enable": 1}), "mail_settings.bcc.enable"},
		{"bypass enable no boolean", setting("mail_settings", "bypass_list_management", object{"enable": "yes"}), "mail_settings.bypass_list_management.enable"},
		{"bypasses combined", m("mail_settings", object{"bypass_list_management": object{"enable": true}, "bypass_spam_management": object{"enable": true}}), "mail_settings.bypass_list_management"},
		{"footer enable no boolean", setting("mail_settings", "footer", object{"enable": 0}), "mail_settings.footer.enable"},
		{"footer html no string", setting("mail_settings", "footer", object{"html": 0}), "mail_settings.footer.html"},
		{"footer text no string", setting("mail_settings", "footer", object{"text": 0}), "mail_settings.footer.text"},
		{"sandbox enable no boolean", setting("mail_settings", "sandbox_mode", object{"enable": "true"}), "mail_settings.sandbox_mode.enable"},
		{"spam check enable no boolean", setting("mail_settings", "spam_check", object{"enable": 1}), "mail_settings.spam_check.enable"},
		{"spam check without URL", setting("mail_settings", "spam_check", object{"enable": true, "threshold": 5}), "mail_settings.spam_check.post_to_url"},
		{"spam check URL not http", setting("mail_settings", "spam_check", object{"enable": true, "threshold": 5, "post_to_url": "ftp://x"}), "mail_settings.spam_check.post_to_url"},
		{"spam check without threshold", setting("mail_settings", "spam_check", object{"enable": true, "post_to_url": "http://x"}), "mail_settings.spam_check.threshold"},
		{"spam check threshold out of range", setting("mail_settings", "spam_check", object{"enable": true, "post_to_url": "http://x", "threshold": 11}), "mail_settings.spam_check.threshold"},
		// tracking_settings
		{"click tracking enable no boolean", setting("tracking_settings", "click_tracking", object{"enable": 1}), "tracking_settings.click_tracking.enable"},
		{"click tracking enable_text no boolean", setting("tracking_settings", "click_tracking", object{"enable_text": 1}), "tracking_settings.click_tracking.enable_text"},
		{"open tracking enable no boolean", setting("tracking_settings", "open_tracking", object{"enable": 1}), "tracking_settings.open_tracking.enable"},
		{"open tracking tag no string", setting("tracking_settings", "open_tracking", object{"substitution_tag": 1}), "tracking_settings.open_tracking.substitution_tag"},
		{"subscription enable no boolean", setting("tracking_settings", "subscription_tracking", object{"enable": 1}), "tracking_settings.subscription_tracking.enable"},
		{"subscription html no string", setting("tracking_settings", "subscription_tracking", object{"html": 1}), "tracking_settings.subscription_tracking.html"},
		{"subscription text no string", setting("tracking_settings", "subscription_tracking", object{"text": 1}), "tracking_settings.subscription_tracking.text"},
		{"subscription tag no string", setting("tracking_settings", "subscription_tracking", object{"substitution_tag": 1}), "tracking_settings.subscription_tracking.substitution_tag"},
		{"analytics enable no boolean", setting("tracking_settings", "ganalytics", object{"enable": 1}), "tracking_settings.ganalytics.enable"},
		{"analytics campaign no string", setting("tracking_settings", "ganalytics", object{"utm_campaign": 1}), "tracking_settings.ganalytics.utm_campaign"},
		{"analytics content no string", setting("tracking_settings", "ganalytics", object{"utm_content": 1}), "tracking_settings.ganalytics.utm_content"},
		{"analytics medium no string", setting("tracking_settings", "ganalytics", object{"utm_medium": 1}), "tracking_settings.ganalytics.utm_medium"},
		{"analytics source no string", setting("tracking_settings", "ganalytics", object{"utm_source": 1}), "tracking_settings.ganalytics.utm_source"},
		{"analytics term no string", setting("tracking_settings", "ganalytics", object{"utm_term": 1}), "tracking_settings.ganalytics.utm_term"},
	}
	for _, header := range []string{"x-sg-id", "x-sg-eid", "received", "dkim-signature", "Content-Type", "Content-Transfer-Encoding", "To", "From", "Subject", "Reply-To", "CC", "BCC"} {
		cases = append(cases, struct {
			name  string
			body  any
			field string
		}{"reserved header " + header, m("headers", object{header: "x"}), "headers." + header})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res, answer := s.call(http.MethodPost, "/v3/mail/send", c.body)
			require.Equal(t, http.StatusBadRequest, res.StatusCode, string(answer))
			require.Equal(t, []string{c.field}, fields(t, answer), string(answer))
		})
	}
	require.Zero(t, s.server.store.total())
}

func numbered(n int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[fmt.Sprintf("-%d-", i)] = ""
	}
	return m
}

// raw is the JSON of o with one piece replaced, for what a Go map cannot say.
func raw(t *testing.T, o object, from, to string) []byte {
	body, err := json.Marshal(o)
	require.NoError(t, err)
	require.Contains(t, string(body), from)
	return []byte(strings.Replace(string(body), from, to, 1))
}

func TestAnswersByStatus(t *testing.T) {
	s := start(t)
	letterJSON, err := json.Marshal(letter("ann@example.com"))
	require.NoError(t, err)
	cases := []struct {
		name   string
		method string
		path   string
		body   []byte
		header []string
		status int
	}{
		{"no JSON", "POST", "/v3/mail/send", []byte("{"), nil, 400},
		{"empty body", "POST", "/v3/mail/send", nil, nil, 400},
		{"no object", "POST", "/v3/mail/send", []byte("[]"), nil, 400},
		{"not UTF-8", "POST", "/v3/mail/send", []byte("{\"subject\":\"\xff\"}"), nil, 400},
		{"gzip header, plain body", "POST", "/v3/mail/send", letterJSON, []string{"Content-Encoding", "gzip"}, 400},
		{"no key", "POST", "/v3/mail/send", letterJSON, []string{"Authorization", ""}, 401},
		{"another scheme", "POST", "/v3/mail/send", letterJSON, []string{"Authorization", "Basic " + testKey}, 401},
		{"wrong key", "POST", "/v3/mail/send", letterJSON, []string{"Authorization", "Bearer SG.other"}, 401},
		{"unverified sender", "POST", "/v3/mail/send", raw(t, letter("ann@example.com"), "rondo@example.com", "unverified@example.com"), nil, 403},
		{"unknown path", "POST", "/v3/mail/sent", letterJSON, nil, 404},
		{"another method", "GET", "/v3/mail/send", nil, nil, 405},
		{"30 MB", "POST", "/v3/mail/send", bytes.Repeat([]byte(" "), maxBody+1), nil, 413},
		{"no JSON type", "POST", "/v3/mail/send", letterJSON, []string{"Content-Type", "text/plain"}, 415},
		{"unknown encoding", "POST", "/v3/mail/send", letterJSON, []string{"Content-Encoding", "br"}, 415},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res, answer := s.call(c.method, c.path, c.body, c.header...)
			require.Equal(t, c.status, res.StatusCode, string(answer))
			require.Equal(t, "application/json", res.Header.Get("Content-Type"))
			fields(t, answer)
		})
	}
	require.Zero(t, s.server.store.total())
}

func TestAcceptsWhatIsAllowed(t *testing.T) {
	s := start(t)
	blank := strings.Repeat("x", 9_900)
	accepted := map[string]object{
		"1,000 personalizations":     with(letter(), "personalizations", many(1000, func(i int) any { return object{"to": []any{mailbox(i)}} })),
		"one block, 1,000 addresses": personal(letter("x@example.com"), "to", many(1000, mailbox)),
		"a past send_at":             with(letter("a1@example.com"), "send_at", 1617260400),
		"72 hours ahead":             with(letter("a2@example.com"), "send_at", time.Now().Add(71*time.Hour).Unix()),
		"subjects of their own":      with(personal(letter("a3@example.com"), "subject", "Mine"), "subject", nil),
		"a dynamic template":         with(letter("a4@example.com"), "template_id", "d-1", "content", nil, "subject", nil),
		"an attachment":              with(letter("a5@example.com"), "attachments", []any{object{"content": base64.StdEncoding.EncodeToString([]byte("hi")), "filename": "a.txt", "disposition": "inline"}}),
		"text, HTML, calendar": with(letter("a6@example.com"), "content", []any{
			object{"type": "text/plain", "value": "a"}, object{"type": "text/html", "value": "b"}, object{"type": "text/calendar", "value": "c"},
		}),
		"9,900 bytes of substitutions": personal(letter("a7@example.com"), "substitutions", object{"-a-": blank}),
		"custom_args that override":    with(personal(letter("a8@example.com"), "custom_args", object{"a": blank}), "custom_args", object{"a": blank}),
		"threading headers":            with(letter("a9@example.com"), "headers", object{"In-Reply-To": "<a@b>", "References": "<a@b>", "Message-ID": "<c@d>"}),
	}
	for name, body := range accepted {
		t.Run(name, func(t *testing.T) {
			res, answer := s.call(http.MethodPost, "/v3/mail/send", body)
			require.Equal(t, http.StatusAccepted, res.StatusCode, string(answer))
			require.Empty(t, answer)
			require.NotEmpty(t, res.Header.Get("X-Message-Id"))
		})
	}
}

func TestEveryFaultOfARequestIsNamedAtOnce(t *testing.T) {
	s := start(t)
	body := letter("bob@example.com", "invalid@example.com", "carla@example.com", "invalid.2@example.com", "dan@nowhere")
	res, answer := s.call(http.MethodPost, "/v3/mail/send", body)
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
	require.Equal(t, []string{"personalizations.1.to.0.email", "personalizations.3.to.0.email", "personalizations.4.to.0.email"}, fields(t, answer))
	require.Contains(t, string(answer), "invalid.2@example.com")
}

func TestGzipIsUnpacked(t *testing.T) {
	s := start(t)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	require.NoError(t, json.NewEncoder(w).Encode(letter("ann@example.com")))
	require.NoError(t, w.Close())
	res, answer := s.call(http.MethodPost, "/v3/mail/send", packed.Bytes(), "Content-Encoding", "gzip")
	require.Equal(t, http.StatusAccepted, res.StatusCode, string(answer))
	require.Equal(t, "Hi", s.only().Text)

	packed.Reset()
	w.Reset(&packed)
	_, err := w.Write(bytes.Repeat([]byte(" "), maxInflated+1))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	res, _ = s.call(http.MethodPost, "/v3/mail/send", packed.Bytes(), "Content-Encoding", "gzip")
	require.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
}

func TestSandboxModeOnlyChecks(t *testing.T) {
	s := start(t)
	sandbox := object{"sandbox_mode": object{"enable": true}}
	res, answer := s.call(http.MethodPost, "/v3/mail/send", with(letter("ann@example.com"), "mail_settings", sandbox))
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Empty(t, answer)
	res, _ = s.call(http.MethodPost, "/v3/mail/send", with(letter("ann@"), "mail_settings", sandbox))
	require.Equal(t, http.StatusBadRequest, res.StatusCode)
	require.Zero(t, s.server.store.total())
	require.Zero(t, s.server.happenings.len())
}
