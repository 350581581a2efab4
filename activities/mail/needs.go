package mail

import (
	"slices"
	"strings"

	"github.com/osteele/liquid/parser"
)

// Needs lists what a text has to know of its reader, sorted: names of attributes, "name" and "email", that it prints and
// that have neither a default filter nor an {% if %}, {% unless %} or {% case %} about them around them. A text that does
// not compile needs what can be seen of it.
func Needs(texts ...string) []string {
	var needed []string
	for _, text := range texts {
		var guards [][]string // by open block: the attributes it asks about
		for _, t := range parser.Scan(text, parser.SourceLoc{LineNo: 1}, nil) {
			switch t.Type {
			case parser.TagTokenType:
				switch {
				case slices.Contains(blockTags, t.Name):
					guards = append(guards, attributesOf(t.Args))
				case strings.HasPrefix(t.Name, "end") && len(guards) > 0:
					guards = guards[:len(guards)-1]
				case len(guards) > 0: // elsif, when: they ask too
					last := len(guards) - 1
					guards[last] = append(guards[last], attributesOf(t.Args)...)
				}
			case parser.ObjTokenType:
				if slices.Contains(scan(t.Args).filters, "default") {
					continue
				}
				for _, name := range attributesOf(t.Args) {
					if !slices.ContainsFunc(guards, func(names []string) bool { return slices.Contains(names, name) }) {
						needed = append(needed, name)
					}
				}
			}
		}
	}
	slices.Sort(needed)
	return slices.Compact(needed)
}

// attributesOf is what an expression says of the reader.
func attributesOf(expression string) (names []string) {
	for _, path := range scan(expression).paths {
		if len(path) == 2 && path[0] == "person" && path[1] != computed {
			names = append(names, path[1])
		}
	}
	return names
}
