package reply

import (
	"mime"
	netmail "net/mail"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
)

// header holds the fields of a mail by canonical name, as they came.
type header map[string][]string

func (h header) get(name string) string { return first(h[name]...) }

// readHeader reads a mail's header. net/mail would refuse all of it for one bad line.
func readHeader(raw string) header {
	h := header{}
	var name string
	for line := range strings.Lines(cut(raw, maxHeaders)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			if values := h[name]; len(values) > 0 && len(values[len(values)-1]) < maxHeaders/4 {
				values[len(values)-1] += " " + strings.TrimSpace(line)
			}
			continue
		}
		before, value, ok := strings.Cut(line, ":")
		if name = ""; !ok || before == "" || strings.ContainsAny(before, " \t") {
			continue
		}
		name = textproto.CanonicalMIMEHeaderKey(before)
		h[name] = append(h[name], strings.TrimSpace(value))
	}
	return h
}

var words = mime.WordDecoder{CharsetReader: charsetReader}

// decodeWords decodes RFC 2047 words, as far as they can be.
func decodeWords(s string) string {
	if decoded, err := words.DecodeHeader(s); err == nil {
		return clean(decoded)
	}
	return clean(s)
}

var bare = regexp.MustCompile(`[^\s<>@"',;:()\[\]\\]+@[^\s<>@"',;:()\[\]\\]+`)

// addresses are the bare lower-case addresses in a header field.
func addresses(field string) []string {
	field = cut(field, maxHeaders)
	var found []string
	add := func(address string) {
		if address = strings.ToLower(oneLine(clean(address))); len(address) <= maxAddress && len(found) < maxAddresses && !slices.Contains(found, address) {
			found = append(found, address)
		}
	}
	if list, err := (&netmail.AddressParser{WordDecoder: &words}).ParseList(field); err == nil {
		for _, a := range list {
			add(a.Address)
		}
		return found
	}
	for _, a := range bare.FindAllString(field, maxAddresses) {
		add(a)
	}
	return found
}

// sender is the first address in a field. A display name may look like one, so brackets go first.
func sender(field string) string {
	list := addresses(field)
	if i := strings.LastIndexByte(field, '<'); i >= 0 && len(list) != 1 {
		list = append(addresses(field[i:]), list...)
	}
	return first(list...)
}

var bracketed = regexp.MustCompile(`<([^<>\s]{1,998})>`)

// ids are the message ids in a field, each once.
func ids(field string) []string {
	var found []string
	field = cut(oneLine(clean(field)), maxHeaders)
	for _, m := range bracketed.FindAllStringSubmatch(field, -1) {
		if len(found) < maxIDs && !slices.Contains(found, m[1]) {
			found = append(found, m[1])
		}
	}
	if found == nil && strings.Contains(field, "@") && len(field) <= maxSubject {
		return strings.Fields(field) // some programs leave the brackets out
	}
	return found
}

// automatic says whether the header is that of a mail which no person wrote: RFC 3834, and what came before it.
func automatic(h header) bool {
	submitted, _, _ := strings.Cut(h.get("Auto-Submitted"), ";")
	if submitted = strings.ToLower(strings.TrimSpace(submitted)); submitted != "" && submitted != "no" {
		return true
	}
	switch strings.ToLower(h.get("Precedence")) {
	case "auto_reply", "auto-reply", "bulk", "junk":
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Respond", "X-Autoreply-From", "X-Mail-Autoreply"} {
		if v := strings.ToLower(h.get(name)); v != "" && v != "no" && v != "false" {
			return true
		}
	}
	for v := range strings.SplitSeq(strings.ToLower(h.get("X-Auto-Response-Suppress")), ",") {
		switch strings.TrimSpace(v) {
		case "all", "oof", "autoreply": // Exchange puts it on what it makes itself; DR and RN also stand on people's mails
			return true
		}
	}
	kind, params, err := mime.ParseMediaType(h.get("Content-Type"))
	return err == nil && kind == "multipart/report" && params["report-type"] != ""
}
