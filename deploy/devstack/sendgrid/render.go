package sendgrid

import (
	"encoding/base64"
	"fmt"
	"maps"
	"sort"
	"strings"
	"time"
)

// A Mail is one message as its recipients see it: substitutions made, headers and custom arguments merged.
type Mail struct {
	ID          int               `json:"id"`
	XMessageID  string            `json:"x_message_id"`
	ReceivedAt  time.Time         `json:"received_at"`
	SendAt      *time.Time        `json:"send_at,omitempty"`
	From        Address           `json:"from"`
	To          []Address         `json:"to"`
	CC          []Address         `json:"cc,omitempty"`
	BCC         []Address         `json:"bcc,omitempty"`
	ReplyTo     []Address         `json:"reply_to,omitempty"`
	Subject     string            `json:"subject"`
	Text        string            `json:"text,omitempty"`
	HTML        string            `json:"html,omitempty"`
	Headers     map[string]string `json:"headers"`
	CustomArgs  map[string]string `json:"custom_args"`
	Categories  []string          `json:"categories,omitempty"`
	TemplateID  string            `json:"template_id,omitempty"`
	Attachments []Attachment      `json:"attachments,omitempty"`
	Events      []Event           `json:"events,omitempty"`

	index    int // position in its call
	asmGroup int64
}

// An Address is a mailbox with its display name.
type Address struct {
	Email string `json:"email"`
	Name  string `json:"name,omitempty"`
}

// String is the address as people read it, without the quoting of mail headers.
func (a Address) String() string {
	if a.Name == "" {
		return a.Email
	}
	return a.Name + " <" + a.Email + ">"
}

// An Attachment describes a file sent along; Size is in bytes.
type Attachment struct {
	Filename    string `json:"filename"`
	Type        string `json:"type,omitempty"`
	Disposition string `json:"disposition"`
	Size        int    `json:"size"`
}

// render builds message id whole. It costs a parse of its call's body unless one of the last calls looked at is meant.
func (s *store) render(id int) (*Mail, error) {
	mail, r, err := s.read(id)
	if err != nil {
		return nil, err
	}
	r.replace = r.substitutions()
	r.envelope(mail)
	r.content(mail)
	return mail, nil
}

// header builds message id without text, HTML and attachments.
func (s *store) header(id int) (*Mail, error) {
	mail, r, err := s.read(id)
	if err != nil {
		return nil, err
	}
	r.replace = r.substitutions()
	r.envelope(mail)
	return mail, nil
}

// identity builds of message id only what events repeat: ids, headers, custom arguments, categories.
func (s *store) identity(id int) (*Mail, error) {
	mail, _, err := s.read(id)
	return mail, err
}

func (s *store) read(id int) (*Mail, *renderer, error) {
	p, m, c, err := s.parse(id)
	if err != nil {
		return nil, nil, err
	}
	if m.index >= len(p.personalizations) {
		return nil, nil, fmt.Errorf("message %d: personalization %d of call %s is missing", id, m.index, c.ID)
	}
	r := &renderer{tape: p.tape, own: p.personalizations[m.index]}
	mail := &Mail{ID: id, XMessageID: c.ID, ReceivedAt: c.Received, index: m.index}
	if m.sendAt > 0 {
		at := time.Unix(m.sendAt, 0).UTC()
		mail.SendAt = &at
	}
	r.identity(mail)
	return mail, r, nil
}

// headerKey is the spelling under which headers holds name.
func headerKey(headers map[string]string, name string) (string, bool) {
	for key := range headers {
		if strings.EqualFold(key, name) {
			return key, true
		}
	}
	return "", false
}

type renderer struct {
	*tape
	own     int // the personalization
	replace func(string) string
}

// substitutions replaces tags literally, in one pass over the text and the longest tag first, in subject, content and reply-to.
// As published, headers and custom arguments are not touched. Section tags are looked up in the replaced values.
func (r *renderer) substitutions() func(string) string {
	values := r.strings(r.member(r.own, "substitutions"))
	sections := r.strings(r.member(0, "sections"))
	if len(values) == 0 && len(sections) == 0 {
		return func(s string) string { return s }
	}
	tags, inner := replacer(values), replacer(sections)
	return func(s string) string { return inner.Replace(tags.Replace(s)) }
}

