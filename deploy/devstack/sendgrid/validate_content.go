package sendgrid

import (
	"encoding/base64"
	"strings"
)

func (v *validator) content(root int) {
	found := v.field(root, "content", kindArray, func(i int) {
		if v.len(i) == 0 && !v.template {
			v.fail("at least one content block is required")
		}
		rank := 0
		v.elements(i, kindObject, func(block int) { rank = v.contentBlock(block, rank) })
	})
	if !found && !v.template {
		v.at("content", func() { v.fail("content is required unless a template is used") })
	}
}

// contentBlock checks one block and that it does not come after one of a higher rank: text/plain, text/html, anything else.
func (v *validator) contentBlock(i, before int) (rank int) {
	rank = before
	hasType := v.field(i, "type", kindString, func(t int) {
		v.notEmpty(t)
		v.noBreaks(t)
		switch v.str(t) {
		case "text/plain":
			rank = 0
		case "text/html":
			rank = 1
		default:
			rank = 2
		}
		if rank < before {
			v.fail("text/plain comes first, then text/html, then other types")
		}
	})
	if !hasType {
		v.at("type", func() { v.fail("a content type is required") })
	}
	if !v.field(i, "value", kindString, v.notEmpty) {
		v.at("value", func() { v.fail("a content value is required") })
	}
	return max(rank, before)
}

func (v *validator) noBreaks(i int) {
	if strings.ContainsAny(v.str(i), ";,\r\n") {
		v.fail("must not contain ; or , or line breaks")
	}
}

func (v *validator) attachment(i int) {
	found := v.field(i, "content", kindString, func(c int) {
		v.notEmpty(c)
		if !v.isBase64(c) {
			v.fail("an attachment's content must be base64")
		}
	})
	if !found {
		v.at("content", func() { v.fail("an attachment needs content") })
	}
	if !v.field(i, "filename", kindString, func(f int) { v.notEmpty(f); v.noBreaks(f) }) {
		v.at("filename", func() { v.fail("an attachment needs a filename") })
	}
	v.field(i, "type", kindString, func(t int) { v.notEmpty(t); v.noBreaks(t) })
	v.field(i, "content_id", kindString, v.noBreaks)
	v.field(i, "disposition", kindString, func(d int) {
		if s := v.str(d); s != "inline" && s != "attachment" {
			v.fail("disposition is inline or attachment, not %q", s)
		}
	})
}

func (v *validator) isBase64(i int) bool {
	encoded := v.text[v.nodes[i].start:v.nodes[i].end]
	if v.nodes[i].escaped {
		encoded = []byte(v.str(i))
	}
	_, err := base64.StdEncoding.Decode(make([]byte, base64.StdEncoding.DecodedLen(len(encoded))), encoded)
	return err == nil
}

var reservedHeaders = map[string]bool{
	"x-sg-id": true, "x-sg-eid": true, "received": true, "dkim-signature": true, "content-type": true, "content-transfer-encoding": true,
	"to": true, "from": true, "subject": true, "reply-to": true, "cc": true, "bcc": true,
}

func (v *validator) headers(i int) {
	v.stringValues(i)
	seen := make(map[string]bool, 8)
	v.members(i, func(key, _ int) {
		name := v.str(key)
		folded := strings.ToLower(name)
		v.at(name, func() {
			switch {
			case name == "" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }):
				v.fail("a header name is printable ASCII without spaces")
			case reservedHeaders[folded]:
				v.fail("the header %s is reserved", name)
			case seen[folded]:
				v.fail("the header %s appears more than once", name)
			}
		})
		seen[folded] = true
	})
}

func (v *validator) categories(i int) {
	if n := v.len(i); n > maxCategories {
		v.fail("%d categories, the limit is %d", n, maxCategories)
	}
	seen := map[string]bool{}
	v.elements(i, kindString, func(c int) {
		category := v.str(c)
		switch {
		case len(category) > maxCategory:
			v.fail("a category has at most %d characters", maxCategory)
		case strings.ContainsFunc(category, func(r rune) bool { return r > '~' }):
			v.fail("a category is ASCII")
		case seen[category]:
			v.fail("the category %q appears more than once", category)
		}
		seen[category] = true
	})
}

func (v *validator) asm(i int) {
	group := func(g int) {
		if id, ok := v.integer(g); !ok || id <= 0 {
			v.fail("not an unsubscribe group of this account")
		}
	}
	if !v.field(i, "group_id", kindNumber, group) {
		v.at("group_id", func() { v.fail("an unsubscribe group id is required") })
	}
	v.field(i, "groups_to_display", kindArray, func(list int) {
		if n := v.len(list); n > maxGroups {
			v.fail("%d unsubscribe groups to display, the limit is %d", n, maxGroups)
		}
		v.elements(list, kindNumber, group)
	})
}
