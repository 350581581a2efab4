package mail

import "strings"

// expression is what the static check needs to know of the inside of a {{ }} or {% %}. Whether it is good Liquid the
// Liquid parser decides; this only finds the names in it.
type expression struct {
	paths   [][]string // person.name is ["person", "name"]
	filters []string
	ranges  bool // (1..5)
	plain   bool // nothing but one path
}

// indexed stands in a path for [0], computed for [something computed].
const (
	indexed  = "[]"
	computed = "[*]"
)

// operators are the words of expressions that are no names.
var operators = map[string]bool{
	"and": true, "or": true, "contains": true, "in": true, "true": true, "false": true, "nil": true, "reversed": true,
}

// scan finds names, filters and ranges in one pass. It never fails: what it does not know it steps over.
func scan(s string) expression {
	var e expression
	others := 0 // tokens that are not paths
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '"' || c == '\'':
			others++
			i = afterQuote(s, i)
		case c == '|':
			others++
			i++
			for i < len(s) && (s[i] == ' ' || s[i] == '\t') {
				i++
			}
			end := afterWord(s, i)
			e.filters = append(e.filters, s[i:end])
			i = end
		case isLetter(c):
			end := afterWord(s, i)
			switch word := s[i:end]; {
			case operators[word] || end < len(s) && s[end] == ':':
				others++
				i = end
			default:
				path := []string{word}
				path, i = afterPath(s, end, path)
				e.paths = append(e.paths, path)
			}
		default:
			others++
			if strings.HasPrefix(s[i:], "..") {
				e.ranges = true
			}
			i++
		}
	}
	e.plain = others == 0 && len(e.paths) == 1
	return e
}

// afterPath reads .word, ["word"] and [0] as long as they follow.
func afterPath(s string, i int, path []string) ([]string, int) {
	for i < len(s) {
		switch {
		case s[i] == '.' && i+1 < len(s) && isLetter(s[i+1]):
			end := afterWord(s, i+1)
			path, i = append(path, s[i+1:end]), end
		case s[i] == '[':
			end := strings.IndexByte(s[i:], ']')
			if end < 0 {
				return path, i
			}
			inside := strings.TrimSpace(s[i+1 : i+end])
			switch {
			case len(inside) >= 2 && (inside[0] == '"' || inside[0] == '\'') && afterQuote(inside, 0) == len(inside):
				path = append(path, inside[1:len(inside)-1])
			case strings.Trim(inside, "-0123456789") == "":
				path = append(path, indexed)
			default:
				return append(path, computed), i + 1 // what is inside is scanned like anything else
			}
			i += end + 1
		default:
			return path, i
		}
	}
	return path, i
}

func afterQuote(s string, i int) int {
	if end := strings.IndexByte(s[i+1:], s[i]); end >= 0 {
		return i + end + 2
	}
	return len(s)
}

func afterWord(s string, i int) int {
	for i < len(s) && (isLetter(s[i]) || '0' <= s[i] && s[i] <= '9' || s[i] == '-') {
		i++
	}
	return i
}

func isLetter(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' || c >= 0x80 }
