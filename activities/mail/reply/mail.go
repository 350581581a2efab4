package reply

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Bounds of what is kept; the rest of a mail is not looked at.
const (
	maxText      = 64 << 10
	maxHTML      = 1 << 20 // of markup that is read for text
	maxHeaders   = 256 << 10
	maxSubject   = 998 // a line of RFC 5322
	maxAddress   = 320
	maxAddresses = 100
	maxIDs       = 100
)

// Mail is an inbound mail as far as Rondo looks at it. All its strings are valid UTF-8 without control characters.
type Mail struct {
	From    string // bare, lower case; empty only in a bounce
	Subject string
	// To are bare addresses, those of the envelope if it has any, else those of the To header.
	To []string
	// Text is that of the text part, else of the HTML part, in which quotes are marked with "> " as in text.
	Text string
	// MessageID and InReplyTo are without angle brackets; InReplyTo also holds References.
	MessageID string
	InReplyTo []string
	// Auto says that a machine wrote it, going by its headers or the empty sender of its envelope.
	Auto bool
	// Bounce says that it reports a failed delivery; a report of a delay is only Auto.
	Bounce bool
}

// ErrNotInbound means that a form is not one of Inbound Parse.
var ErrNotInbound = errors.New("neither headers nor a sender nor a raw mail")

// FieldError is a field of the form that cannot be done without and cannot be read.
type FieldError struct {
	Field string
	Err   error
}

// Error implements error. It does not quote the mail.
func (e *FieldError) Error() string { return fmt.Sprintf("inbound field %q: %v", e.Field, e.Err) }

// Unwrap gives the cause.
func (e *FieldError) Unwrap() error { return e.Err }

var errNoAddress = errors.New("no address in it")

// Read reads the fields of a post of Inbound Parse (Value of a multipart.Form), parsed or with the raw mail in "email".
// It is lenient, because a mail that is refused comes again for three days and is then lost: the only errors are
// ErrNotInbound and a *FieldError about a sender who cannot be told.
func Read(form map[string][]string) (Mail, error) {
	field := func(name string) string {
		if values := form[name]; len(values) > 0 {
			return values[0]
		}
		return ""
	}
	raw := field("email")
	if raw == "" && field("headers") == "" && field("from") == "" {
		return Mail{}, ErrNotInbound
	}
	var p parts
	var h header
	if raw != "" {
		var body string
		h, body = splitMail(raw)
		p.walk(h, strings.NewReader(body), 0)
	} else {
		h = readHeader(field("headers"))
		var charsets map[string]string
		_ = json.Unmarshal([]byte(field("charsets")), &charsets) // without it, UTF-8 is tried first
		p.text, p.html = decode(field("text"), charsets["text"]), decode(cut(field("html"), maxHTML), charsets["html"])
	}

	from, to, subject := first(field("from"), h.get("From")), first(field("to"), h.get("To")), first(field("subject"), h.get("Subject"))
	m := Mail{
		From: sender(from), Subject: cut(oneLine(decodeWords(subject)), maxSubject), Text: clean(p.text),
		MessageID: first(ids(h.get("Message-Id"))...), InReplyTo: ids(h.get("In-Reply-To") + " " + h.get("References")),
	}
	if strings.TrimSpace(m.Text) == "" {
		m.Text = clean(textOfHTML(p.html))
	}
	e, enveloped := readEnvelope(field("envelope"))
	if m.To = e.to; len(m.To) == 0 {
		m.To = addresses(to)
	}
	if m.From == "" {
		m.From = e.from
	}
	nobody := enveloped && e.from == ""
	m.Bounce = bounced(&m, h, p.status, nobody)
	m.Auto = nobody || m.Bounce || automatic(h)
	if m.From == "" && !m.Bounce {
		return Mail{}, &FieldError{Field: "from", Err: errNoAddress}
	}
	return m, nil
}

// envelope is what was said in SMTP.
type envelope struct {
	from string
	to   []string
}

// readEnvelope reads the field's JSON; ok is false where it does not say who sent the mail.
func readEnvelope(field string) (e envelope, ok bool) {
	var posted struct {
		To   []string `json:"to"`
		From *string  `json:"from"`
	}
	if json.Unmarshal([]byte(field), &posted) != nil {
		return envelope{}, false
	}
	for _, to := range posted.To {
		e.to = append(e.to, addresses(to)...)
		if len(e.to) >= maxAddresses {
			break
		}
	}
	if posted.From == nil {
		return e, false
	}
	e.from = sender(*posted.From)
	return e, true
}

// first is the first that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
