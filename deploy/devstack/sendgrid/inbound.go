package sendgrid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Reply is what a recipient writes back: the body of POST /api/messages/{id}/reply. Empty members get what a mail program
// would put there: the first recipient, the reply-to address, "Re: " and the subject.
type Reply struct {
	From        string            `json:"from"`
	To          string            `json:"to"`
	Subject     string            `json:"subject"`
	Text        string            `json:"text"`
	HTML        string            `json:"html"`
	Headers     map[string]string `json:"headers"` // added to the mail's own, Auto-Submitted for one
	Attachments []File            `json:"attachments"`
}

// A File is attached to a reply; Content is base64 in JSON.
type File struct {
	Filename string `json:"filename"`
	Type     string `json:"type"`
	Content  []byte `json:"content"`
}

// An inbound is a parsed mail on its way to the webhook.
type inbound struct {
	contentType string
	body        []byte
	attempts    int
	born        time.Time
}

var errNoInbound = errors.New("no inbound webhook URL is set")

// reply builds the answer to m and posts it; delivered is false if the receiver will get it again later.
func (s *server) reply(ctx context.Context, m *Mail, r Reply) (delivered bool, err error) {
	if s.settings.get().InboundWebhookURL == "" {
		return false, errNoInbound
	}
	r.complete(m)
	contentType, body, err := r.form(m, time.Now())
	if err != nil {
		return false, fmt.Errorf("build reply: %w", err)
	}
	return s.postInbound(ctx, inbound{contentType: contentType, body: body, born: time.Now()}), nil
}

// postInbound tries once and queues the mail again unless it was taken.
func (s *server) postInbound(ctx context.Context, mail inbound) bool {
	header, err := s.signed(mail.body)
	if err == nil {
		err = s.send(ctx, s.settings.get().InboundWebhookURL, mail.contentType, mail.body, header)
	}
	if err == nil {
		return true
	}
	s.log.Debug("inbound webhook refused", "attempt", mail.attempts+1, "error", err)
	mail.attempts++
	if wait := retryAfter(mail.attempts); time.Since(mail.born)+wait < inboundsGiveUp {
		s.inbounds.push(time.Now().Add(wait), mail)
	}
	return false
}

func (s *server) postInbounds(ctx context.Context) {
	for {
		mails := s.inbounds.next(ctx, 1)
		if mails == nil {
			return
		}
		s.postInbound(ctx, mails[0])
	}
}

func (r *Reply) complete(m *Mail) {
	if r.From == "" && len(m.To) > 0 {
		r.From = m.To[0].String()
	}
	if r.To == "" {
		r.To = m.From.String()
		if len(m.ReplyTo) > 0 {
			r.To = m.ReplyTo[0].String()
		}
	}
	if r.Subject == "" {
		r.Subject = m.Subject
		if !strings.HasPrefix(strings.ToLower(r.Subject), "re:") {
			r.Subject = "Re: " + r.Subject
		}
	}
}

// form is the reply as Inbound Parse posts it.
func (r *Reply) form(m *Mail, now time.Time) (contentType string, body []byte, err error) {
	envelope, err := json.Marshal(map[string]any{"to": []string{bare(r.To)}, "from": bare(r.From)})
	if err != nil {
		return "", nil, err
	}
	fields := []struct{ name, value string }{
		{"headers", r.rawHeaders(m, now)},
		{"dkim", "{@" + domain(r.From) + " : pass}"},
		{"to", r.To},
		{"from", r.From},
		{"subject", r.Subject},
		{"text", r.Text},
		{"html", r.HTML},
		{"sender_ip", "192.0.2.25"},
		{"envelope", string(envelope)},
		{"attachments", strconv.Itoa(len(r.Attachments))},
		{"charsets", `{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"UTF-8","html":"UTF-8"}`},
		{"SPF", "pass"},
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		if f.value == "" && (f.name == "html" || f.name == "text") {
			continue // published: absent when the mail had none
		}
		if err := w.WriteField(f.name, f.value); err != nil {
			return "", nil, err
		}
	}
	if err := r.files(w); err != nil {
		return "", nil, err
	}
	if err := w.Close(); err != nil {
		return "", nil, err
	}
	return w.FormDataContentType(), b.Bytes(), nil
}

// files writes attachment-info and the parts attachment1, attachment2, ...
func (r *Reply) files(w *multipart.Writer) error {
	if len(r.Attachments) == 0 {
		return nil
	}
	info := map[string]any{}
	for i, f := range r.Attachments {
		info["attachment"+strconv.Itoa(i+1)] = map[string]string{"filename": f.Filename, "name": f.Filename, "type": f.Type}
	}
	infoJSON, err := json.Marshal(info)
	if err != nil {
		return err
	}
	if err := w.WriteField("attachment-info", string(infoJSON)); err != nil {
		return err
	}
	for i, f := range r.Attachments {
		h := textproto.MIMEHeader{}
		h.Set("Content-Disposition", mime.FormatMediaType("form-data", map[string]string{"name": "attachment" + strconv.Itoa(i+1), "filename": f.Filename}))
		h.Set("Content-Type", orElse(f.Type, "application/octet-stream"))
		part, err := w.CreatePart(h)
		if err != nil {
			return err
		}
		if _, err := part.Write(f.Content); err != nil {
			return err
		}
	}
	return nil
}

func (r *Reply) rawHeaders(m *Mail, now time.Time) string {
	var b strings.Builder
	line := func(name, value string) {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.NewReplacer("\r", "", "\n", " ").Replace(value))
	}
	line("Received", "from "+domain(r.From)+" ([192.0.2.25]) by mx.sendgrid.net; "+now.Format(time.RFC1123Z))
	line("Date", now.Format(time.RFC1123Z))
	line("From", encoded(r.From))
	line("To", encoded(r.To))
	line("Subject", mime.QEncoding.Encode("utf-8", r.Subject))
	line("Message-ID", "<"+newID()+"@"+domain(r.From)+">")
	if key, ok := headerKey(m.Headers, "Message-ID"); ok {
		references := m.Headers[key]
		line("In-Reply-To", references)
		if earlier, ok := headerKey(m.Headers, "References"); ok {
			references = m.Headers[earlier] + " " + references
		}
		line("References", references)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		line(name, r.Headers[name])
	}
	line("MIME-Version", "1.0")
	line("Content-Type", "text/plain; charset=utf-8")
	return b.String()
}

// encoded is "Name <address>" quoted for a mail header.
func encoded(mailbox string) string {
	name, _, named := strings.Cut(mailbox, "<")
	if !named {
		return mailbox
	}
	return (&netmail.Address{Name: strings.TrimSpace(name), Address: bare(mailbox)}).String()
}

// bare is the address in "Name <address>".
func bare(mailbox string) string {
	if _, rest, ok := strings.Cut(mailbox, "<"); ok {
		mailbox, _, _ = strings.Cut(rest, ">")
	}
	return strings.TrimSpace(mailbox)
}

func domain(mailbox string) string {
	_, d, _ := strings.Cut(bare(mailbox), "@")
	return d
}
