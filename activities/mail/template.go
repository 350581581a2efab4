package mail

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/osteele/liquid"

	"rondo/workflows"
)

// Message is what one person reads.
type Message struct {
	Subject, Text, HTML string
}

// Template is a text compiled for one delivery: what all readers share, with tokens in it, and how to make the value of
// each token. It is safe for concurrent use.
type Template struct {
	occasion Occasion
	dates    *dates
	shared   Message
	tokens   []token
	// subject, text and html are the same template in pieces: numbers of tokens, or -1 and a literal.
	subject, text, html []piece
}

type token struct {
	key   string // what stands in the shared text
	mode  mode
	path  []string
	tree  tree
	block *liquid.Template
}

type piece struct {
	literal string
	token   int
}

// Compile turns a text into what a provider can fill in by itself: 1,000 messages are then one shared text and 1,000 small
// tables of values. Variables become values; a filter, a condition or a loop becomes one value, rendered by Liquid.
// The fault is "text_invalid".
func Compile(o Occasion, text Text, visible []string) (*Template, error) {
	words := vocabulary{purpose: o.Purpose, visible: visible}
	bad := map[string][]problem{}
	subject, problems := parse(strings.TrimSpace(text.Subject), inSubject, words)
	if strings.ContainsAny(strings.TrimSpace(text.Subject), "\r\n") {
		problems = append(problems, problem{1, "a subject is one line"})
	}
	bad["subject"] = problems
	plain, problems := parse(text.Text, inText, words)
	if strings.TrimSpace(text.Text) == "" {
		problems = append(problems, problem{1, "the plain text is missing"})
	}
	bad["text"] = problems
	rich, problems := parseHTML(text, words)
	bad["html"] = problems
	for _, problems := range bad {
		if len(problems) > 0 {
			return nil, textFault(o.Purpose, bad)
		}
	}
	_, footer := layout("txt", inText, words)
	t := &Template{occasion: o, dates: newDates(o.Zone)}
	t.assemble(subject, append(plain, footer...), rich)
	return t, nil
}

// parseHTML puts the HTML body into the layout, or takes a whole document as it is.
func parseHTML(text Text, words vocabulary) ([]part, []problem) {
	if strings.Contains(strings.ToLower(text.HTML), "<html") {
		parts, problems := parse(text.HTML, inHTML, words)
		if !strings.Contains(text.HTML, "links.unsubscribe") {
			problems = append(problems, problem{1, "a whole document has to print links.unsubscribe"})
		}
		return parts, problems
	}
	head, foot := layout("html", inHTML, words)
	if text.HTML == "" {
		body, _ := parse(text.Text, inHTML, words) // its mistakes are told as the text's
		return append(append(head, fromText(body)...), foot...), nil
	}
	body, problems := parse(text.HTML, inHTML, words)
	return append(append(head, body...), foot...), problems
}

// layout gives the built-in parts before and after a body.
func layout(ext string, m mode, words vocabulary) (head, foot []part) {
	name := "layout."
	switch {
	case words.purpose == workflows.StepMail:
		name = "layout_step."
	case slices.Contains(SessionPurposes, words.purpose):
		name = "layout_session."
	}
	before, after, _ := strings.Cut(read(name+ext), "[[body]]")
	head, wrong := parse(before, m, words)
	foot, wrongToo := parse(after, m, words)
	if len(wrong)+len(wrongToo) > 0 {
		panic(fmt.Sprintf("layout.%s: %v %v", ext, wrong, wrongToo)) // embedded: a test compiles every purpose
	}
	return head, foot
}

// fromText makes HTML of a plain text: its line breaks stay, its links can be followed.
func fromText(parts []part) []part {
	var out []part
	for _, p := range parts {
		switch {
		case p.source == "":
			out = append(out, part{literal: strings.ReplaceAll(html.EscapeString(p.literal), "\n", "<br>\n")})
		case p.path != nil && p.path[0] == "links":
			out = append(out, part{literal: `<a href="`}, p, part{literal: `">`}, p, part{literal: `</a>`})
		default:
			out = append(out, p)
		}
	}
	return out
}

