package mail

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/parser"
)

// part is a piece of a template: either the same for everybody, or made anew for each reader.
type part struct {
	literal string
	source  string           // of the dynamic piece; "" for a literal
	path    []string         // set when the piece only prints one variable
	tree    tree             // else: set when a block is simple enough
	block   *liquid.Template // a filter, a condition or a loop, rendered by Liquid
}

// mode says where a text goes, which decides what happens to the values in it.
type mode int

const (
	inSubject mode = iota
	inText
	inHTML
)

// problem is what is wrong with a template, and where.
type problem struct {
	line    int
	message string
}

// template parses and checks a source in one pass over its tokens. It cuts it into parts at the top level; a block with
// all that is inside it stays one part. No tag that is let through carries state from one part to the next, so rendering
// the parts one by one is rendering the whole.
type templateParser struct {
	mode  mode
	words vocabulary

	parts    []part
	problems []problem

	open     []string // tags of the blocks we are in
	loops    []scope
	piece    strings.Builder // the block being collected
	tree     *treeBuilder    // the same as a tree
	line     int             // where it began
	trimNext bool
}

func parse(source string, m mode, words vocabulary) ([]part, []problem) {
	p := &templateParser{mode: m, words: words}
	if len(source) > maxSource {
		return nil, []problem{{1, fmt.Sprintf("the text has %d bytes, the limit is %d", len(source), maxSource)}}
	}
	for _, t := range parser.Scan(source, parser.SourceLoc{LineNo: 1}, nil) {
		p.token(t)
	}
	if len(p.open) > 0 {
		p.fail(p.line, "{%% %s %%} is never closed", p.open[0])
	}
	return p.parts, p.problems
}

func (p *templateParser) fail(line int, format string, args ...any) {
	p.problems = append(p.problems, problem{line, fmt.Sprintf(format, args...)})
}

func (p *templateParser) token(t parser.Token) {
	inside := p.inside()
	if inside == "comment" || inside == "raw" {
		p.tree.failed = true
		p.verbatim(t, inside)
		return
	}
	top := len(p.open) == 0
	if !top {
		p.tree.token(t)
	}
	switch t.Type {
	case parser.TextTokenType:
		p.text(t)
	case parser.ObjTokenType:
		p.object(t)
	case parser.TagTokenType:
		p.tag(t)
	case parser.TrimLeftTokenType:
		if n := len(p.parts); len(p.open) == 0 && n > 0 && p.parts[n-1].source == "" {
			p.parts[n-1].literal = strings.TrimRightFunc(p.parts[n-1].literal, unicode.IsSpace)
		}
	case parser.TrimRightTokenType:
		p.trimNext = len(p.open) == 0
	}
	if top && len(p.open) > 0 {
		p.tree = &treeBuilder{words: p.words}
		p.tree.token(t)
	}
}

func (p *templateParser) inside() string {
	if len(p.open) == 0 {
		return ""
	}
	return p.open[len(p.open)-1]
}

// verbatim collects what stands in a comment or a raw block: neither is looked into.
func (p *templateParser) verbatim(t parser.Token, inside string) {
	p.piece.WriteString(t.Source)
	if t.Type == parser.TagTokenType && t.Name == "end"+inside {
		p.close()
	}
}

func (p *templateParser) text(t parser.Token) {
	for i, s := range strings.Split(t.Source, "\n") {
		if strings.Contains(s, "{{") || strings.Contains(s, "{%") {
			p.fail(t.SourceLoc.LineNo+i, "a {{ or {%% is not closed on its line")
		}
	}
	s := t.Source
	if len(p.open) > 0 {
		p.piece.WriteString(s)
		return
	}
	if p.trimNext {
		s, p.trimNext = strings.TrimLeftFunc(s, unicode.IsSpace), false
	}
	p.parts = append(p.parts, part{literal: s})
}

func (p *templateParser) object(t parser.Token) {
	p.trimNext = false
	e := scan(t.Args)
	p.names(e, t.SourceLoc.LineNo)
	source := t.Source
	if p.mode == inHTML {
		source = "{{ (" + t.Args + ") | " + output + " }}"
	}
	if len(p.open) > 0 {
		p.piece.WriteString(source)
		return
	}
	path := []string(nil)
	if e.plain && p.words.isValue(e.paths[0]) {
		path = e.paths[0]
	}
	p.dynamic(source, path, t.SourceLoc.LineNo)
}