func replacer(values map[string]string) *strings.Replacer {
	keys := make([]string, 0, len(values))
	for key := range values {
		if key != "" {
			keys = append(keys, key)
		}
	}
	sort.Slice(keys, func(a, b int) bool {
		return len(keys[a]) > len(keys[b]) || len(keys[a]) == len(keys[b]) && keys[a] < keys[b]
	})
	pairs := make([]string, 0, 2*len(keys))
	for _, key := range keys {
		pairs = append(pairs, key, values[key])
	}
	return strings.NewReplacer(pairs...)
}

// member is the position of a member, or that of a node without members.
func (r *renderer) member(i int, name string) int {
	if v, ok := r.get(i, name); ok {
		return v
	}
	return r.leaf()
}

// leaf is the first key of the document, a string: it has neither members nor elements.
func (r *renderer) leaf() int { return 1 }

func (r *renderer) identity(m *Mail) {
	m.TemplateID = r.getStr(0, "template_id")
	m.Headers = r.strings(r.member(0, "headers"))
	maps.Copy(m.Headers, r.strings(r.member(r.own, "headers")))
	if _, ok := headerKey(m.Headers, "Message-ID"); !ok {
		m.Headers["Message-ID"] = "<" + m.XMessageID + "@geopod-ismtpd-rondo>"
	}
	m.CustomArgs = r.strings(r.member(0, "custom_args"))
	maps.Copy(m.CustomArgs, r.strings(r.member(r.own, "custom_args")))
	r.each(r.member(0, "categories"), func(_, c int) { m.Categories = append(m.Categories, r.str(c)) })
	if group, ok := r.get(r.member(0, "asm"), "group_id"); ok {
		m.asmGroup, _ = r.integer(group)
	}
}

func (r *renderer) envelope(m *Mail) {
	subject := r.getStr(0, "subject")
	if own, ok := r.get(r.own, "subject"); ok {
		subject = r.str(own)
	}
	m.Subject = r.replace(subject)
	from := r.member(0, "from")
	if own, ok := r.get(r.own, "from"); ok {
		from = own
	}
	m.From = r.address(from)
	m.To, m.CC, m.BCC = r.addresses(r.own, "to"), r.addresses(r.own, "cc"), r.addresses(r.own, "bcc")
	m.ReplyTo = r.replyTo()
}

func (r *renderer) content(m *Mail) {
	m.Attachments = r.attachments()
	r.each(r.member(0, "content"), func(_, c int) {
		switch value := r.replace(r.getStr(c, "value")); r.getStr(c, "type") {
		case "text/plain":
			m.Text = value
		case "text/html":
			m.HTML = value
		}
	})
}

func (r *renderer) address(i int) Address {
	return Address{Email: r.getStr(i, "email"), Name: r.getStr(i, "name")}
}

func (r *renderer) addresses(i int, name string) (list []Address) {
	r.each(r.member(i, name), func(_, entry int) { list = append(list, r.address(entry)) })
	return list
}

func (r *renderer) replyTo() []Address {
	if one, ok := r.get(0, "reply_to"); ok {
		a := r.address(one)
		return []Address{{Email: r.replace(a.Email), Name: r.replace(a.Name)}}
	}
	return r.addresses(0, "reply_to_list")
}

func (r *renderer) attachments() (list []Attachment) {
	r.each(r.member(0, "attachments"), func(_, i int) {
		a := Attachment{Filename: r.getStr(i, "filename"), Type: r.getStr(i, "type"), Disposition: r.getStr(i, "disposition")}
		if a.Disposition == "" {
			a.Disposition = "attachment"
		}
		if content, ok := r.get(i, "content"); ok {
			encoded := r.str(content)
			a.Size = base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(encoded, "=")))
		}
		list = append(list, a)
	})
	return list
}
