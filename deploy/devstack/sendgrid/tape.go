package sendgrid

import (
	"encoding/json"
	"strconv"
)

// A tape is a JSON text read once into a flat list of nodes in document order. Nodes are byte ranges of the text: reading a
// body of 1,000 personalizations allocates nothing per value, and a fault can be named by its exact path
// (personalizations.3.to.0.email), which encoding/json cannot do inside arrays.
type tape struct {
	text  []byte
	nodes []node
}

type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindNumber
	kindString
	kindArray
	kindObject
)

func (k kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// A node covers text[start:end]; a string's range excludes its quotes. The children of an array follow it, those of an object
// alternate key and value; next is the position after the whole subtree.
type node struct {
	start, end, next uint32
	kind             kind
	escaped          bool
}

// str is the decoded string of node i, or "" if it is no string.
func (t *tape) str(i int) string {
	n := t.nodes[i]
	if n.kind != kindString {
		return ""
	}
	if !n.escaped {
		return string(t.text[n.start:n.end])
	}
	var s string
	// The reader has checked the escapes, so this cannot fail.
	_ = json.Unmarshal(t.text[n.start-1:n.end+1], &s)
	return s
}

// strLen is the number of bytes in the decoded string of node i.
func (t *tape) strLen(i int) int {
	n := t.nodes[i]
	if n.kind == kindString && n.escaped {
		return len(t.str(i))
	}
	return int(n.end - n.start)
}

// integer is the whole number at node i.
func (t *tape) integer(i int) (int64, bool) {
	n := t.nodes[i]
	if n.kind != kindNumber {
		return 0, false
	}
	v, err := strconv.ParseInt(string(t.text[n.start:n.end]), 10, 64)
	return v, err == nil
}

// isTrue tells whether node i is the literal true.
func (t *tape) isTrue(i int) bool {
	return t.nodes[i].kind == kindBool && t.text[t.nodes[i].start] == 't'
}

// each calls f with the position of every element of the array at i.
func (t *tape) each(i int, f func(index, value int)) {
	if t.nodes[i].kind != kindArray {
		return
	}
	index := 0
	for c := i + 1; c < int(t.nodes[i].next); c = int(t.nodes[c].next) {
		f(index, c)
		index++
	}
}

// len is the number of elements or members of node i.
func (t *tape) len(i int) int {
	n := 0
	for c := i + 1; c < int(t.nodes[i].next); c = int(t.nodes[c].next) {
		n++
	}
	if t.nodes[i].kind == kindObject {
		n /= 2
	}
	return n
}

// members calls f with the positions of every key and value of the object at i.
func (t *tape) members(i int, f func(key, value int)) {
	if t.nodes[i].kind != kindObject {
		return
	}
	for k := i + 1; k < int(t.nodes[i].next); {
		v := int(t.nodes[k].next)
		f(k, v)
		k = int(t.nodes[v].next)
	}
}

// get is the position of the last member called name of the object at i; ok is false if there is none.
func (t *tape) get(i int, name string) (value int, ok bool) {
	t.members(i, func(k, v int) {
		if n := t.nodes[k]; !n.escaped && string(t.text[n.start:n.end]) == name || n.escaped && t.str(k) == name {
			value, ok = v, true
		}
	})
	return value, ok
}

// text at name of the object at i, or "".
func (t *tape) getStr(i int, name string) string {
	if v, ok := t.get(i, name); ok {
		return t.str(v)
	}
	return ""
}

// strings is the object at i as a map; values that are no strings are left out.
func (t *tape) strings(i int) map[string]string {
	m := map[string]string{}
	t.members(i, func(k, v int) {
		if t.nodes[v].kind == kindString {
			m[t.str(k)] = t.str(v)
		}
	})
	return m
}
