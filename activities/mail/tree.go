package mail

import (
	"html"
	"slices"
	"strconv"
	"strings"

	"github.com/osteele/liquid/parser"
)

// A tree is a block in the form that most texts have: loops over the others and their attributes, conditions on one
// variable, variables. It is walked some twenty times as fast as Liquid renders the same block, which decides how long
// 100,000 match mails take. Blocks with anything else in them are left to Liquid; a property test holds the two together.
type tree []node

type node struct {
	literal string
	path    []string // to print; with body: to go through or to test
	kind    string   // "", "for", "if" or "unless"
	name    string   // of the loop variable
	body    tree
	other   tree // after {% else %}
}

// treeBuilder gets the tokens of one block and gives up at the first it does not know.
type treeBuilder struct {
	words  vocabulary
	open   []*node // blocks not closed yet, the outermost first
	inElse []bool
	loops  []string // names of loop variables: one per "for" in open
	done   tree
	failed bool
}

func (b *treeBuilder) add(n node) {
	if len(b.open) == 0 {
		b.done = append(b.done, n)
		return
	}
	last := len(b.open) - 1
	if b.inElse[last] {
		b.open[last].other = append(b.open[last].other, n)
	} else {
		b.open[last].body = append(b.open[last].body, n)
	}
}

func (b *treeBuilder) token(t parser.Token) {
	if b.failed {
		return
	}
	switch t.Type {
	case parser.TextTokenType:
		b.add(node{literal: t.Source})
	case parser.ObjTokenType:
		e := scan(t.Args)
		b.failed = !e.plain || !b.isValue(e.paths[0])
		if !b.failed {
			b.add(node{path: e.paths[0]})
		}
	case parser.TagTokenType:
		b.tag(t.Name, strings.TrimSpace(t.Args))
	default: // whitespace control
		b.failed = true
	}
}

func (b *treeBuilder) tag(name, args string) {
	last := len(b.open) - 1
	switch {
	case name == "for":
		variable, list, _ := strings.Cut(args, " in ")
		variable, e := strings.TrimSpace(variable), scan(list)
		b.failed = !e.plain || !b.lists(e.paths[0]) || slices.Contains(b.loops, variable) || variable == "forloop"
		if !b.failed {
			b.push(node{kind: name, name: variable, path: e.paths[0]})
			b.loops = append(b.loops, variable)
		}
	case name == "if" || name == "unless":
		e := scan(args)
		b.failed = !e.plain || !b.isValue(e.paths[0])
		if !b.failed {
			b.push(node{kind: name, path: e.paths[0]})
		}
	case name == "else" && last >= 0 && b.open[last].kind != "for" && !b.inElse[last]:
		b.inElse[last] = true
	case last >= 0 && name == "end"+b.open[last].kind:
		n := *b.open[last]
		b.open, b.inElse = b.open[:last], b.inElse[:last]
		if n.kind == "for" {
			b.loops = b.loops[:len(b.loops)-1]
		}
		b.add(n)
	default:
		b.failed = true
	}
}

func (b *treeBuilder) push(n node) {
	b.open, b.inElse = append(b.open, &n), append(b.inElse, false)
}

// isValue reports whether a path is a single value that walk knows.
func (b *treeBuilder) isValue(path []string) bool {
	switch {
	case len(path) == 2 && path[0] == "forloop":
		return len(b.loops) > 0 && (path[1] == "index" || path[1] == "first" || path[1] == "last")
	case slices.Contains(b.loops, path[0]):
		return len(path) == 2 && path[1] != "attributes"
	}
	return b.words.isValue(path) && (path[0] != "person" || path[1] != "attributes")
}

// lists reports whether a path is a list that walk knows: others, or the attributes of one of them.
func (b *treeBuilder) lists(path []string) bool {
	switch len(path) {
	case 1:
		return path[0] == "others" && len(b.loops) == 0
	case 2:
		return len(b.loops) == 1 && path[0] == b.loops[0] && path[1] == "attributes"
	}
	return false
}

// frame is one loop being walked.
type frame struct {
	name      string
	other     *Person    // in a loop over others
	attribute *attribute // in a loop over attributes
	index, of int
}

func (l *letter) walk(b *strings.Builder, t tree, m mode, frames []frame) {
	for i := range t {
		n := &t[i]
		switch {
		case n.path == nil:
			b.WriteString(n.literal)
		case n.kind == "":
			s, _ := l.value(n.path, frames)
			if m == inHTML && !harmless(n.path) {
				s = html.EscapeString(s)
			}
			b.WriteString(s)
		case n.kind == "for":
			l.loop(b, n, m, frames)
		default:
			if _, set := l.value(n.path, frames); set == (n.kind == "if") {
				l.walk(b, n.body, m, frames)
			} else {
				l.walk(b, n.other, m, frames)
			}
		}
	}
}

func (l *letter) loop(b *strings.Builder, n *node, m mode, frames []frame) {
	if len(n.path) == 1 {
		for i, o := range l.r.Others {
			l.walk(b, n.body, m, append(frames, frame{name: n.name, other: o, index: i, of: len(l.r.Others)}))
		}
		return
	}
	list := frames[len(frames)-1].other.attributes()
	for i := range list {
		l.walk(b, n.body, m, append(frames, frame{name: n.name, attribute: &list[i], index: i, of: len(list)}))
	}
}

// value gives what a path prints and whether Liquid takes it for true.
func (l *letter) value(path []string, frames []frame) (string, bool) {
	if path[0] == "forloop" {
		f := frames[len(frames)-1]
		switch path[1] {
		case "index":
			return strconv.Itoa(f.index + 1), true
		case "first":
			return strconv.FormatBool(f.index == 0), f.index == 0
		default:
			return strconv.FormatBool(f.index == f.of-1), f.index == f.of-1
		}
	}
	for _, f := range frames {
		switch {
		case f.name != path[0]:
		case f.other != nil:
			s := f.other.field(path[1])
			return s, s != ""
		case path[1] == "name":
			return f.attribute.name, true
		case path[1] == "value":
			return f.attribute.value, true
		default:
			return "", false
		}
	}
	s := l.print(path)
	return s, s != "" || path[0] != "person" && path[0] != "round"
}