// dynamic adds a piece that Liquid accepts.
func (p *templateParser) dynamic(source string, path []string, line int) {
	block, err := compileBlock(p.mode, source, line)
	if err != nil {
		p.problems = append(p.problems, *err)
		return
	}
	dynamic := part{source: source, path: path, block: block}
	if path == nil && p.tree != nil && !p.tree.failed {
		dynamic.tree = p.tree.done
	}
	p.tree = nil
	p.parts = append(p.parts, dynamic)
}

func compileBlock(m mode, source string, line int) (t *liquid.Template, bad *problem) {
	defer func() {
		if r := recover(); r != nil { // numbers too large for the library's scanner
			bad = &problem{line, fmt.Sprintf("syntax error: %v", r)}
		}
	}()
	engine := textEngine
	if m == inHTML {
		engine = htmlEngine
	}
	t, err := engine.ParseTemplateLocation([]byte(source), "", line)
	if err != nil {
		message := err.Error()
		if cause := err.Cause(); cause != nil {
			message = cause.Error()
		}
		return nil, &problem{err.LineNumber(), strings.TrimPrefix(message, "Liquid error: ")}
	}
	return t, nil
}

func (p *templateParser) tag(t parser.Token) {
	p.trimNext = false
	line := t.SourceLoc.LineNo
	switch {
	case !knownTag(t.Name):
		p.fail(line, "the tag %q is not available: use %s", t.Name, strings.Join(blockTags, ", "))
		return
	case strings.HasPrefix(t.Name, "end"):
		p.piece.WriteString(t.Source)
		if t.Name != "end"+p.inside() {
			p.fail(line, "{%% %s %%} closes nothing", t.Name)
			return
		}
		p.close()
		return
	case len(p.open) == 0 && !slices.Contains(blockTags, t.Name):
		p.fail(line, "{%% %s %%} stands outside of a block", t.Name)
		return
	}
	if len(p.open) == 0 {
		p.line = line
	}
	p.piece.WriteString(t.Source)
	if slices.Contains(blockTags, t.Name) {
		p.enter(t)
	} else {
		p.names(scan(t.Args), line)
	}
}

// maxLoops is how many loops may stand in each other; with what a message has to loop over, that bounds the time.
const maxLoops = 2

// enter opens a block and, for a loop, the scope of its variable.
func (p *templateParser) enter(t parser.Token) {
	p.open = append(p.open, t.Name)
	if t.Name == "comment" || t.Name == "raw" {
		return
	}
	if t.Name == "for" {
		name, rest, ok := strings.Cut(strings.TrimSpace(t.Args), " in ")
		if !ok {
			p.fail(t.SourceLoc.LineNo, "a loop is written {%% for name in list %%}")
		}
		if len(p.loops) == maxLoops {
			p.fail(t.SourceLoc.LineNo, "more than %d loops in each other", maxLoops)
		}
		over := scan(rest)
		p.names(over, t.SourceLoc.LineNo)
		kind := anything
		if len(over.paths) > 0 && slices.Equal(over.paths[0], []string{"others"}) {
			kind = anOther
		}
		p.loops = append(p.loops, scope{strings.TrimSpace(name): kind})
		return
	}
	p.names(scan(t.Args), t.SourceLoc.LineNo)
}

// close ends the innermost block. The outermost one becomes a part: literal if nothing in it can differ, else dynamic.
func (p *templateParser) close() {
	tag := p.inside()
	p.open = p.open[:len(p.open)-1]
	if tag == "for" {
		p.loops = p.loops[:len(p.loops)-1]
	}
	if len(p.open) > 0 {
		return
	}
	source := p.piece.String()
	p.piece.Reset()
	if tag != "comment" && tag != "raw" {
		p.dynamic(source, nil, p.line)
		return
	}
	if block, bad := compileBlock(p.mode, source, p.line); bad != nil {
		p.problems = append(p.problems, *bad)
	} else if s, err := renderBlock(block, nil); err != nil {
		p.fail(p.line, "%s", err)
	} else {
		p.parts = append(p.parts, part{literal: s})
	}
}

// names checks what an expression refers to.
func (p *templateParser) names(e expression, line int) {
	loops := scope{}
	for _, l := range p.loops {
		for name, kind := range l {
			loops[name] = kind
		}
	}
	for _, path := range e.paths {
		if !p.words.knows(path, loops) {
			p.fail(line, "unknown variable %s", strings.Join(path, "."))
		}
	}
	known := Filters()
	for _, f := range e.filters {
		if !slices.Contains(known, f) {
			p.fail(line, "unknown filter %q: use %s", f, strings.Join(known, ", "))
		}
	}
	if e.ranges {
		p.fail(line, "ranges such as (1..5) are not available")
	}
}
