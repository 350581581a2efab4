package reply

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// quoting are classes and ids that mail programs give to what they quote.
var quoting = []string{"gmail_quote", "yahoo_quoted", "protonmail_quote", "moz-cite-prefix", "zmail_extra", "tutanota_quote"}

// below are ids after which all is quoted: Outlook puts no element around it.
var below = []string{"divRplyFwdMsg", "appendonsend", "OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container"}

const originalMessage = "-----Original Message-----"

// textOfHTML gives the text that a reader sees, block by block, with "> " before the lines of quotes. It reads tokens
// rather than a tree, whose depth strangers would choose.
func textOfHTML(markup string) string {
	z := html.NewTokenizer(strings.NewReader(cut(markup, maxHTML)))
	z.SetMaxBuf(maxHTML + 1)
	p := page{opened: map[atom.Atom]int{}}
	var hidden atom.Atom
	for p.out.Len() < 4*maxText {
		switch z.Next() {
		case html.ErrorToken:
			p.line()
			return p.out.String()
		case html.TextToken:
			if hidden == 0 {
				p.text(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			switch t.DataAtom {
			case atom.Script, atom.Style, atom.Title, atom.Textarea, atom.Noscript:
				if t.Type == html.StartTagToken {
					hidden = t.DataAtom
				}
			default:
				p.open(t)
			}
		case html.EndTagToken:
			t := z.Token()
			if t.DataAtom == hidden {
				hidden = 0
			}
			p.close(t.DataAtom)
		}
	}
	return p.out.String()
}

// page is text in the making.
type page struct {
	out    strings.Builder
	words  strings.Builder   // of the current line
	blank  bool              // the last line out was empty
	boxes  []box             // open div and blockquote elements
	opened map[atom.Atom]int // how many of each
	quotes int               // how many are quotes
}

type box struct {
	tag    atom.Atom
	quotes bool
}

func (p *page) open(t html.Token) {
	switch t.DataAtom {
	case atom.Br:
		if oneLine(p.words.String()) == "" {
			p.paragraph()
		}
		p.line()
	case atom.P, atom.Hr, atom.Table, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4:
		p.paragraph()
	case atom.Div, atom.Blockquote, atom.Tr, atom.Li, atom.Section, atom.Pre:
		p.line()
	case atom.Td, atom.Th:
		p.text(" ")
	}
	var names string
	for _, a := range t.Attr {
		if a.Key == "class" || a.Key == "id" {
			names += " " + a.Val
		}
	}
	if names != "" && containsAny(names, below) {
		p.paragraph()
		p.text(originalMessage)
		p.paragraph()
	}
	if t.Type != html.StartTagToken || t.DataAtom != atom.Div && t.DataAtom != atom.Blockquote || len(p.boxes) >= maxText {
		return
	}
	b := box{t.DataAtom, t.DataAtom == atom.Blockquote || names != "" && containsAny(names, quoting)}
	p.opened[b.tag]++
	if p.boxes = append(p.boxes, b); b.quotes {
		p.quotes++
	}
}

func (p *page) close(tag atom.Atom) {
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.Table, atom.Ul, atom.Ol:
		p.paragraph()
	case atom.Tr, atom.Li:
		p.line()
	case atom.Div, atom.Blockquote:
		p.line()
		for p.opened[tag] > 0 { // what was left open inside ends with it
			b := p.boxes[len(p.boxes)-1]
			p.boxes = p.boxes[:len(p.boxes)-1]
			if p.opened[b.tag]--; b.quotes {
				p.quotes--
			}
			if b.tag == tag {
				return
			}
		}
	}
}

func (p *page) text(s string) { p.words.WriteString(s) }

// line ends the current line, if it has words.
func (p *page) line() {
	words := oneLine(p.words.String())
	p.words.Reset()
	if words == "" {
		return
	}
	if p.quotes > 0 {
		p.out.WriteString("> ")
	}
	p.out.WriteString(words)
	p.out.WriteByte('\n')
	p.blank = false
}

// paragraph ends the line and leaves one empty after it.
func (p *page) paragraph() {
	if p.line(); !p.blank && p.out.Len() > 0 {
		p.out.WriteByte('\n')
		p.blank = true
	}
}

func containsAny(s string, parts []string) bool {
	for _, part := range parts {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}
