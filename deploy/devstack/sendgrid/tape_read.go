package sendgrid

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
)

const maxDepth = 64

var errJSON = errors.New("not a JSON text")

var nodePool = sync.Pool{New: func() any { s := make([]node, 0, 4096); return &s }}

// readTape reads text, which must not change while the tape is in use, in O(len(text)). Give the tape back with release.
func readTape(text []byte) (*tape, error) {
	t := &tape{text: text, nodes: (*nodePool.Get().(*[]node))[:0]} //nolint:errcheck // the pool holds nothing else
	p := tapeReader{tape: t}
	p.space()
	if err := p.value(0); err != nil {
		t.release()
		return nil, err
	}
	p.space()
	if p.at != len(text) {
		t.release()
		return nil, fmt.Errorf("%w: trailing data at byte %d", errJSON, p.at)
	}
	return t, nil
}

func (t *tape) release() {
	nodes := t.nodes
	t.nodes, t.text = nil, nil
	if cap(nodes) <= 1<<18 {
		nodePool.Put(&nodes)
	}
}

type tapeReader struct {
	*tape
	at int
}

func (p *tapeReader) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d", errJSON, what, p.at)
}

func (p *tapeReader) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *tapeReader) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *tapeReader) value(depth int) error {
	if depth > maxDepth {
		return p.fail("nested too deeply")
	}
	switch c := p.peek(); {
	case c == '"':
		return p.string()
	case c == '{':
		return p.composite(kindObject, '}', depth)
	case c == '[':
		return p.composite(kindArray, ']', depth)
	case c == 't':
		return p.literal("true", kindBool)
	case c == 'f':
		return p.literal("false", kindBool)
	case c == 'n':
		return p.literal("null", kindNull)
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	}
	return p.fail("expected a value")
}

func (p *tapeReader) add(k kind, start, end int) {
	p.nodes = append(p.nodes, node{start: uint32(start), end: uint32(end), next: uint32(len(p.nodes) + 1), kind: k})
}

func (p *tapeReader) composite(k kind, closing byte, depth int) error {
	self := len(p.nodes)
	p.add(k, p.at, p.at)
	p.at++
	p.space()
	for first := true; p.peek() != closing; first = false {
		if !first {
			if p.peek() != ',' {
				return p.fail("expected a comma")
			}
			p.at++
			p.space()
		}
		if k == kindObject {
			if p.peek() != '"' {
				return p.fail("expected a member name")
			}
			if err := p.string(); err != nil {
				return err
			}
			p.space()
			if p.peek() != ':' {
				return p.fail("expected a colon")
			}
			p.at++
			p.space()
		}
		if err := p.value(depth + 1); err != nil {
			return err
		}
		p.space()
	}
	p.at++
	p.nodes[self].end, p.nodes[self].next = uint32(p.at), uint32(len(p.nodes))
	return nil
}

func (p *tapeReader) string() error {
	start, escaped := p.at+1, false
	for i := start; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.add(kindString, start, i)
			p.nodes[len(p.nodes)-1].escaped = escaped
			p.at = i + 1
			return nil
		case c == '\\':
			escaped = true
			width := escapeWidth(p.text[i:])
			if width == 0 {
				p.at = i
				return p.fail("bad escape")
			}
			i += width - 1
		case c < ' ':
			p.at = i
			return p.fail("control character in a string")
		}
	}
	return p.fail("unfinished string")
}

// escapeWidth is the length of the escape sequence b begins with, 0 if it is none.
func escapeWidth(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if digit, letter := '0' <= c && c <= '9', 'a' <= c|0x20 && c|0x20 <= 'f'; !digit && !letter {
				return 0
			}
		}
		return 6
	}
	return 0
}

func (p *tapeReader) literal(word string, k kind) error {
	if !bytes.HasPrefix(p.text[p.at:], []byte(word)) {
		return p.fail("unknown word")
	}
	p.add(k, p.at, p.at+len(word))
	p.at += len(word)
	return nil
}

func (p *tapeReader) number() error {
	start := p.at
	if p.peek() == '-' {
		p.at++
	}
	if p.peek() == '0' {
		p.at++
	} else if p.digits() == 0 {
		return p.fail("expected a digit")
	}
	if p.peek() == '.' {
		p.at++
		if p.digits() == 0 {
			return p.fail("expected a digit")
		}
	}
	if p.peek()|0x20 == 'e' {
		p.at++
		if c := p.peek(); c == '+' || c == '-' {
			p.at++
		}
		if p.digits() == 0 {
			return p.fail("expected a digit")
		}
	}
	p.add(kindNumber, start, p.at)
	return nil
}

func (p *tapeReader) digits() int {
	start := p.at
	for c := p.peek(); '0' <= c && c <= '9'; c = p.peek() {
		p.at++
	}
	return p.at - start
}