func (t *Template) assemble(subject, text, rich []part) {
	prefix := "%r"
	for contains(subject, prefix) || contains(text, prefix) || contains(rich, prefix) {
		prefix += "r"
	}
	known := map[string]int{}
	build := func(m mode, parts []part) (string, []piece) {
		var b strings.Builder
		pieces := make([]piece, 0, len(parts))
		for _, p := range parts {
			if p.source == "" {
				b.WriteString(p.literal)
				pieces = append(pieces, piece{p.literal, -1})
				continue
			}
			name := fmt.Sprint(m, p.source)
			if p.path != nil && harmless(p.path) {
				name = strings.Join(p.path, ".") // one value serves subject, text and HTML
			}
			n, ok := known[name]
			if !ok {
				n = len(t.tokens)
				known[name] = n
				t.tokens = append(t.tokens, token{fmt.Sprintf("%s%d%%", prefix, n), m, p.path, p.tree, p.block})
			}
			b.WriteString(t.tokens[n].key)
			pieces = append(pieces, piece{"", n})
		}
		return b.String(), pieces
	}
	t.shared.Subject, t.subject = build(inSubject, subject)
	t.shared.Text, t.text = build(inText, text)
	t.shared.HTML, t.html = build(inHTML, rich)
}

func contains(parts []part, s string) bool {
	for _, p := range parts {
		if strings.Contains(p.literal, s) {
			return true
		}
	}
	return false
}

// Shared is the message all readers have in common, with tokens where Substitutions has values.
func (t *Template) Shared() Message { return t.shared }

// Unsubscribe is the reader's link for it, for the header as for the text.
func (t *Template) Unsubscribe(r *Reader) string {
	if r.unsubscribe == "" {
		r.unsubscribe = t.occasion.Links.UnsubscribeURL(r.Person.ID)
	}
	return r.unsubscribe
}

// Substitutions are the reader's values by token.
func (t *Template) Substitutions(r *Reader) (map[string]string, error) {
	values, err := t.values(r)
	if err != nil {
		return nil, err
	}
	m := make(map[string]string, len(values))
	for i, v := range values {
		m[t.tokens[i].key] = v
	}
	return m, nil
}

// Render makes the whole message of one reader: the same as putting Substitutions into Shared.
func (t *Template) Render(r *Reader) (Message, error) {
	values, err := t.values(r)
	if err != nil {
		return Message{}, err
	}
	join := func(pieces []piece) string {
		var b strings.Builder
		for _, p := range pieces {
			if p.token < 0 {
				b.WriteString(p.literal)
			} else {
				b.WriteString(values[p.token])
			}
		}
		return b.String()
	}
	return Message{Subject: join(t.subject), Text: join(t.text), HTML: join(t.html)}, nil
}

func (t *Template) values(r *Reader) ([]string, error) {
	l := &letter{t: t, r: r}
	values := make([]string, len(t.tokens))
	for i, token := range t.tokens {
		v, err := l.fill(token)
		if err != nil {
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

func (l *letter) fill(t token) (string, error) {
	if t.path != nil {
		s := l.print(t.path)
		switch {
		case harmless(t.path):
		case t.mode == inHTML:
			s = html.EscapeString(s)
		case t.mode == inSubject:
			s = oneLine(s)
		}
		return s, nil
	}
	s, err := l.render(t)
	if t.mode == inSubject {
		s = oneLine(s)
	}
	return s, err
}

func (l *letter) render(t token) (string, error) {
	if t.tree == nil {
		return renderBlock(t.block, l.bindings())
	}
	var b strings.Builder
	var frames [maxLoops]frame
	l.walk(&b, t.tree, t.mode, frames[:0])
	if b.Len() > maxOutput {
		return "", errTooLong
	}
	return b.String(), nil
}
